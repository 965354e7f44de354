/**
 * When to try again. Full jitter: a delay drawn evenly between zero and a ceiling that doubles, so that callers who failed together do
 * not come back together. After the last try the item goes to the dead letters, where a person can replay it (sync rule S14).
 */
import type { FailureFate, HostFailure } from '../crm/port.ts';
import { HOST_FAILURE_FATES } from '../crm/port.ts';
import type { Random } from '../world.ts';

export const ATTEMPTS_MAX = 8;
const RETRY_DELAY_MS_MIN = 250;
const RETRY_DELAY_MS_MAX = 300_000;
const DOUBLINGS_MAX = 20;

/** Failures in a row after which an expired authorisation that no refresh mends parks the connection. */
const REFRESH_FAILURES_MAX = 3;

/** Delay before try number `attempts + 2`, given `attempts` failures before this one. */
export function retryDelayMs(attempts: number, random: Random): number {
  const ceiling = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** Math.min(attempts + 1, DOUBLINGS_MAX));
  return RETRY_DELAY_MS_MIN + Math.floor(random.next() * ceiling);
}

/** How long a lane rests after a call failed as a whole; what the host asked for counts as the least. */
export function laneRestMs(failure: HostFailure, failuresInARow: number, random: Random): number {
  const backoffMs = retryDelayMs(failuresInARow, random);
  if (failure.kind === 'rateLimited') return Math.max(failure.retryAfterMs, RETRY_DELAY_MS_MIN);
  if (failure.kind === 'unavailable' && failure.retryAfterMs !== null) return Math.max(failure.retryAfterMs, backoffMs);
  return backoffMs;
}

/** The fate of a failure, with the one that depends on how often it came: a refresh that keeps failing parks the connection. */
export function fateOf(failure: HostFailure, failuresInARow: number): Exclude<FailureFate, 'refresh_once'> {
  const fate = HOST_FAILURE_FATES[failure.kind];
  if (fate !== 'refresh_once') return fate;
  return failuresInARow + 1 >= REFRESH_FAILURES_MAX ? 'park_connection' : 'retry_later';
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
