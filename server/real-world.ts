/** The world as it is: the wall clock, the system's randomness, the process log. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Log, World } from './world.ts';

const FRACTION_MAX = 2 ** 48 - 1;

/** As `timers/promises` does it, but rejecting with the signal's own reason: an error with its stack for every sleep ended early is dear. */
function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const wakeEarly = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', wakeEarly);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', wakeEarly, { once: true });
  });
}

export function createRealWorld(log: Log): World {
  return {
    clock: {
      now: () => Date.now(),
      sleep,
    },
    random: {
      next: () => randomInt(FRACTION_MAX) / FRACTION_MAX,
      uuid: () => randomUUID(),
      bytes: (byteCount) => new Uint8Array(randomBytes(byteCount)),
    },
    log,
  };
}
