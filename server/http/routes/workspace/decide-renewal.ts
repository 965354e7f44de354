import { contractWriteResponse, workspaceDecisionRequest } from '../../../../app/wire/workspace.ts';
import { renewalDecision } from '../../../services/contract-changes.ts';
import { workspaceRoute } from '../../route.ts';
import { contractParams } from './get-contract.ts';

export const decideRenewal = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/contracts/:contractId/renewal-decision',
  operationId: 'decideRenewal',
  summary: 'Record what was decided about a renewal',
  params: contractParams,
  body: workspaceDecisionRequest,
  response: contractWriteResponse,
  handle: ({ params, body }, { deps, caller }) => {
    const actor = caller.user.name ?? caller.user.email;
    const request = { contractId: params.contractId, expectedRevision: body.expectedRevision, actor };
    return deps.services.pages.change(caller.workspace, request, renewalDecision(body.decision));
  },
});
