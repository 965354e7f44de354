import { overview } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const getOverview = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/overview',
  operationId: 'getOverview',
  summary: 'The figures of the first page',
  response: overview,
  handle: async (_input, { deps, caller }) => done(await deps.services.contracts.overview(caller.workspace)),
});
