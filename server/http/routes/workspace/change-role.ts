import { z } from 'zod';
import { changeRoleRequest } from '../../../../app/wire/workspace.ts';
import { done, refused } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const changeRole = workspaceRoute('admin', {
  method: 'post',
  path: '/v1/people/:userId/role',
  operationId: 'changeRole',
  summary: 'Change what somebody may do',
  params: z.strictObject({ userId: z.uuid() }),
  body: changeRoleRequest,
  handle: async ({ params, body }, { deps, caller }) => {
    const { workspace, user } = caller;
    const changed = await deps.workspaces.changeRole(workspace.id, params.userId, body.role);
    if (changed === 'not_found') return refused('not_found');
    if (changed === 'last_admin') return refused('forbidden', { reason: 'last_admin' });
    await deps.workspaces.recordAdminEvent({
      workspaceId: workspace.id,
      actor: user.email,
      action: 'role_changed',
      subjectType: 'user',
      subjectId: params.userId,
      detail: { role: body.role },
      at: deps.world.clock.now(),
    });
    return done(null);
  },
});
