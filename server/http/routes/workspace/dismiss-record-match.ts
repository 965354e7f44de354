import { z } from 'zod';
import { recordMatchDetail } from '../../../../app/wire/record-match.ts';
import { workspaceRoute } from '../../route.ts';

export const dismissRecordMatch = workspaceRoute('admin', {
  method: 'post',
  path: '/v1/record-matches/:matchId/dismiss',
  operationId: 'dismissRecordMatch',
  summary: 'The two records are not the same',
  params: z.strictObject({ matchId: z.uuid() }),
  body: z.strictObject({}),
  response: recordMatchDetail,
  handle: ({ params }, { deps, caller }) =>
    deps.services.matches.decide(caller.workspace, {
      matchId: params.matchId,
      act: 'dismiss',
      attach: false,
      actor: caller.user.email,
    }),
});
