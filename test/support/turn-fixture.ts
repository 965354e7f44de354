/** One turn, set up by hand: a store, a host and a clock in memory, with an ear on everything the turn tells others. */
import type { HostObjectType, HostRecordRef } from '../../server/crm/port.ts';
import type { DirtyItem, DirtyReason, Lane, SyncStore } from '../../server/store/port.ts';
import type { EngineParts } from '../../server/sync/settings.ts';
import { LEASE_MS, type Turn } from '../../server/sync/turn.ts';
import { TEST_SETTINGS } from './engine-harness.ts';
import { createRig, type EngineRig, type RigOptions } from './engine-rig.ts';
import { createSeededRandom } from './seeded-random.ts';

type Logged = { readonly level: 'warn' | 'error'; readonly message: string } & Readonly<Record<string, unknown>>;

export type TurnScene = {
  readonly rig: EngineRig;
  readonly parts: EngineParts;
  readonly logged: readonly Logged[];
  /** Counter, amount and connection of each count, in order. */
  readonly counted: readonly (readonly [string, number, string | undefined])[];
  readonly lags: readonly number[];
  readonly hooks: readonly string[];
  mark(ref: HostRecordRef, reason?: DirtyReason): Promise<void>;
  /** A turn of a lane just leased; the lane must have something due. */
  leaseTurn(): Promise<Turn>;
};

export type TurnSceneOptions = {
  readonly host?: RigOptions;
  /** Replaces methods of the store. */
  readonly store?: (store: SyncStore) => Partial<SyncStore>;
  /** Without it, nobody counts, and nothing may need them to. */
  readonly counts?: boolean;
};

export function createTurnScene({ host = {}, store, counts = true }: TurnSceneOptions = {}): TurnScene {
  const rig = createRig({ latencyMs: () => 0, ...host });
  const logged: Logged[] = [];
  const counted: (readonly [string, number, string | undefined])[] = [];
  const lags: number[] = [];
  const hooks: string[] = [];
  const say = (level: Logged['level']) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void logged.push({ ...fields, level, message });
  const silent = (): void => undefined;
  const metrics: EngineParts['metrics'] = {
    count: (counter, amount, connection) => void counted.push([counter, amount, connection?.connectionId]),
    observeLag: (lagMs) => void lags.push(lagMs),
  };
  const used: SyncStore = { ...rig.store, ...store?.(rig.store) };
  const parts: EngineParts = {
    store: used,
    crm: { hubspot: rig.host },
    world: {
      clock: rig.clock,
      random: createSeededRandom(5),
      log: { debug: silent, info: silent, warn: say('warn'), error: say('error') },
    },
    calendars: { find: () => Promise.resolve(null) },
    settings: TEST_SETTINGS,
    ...(counts ? { metrics, afterHook: async (point) => void hooks.push(point) } : {}),
  };
  const { workspaceId, connectionId } = rig.connection;
  return {
    rig,
    parts,
    logged,
    counted,
    lags,
    hooks,
    mark: (ref, reason = 'event') => rig.store.markDirty([{ workspaceId, connectionId, ref, reason }]),
    async leaseTurn() {
      const lane = await used.leaseLane({ worker: 'w', now: rig.clock.now(), leaseMs: LEASE_MS });
      if (lane === null) throw new Error('no lane was due');
      return turnOf(parts, rig, lane);
    },
  };
}

function turnOf(parts: EngineParts, rig: EngineRig, lane: Lane): Turn {
  return { parts, port: rig.host, connection: rig.connection, lane, isLost: false };
}

export function record(objectType: HostObjectType, recordId: string): HostRecordRef {
  return { objectType, recordId };
}

export function dirtyItem(change: Partial<DirtyItem> = {}): DirtyItem {
  return {
    ref: record('opportunity', '1'),
    generation: 1,
    reason: 'event',
    attempts: 0,
    dirtySince: 0,
    eventId: null,
    ...change,
  };
}
