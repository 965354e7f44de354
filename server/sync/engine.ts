/**
 * The sync engine as the process runs it: one loop digests deliveries, some loops serve lanes, some run side jobs. Every loop does one
 * bounded unit of work at a time and may be stopped, or die, between any two effects (sync rule S5). Notifications only shorten a wait;
 * nothing depends on them.
 */
import { ingestDeliveries } from './ingest.ts';
import { type LaneHealth, laneTurn } from './lane-turn.ts';
import { createSchedule } from './schedule.ts';
import type { EngineParts, StepEnd } from './settings.ts';

/** Pause after an error in the loop itself, for instance while the database is away. */
const ERROR_PAUSE_MS = 1_000;

export type Engine = {
  /** Works until the signal aborts or `stop` is called; resolves once every loop has finished what it was doing. */
  run(signal: AbortSignal): Promise<void>;
  /** One unit of work: deliveries, else a lane, else a side job. False when nothing was due. */
  turn(): Promise<boolean>;
  /** New work may be there: end a wait early. */
  wake(): void;
  stop(): Promise<void>;
};

export function createEngine(parts: EngineParts): Engine {
  const worker = parts.world.random.uuid();
  const health: LaneHealth = new Map();
  const schedule = createSchedule(parts, worker);
  const waits = createWaits(parts);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const ingest = async (): Promise<StepEnd> => ((await ingestDeliveries(parts)) ? 'marked' : 'idle');
  const lane = async (): Promise<StepEnd> => ((await laneTurn(parts, health, worker)) ? 'worked' : 'idle');
  const laneDueAt = async (): Promise<number | null> => parts.store.nextDueAt(parts.world.clock.now());
  const jobDueAt = (): Promise<number | null> => Promise.resolve(schedule.nextDueAt());

  return {
    run(signal) {
      const until = AbortSignal.any([signal, stopping.signal]);
      until.addEventListener('abort', waits.wake, { once: true });
      const { workerCount } = parts.settings;
      const never = (): Promise<number | null> => Promise.resolve(null);
      const loops: readonly Loop[] = [
        { step: ingest, dueAt: never },
        ...copies(workerCount, { step: lane, dueAt: laneDueAt }),
        ...copies(Math.ceil(workerCount / 2), { step: schedule.runNext, dueAt: jobDueAt }),
      ];
      running = Promise.all(loops.map((each) => loop(each, until))).then(() => schedule.release());
      return running;
    },
    async turn() {
      for (const step of [ingest, lane, schedule.runNext]) if ((await step()) !== 'idle') return true;
      return false;
    },
    wake: waits.wake,
    async stop() {
      stopping.abort();
      await running;
    },
  };

  /** A wake during the step or the look at the clock is not lost: the wait then ends at once. */
  async function loop({ step, dueAt }: Loop, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const seen = waits.wakesSoFar();
      try {
        const end = await step();
        if (end === 'marked') waits.wake();
        if (end !== 'idle') continue;
        const next = (await dueAt()) ?? Number.POSITIVE_INFINITY;
        const delayMs = Math.min(parts.settings.pollMs, Math.max(1, next - parts.world.clock.now()));
        await waits.wait(delayMs, seen);
      } catch (error) {
        parts.world.log.error({ error }, 'a sync loop met an error and goes on');
        await waits.wait(ERROR_PAUSE_MS, waits.wakesSoFar());
      }
    }
  }
}

function copies(count: number, loop: Loop): readonly Loop[] {
  return Array.from({ length: count }, () => loop);
}

type Loop = {
  readonly step: () => Promise<StepEnd>;
  /** When there may be work again, as far as is known. */
  readonly dueAt: () => Promise<number | null>;
};

type Waits = {
  readonly wakesSoFar: () => number;
  readonly wake: () => void;
  /** Resolves after the delay, at the next wake, or at once when there was a wake since `seen`. */
  readonly wait: (delayMs: number, seen: number) => Promise<void>;
};

/** One reason for all wakes: making an error, with its stack, for each would cost more than the wake. */
const WOKEN = new Error('woken');

/** All sleepers share one signal until the next wake, which costs the same however many they are. */
function createWaits(parts: EngineParts): Waits {
  let untilWoken = new AbortController();
  let wakes = 0;
  return {
    wakesSoFar: () => wakes,
    wake() {
      wakes += 1;
      const woken = untilWoken;
      untilWoken = new AbortController();
      woken.abort(WOKEN);
    },
    async wait(delayMs, seen) {
      if (wakes !== seen) return;
      const { signal } = untilWoken;
      try {
        await parts.world.clock.sleep(delayMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
