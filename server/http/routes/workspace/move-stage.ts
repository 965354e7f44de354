import { contractWriteResponse, workspaceStageRequest } from '../../../../app/wire/workspace.ts';
import { stageDecision } from '../../../services/contract-changes.ts';
import { workspaceRoute } from '../../route.ts';
import { contractParams } from './get-contract.ts';

export const moveStage = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/contracts/:contractId/stage',
  operationId: 'moveStage',
  summary: 'Move a contract to another stage',
  params: contractParams,
  body: workspaceStageRequest,
  response: contractWriteResponse,
  handle: ({ params, body }, { deps, caller }) => {
    const actor = caller.user.name ?? caller.user.email;
    const request = { contractId: params.contractId, expectedRevision: body.expectedRevision, actor };
    return deps.services.pages.change(caller.workspace, request, stageDecision(body.to));
  },
});
