/** Tells open workspace pages of this process that something changed. A hint: pages refetch, and a lost hint costs a stale view only. */
import type { WorkspaceEvent } from '../../app/wire/workspace.ts';

export const SUBSCRIBERS_MAX = 2000;

export interface EventHub {
  publish(workspaceId: string, event: WorkspaceEvent): void;
  /** Null when too many listen already. The result ends the subscription. */
  subscribe(workspaceId: string, listener: (event: WorkspaceEvent) => void): (() => void) | null;
}

export function createEventHub(): EventHub {
  const listeners = new Map<string, Set<(event: WorkspaceEvent) => void>>();
  let count = 0;
  return {
    publish(workspaceId, event) {
      for (const listener of listeners.get(workspaceId) ?? []) listener(event);
    },
    subscribe(workspaceId, listener) {
      if (count >= SUBSCRIBERS_MAX) return null;
      const set = listeners.get(workspaceId) ?? new Set();
      listeners.set(workspaceId, set.add(listener));
      count += 1;
      return () => {
        if (!set.delete(listener)) return;
        count -= 1;
        if (set.size === 0) listeners.delete(workspaceId);
      };
    },
  };
}
