/** When values arrived in a CRM, for a process that plays one: kept from the moment they come, so that asking late costs nothing. */
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 5;

export type Arrivals = {
  readonly note: (recordId: string, value: string) => void;
  /** Epoch ms of the first arrival, with fractions; null when it has not come within the patience. */
  readonly wait: (recordId: string, value: string, patienceMs: number) => Promise<number | null>;
};

export function watchArrivals(): Arrivals {
  const arrivedAt = new Map<string, number>();
  const keyOf = (recordId: string, value: string): string => `${recordId} ${value}`;
  return {
    note: (recordId, value) => {
      const key = keyOf(recordId, value);
      if (!arrivedAt.has(key)) arrivedAt.set(key, epochMs());
    },
    wait: async (recordId, value, patienceMs) => {
      const deadline = epochMs() + patienceMs;
      while (!arrivedAt.has(keyOf(recordId, value)) && epochMs() < deadline) await delay(POLL_MS);
      return arrivedAt.get(keyOf(recordId, value)) ?? null;
    },
  };
}

/** Finer than a millisecond, and the same in all processes of one machine. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
