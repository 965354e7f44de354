import { replayRequest, replayResponse } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const replayDeadLetters = workspaceRoute('manager', {
  method: 'post',
  path: '/v1/dead-letters/replay',
  operationId: 'replayDeadLetters',
  summary: 'Try records again whose sync was given up',
  body: replayRequest,
  response: replayResponse,
  handle: async ({ body }, { deps, caller }) => {
    const { connectionId, records: refs } = body;
    const actor = caller.user.email;
    const replayed = await deps.services.connections.replay(caller.workspace, { connectionId, refs, actor });
    return replayed.ok ? done({ replayed: replayed.value }) : replayed;
  },
});
