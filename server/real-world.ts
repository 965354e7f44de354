/** The world as it is: the wall clock, the system's randomness, the process log. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, World } from './world.ts';

const FRACTION_MAX = 2 ** 48 - 1;

export function createRealWorld(log: Log): World {
  return {
    clock: {
      now: () => Date.now(),
      sleep: async (delayMs, signal) => {
        await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
      },
    },
    random: {
      next: () => randomInt(FRACTION_MAX) / FRACTION_MAX,
      uuid: () => randomUUID(),
      bytes: (byteCount) => new Uint8Array(randomBytes(byteCount)),
    },
    log,
  };
}
