/**
 * Switches. Where HubSpot's documentation leaves a behaviour open, both readings are available, so that a client can be tested against
 * either; where it gives a long span (a day of retries), the practice default is scaled down and the documented figure is named beside it.
 */
export interface PracticeBehaviour {
  /** Whether a refresh answers with a new refresh token and ends the old one; HubSpot says only that tokens may rotate. */
  readonly rotateRefreshTokens: boolean;
  /** Batch operations that answer 207 for a partial failure; documented for create, open for the others. */
  readonly multiStatus: { readonly create: boolean; readonly update: boolean; readonly upsert: boolean };
  /** Whether batch read finds a merged-away id; documented are the single GET and PATCH only. */
  readonly batchReadResolvesMergedIds: boolean;
  /** Whether writing the value that is already there adds a history version and fires a webhook; not documented. */
  readonly sameValueMakesVersion: boolean;
  /** Whether an id named twice in one batch fails the batch; otherwise the inputs apply in order. */
  readonly duplicateBatchInputsRejected: boolean;
  /** Whether a merge also sends `deletion` for the two merged-away ids and `creation` for the new one; not documented. */
  readonly mergeSendsLifecycleEvents: boolean;
  /** Whether moving a ticket to a closed status sets its close date (HubSpot knowledge base, Default ticket properties). */
  readonly closingTicketSetsCloseDate: boolean;
  /** Delay until a write shows in search (HubSpot docs, Search the CRM: "a few moments"). */
  readonly searchIndexDelayMs: number;
  /** Requests a day per app and portal; null for OAuth apps, which have no published daily limit. */
  readonly dailyLimit: number | null;
  readonly accessTokenSeconds: number;
  readonly webhookBatchWindowMs: number;
  /** The ten retries of a failed delivery are spread at random over this span; HubSpot uses 24 hours. */
  readonly webhookRetrySpanMs: number;
  readonly webhookTimeoutMs: number;
  readonly proxyTimeoutMs: number;
  /** How long a request hit by the `timeoutAfterCommitRate` fault is held before its connection is cut. */
  readonly timeoutHoldMs: number;
}

export const DEFAULT_BEHAVIOUR: PracticeBehaviour = {
  rotateRefreshTokens: true,
  multiStatus: { create: true, update: true, upsert: true },
  batchReadResolvesMergedIds: false,
  sameValueMakesVersion: false,
  duplicateBatchInputsRejected: true,
  mergeSendsLifecycleEvents: false,
  closingTicketSetsCloseDate: true,
  searchIndexDelayMs: 1_000,
  dailyLimit: null,
  accessTokenSeconds: 1_800,
  webhookBatchWindowMs: 100,
  webhookRetrySpanMs: 120_000,
  webhookTimeoutMs: 5_000,
  proxyTimeoutMs: 15_000,
  timeoutHoldMs: 2_000,
};
