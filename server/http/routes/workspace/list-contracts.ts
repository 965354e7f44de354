import { contractList, contractListQuery } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const listContracts = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/contracts',
  operationId: 'listContracts',
  summary: 'Contracts, filtered, sorted and paged',
  query: contractListQuery,
  response: contractList,
  handle: ({ query }, { deps, caller }) => deps.services.contracts.list(caller.workspace, query),
});
