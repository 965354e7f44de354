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
  directoryMs: 2_000,
};

export type Process = {
  readonly engine: Engine;
  /** Stops everything at once, without a goodbye. */
  kill(): void;
};

export type HarnessParts = {
  readonly store: SyncStore;
  readonly host: CrmPort;
  /** Hosts beside it. */
  readonly otherHosts?: readonly CrmPort[];
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
  /** Hears of every call once its effect is there; may kill the process, and then nobody learns of the effect. */
  readonly afterCall?: (name: string, kill: () => void) => void;
  /** This process's clock minus the right time. */
  readonly clockSkewMs?: number;
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
  const now = (): number => clock.now() + (parts.clockSkewMs ?? 0);
  const killable = (name: string): void => parts.beforeCall?.(name, kill);
  const after = (name: string): void => parts.afterCall?.(name, kill);
  const engine = createEngine({
    store: mortal(parts.store, life, {
      before: (name) => {
        killable(name);
        const delayMs = parts.storeLatencyMs?.() ?? 0;
        return delayMs > 0 ? clock.sleep(delayMs) : undefined;
      },
      after,
    }),
    crm: Object.fromEntries(
      [parts.host, ...(parts.otherHosts ?? [])].map((port) => [
        port.host,
        mortal(port, life, { before: killable, after }),
      ]),
    ),
    world: {
      clock: { now, sleep: (delayMs, signal) => (life.alive ? orNever(clock.sleep(delayMs, signal), life) : never()) },
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

/** One for each caller: whoever waits for a shared one is never forgotten. */
const never = (): Promise<never> => new Promise(() => undefined);
/** Answered at once even in a port: they are plain functions. */
const SYNCHRONOUS = new Set<PropertyKey>(['parseDelivery', 'host', 'batchMax']);

type Around = {
  readonly before: (name: string) => Promise<void> | void;
  readonly after: (name: string) => void;
};

function mortal<T extends object>(port: T, life: { readonly alive: boolean }, { before, after }: Around): T {
  const decorated = new Map<PropertyKey, unknown>();
  const decorate = (name: PropertyKey, member: unknown): unknown => {
    if (typeof member !== 'function' || SYNCHRONOUS.has(name)) return member;
    return async (...given: unknown[]) => {
      if (!life.alive) return never();
      const wait = before(String(name));
      if (wait !== undefined) await wait;
      if (!life.alive) return never();
      const result = await orNever(Promise.resolve(Reflect.apply(member, port, given)), life);
      after(String(name));
      return life.alive ? result : never();
    };
  };
  return new Proxy(port, {
    get(target, name) {
      if (!decorated.has(name)) decorated.set(name, decorate(name, Reflect.get(target, name)));
      return decorated.get(name);
    },
  });
}

/** What the promise comes to while the process lives; a dead one hears neither good news nor bad. */
async function orNever<T>(promise: Promise<T>, life: { readonly alive: boolean }): Promise<T> {
  try {
    const value = await promise;
    return life.alive ? value : await never();
  } catch (error) {
    if (life.alive) throw error;
    return never();
  }
}
