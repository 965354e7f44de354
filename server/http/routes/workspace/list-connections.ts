import { connectionList } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { oauthStartPath } from '../../oauth-flow.ts';
import type { Host } from '../../../crm/port.ts';
import type { HttpDependencies } from '../../dependencies.ts';
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
      connectUrls: { hubspot: connectUrl(deps, 'hubspot'), salesforce: connectUrl(deps, 'salesforce') },
    }),
});

const connectUrl = (deps: HttpDependencies, host: Host): string | null =>
  deps.oauth.hosts[host] === undefined ? null : oauthStartPath(host);
