import { z } from 'zod';
import { recordMatchDetail } from '../../../../app/wire/record-match.ts';
import { workspaceRoute } from '../../route.ts';

export const undoRecordMatch = workspaceRoute('admin', {
  method: 'post',
  path: '/v1/record-matches/:matchId/undo',
  operationId: 'undoRecordMatch',
  summary: 'Take a decision back, and the links it made',
  params: z.strictObject({ matchId: z.uuid() }),
  body: z.strictObject({}),
  response: recordMatchDetail,
  handle: ({ params }, { deps, caller }) =>
    deps.services.matches.decide(caller.workspace, {
      matchId: params.matchId,
      act: 'undo',
      attach: false,
      actor: caller.user.email,
    }),
});
