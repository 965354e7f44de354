import { me } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { todayOf } from '../../../services/service-parts.ts';
import { workspaceRoute } from '../../route.ts';

export const getMe = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/me',
  operationId: 'getMe',
  summary: 'The signed-in person and their workspace',
  response: me,
  handle: async (_input, { deps, caller: { user, workspace } }) =>
    done({
      user: { id: user.id, email: user.email, name: user.name, role: user.role, locale: user.locale },
      workspace: {
        id: workspace.id,
        name: workspace.name,
        timeZone: workspace.timeZone,
        currency: workspace.currency,
        today: todayOf(deps.services.parts, workspace),
      },
      mode: deps.settings.mode,
      permissions: { canEdit: true, canAdminister: user.role === 'admin' },
    }),
});
