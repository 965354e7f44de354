/**
 * Switches. Where Salesforce's documentation leaves a behaviour open, both readings are available, so that a client can be tested against
 * either; where a setting belongs to the org's administrator, the usual value is the default.
 */
export interface PracticeBehaviour {
  /** Session settings, Timeout value; each call moves it on. */
  readonly sessionTimeoutMs: number;
  /** External client app policy: every refresh answers with a new refresh token, and using an old one ends the family. */
  readonly rotateRefreshTokens: boolean;
  readonly refreshTokenIdleDays: number;
  /** How long the token endpoint works on one refresh; a second request with the same token meanwhile is turned away. */
  readonly tokenProcessingMs: number;
  /** Daily API request allocation of the org. */
  readonly dailyApiRequests: number;
  /** Largest and default page of a query. */
  readonly queryBatchMax: number;
  /** How long a query locator lives without being used. */
  readonly queryLocatorTtlMs: number;
  /** By how much `latestDateCovered` stays behind the end of the window asked for, as long transactions make it. */
  readonly latestDateCoveredLagMs: number;
  /** Whether `client=` reaches `changeOrigin` for collection and composite writes; documented for single rows and Bulk only. */
  readonly clientIdOnCollections: boolean;
  /** Whether equal changes of several records in one transaction become one event with several ids. */
  readonly mergeChangeEvents: boolean;
  /** Whether a write that changes nothing moves `LastModifiedDate` on; the API guide says an update always does. */
  readonly sameValueTouchesRecord: boolean;
  /** Answers `InProgress` this many times before a bulk job is complete. */
  readonly bulkPollsInProgress: number;
  /** Largest page of bulk query results when the caller names none. */
  readonly bulkRecordsMax: number;
  /** Whether the administrator sees the package's fields without its permission sets; installing for all users or admins grants it. */
  readonly adminSeesPackageFields: boolean;
  /** How long a request hit by the `timeoutAfterCommitRate` fault is held before its connection is cut. */
  readonly timeoutHoldMs: number;
  /** How long a callout from Apex may take (Apex guide, Callout limits: 10 s unless set). */
  readonly calloutTimeoutMs: number;
}

export const DEFAULT_BEHAVIOUR: PracticeBehaviour = {
  sessionTimeoutMs: 7_200_000,
  rotateRefreshTokens: true,
  refreshTokenIdleDays: 30,
  tokenProcessingMs: 0,
  dailyApiRequests: 100_000,
  queryBatchMax: 2_000,
  queryLocatorTtlMs: 172_800_000,
  latestDateCoveredLagMs: 0,
  clientIdOnCollections: true,
  mergeChangeEvents: true,
  sameValueTouchesRecord: true,
  bulkPollsInProgress: 0,
  bulkRecordsMax: 50_000,
  adminSeesPackageFields: true,
  timeoutHoldMs: 2_000,
  calloutTimeoutMs: 10_000,
};
