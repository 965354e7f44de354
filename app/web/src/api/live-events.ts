/** Keeps what is on screen current: each server-sent event names what changed, and the queries that show it are read again. */
import { workspaceEvent } from '@counterpart/app/wire/workspace.ts';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type LiveState = 'connecting' | 'live' | 'lost';

export function useLiveEvents(): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    const source = new EventSource('/v1/events', { withCredentials: true });
    const outdated = createOutdated(queries);
    source.addEventListener('open', () => {
      setState('live');
      void queries.invalidateQueries();
    });
    source.addEventListener('error', () => setState('lost'));
    source.addEventListener('message', (message) => refresh(queries, String(message.data), outdated.add));
    return () => {
      source.close();
      outdated.stop();
    };
  }, [queries]);
  return state;
}

/** Long enough to gather what one action changes, short enough not to be noticed. */
const GATHER_MS = 300;

/**
 * Reads again what is out of date: many events at once are one reading, and the next one of the same kind begins only when the one before
 * has ended, so that a page never asks faster than the server answers.
 */
function createOutdated(queries: QueryClient) {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = (): void => {
    timer = undefined;
    for (const key of waiting) {
      if (queries.isFetching({ queryKey: [key] }) > 0) continue;
      waiting.delete(key);
      void queries.invalidateQueries({ queryKey: [key] });
    }
    if (waiting.size > 0) timer = setTimeout(read, GATHER_MS);
  };
  return {
    add: (key: string): void => {
      waiting.add(key);
      timer ??= setTimeout(read, GATHER_MS);
    },
    stop: (): void => clearTimeout(timer),
  };
}

function refresh(queries: QueryClient, data: string, outdated: (key: string) => void): void {
  const parsed = workspaceEvent.safeParse(JSON.parse(data));
  if (!parsed.success) return;
  const event = parsed.data;
  if (event.kind === 'import') queries.setQueryData(['import-progress', event.importId], event);
  const keys = {
    hello: [],
    contracts: ['contracts', 'contract', 'overview', 'vendors', 'audit', 'matches'],
    connections: ['connections', 'dead-letters', 'matches'],
    conflicts: ['conflicts', 'connections'],
    import: ['imports'],
  } as const;
  for (const key of keys[event.kind]) outdated(key);
}
