/** Tells open workspace pages of this process that something changed. A hint: pages refetch, and a lost hint costs a stale view only. */
import type { WorkspaceEvent } from '../../app/wire/workspace.ts';

const SUBSCRIBERS_MAX = 2000;

export type Subscriber = {
  readonly notify: (event: WorkspaceEvent) => void;
  /** The server is leaving; nothing more will come. */
  readonly leave: () => void;
};

export interface EventHub {
  publish(workspaceId: string, event: WorkspaceEvent): void;
  /** Null when too many listen already. The result ends the subscription. */
  subscribe(workspaceId: string, subscriber: Subscriber): (() => void) | null;
  /** Sends everybody away, so that open streams do not hold up a drain. */
  close(): void;
}

export function createEventHub(): EventHub {
  const subscribers = new Map<string, Set<Subscriber>>();
  let count = 0;
  let closed = false;
  return {
    publish(workspaceId, event) {
      for (const { notify } of subscribers.get(workspaceId) ?? []) notify(event);
    },
    subscribe(workspaceId, subscriber) {
      if (closed || count >= SUBSCRIBERS_MAX) return null;
      const set = subscribers.get(workspaceId) ?? new Set();
      subscribers.set(workspaceId, set.add(subscriber));
      count += 1;
      return () => {
        if (!set.delete(subscriber)) return;
        count -= 1;
        if (set.size === 0) subscribers.delete(workspaceId);
      };
    },
    close() {
      closed = true;
      for (const set of subscribers.values()) for (const { leave } of set) leave();
    },
  };
}
