/** Server-sent events. A slow reader is dropped rather than buffered without end; a comment every 15 s keeps proxies from closing. */
import type { Response } from 'express';
import type { WorkspaceEvent } from '../../app/wire/workspace.ts';
import type { Subscriber } from '../services/event-hub.ts';
import type { Clock } from '../world.ts';

const HEARTBEAT_MS = 15_000;
/** Bytes waiting to be sent beyond which a reader counts as gone. */
const BACKLOG_BYTES_MAX = 262_144;
const EARLY_EVENTS_MAX = 50;

export type EventStream = {
  readonly push: (event: WorkspaceEvent) => void;
  readonly attach: (write: (text: string) => void) => void;
  readonly clock: Clock;
  /** Aborts when the server leaves. */
  readonly leaving: AbortSignal;
  readonly end: () => void;
};

/** Null when no more listeners are taken. Events before `attach` are kept, up to a bound. */
export function openEventStream(
  clock: Clock,
  subscribe: (subscriber: Subscriber) => (() => void) | null,
): EventStream | null {
  const early: string[] = [];
  let write = (text: string): void => {
    if (early.length < EARLY_EVENTS_MAX) early.push(text);
  };
  const push = (event: WorkspaceEvent): void => write(`data: ${JSON.stringify(event)}\n\n`);
  const leaving = new AbortController();
  const end = subscribe({ notify: push, leave: () => leaving.abort() });
  if (end === null) return null;
  const attach = (to: (text: string) => void): void => {
    write = to;
    for (const text of early.splice(0)) to(text);
  };
  return { push, attach, clock, leaving: leaving.signal, end };
}

/** Holds the answer open until the reader leaves or the server drains. */
export async function writeEventStream(stream: EventStream, response: Response): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const over = AbortSignal.any([gone.signal, stream.leaving]);
  response.set({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  stream.attach((text) => {
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  });
  try {
    while (!over.aborted) {
      const beat = await stream.clock.sleep(HEARTBEAT_MS, over).then(
        () => true,
        () => false,
      );
      if (beat) response.write(': still here\n\n');
    }
  } finally {
    stream.end();
    response.end();
  }
}
