/**
 * The one port through which the engine meets a CRM. Vendor nouns stay behind it: an `opportunity` is a HubSpot deal or a Salesforce
 * Opportunity, an `account` a company or Account, a `case` a ticket or Case. Expected failures are values; each kind has one fate
 * (see `HOST_FAILURE_FATES`).
 */
import type { MirrorField, MirrorValues } from '../domain/mirror.ts';

export const HOSTS = ['hubspot', 'salesforce'] as const;
export type Host = (typeof HOSTS)[number];

export const HOST_OBJECT_TYPES = ['opportunity', 'account', 'case'] as const;
export type HostObjectType = (typeof HOST_OBJECT_TYPES)[number];

/** One installed portal or org. */
export type ConnectionRef = {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly host: Host;
  /** HubSpot portal id or Salesforce org id. */
  readonly accountId: string;
};

export type HostRecordRef = { readonly objectType: HostObjectType; readonly recordId: string };

/** Interactive work first, backfill last (sync rule S7). */
export const CALL_PRIORITIES = ['interactive', 'push', 'pull', 'sweep', 'backfill'] as const;
export type CallPriority = (typeof CALL_PRIORITIES)[number];
export type CallOptions = { readonly priority: CallPriority; readonly signal?: AbortSignal };

/** One entry of a field's history on the host, by the host's clock. */
export type HostFieldEdit = {
  readonly field: MirrorField | 'syncToken';
  readonly value: string | null;
  readonly at: number;
  /** `us`: written by this app. `person`: anybody or anything else. */
  readonly author: 'us' | 'person';
  /** The person's e-mail address where the host tells it, else the host's own id of the source. */
  readonly authorId: string | null;
};

/** A live record as read now. */
export type HostRecord = {
  readonly ref: HostRecordRef;
  /** The value of the hidden property that each of our writes sets together with its data. */
  readonly syncToken: string | null;
  /**
   * Opaque name of the state that this reading saw, for hosts that refuse a write based on an older one; null where the host knows no
   * such thing.
   */
  readonly version: string | null;
  readonly values: MirrorValues;
  /** What the host owns and we only read: name, domain, amount, currency, ownerEmail, closeDate; for cases subject, priority, openedAt, respondedAt, closedAt (epoch ms as text). */
  readonly facts: Readonly<Record<string, string | null>>;
  /** Ids of associated accounts and opportunities, when asked for. */
  readonly associations: { readonly [T in HostObjectType]?: readonly string[] };
  /** Ids that this record absorbed in merges. */
  readonly mergedIds: readonly string[];
  readonly updatedAt: number;
  /** Oldest first; null when history was not asked for. */
  readonly history: readonly HostFieldEdit[] | null;
};

export type RecordRead =
  | { readonly kind: 'live'; readonly record: HostRecord }
  | { readonly kind: 'archived'; readonly ref: HostRecordRef }
  | { readonly kind: 'missing'; readonly ref: HostRecordRef }
  | { readonly kind: 'merged'; readonly ref: HostRecordRef; readonly into: HostRecordRef };

export type RecordWrite = {
  readonly ref: HostRecordRef;
  readonly values: MirrorValues;
  readonly syncToken: string;
  /** The version that the plan for this write was made from. A host with versions refuses the write as `stale` when it shows another by then. */
  readonly baseVersion: string | null;
};

export type WriteOutcome =
  | { readonly kind: 'written'; readonly ref: HostRecordRef }
  | { readonly kind: 'failed'; readonly ref: HostRecordRef; readonly failure: HostFailure };

/** `changed`: modified since the cursor. `all`: every live record in id order, for backfill. `archived`: the recycle bin. */
const CHANGE_STREAMS = ['changed', 'all', 'archived'] as const;
export type ChangeStream = (typeof CHANGE_STREAMS)[number];

export type ChangePage = {
  readonly refs: readonly HostRecordRef[];
  /**
   * By record id, an opaque name of the state in which the host names a record. Only records of which every later state has another
   * name are in it; absent where the host cannot tell.
   */
  readonly states?: ReadonlyMap<string, string>;
  /** Opaque; hand it to the next call. It is saved in the same transaction as the rows it produced. */
  readonly cursor: string;
  readonly done: boolean;
  /** How many the host says there are in all, where it says so. */
  readonly total: number | null;
};

export type SchemaReport = {
  readonly created: readonly string[];
  readonly present: readonly string[];
  readonly listsCreated: readonly string[];
};

export type AccountDescription = {
  readonly accountId: string;
  readonly name: string;
  /** Origin of the CRM's own pages, for deep links, e.g. `https://app.hubspot.com`. */
  readonly uiOrigin: string;
  readonly timeZone: string;
  readonly currency: string;
};

/** What one webhook request said, per record; the values in it are never used, only that the record may have changed. */
export type HostEvent = {
  readonly accountId: string;
  readonly eventId: string;
  readonly ref: HostRecordRef;
  readonly kind: 'changed' | 'created' | 'deleted' | 'restored' | 'merged' | 'associated';
  readonly mergedIds: readonly string[];
  /** The host says that this app made the change: a hint only, never trusted for correctness. */
  readonly byUs: boolean;
  readonly at: number;
};
export type DeliveryParse = {
  readonly events: readonly HostEvent[];
  readonly lifecycle: readonly {
    readonly accountId: string;
    readonly kind: 'uninstalled' | 'privacy_deletion';
    readonly subjectId: string | null;
  }[];
  /** Entries that could not be understood, kept for the operator. */
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
};

export type HostFailure =
  | { readonly kind: 'rateLimited'; readonly retryAfterMs: number; readonly scope: 'burst' | 'daily' | 'budget' }
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number | null; readonly detail: string }
  /** The call may or may not have taken effect. */
  | { readonly kind: 'unknown'; readonly detail: string }
  | { readonly kind: 'authExpired' }
  | { readonly kind: 'authRevoked'; readonly detail: string }
  | { readonly kind: 'forbidden'; readonly missing: readonly string[] }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'rejected'; readonly code: string; readonly field: MirrorField | null; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string };
export type HostFailureKind = HostFailure['kind'];

export type FailureFate = 'retry_later' | 'refresh_once' | 'park_connection' | 'tombstone' | 'replan' | 'dead_letter';
export const HOST_FAILURE_FATES: Record<HostFailureKind, FailureFate> = {
  rateLimited: 'retry_later',
  unavailable: 'retry_later',
  unknown: 'retry_later',
  authExpired: 'refresh_once',
  authRevoked: 'park_connection',
  forbidden: 'park_connection',
  notFound: 'tombstone',
  stale: 'replan',
  rejected: 'dead_letter',
  malformed: 'retry_later',
};

export type HostResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: HostFailure };

export interface CrmPort {
  readonly host: Host;
  /** Records per call: reads, reads with history, writes. */
  readonly batchMax: { readonly read: number; readonly readWithHistory: number; readonly write: number };
  /** Pure: what a verified delivery's raw body says. */
  parseDelivery(body: string): DeliveryParse;
  /** One read per requested ref, in any order; at most `batchMax` refs of one object type. */
  readRecords(
    connection: ConnectionRef,
    refs: readonly HostRecordRef[],
    options: CallOptions & { readonly history: boolean },
  ): Promise<HostResult<readonly RecordRead[]>>;
  /** Sets exactly the given values and the sync token on each record, in one call; one outcome per write. */
  writeRecords(
    connection: ConnectionRef,
    writes: readonly RecordWrite[],
    options: CallOptions,
  ): Promise<HostResult<readonly WriteOutcome[]>>;
  /** One page of a stream. A null cursor starts at the beginning. */
  listChanges(
    connection: ConnectionRef,
    request: { readonly objectType: HostObjectType; readonly stream: ChangeStream; readonly cursor: string | null },
    options: CallOptions,
  ): Promise<HostResult<ChangePage>>;
  /** Property group, properties and lists exist afterwards; safe to repeat. */
  ensureSchema(connection: ConnectionRef, options: CallOptions): Promise<HostResult<SchemaReport>>;
  describeAccount(connection: ConnectionRef, options: CallOptions): Promise<HostResult<AccountDescription>>;
}
