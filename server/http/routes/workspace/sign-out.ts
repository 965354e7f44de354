import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const signOut = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/sign-out',
  operationId: 'signOut',
  summary: 'End this browser session',
  handle: async (_input, { deps, caller }) => {
    await deps.workspaces.revokeSession(caller.workspace.id, caller.sessionHash, deps.world.clock.now());
    return done(null);
  },
});
