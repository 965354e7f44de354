/**
 * When to try again. Full jitter: a delay drawn evenly between zero and a ceiling that doubles, so that callers who failed together do
 * not come back together. After the last try the item goes to the dead letters, where a person can replay it (sync rule S14).
 */
import type { FailureFate, HostFailure } from '../crm/port.ts';
import { HOST_FAILURE_FATES } from '../crm/port.ts';
import type { Random } from '../world.ts';

export const ATTEMPTS_MAX = 8;
/** A record's tries spread over some minutes, so that a short outage does not end in the dead letters. */
const RECORD_DELAY_MS = { first: 2_000, most: 600_000 } as const;
/** A lane comes back sooner: it has much to do and one call tells whether the host is well again. */
const LANE_DELAY_MS = { first: 500, most: 60_000 } as const;
const DELAY_MS_MIN = 100;
const DOUBLINGS_MAX = 20;

/** Refreshes in a row that did not help, after which the connection is parked. */
const REFRESH_FAILURES_MAX = 3;

function jittered(range: { readonly first: number; readonly most: number }, failures: number, random: Random): number {
  const ceiling = Math.min(range.most, range.first * 2 ** Math.min(failures, DOUBLINGS_MAX));
  return DELAY_MS_MIN + Math.floor(random.next() * ceiling);
}

/** Delay before a record's next try, given how many failed before this one. */
export function retryDelayMs(attempts: number, random: Random): number {
  return jittered(RECORD_DELAY_MS, attempts, random);
}

/** How a connection has fared lately. */
export type FailureStreak = { readonly failures: number; readonly refreshes: number };
export const NO_FAILURES: FailureStreak = { failures: 0, refreshes: 0 };

export function afterFailure(streak: FailureStreak, failure: HostFailure): FailureStreak {
  if (failure.kind === 'authExpired') return { ...streak, refreshes: streak.refreshes + 1 };
  return failure.kind === 'rateLimited' ? streak : { ...streak, failures: streak.failures + 1 };
}

/** How long a lane or a side job rests after a call failed as a whole; what the host asked for counts as the least. */
export function restMs(failure: HostFailure, streak: FailureStreak, random: Random): number {
  const backoffMs = jittered(LANE_DELAY_MS, streak.failures + streak.refreshes, random);
  if (failure.kind === 'rateLimited') return Math.max(failure.retryAfterMs, DELAY_MS_MIN);
  if (failure.kind === 'unavailable' && failure.retryAfterMs !== null) return Math.max(failure.retryAfterMs, backoffMs);
  return backoffMs;
}

/** The fate of a failure, with the one that depends on how often it came: a refresh that keeps failing parks the connection. */
export function fateOf(failure: HostFailure, streak: FailureStreak): Exclude<FailureFate, 'refresh_once'> {
  const fate = HOST_FAILURE_FATES[failure.kind];
  if (fate !== 'refresh_once') return fate;
  return streak.refreshes + 1 >= REFRESH_FAILURES_MAX ? 'park_connection' : 'retry_later';
}

/** For the operator: what failed, without values. */
export function failureDetail(failure: HostFailure): string {
  switch (failure.kind) {
    case 'rateLimited':
      return `rate limit (${failure.scope}), retry after ${failure.retryAfterMs} ms`;
    case 'forbidden':
      return `missing permission: ${failure.missing.join(', ')}`;
    case 'rejected':
      return `${failure.code}${failure.field === null ? '' : ` at ${failure.field}`}: ${failure.detail}`;
    case 'unavailable':
    case 'unknown':
    case 'authRevoked':
    case 'malformed':
      return failure.detail;
    case 'authExpired':
    case 'notFound':
    case 'stale':
      return failure.kind;
  }
}
