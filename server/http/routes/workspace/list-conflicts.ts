import { z } from 'zod';
import { conflictList } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const listConflicts = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/conflicts',
  operationId: 'listConflicts',
  summary: 'Values that lost against another, newest first',
  query: z.strictObject({ state: z.enum(['open', 'all']).default('open'), after: z.string().max(200).optional() }),
  response: conflictList,
  handle: ({ query }, { deps, caller }) =>
    deps.services.conflicts.list(caller.workspace, { openOnly: query.state === 'open', after: query.after }),
});
