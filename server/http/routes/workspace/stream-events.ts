import { isoText } from '../../../services/contract-view.ts';
import { done, refused } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';
import { type EventStream, openEventStream, writeEventStream } from '../../event-stream.ts';

export const streamEvents = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/events',
  operationId: 'streamEvents',
  summary: 'What changes in the workspace, as server-sent events',
  stream: {
    mediaType: 'text/event-stream',
    write: (value: EventStream, response) => writeEventStream(value, response),
  },
  handle: async (_input, { deps, caller }) => {
    const stream = openEventStream(deps.world.clock, (subscriber) =>
      deps.events.subscribe(caller.workspace.id, subscriber),
    );
    if (stream === null) return refused('unavailable', { reason: 'too_many_listeners' });
    stream.push({ kind: 'hello', at: isoText(deps.world.clock.now()) });
    return done(stream);
  },
});
