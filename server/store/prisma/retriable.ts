/** Which failed transactions are tried again, and how often. */
import { DatabaseError } from 'pg';

export const TRANSACTION_ATTEMPTS_MAX = 4;
/** More than a pool holds, so that a pool full of cut connections is got through. */
export const BEGIN_ATTEMPTS_MAX = 12;
/** Deadlock and serialisation failure: the server rolled back, and the same work may be tried again. */
const RETRIABLE_SQL_STATES = ['40001', '40P01'] as const;

export function isRetriable(error: unknown): boolean {
  return error instanceof DatabaseError && RETRIABLE_SQL_STATES.some((state) => state === error.code);
}
