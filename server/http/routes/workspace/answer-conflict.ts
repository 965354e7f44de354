import { z } from 'zod';
import { answerConflictRequest } from '../../../../app/wire/conflict-policy.ts';
import { restoreConflictResponse } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const answerConflict = workspaceRoute('rep', {
  method: 'post',
  path: '/v1/conflicts/:conflictId/answer',
  operationId: 'answerConflict',
  summary: 'Decide which of two values counts',
  params: z.strictObject({ conflictId: z.uuid() }),
  body: answerConflictRequest,
  response: restoreConflictResponse,
  handle: ({ params, body }, { deps, caller }) =>
    deps.services.conflicts.answer(caller.workspace, {
      ...body,
      conflictId: params.conflictId,
      actor: caller.user.name ?? caller.user.email,
    }),
});
