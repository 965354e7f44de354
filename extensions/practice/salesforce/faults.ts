/** Troubles that can be switched on while the org runs: rates are probabilities in [0, 1], drawn from the injected random source. */
import { z } from 'zod';

const rate = z.number().min(0).max(1);
const LATENCY_MS_MAX = 60_000;

export const FaultSettings = z.object({
  latencyMsMin: z.number().min(0).max(LATENCY_MS_MAX),
  latencyMsMax: z.number().min(0).max(LATENCY_MS_MAX),
  /** 500 or 503 before anything is done. */
  serverErrorRate: rate,
  /** The connection is cut before anything is done. */
  resetRate: rate,
  /** The work is done, then the connection is held and cut without an answer. */
  timeoutAfterCommitRate: rate,
  /** 403 REQUEST_LIMIT_EXCEEDED although the allocation has room. */
  requestLimitRate: rate,
  /** UNABLE_TO_LOCK_ROW on a row of a write. */
  lockedRowRate: rate,
  /** 401 INVALID_SESSION_ID although the session is young; the session is dead afterwards. */
  sessionExpiryRate: rate,
  /** The token endpoint answers 503. */
  tokenErrorRate: rate,
});
export type FaultSettings = z.infer<typeof FaultSettings>;

export const NO_FAULTS: FaultSettings = {
  latencyMsMin: 0,
  latencyMsMax: 0,
  serverErrorRate: 0,
  resetRate: 0,
  timeoutAfterCommitRate: 0,
  requestLimitRate: 0,
  lockedRowRate: 0,
  sessionExpiryRate: 0,
  tokenErrorRate: 0,
};
