import { z } from 'zod';
import { restoreConflictResponse } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const restoreConflict = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/conflicts/:conflictId/restore',
  operationId: 'restoreConflict',
  summary: 'Put the value back that lost',
  params: z.strictObject({ conflictId: z.uuid() }),
  body: z.strictObject({}),
  response: restoreConflictResponse,
  handle: ({ params }, { deps, caller }) =>
    deps.services.conflicts.restore(caller.workspace, params.conflictId, caller.user.name ?? caller.user.email),
});
