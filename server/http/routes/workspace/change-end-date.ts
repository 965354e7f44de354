import { contractWriteResponse, workspaceEndDateRequest } from '../../../../app/wire/workspace.ts';
import { parsePlainDate } from '../../../domain/dates.ts';
import { endDateDecision } from '../../../services/contract-changes.ts';
import { refused } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';
import { contractParams } from './get-contract.ts';

export const changeEndDate = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/contracts/:contractId/end-date',
  operationId: 'changeEndDate',
  summary: 'Record another end date',
  params: contractParams,
  body: workspaceEndDateRequest,
  response: contractWriteResponse,
  handle: async ({ params, body }, { deps, caller }) => {
    const endDate = body.endDate === null ? null : parsePlainDate(body.endDate);
    if (endDate === null && body.endDate !== null) return refused('date_refused', { reason: 'not_a_date' });
    const actor = caller.user.name ?? caller.user.email;
    const request = { contractId: params.contractId, expectedRevision: body.expectedRevision, actor };
    return await deps.services.pages.change(caller.workspace, request, endDateDecision(endDate));
  },
});
