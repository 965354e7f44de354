import { z } from 'zod';
import { deadLetterList } from '../../../../app/wire/workspace.ts';
import { deadLetterView } from '../../../services/connections.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const listDeadLetters = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/dead-letters',
  operationId: 'listDeadLetters',
  summary: 'Records whose sync was given up',
  query: z.strictObject({ connectionId: z.uuid().optional() }),
  response: deadLetterList,
  handle: async ({ query }, { deps, caller }) => {
    const { rows, total } = await deps.services.connections.deadLetters(caller.workspace, query.connectionId ?? null);
    return done({ results: rows.map(deadLetterView), total });
  },
});
