import { z } from 'zod';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const searchRecordMatches = workspaceRoute('admin', {
  method: 'post',
  path: '/v1/record-matches/search',
  operationId: 'searchRecordMatches',
  summary: 'Compare names and domains again soon',
  body: z.strictObject({}),
  handle: (_input, { deps, caller }) => {
    deps.services.matches.request(caller.workspace);
    return Promise.resolve(done(undefined));
  },
});
