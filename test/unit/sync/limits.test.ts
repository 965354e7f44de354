import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOST_FAILURE_FATES, type HostFailure } from '../../../server/crm/port.ts';
import type { DirtyItem, RecordState } from '../../../server/store/port.ts';
import { planCalls } from '../../../server/sync/read-batch.ts';
import {
  afterFailure,
  ATTEMPTS_MAX,
  failureDetail,
  fateOf,
  NO_FAILURES,
  restMs,
  retryDelayMs,
} from '../../../server/sync/retry.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { deal } from '../../support/simulation-world.ts';

const FAILURES: readonly HostFailure[] = [
  { kind: 'rateLimited', retryAfterMs: 7_000, scope: 'burst' },
  { kind: 'unavailable', retryAfterMs: 30_000, detail: '503' },
  { kind: 'unknown', detail: 'timed out' },
  { kind: 'authExpired' },
  { kind: 'authRevoked', detail: 'app removed' },
  { kind: 'forbidden', missing: ['crm.objects.deals.write'] },
  { kind: 'notFound' },
  { kind: 'stale' },
  { kind: 'rejected', code: 'INVALID_OPTION', field: 'stage', detail: 'no such option' },
  { kind: 'malformed', detail: 'not JSON' },
];

describe('when to try again', () => {
  test('S14 delays grow but stay within ten minutes, and eight tries span minutes, not days', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 1_000 }), (seed, attempts) => {
        const delayMs = retryDelayMs(attempts, createSeededRandom(seed));
        expect(delayMs).toBeGreaterThan(0);
        expect(delayMs).toBeLessThanOrEqual(601_000);
      }),
    );
    const longest = Array.from({ length: ATTEMPTS_MAX }, (_, attempts) => 2_000 * 2 ** attempts);
    expect(longest.reduce((sum, delayMs) => sum + Math.min(delayMs, 600_000), 0)).toBeLessThan(15 * 60_000);
  });

  test('S7 what the host asks for is the least that a lane rests', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 50 }), (seed, failures) => {
        const random = createSeededRandom(seed);
        const streak = { failures, refreshes: 0 };
        for (const failure of FAILURES) {
          const asked =
            failure.kind === 'rateLimited' || failure.kind === 'unavailable' ? (failure.retryAfterMs ?? 0) : 0;
          expect(restMs(failure, streak, random)).toBeGreaterThanOrEqual(asked);
          expect(restMs(failure, streak, random)).toBeLessThanOrEqual(Math.max(asked, 60_100));
        }
      }),
    );
  });

  test('every kind of failure has the fate that the port gives it; only refreshes that fail again and again park', () => {
    for (const failure of FAILURES) {
      const expected = failure.kind === 'authExpired' ? 'retry_later' : HOST_FAILURE_FATES[failure.kind];
      expect(fateOf(failure, { failures: 99, refreshes: 0 })).toBe(expected);
      expect(failureDetail(failure)).not.toBe('');
    }
    const expired: HostFailure = { kind: 'authExpired' };
    const twice = afterFailure(afterFailure(NO_FAILURES, expired), expired);
    expect(fateOf(expired, twice)).toBe('park_connection');
  });

  test('a rate limit is nobody’s failure and lengthens no backoff', () => {
    expect(afterFailure(NO_FAILURES, { kind: 'rateLimited', retryAfterMs: 1, scope: 'burst' })).toEqual(NO_FAILURES);
  });
});

describe('how records are read', () => {
  const work = (id: number, awaiting: boolean): { readonly item: DirtyItem; readonly state: RecordState } => {
    const ref = deal(String(id));
    const intents = awaiting ? [{ syncToken: 't', contractId: null, values: {}, createdAt: 0 }] : [];
    return {
      item: { ref, generation: 1, reason: 'event', attempts: 0, dirtySince: 0, eventId: null },
      state: { ref, mirror: null, intents, contracts: [], hasTombstones: false },
    };
  };

  test('S6 each record is read once, with history where a write awaits confirmation, in the fewest calls', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (awaits) => {
        const records = awaits.map((awaiting, index) => work(index, awaiting));
        const calls = planCalls(records, { read: 100, readWithHistory: 50 }, 'as_needed');
        const read = calls.flatMap((call) => call.work.map(({ state }) => state.ref.recordId));
        expect(new Set(read).size).toBe(records.length);
        expect(read).toHaveLength(records.length);
        for (const call of calls) {
          expect(call.work.length).toBeLessThanOrEqual(call.history ? 50 : 100);
          if (!call.history) expect(call.work.every(({ state }) => state.intents.length === 0)).toBe(true);
        }
        const awaiting = awaits.filter(Boolean).length;
        const least = Math.ceil(awaiting / 50) + Math.ceil((awaits.length - awaiting) / 100);
        expect(calls.length).toBeLessThanOrEqual(Math.max(least, 1));
      }),
    );
  });
});
