import { me, updateMeRequest } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';
import { getMe } from './get-me.ts';

export const updateMe = workspaceRoute('rep', {
  method: 'patch',
  path: '/v1/me',
  operationId: 'updateMe',
  summary: 'Change your own language',
  body: updateMeRequest,
  response: me,
  handle: async (input, context) => {
    const { deps, caller } = context;
    const { locale } = input.body;
    await deps.workspaces.changeLocale(caller.workspace.id, caller.user.id, locale);
    const changed = { ...context, caller: { ...caller, user: { ...caller.user, locale } } };
    return getMe.handle({ params: undefined, query: undefined, body: undefined, bytes: input.bytes }, changed);
  },
});
