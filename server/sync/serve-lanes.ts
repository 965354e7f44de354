/**
 * Hands due lanes to workers. One loop asks, however many lanes are worked at a time, so that the database is asked once for each reason
 * to ask; a worker that ends its turn is such a reason.
 */
import { type LaneHealth, leaseLane, serveLane } from './lane-turn.ts';
import type { EngineParts } from './settings.ts';
import { pauseAfter, type Waits } from './waits.ts';

type Serving = {
  readonly parts: EngineParts;
  readonly worker: string;
  readonly health: LaneHealth;
  readonly wait: Waits;
};

/** Works until the signal aborts; resolves once every turn has ended. */
export async function serveLanes(serving: Serving, until: AbortSignal): Promise<void> {
  const { parts, wait } = serving;
  const turns = new Set<Promise<void>>();
  while (!until.aborted) {
    const seen = wait.wakesSoFar();
    try {
      if (turns.size >= parts.settings.workerCount) await Promise.race(turns);
      else if (!(await beginTurn(serving, turns))) {
        const dueAt = await parts.store.nextDueAt(parts.world.clock.now());
        await wait.until(dueAt ?? Number.POSITIVE_INFINITY, seen);
      }
    } catch (error) {
      await pauseAfter(error, parts, wait);
    }
  }
  await Promise.all(turns);
}

/** False when no lane is due. */
async function beginTurn({ parts, worker, health, wait }: Serving, turns: Set<Promise<void>>): Promise<boolean> {
  const lane = await leaseLane(parts, worker);
  if (lane === null) return false;
  const turn = serveLane(parts, health, lane)
    .then(
      () => undefined,
      (error: unknown) => pauseAfter(error, parts, wait),
    )
    .finally(() => {
      turns.delete(turn);
      wait.wake();
    });
  turns.add(turn);
  return true;
}
