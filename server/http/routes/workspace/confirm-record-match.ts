import { z } from 'zod';
import { confirmMatchRequest, recordMatchDetail } from '../../../../app/wire/record-match.ts';
import { workspaceRoute } from '../../route.ts';

export const confirmRecordMatch = workspaceRoute('admin', {
  method: 'post',
  path: '/v1/record-matches/:matchId/confirm',
  operationId: 'confirmRecordMatch',
  summary: 'The two records are the same; attach their contracts to both if wanted',
  params: z.strictObject({ matchId: z.uuid() }),
  body: confirmMatchRequest,
  response: recordMatchDetail,
  handle: ({ params, body }, { deps, caller }) =>
    deps.services.matches.decide(caller.workspace, {
      matchId: params.matchId,
      act: 'confirm',
      attach: body.attach,
      actor: caller.user.email,
    }),
});
