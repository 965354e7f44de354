/** The wall clock moved on by a test. Short waits leap over their time; long ones, which are time limits, take it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../server/world.ts';

export type LeapingClock = Clock & {
  advance(byMs: number): void;
  /** Waits on the wall, for what other sockets do. */
  reallySleep(delayMs: number): Promise<void>;
};

/** Waits up to here are pauses before a next try; above it they limit a call, and must not end before the call has. */
const LEAP_MS_MAX = 1_200;

/** Mid-morning of a working day: no test depends on the day of the run. */
const START = Date.parse('2026-11-23T08:00:00Z');

export function createLeapingClock(startAt = START): LeapingClock {
  let offsetMs = startAt - Date.now();
  return {
    now: () => Date.now() + offsetMs,
    async sleep(delayMs, signal) {
      if (delayMs > LEAP_MS_MAX) {
        await delay(delayMs, undefined, signal === undefined ? {} : { signal });
        return;
      }
      const dueAt = Date.now() + offsetMs + delayMs;
      await delay(0, undefined, signal === undefined ? {} : { signal });
      offsetMs += Math.max(0, dueAt - Date.now() - offsetMs);
    },
    advance: (byMs) => {
      offsetMs += byMs;
    },
    reallySleep: async (delayMs) => {
      await delay(delayMs);
    },
  };
}
