import { z } from 'zod';
import { recordMatchDetail } from '../../../../app/wire/record-match.ts';
import { workspaceRoute } from '../../route.ts';

export const getRecordMatch = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/record-matches/:matchId',
  operationId: 'getRecordMatch',
  summary: 'One match, with what confirming would attach',
  params: z.strictObject({ matchId: z.uuid() }),
  response: recordMatchDetail,
  handle: ({ params }, { deps, caller }) => deps.services.matches.detail(caller.workspace, params.matchId),
});
