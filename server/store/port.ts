/**
 * What the sync engine asks of durable storage. Every method is one transaction. Methods that take a lane are fenced: when the lane's
 * lease was lost they change nothing and say so. Workspace isolation is the store's own duty (sync rule S8).
 */
import type { ConnectionRef, Host, HostFailureKind, HostObjectType, HostRecordRef } from '../crm/port.ts';
import type { Contract, PlainDate, RenewalDecision, ContractStage, SharedField } from '../domain/contract.ts';
import type { MirrorField, MirrorValues } from '../domain/mirror.ts';
import type { SlaSummary } from '../domain/sla-summary.ts';

/** One connection's dirty set, leased to one worker at a time; `fence` grows with each lease. */
export type Lane = { readonly connection: ConnectionRef; readonly fence: number; readonly leasedUntil: number };

export const DIRTY_REASONS = ['event', 'ours', 'confirm', 'sweep', 'backfill', 'replay'] as const;
export type DirtyReason = (typeof DIRTY_REASONS)[number];
/** 0 interactive, 1 event, 2 confirm, 3 sweep, 4 backfill: taken in this order. */
export const DIRTY_PRIORITY: Record<DirtyReason, number> = {
  ours: 0,
  replay: 0,
  event: 1,
  confirm: 2,
  sweep: 3,
  backfill: 4,
};

/**
 * "This record may differ." Marks on one record become one row: lowest priority number, earliest `notBefore`, next generation. A mark for
 * `confirm` says only that our own write was heard of: it changes nothing about a row that is queued anyway.
 */
export type DirtyMark = {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly ref: HostRecordRef;
  readonly reason: DirtyReason;
  /** Not taken before this instant; absent = at once. */
  readonly notBefore?: number;
  /** The event that caused it, for provenance (sync rule S13). */
  readonly eventId?: string;
};

export type DirtyItem = {
  readonly ref: HostRecordRef;
  readonly generation: number;
  readonly reason: DirtyReason;
  readonly attempts: number;
  readonly dirtySince: number;
  readonly eventId: string | null;
};

export const QUESTION_REASONS = ['both_changed', 'overwritten'] as const;
/**
 * A shared field that both sides changed and that a person decides (policy `ask`, sync rule S9): until then the contract keeps `ours` and
 * the record keeps `theirs`.
 */
export type Question = {
  readonly contractId: string;
  /** What was agreed before either side changed it. */
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly reason: (typeof QUESTION_REASONS)[number];
};
/** At most one for each field of a record. */
export type Questions = { readonly [F in SharedField]?: Question };

/** What was last agreed with one host record. */
export type Mirror = {
  readonly revision: number;
  /** The contract whose shared fields `base` speaks of: an edit in the CRM belongs to the contract that its editor was looking at. */
  readonly leadContractId: string | null;
  readonly base: MirrorValues;
  readonly syncToken: string | null;
  /** Host time up to which this record's field history has been judged. */
  readonly historyCheckedAt: number;
  readonly hostUpdatedAt: number | null;
  readonly lastAgreedAt: number | null;
  readonly state: 'live' | 'archived' | 'missing';
  readonly facts: Readonly<Record<string, string | null>>;
  /** What a person has yet to decide about this record. */
  readonly asked: Questions;
};
export type MirrorNext = Omit<Mirror, 'revision'>;

/** Written ahead of each host write; retired when a read shows what became of it. */
export type Intent = {
  readonly syncToken: string;
  readonly contractId: string | null;
  readonly values: MirrorValues;
  readonly createdAt: number;
};

/** A linked contract together with what the mirror needs about it. */
export type LinkedContract = {
  readonly contract: Contract;
  readonly createdAt: number;
  /** When, by our clock, each shared field last changed; breaks true ties only. */
  readonly changedAt: Readonly<Record<SharedField, number>>;
  readonly sla: SlaSummary;
};

export type RecordState = {
  readonly ref: HostRecordRef;
  readonly mirror: Mirror | null;
  readonly intents: readonly Intent[];
  /** Contracts with an active link to this record. */
  readonly contracts: readonly LinkedContract[];
  /** True when a link of the record is a tombstone, whatever the others are. */
  readonly hasTombstones: boolean;
};

export type ContractChanges = {
  readonly stage?: ContractStage;
  readonly endDate?: PlainDate | null;
  readonly renewalDecision?: RenewalDecision;
  /** Follow from the three above by the domain's rules: a renewal written into the term, a signature recorded with its stage. */
  readonly renewalsLeft?: number | null;
  readonly signedDate?: PlainDate | null;
};

/** Who set a value, where and through what (sync rule S13). */
export type Provenance = {
  readonly source: 'host' | 'card' | 'workspace' | 'import' | 'system';
  readonly actor: string | null;
  readonly connectionId: string | null;
  readonly ref: HostRecordRef | null;
  readonly eventId: string | null;
  readonly at: number;
};

export type ContractUpdate = {
  readonly contractId: string;
  readonly expectedRevision: number;
  readonly changes: ContractChanges;
  readonly provenance:
    | Readonly<Record<SharedField, Provenance | undefined>>
    | { readonly [F in SharedField]?: Provenance };
};

export const CONFLICT_REASONS = ['both_changed', 'overwritten', 'illegal', 'owned_by_us', 'lead_changed'] as const;
export type NewConflict = {
  readonly contractId: string | null;
  readonly field: MirrorField;
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly winner: 'ours' | 'theirs';
  readonly reason: (typeof CONFLICT_REASONS)[number];
  /** A stable code saying why, e.g. the domain's refusal code for `illegal`. */
  readonly detail: string;
  readonly at: number;
};

/** What happens to the conflict rows that stand for questions; rows that end come before rows that begin. */
export type QuestionChange = { readonly field: SharedField; readonly question: Question; readonly at: number } & (
  | { readonly kind: 'asked' }
  /** Both sides agree by now, or somebody who saw the record's value chose another. */
  | { readonly kind: 'settled' }
  /** It cannot stand any longer: ours stays, and theirs is kept as a conflict like any other. */
  | { readonly kind: 'kept'; readonly reason: NewConflict['reason']; readonly detail: string }
);

export type LinkChange =
  | { readonly kind: 'tombstone'; readonly reason: 'archived' | 'missing' }
  | { readonly kind: 'restore' }
  /** Links, mirror and intents of `ref` move to `into`; the old id stays as an alias. */
  | { readonly kind: 'alias'; readonly into: HostRecordRef };

/** The outcome of judging one record's reading: all of it happens, or none. */
export type RecordCommit = {
  readonly ref: HostRecordRef;
  /** Null: no mirror row existed when the state was loaded. */
  readonly expectedMirrorRevision: number | null;
  readonly mirror: MirrorNext;
  readonly updates: readonly ContractUpdate[];
  readonly conflicts: readonly NewConflict[];
  readonly questions: readonly QuestionChange[];
  readonly retireTokens: readonly string[];
  /** Write-ahead intent; the caller writes to the host only after this commit. */
  readonly intent: Intent | null;
  readonly linkChange: LinkChange | null;
};
/** `stale`: a mirror or contract revision had moved; load and judge again. Other records of changed contracts become dirty (`ours`). */
export type CommitResult = { readonly ref: HostRecordRef; readonly kind: 'committed' | 'stale' };

export type Settlement = { readonly ref: HostRecordRef; readonly generation: number } & (
  | { readonly kind: 'done' }
  /** Look again at `notBefore` to confirm our own write. */
  | { readonly kind: 'confirm'; readonly notBefore: number }
  | {
      readonly kind: 'retry';
      readonly notBefore: number;
      readonly failure: HostFailureKind | 'stale_state';
      readonly detail: string;
    }
  | { readonly kind: 'dead'; readonly failure: HostFailureKind; readonly detail: string }
);

/** `rejected`: what of a delivery could not be understood, for the operator. */
type DeliveryEnd = { readonly deliveryId: string; readonly rejected: readonly string[] };

export type StoredDelivery = {
  readonly deliveryId: string;
  readonly host: ConnectionRef['host'];
  readonly body: string;
  readonly receivedAt: number;
};

export type BackfillState = {
  readonly phase: 'schema' | 'reading' | 'matching' | 'done';
  readonly read: number;
  readonly total: number | null;
  readonly startedAt: number;
  readonly updatedAt: number;
};

export type ConnectionState = 'installing' | 'active' | 'parked' | 'disconnected';

/** The side job under whose lease one process follows a connection's change feed. */
export function feedJob(connectionId: string): string {
  return `feed:${connectionId}`;
}

/** What a change feed brought, and how far it has got with it. */
type FeedArrival = {
  readonly deliveries: readonly { readonly digest: string; readonly body: string }[];
  readonly cursors: readonly { readonly name: string; readonly value: string }[];
  readonly at: number;
};

export interface SyncStore {
  /** Durable before it resolves; the same delivery twice is stored once. */
  acceptDelivery(delivery: {
    readonly host: ConnectionRef['host'];
    readonly digest: string;
    readonly body: string;
    readonly receivedAt: number;
  }): Promise<'stored' | 'duplicate'>;
  /** Oldest undigested deliveries, hidden from other workers for `leaseMs`. */
  takeDeliveries(request: {
    readonly limit: number;
    readonly now: number;
    readonly leaseMs: number;
  }): Promise<readonly StoredDelivery[]>;
  findConnections(host: ConnectionRef['host'], accountIds: readonly string[]): Promise<readonly ConnectionRef[]>;
  /** Which of these records have an active or tombstoned link, and whether an intent is unretired: others need no attention. */
  filterMirrored(
    connection: ConnectionRef,
    refs: readonly HostRecordRef[],
  ): Promise<readonly { readonly ref: HostRecordRef; readonly awaitingConfirm: boolean }[]>;
  /** The marks and the ends of the deliveries that called for them, in one transaction. */
  finishDeliveries(finished: readonly DeliveryEnd[], marks: readonly DirtyMark[]): Promise<void>;
  markDirty(marks: readonly DirtyMark[]): Promise<void>;

  /** The least recently served lane with something due; null when none. */
  leaseLane(request: { readonly worker: string; readonly now: number; readonly leaseMs: number }): Promise<Lane | null>;
  renewLane(lane: Lane, now: number, leaseMs: number): Promise<Lane | null>;
  /** Ends the lease; `notBefore` rests the whole lane (rate limits). */
  releaseLane(lane: Lane, notBefore: number | null): Promise<void>;
  /** The earliest instant at which some lane has work, for sleeping until then; null when nothing is queued. */
  nextDueAt(now: number): Promise<number | null>;
  takeDirty(lane: Lane, request: { readonly now: number; readonly limit: number }): Promise<readonly DirtyItem[]>;

  loadRecords(connection: ConnectionRef, refs: readonly HostRecordRef[]): Promise<readonly RecordState[]>;
  commitRecords(lane: Lane, commits: readonly RecordCommit[]): Promise<readonly CommitResult[] | 'lease_lost'>;
  settle(lane: Lane, settlements: readonly Settlement[], now: number): Promise<'settled' | 'lease_lost'>;

  listConnections(states: readonly ConnectionState[]): Promise<readonly ConnectionRef[]>;
  /** What was disconnected stays so, whatever a turn that is still under way finds; only a new install (`installing`) leads out of it. */
  readonly setConnectionState: (
    connection: ConnectionRef,
    state: ConnectionState,
    reason: string | null,
  ) => Promise<void>;
  readCursor(connection: ConnectionRef, name: string): Promise<string | null>;
  /** Cursor and marks in one transaction: a cursor is never ahead of the rows it produced. */
  advanceCursor(
    connection: ConnectionRef,
    cursor: { readonly name: string; readonly value: string; readonly at: number },
    marks: readonly DirtyMark[],
  ): Promise<void>;
  /** Takes or renews the right to run a named side job (sweep, backfill, nightly roll) alone. */
  leaseJob(request: {
    readonly workspaceId: string;
    readonly name: string;
    readonly worker: string;
    readonly now: number;
    readonly leaseMs: number;
  }): Promise<boolean>;
  /** Active connections to these hosts whose change feed this worker follows, or nobody who is still there. */
  listOpenFeeds(request: {
    readonly hosts: readonly Host[];
    readonly worker: string;
    readonly now: number;
  }): Promise<readonly ConnectionRef[]>;
  /**
   * Puts events into the inbox and moves the feed's cursors on, in one transaction: what was heard is neither lost nor heard again. Events
   * that are there already count as stored. Fenced by the lease of `feedJob`, which it renews; without it nothing is changed.
   */
  acceptFeed(
    connection: ConnectionRef,
    arrival: FeedArrival,
    lease: { readonly worker: string; readonly leaseMs: number },
  ): Promise<'stored' | 'lease_lost'>;
  readBackfill(connection: ConnectionRef): Promise<BackfillState | null>;
  writeBackfill(connection: ConnectionRef, state: BackfillState): Promise<void>;
  /** Accounts seen in a backfill, for matching with organisations by domain: stored facts only, no link is made. */
  saveFacts(
    connection: ConnectionRef,
    records: readonly {
      readonly ref: HostRecordRef;
      readonly facts: Readonly<Record<string, string | null>>;
      readonly associations: { readonly [T in HostObjectType]?: readonly string[] };
    }[],
  ): Promise<void>;
  /** Those of these accounts and opportunities of which nothing has been kept yet, `saveFacts` included. */
  listUnknown(connection: ConnectionRef, refs: readonly HostRecordRef[]): Promise<readonly HostRecordRef[]>;
  /** Links each contract whose counterparty's web domain equals exactly one account's domain; returns how many links were made. */
  linkByDomain(connection: ConnectionRef, at: number): Promise<number>;
  /** Records with an active link, deleted ones that may still come back, and recent cases, in id order, for the daily check. */
  listMirrored(
    connection: ConnectionRef,
    after: HostRecordRef | null,
    limit: number,
  ): Promise<readonly HostRecordRef[]>;
  /**
   * Support cases read from the host, by id; drives SLA response results. Cases that are `gone` there, deleted or merged, count no
   * more. Gives the ids of the accounts whose cases changed by it, those that lost a case included.
   */
  saveCases(
    connection: ConnectionRef,
    cases: readonly HostCase[],
    gone?: readonly HostRecordRef[],
  ): Promise<readonly string[]>;
  /** Contracts whose stage or end date follows from the calendar by now (domain §4): id and revision with the changes due. */
  listDueByDate(workspaceId: string, today: PlainDate, limit: number): Promise<readonly LinkedContract[]>;
  applySystemUpdates(workspaceId: string, updates: readonly ContractUpdate[]): Promise<void>;
}

export type HostCase = {
  readonly ref: HostRecordRef;
  readonly accountIds: readonly string[];
  readonly subject: string | null;
  readonly priority: string | null;
  readonly openedAt: number;
  readonly respondedAt: number | null;
  readonly closedAt: number | null;
};
