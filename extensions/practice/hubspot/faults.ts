/** Troubles that can be switched on while the portal runs: rates are probabilities in [0, 1], drawn from the injected random source. */
import { z } from 'zod';

const rate = z.number().min(0).max(1);
const LATENCY_MS_MAX = 60_000;

export const FaultSettings = z.object({
  latencyMsMin: z.number().min(0).max(LATENCY_MS_MAX),
  latencyMsMax: z.number().min(0).max(LATENCY_MS_MAX),
  /** 500, 502, 503, 504, 521 or 524 before anything is done. */
  serverErrorRate: rate,
  /** The work is done, then the connection is held and cut without an answer. */
  timeoutAfterCommitRate: rate,
  /** 429 although the window has room. */
  rateLimitRate: rate,
  /** 423, record or account locked for a moment. */
  lockedRate: rate,
  /** 477, account being moved between data centres, with Retry-After. */
  migrationRate: rate,
  /** 401 although the token is still young. */
  tokenExpiryRate: rate,
  webhookDropRate: rate,
  webhookDuplicateRate: rate,
  webhookReorderRate: rate,
});
export type FaultSettings = z.infer<typeof FaultSettings>;

export const NO_FAULTS: FaultSettings = {
  latencyMsMin: 0,
  latencyMsMax: 0,
  serverErrorRate: 0,
  timeoutAfterCommitRate: 0,
  rateLimitRate: 0,
  lockedRate: 0,
  migrationRate: 0,
  tokenExpiryRate: 0,
  webhookDropRate: 0,
  webhookDuplicateRate: 0,
  webhookReorderRate: 0,
};
