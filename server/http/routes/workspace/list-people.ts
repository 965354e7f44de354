import { people } from '../../../../app/wire/workspace.ts';
import { isoText } from '../../../services/contract-view.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const listPeople = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/people',
  operationId: 'listPeople',
  summary: 'Everybody in the workspace',
  response: people,
  handle: async (_input, { deps, caller }) => {
    const users = await deps.workspaces.listUsers(caller.workspace.id);
    return done({
      people: users.map(({ id, email, name, role, locale, lastSeenAt }) => ({
        id,
        email,
        name,
        role,
        locale,
        lastSeenAt: lastSeenAt === null ? null : isoText(lastSeenAt),
      })),
    });
  },
});
