import { z } from 'zod';
import { matchState, recordMatchList } from '../../../../app/wire/record-match.ts';
import { workspaceRoute } from '../../route.ts';

export const listRecordMatches = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/record-matches',
  operationId: 'listRecordMatches',
  summary: 'Records of two CRMs that seem to be the same, best first',
  query: z.strictObject({ state: matchState.default('suggested'), after: z.string().max(200).optional() }),
  response: recordMatchList,
  handle: ({ query }, { deps, caller }) =>
    deps.services.matches.list(caller.workspace, { state: query.state, after: query.after }),
});
