/** One portal, its store and a running engine on a virtual clock: what most engine tests start from. */
import type { HostEvent } from '../../server/crm/port.ts';
import type { SyncCounter } from '../../server/sync/settings.ts';
import { type HarnessParts, type Process, startProcess } from './engine-harness.ts';
import { createMemoryHost, type MemoryHost, type MemoryHostOptions } from './memory-host.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { createSeededRandom } from './seeded-random.ts';
import { portal } from './simulation-world.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** Mid-morning: no test meets a new day unless it means to. */
const RIG_START = Date.parse('2026-11-23T08:00:00Z');

export type EngineRig = {
  readonly clock: VirtualClock;
  readonly host: MemoryHost;
  readonly store: MemoryStore;
  readonly connection: ReturnType<typeof portal>;
  readonly errors: unknown[];
  readonly counters: Partial<Record<SyncCounter, number>>;
  readonly processes: Process[];
  start(change?: Partial<HarnessParts>): Process;
  advance(durationMs: number): Promise<void>;
  /** Calls of a kind since the last look. */
  callsSince(kind: 'read' | 'write' | 'list' | 'schema'): number;
};

export type RigOptions = Partial<MemoryHostOptions> & {
  /** Which events reach us; all by default. */
  readonly delivers?: (event: HostEvent) => boolean;
  readonly installed?: boolean;
};

export function createRig(options: RigOptions = {}): EngineRig {
  const clock = createVirtualClock(RIG_START);
  const store = createMemoryStore(() => clock.now());
  const vendor = options.traits?.host ?? 'hubspot';
  const connection = portal('w1', 'a', vendor);
  const processes: Process[] = [];
  const host = createMemoryHost({
    clock,
    latencyMs: () => 20,
    onEvent: (event) => {
      if (options.delivers?.(event) === false) return;
      const body = JSON.stringify({ events: [event], lifecycle: [], rejected: [] });
      const delivery = { host: vendor, digest: event.eventId, body, receivedAt: clock.now() };
      void store.acceptDelivery(delivery);
      for (const running of processes) running.engine.wake();
    },
    ...options,
  });
  store.addConnection(connection, options.installed === false ? 'installing' : 'active');
  const finished = { phase: 'done', read: 0, total: null, startedAt: 0, updatedAt: 0 } as const;
  if (options.installed !== false) void store.writeBackfill(connection, finished);
  const errors: unknown[] = [];
  const counters: Partial<Record<SyncCounter, number>> = {};
  const seen: Record<string, number> = {};
  return {
    clock,
    host,
    store,
    connection,
    errors,
    counters,
    processes,
    start(change = {}) {
      const random = createSeededRandom(processes.length + 1);
      const started = startProcess({ store, host, clock, random, errors, counters, ...change });
      processes.push(started);
      void started.engine.run(new AbortController().signal);
      return started;
    },
    advance: (durationMs) => clock.runUntil(clock.now() + durationMs),
    callsSince(kind) {
      const total = host.calls.filter((call) => call.kind === kind).length;
      const fresh = total - (seen[kind] ?? 0);
      seen[kind] = total;
      return fresh;
    },
  };
}
