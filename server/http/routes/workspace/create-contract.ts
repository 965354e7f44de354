import { contractWriteResponse, newContractRequest } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const createContract = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/contracts',
  operationId: 'createContract',
  summary: 'Create a contract',
  body: newContractRequest,
  response: contractWriteResponse,
  status: 201,
  handle: ({ body }, { deps, caller }) =>
    deps.services.pages.create(caller.workspace, caller.user.name ?? caller.user.email, body.contract),
});
