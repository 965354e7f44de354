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
    source.addEventListener('open', () => {
      setState('live');
      void queries.invalidateQueries();
    });
    source.addEventListener('error', () => setState('lost'));
    source.addEventListener('message', (message) => refresh(queries, String(message.data)));
    return () => source.close();
  }, [queries]);
  return state;
}

function refresh(queries: QueryClient, data: string): void {
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
  for (const key of keys[event.kind]) void queries.invalidateQueries({ queryKey: [key] });
}
