/** The processes of a schedule: they run the product's engine on the one store, die at bad moments, and start again. */
import type { CrmPort } from '../../server/crm/port.ts';
import type { SyncCounter } from '../../server/sync/settings.ts';
import { type Process, startProcess } from './engine-harness.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Scene } from './simulation-scene.ts';

export type Processes = {
  /** Starts every process that is not running. */
  startAll(): void;
  killAll(): void;
  /** Crashes at instants drawn now, whatever the process does then. */
  planCrashes(withinMs: number): void;
  /** Tells every running process that there is work, as a notification of the database does. */
  wake(): void;
  isAnyAlive(): boolean;
  readonly errors: unknown[];
  readonly counters: Partial<Record<SyncCounter, number>>;
};

/** Crashes at calls in one schedule: enough to meet every kind of call, and the work still gets done between them. */
const CRASHES_AT_CALLS_MAX = 25;
const KILLED = new Error('killed');
const DOWN_MS = { least: 100, most: 8_000 } as const;
const STORE_LATENCY = { chance: 0.3, msMax: 15 } as const;

export function createProcesses(scene: Scene, random: SeededRandom, ports: readonly CrmPort[]): Processes {
  const [port, ...otherHosts] = ports;
  if (port === undefined) throw new Error('a schedule has a host');
  const slots: (Process | null)[] = Array.from({ length: scene.deployment.processes }, () => null);
  const errors: unknown[] = [];
  const counters: Partial<Record<SyncCounter, number>> = {};
  const { mix, clock, counts } = scene;
  const count = (name: string): number => (counts[name] = (counts[name] ?? 0) + 1);

  const start = (slot: number): void => {
    if (slots[slot] !== null) return;
    const own = random.fork();
    const chance = own.fork();
    const crashMaybe = (name: string, moment: string): void => {
      if (scene.healed || mix.crashAtCall === 0 || !chance.chance(mix.crashAtCall)) return;
      if ((counts['crashAtCall'] ?? 0) >= CRASHES_AT_CALLS_MAX) return;
      count('crashAtCall');
      scene.trace(`${clock.now()} process ${slot} dies ${moment} ${name}`);
      crash(slot);
    };
    const process = startProcess({
      store: scene.store,
      host: port,
      otherHosts,
      clock,
      random: own,
      errors,
      counters,
      clockSkewMs: slot === 0 ? 0 : mix.processClockSkewMs,
      storeLatencyMs: () => (chance.chance(STORE_LATENCY.chance) ? chance.between(1, STORE_LATENCY.msMax) : 0),
      beforeCall: (name) => crashMaybe(name, 'before'),
      afterCall: (name) => crashMaybe(name, 'after'),
      settings: { ...scene.deployment, conflictPolicyOf: () => Promise.resolve(scene.policies) },
    });
    const life = new AbortController();
    const kill = (): void => {
      process.kill();
      // Nothing hears of it any more; but a signal that never aborts is remembered with all that listens to it.
      life.abort(KILLED);
    };
    slots[slot] = { ...process, kill };
    void process.engine.run(life.signal);
  };
  const crash = (slot: number): void => {
    slots[slot]?.kill();
    slots[slot] = null;
    clock.at(clock.now() + random.between(DOWN_MS.least, DOWN_MS.most), () => {
      if (!scene.isOutage) start(slot);
    });
  };
  return {
    errors,
    counters,
    startAll: () => slots.forEach((_process, slot) => start(slot)),
    killAll() {
      slots.forEach((process, slot) => {
        process?.kill();
        slots[slot] = null;
      });
    },
    wake: () => slots.forEach((process) => process?.engine.wake()),
    isAnyAlive: () => slots.some((process) => process !== null),
    planCrashes(withinMs) {
      for (let index = 0; index < mix.crashes; index += 1)
        clock.at(clock.now() + random.between(500, withinMs), () => {
          const slot = random.between(0, slots.length - 1);
          if (slots[slot] === null) return;
          count('crash');
          scene.trace(`${clock.now()} process ${slot} dies`);
          crash(slot);
        });
    },
  };
}
