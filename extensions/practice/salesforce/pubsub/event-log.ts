/**
 * What the bus remembers: events of the last 72 hours under ids that grow and have holes. An id is a time, so that a bus that began anew, with
 * nothing remembered, still knows an id of its predecessor for what it is: old, but within the time that is kept.
 */
import type { Clock } from '../../hubspot/world.ts';

export interface BusEvent {
  readonly number: bigint;
  readonly id: string;
  readonly entityName: string;
  readonly schemaId: string;
  readonly payload: Buffer;
  readonly at: number;
}

const EVENTS_KEPT_MAX = 50_000;
/** Ids of one millisecond. */
const NUMBERS_PER_MS = 1_000n;
const NUMBER_BYTES = 8;
/** As in ids seen from real orgs: eight bytes that count, two that are zero. */
const REPLAY_ID_BYTES = 10;

export interface EventLog {
  add(event: Omit<BusEvent, 'number' | 'at'>): void;
  /** Events after the number, oldest first. */
  after(number: bigint, limit: number, wanted: (event: BusEvent) => boolean): readonly BusEvent[];
  /** The number of the newest event there was. */
  tip(): bigint;
  /** Just before the oldest that is kept. */
  beforeOldest(): bigint;
  /** Null for what never was an id, and for one older than what is kept. */
  parse(replayId: Uint8Array): bigint | null;
  /** Forgets everything and every id, as a move of the org to another instance does. */
  beginAnew(): void;
}

export function formatReplayId(number: bigint): Buffer {
  const bytes = Buffer.alloc(REPLAY_ID_BYTES);
  bytes.writeBigUInt64BE(number);
  return bytes;
}

export function createEventLog(clock: Clock, retentionMs: () => number): EventLog {
  const numberAt = (at: number): bigint => BigInt(Math.max(0, Math.floor(at))) * NUMBERS_PER_MS;
  let events: BusEvent[] = [];
  let tip = numberAt(clock.now());
  let validFrom = 0n;
  const prune = (): void => {
    const keptFrom = clock.now() - retentionMs();
    const first = events.findIndex(({ at }) => at >= keptFrom);
    const from = Math.max(first < 0 ? events.length : first, events.length - EVENTS_KEPT_MAX);
    if (from > 0) events = events.slice(from);
  };
  return {
    add(event) {
      const now = clock.now();
      const least = numberAt(now);
      tip = least > tip ? least : tip + 1n;
      events.push({ ...event, number: tip, at: now });
      prune();
    },
    after(number, limit, wanted) {
      prune();
      return events.filter((event) => event.number > number && wanted(event)).slice(0, limit);
    },
    tip: () => tip,
    beforeOldest() {
      prune();
      return (events[0]?.number ?? tip + 1n) - 1n;
    },
    parse(replayId) {
      if (replayId.length !== REPLAY_ID_BYTES) return null;
      const bytes = Buffer.from(replayId);
      if (bytes.subarray(NUMBER_BYTES).some((byte) => byte !== 0)) return null;
      const number = bytes.readBigUInt64BE();
      const oldest = numberAt(clock.now() - retentionMs());
      return number > tip || number < oldest || number < validFrom ? null : number;
    },
    beginAnew() {
      events = [];
      tip += 1n;
      validFrom = tip;
    },
  };
}
