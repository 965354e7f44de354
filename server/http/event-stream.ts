/** Server-sent events. A slow reader is dropped rather than buffered without end; a comment every 15 s keeps proxies from closing. */
import type { Response } from 'express';
import type { WorkspaceEvent } from '../../app/wire/workspace.ts';
import type { Clock } from '../world.ts';

const HEARTBEAT_MS = 15_000;
/** Bytes waiting to be sent beyond which a reader counts as gone. */
const BACKLOG_BYTES_MAX = 262_144;
const EARLY_EVENTS_MAX = 50;

export type EventStream = {
  readonly push: (event: WorkspaceEvent) => void;
  readonly attach: (write: (text: string) => void) => void;
  readonly clock: Clock;
  readonly end: () => void;
};

/** Null when no more listeners are taken. Events before `attach` are kept, up to a bound. */
export function openEventStream(
  clock: Clock,
  subscribe: (listener: (event: WorkspaceEvent) => void) => (() => void) | null,
): EventStream | null {
  const early: string[] = [];
  let write = (text: string): void => {
    if (early.length < EARLY_EVENTS_MAX) early.push(text);
  };
  const push = (event: WorkspaceEvent): void => write(`data: ${JSON.stringify(event)}\n\n`);
  const end = subscribe(push);
  if (end === null) return null;
  const attach = (to: (text: string) => void): void => {
    write = to;
    for (const text of early.splice(0)) to(text);
  };
  return { push, attach, clock, end };
}

/** Holds the answer open until the reader leaves or the server drains. */
export async function writeEventStream(stream: EventStream, response: Response): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.set({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  stream.attach((text) => {
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  });
  try {
    while (!gone.signal.aborted) {
      const beat = await stream.clock.sleep(HEARTBEAT_MS, gone.signal).then(
        () => true,
        () => false,
      );
      if (beat) response.write(': still here\n\n');
    }
  } finally {
    stream.end();
  }
}
