/** The wall clock and real randomness, without a log: for test programs that run on their own. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log, World } from '../../server/world.ts';

const SILENT_LOG: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export function systemWorld(): World {
  return {
    clock: { now: Date.now, sleep: (delayMs, signal) => delay(delayMs, undefined, { signal }) },
    random: {
      next: Math.random,
      uuid: randomUUID,
      bytes: (byteCount) => new Uint8Array(randomBytes(byteCount)),
    },
    log: SILENT_LOG,
  };
}
