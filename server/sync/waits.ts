/** How loops wait for work: until an instant, at most one poll, and no longer than to the next wake. */
import type { EngineParts } from './settings.ts';

export type Waits = {
  readonly wakesSoFar: () => number;
  readonly wake: () => void;
  /** Resolves at the instant, after `pollMs` at the latest, at the next wake, or at once when there was a wake since `seen`. */
  readonly until: (at: number, seen: number) => Promise<void>;
};

/** One reason for all wakes: making an error, with its stack, for each would cost more than the wake. */
const WOKEN = new Error('woken');

/** All sleepers share one signal until the next wake, which costs the same however many they are. */
export function createWaits(parts: EngineParts): Waits {
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
    async until(at, seen) {
      if (wakes !== seen) return;
      const { signal } = untilWoken;
      const delayMs = Math.min(parts.settings.pollMs, Math.max(1, at - parts.world.clock.now()));
      try {
        await parts.world.clock.sleep(delayMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** Pause after an error in a loop itself, for instance while the database is away. */
const ERROR_PAUSE_MS = 1_000;

export async function pauseAfter(error: unknown, { world }: EngineParts, wait: Waits): Promise<void> {
  world.log.error({ error }, 'a sync loop met an error and goes on');
  await wait.until(world.clock.now() + ERROR_PAUSE_MS, wait.wakesSoFar());
}
