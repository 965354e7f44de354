/**
 * The engine with its ports decorated so that a process can die between any two effects: once dead, no call of that process has an
 * effect and none of its promises ever resolves. What the host had already received still happens.
 */
import type { CrmPort } from '../../server/crm/port.ts';
import type { SyncStore } from '../../server/store/port.ts';
import { createEngine, type Engine } from '../../server/sync/engine.ts';
import type { EngineParts, EngineSettings, SyncCounter } from '../../server/sync/settings.ts';
import type { Log } from '../../server/world.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const TEST_SETTINGS: EngineSettings = {
  contractUrl: (_connection, contractId) => `https://counterpart.example/contracts/${contractId}`,
  timeZoneOf: () => Promise.resolve('UTC'),
  conflictPolicyOf: () => Promise.resolve({ stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' }),
  linksByDomain: false,
  workerCount: 2,
  pollMs: 5_000,
};

export type Process = {
  readonly engine: Engine;
  /** Stops everything at once, without a goodbye. */
  kill(): void;
};

export type HarnessParts = {
  readonly store: SyncStore;
  readonly host: CrmPort;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** Errors that the engine logged; a correct run has none. */
  readonly errors: unknown[];
  readonly counters: Partial<Record<SyncCounter, number>>;
  /** Virtual milliseconds that each store call takes. */
  readonly storeLatencyMs?: () => number;
  readonly settings?: Partial<EngineSettings>;
  readonly afterHook?: EngineParts['afterHook'];
  readonly onCases?: EngineParts['onCases'];
  /** Hears of every call to a port before it is made; may kill the process, and then the call is not made. */
  readonly beforeCall?: (name: string, kill: () => void) => void;
};

export function startProcess(parts: HarnessParts): Process {
  const life = { alive: true };
  const { clock } = parts;
  const kill = (): void => void (life.alive = false);
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (fields, message) => void parts.errors.push({ message, ...fields }),
  };
  const engine = createEngine({
    store: mortal(parts.store, life, async (name) => {
      parts.beforeCall?.(name, kill);
      const delayMs = parts.storeLatencyMs?.() ?? 0;
      if (delayMs > 0) await clock.sleep(delayMs);
    }),
    crm: { [parts.host.host]: mortal(parts.host, life, (name) => Promise.resolve(parts.beforeCall?.(name, kill))) },
    world: {
      clock: mortal({ now: () => clock.now(), sleep: (delayMs, signal) => clock.sleep(delayMs, signal) }, life, () =>
        Promise.resolve(),
      ),
      random: parts.random,
      log,
    },
    calendars: { find: () => Promise.resolve(null) },
    settings: { ...TEST_SETTINGS, ...parts.settings },
    metrics: {
      count: (counter, amount) => void (parts.counters[counter] = (parts.counters[counter] ?? 0) + amount),
      observeLag: () => undefined,
    },
    ...(parts.afterHook === undefined ? {} : { afterHook: parts.afterHook }),
    ...(parts.onCases === undefined ? {} : { onCases: parts.onCases }),
  });
  return { engine, kill };
}

const NEVER = new Promise<never>(() => undefined);
/** Answered at once even in a port: they are plain functions. */
const SYNCHRONOUS = new Set<PropertyKey>(['now', 'parseDelivery', 'host', 'batchMax']);

function mortal<T extends object>(
  port: T,
  life: { readonly alive: boolean },
  before: (name: string) => Promise<void>,
): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || SYNCHRONOUS.has(name)) return member;
      return async (...given: unknown[]) => {
        if (!life.alive) return NEVER;
        await before(String(name));
        if (!life.alive) return NEVER;
        const outcome = await settled(Reflect.apply(member, target, given));
        if (!life.alive) return NEVER;
        if (outcome.ok) return outcome.value;
        throw outcome.error;
      };
    },
  });
}

async function settled(
  result: unknown,
): Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }> {
  try {
    return { ok: true, value: await result };
  } catch (error) {
    return { ok: false, error };
  }
}
