import { contractWriteResponse, workspaceIncidentRequest } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';
import { contractParams } from './get-contract.ts';

export const logIncident = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/contracts/:contractId/incidents',
  operationId: 'logIncident',
  summary: 'Record an outage or failure of the service',
  params: contractParams,
  body: workspaceIncidentRequest,
  response: contractWriteResponse,
  handle: ({ params, body }, { deps, caller }) =>
    deps.services.pages.logIncident(caller.workspace, caller.user.name ?? caller.user.email, {
      contractId: params.contractId,
      ...body,
    }),
});
