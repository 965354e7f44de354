/**
 * The sync engine as the process runs it: one loop digests deliveries, one hands lanes to workers, some run side jobs. Every loop does one
 * bounded unit of work at a time and may be stopped, or die, between any two effects (sync rule S5). Notifications only shorten a wait;
 * nothing depends on them.
 */
import { ingestDeliveries } from './ingest.ts';
import { type LaneHealth, laneTurn } from './lane-turn.ts';
import { createSchedule } from './schedule.ts';
import { serveLanes } from './serve-lanes.ts';
import type { EngineParts, StepEnd } from './settings.ts';
import { createWaits, pauseAfter, type Waits } from './waits.ts';

/** What there may be to do: stored deliveries, or records that were marked. */
type Work = 'deliveries' | 'records';

export type Engine = {
  /** Works until the signal aborts or `stop` is called; resolves once every loop has finished what it was doing. */
  run(signal: AbortSignal): Promise<void>;
  /** One unit of work: deliveries, else a lane, else a side job. False when nothing was due. */
  turn(): Promise<boolean>;
  /** New work may be there, of either kind where none is named: end a wait early. */
  wake(work?: Work): void;
  stop(): Promise<void>;
};

export function createEngine(parts: EngineParts): Engine {
  const worker = parts.world.random.uuid();
  const health: LaneHealth = new Map();
  const schedule = createSchedule(parts, worker);
  const waits = { deliveries: createWaits(parts), records: createWaits(parts), jobs: createWaits(parts) };
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const ingest = async (): Promise<StepEnd> => ((await ingestDeliveries(parts)) ? 'marked' : 'idle');
  const lane = async (): Promise<StepEnd> => ((await laneTurn(parts, health, worker)) ? 'worked' : 'idle');
  const never = (): number => Number.POSITIVE_INFINITY;

  return {
    run(signal) {
      const until = AbortSignal.any([signal, stopping.signal]);
      const wakeAll = (): void => Object.values(waits).forEach(({ wake }) => wake());
      until.addEventListener('abort', wakeAll, { once: true });
      const jobLoops = Array.from({ length: Math.ceil(parts.settings.workerCount / 2) }, () =>
        loop({ step: schedule.runNext, dueAt: () => schedule.nextDueAt(), wait: waits.jobs }, until),
      );
      running = Promise.all([
        loop({ step: ingest, dueAt: never, wait: waits.deliveries }, until),
        serveLanes({ parts, worker, health, wait: waits.records }, until),
        ...jobLoops,
      ]).then(() => schedule.release());
      return running;
    },
    async turn() {
      for (const step of [ingest, lane, schedule.runNext]) if ((await step()) !== 'idle') return true;
      return false;
    },
    wake(work) {
      if (work !== 'records') waits.deliveries.wake();
      if (work !== 'deliveries') waits.records.wake();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };

  /** A wake during the step or the look at the clock is not lost: the wait then ends at once. */
  async function loop({ step, dueAt, wait }: Loop, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const seen = wait.wakesSoFar();
      try {
        const end = await step();
        if (end === 'marked') waits.records.wake();
        if (end === 'idle') await wait.until(dueAt(), seen);
      } catch (error) {
        await pauseAfter(error, parts, wait);
      }
    }
  }
}

type Loop = {
  readonly step: () => Promise<StepEnd>;
  /** When there may be work again, as far as is known. */
  readonly dueAt: () => number;
  readonly wait: Waits;
};
