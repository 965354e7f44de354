import { z } from 'zod';
import { disconnectRequest } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const disconnect = workspaceRoute('admin', {
  method: 'post',
  path: '/v1/connections/:connectionId/disconnect',
  operationId: 'disconnect',
  summary: 'Uninstall from a portal, erase its tokens and stop its work',
  params: z.strictObject({ connectionId: z.uuid() }),
  body: disconnectRequest,
  handle: ({ params, body }, { deps, caller }) =>
    deps.services.connections.disconnect(caller.workspace, { ...params, ...body, actor: caller.user.email }),
});
