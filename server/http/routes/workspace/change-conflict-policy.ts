import { conflictPolicy } from '../../../../app/wire/conflict-policy.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const changeConflictPolicy = workspaceRoute('admin', {
  method: 'patch',
  path: '/v1/conflict-policy',
  operationId: 'changeConflictPolicy',
  summary: 'Change who wins a conflict',
  body: conflictPolicy,
  response: conflictPolicy,
  handle: async ({ body }, { deps, caller }) => {
    const { workspace, user } = caller;
    await deps.workspaces.changeConflictPolicy(body, {
      workspaceId: workspace.id,
      actor: user.email,
      action: 'conflict_policy_changed',
      subjectType: 'workspace',
      subjectId: workspace.id,
      detail: { ...body },
      at: deps.world.clock.now(),
    });
    return done(body);
  },
});
