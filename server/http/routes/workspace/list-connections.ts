import { connectionList } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { OAUTH_START_PATH } from '../../oauth-flow.ts';
import { workspaceRoute } from '../../route.ts';

export const listConnections = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/connections',
  operationId: 'listConnections',
  summary: 'Connected portals and how their sync is doing',
  response: connectionList,
  handle: async (_input, { deps, caller }) =>
    done({
      results: [...(await deps.services.connections.list(caller.workspace))],
      connectUrls: { hubspot: deps.oauth === null ? null : OAUTH_START_PATH, salesforce: null },
    }),
});
