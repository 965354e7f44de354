/**
 * What the application services ask of durable storage about contracts. Every method is one transaction in one workspace. Each write
 * compares the revision it was decided on, records provenance, and marks every CRM record the contract is attached to as `ours`, so
 * that a change can never be stored without being mirrored. Writes that carry `once` happen at most once per key.
 */
import type { HostRecordRef } from '../crm/port.ts';
import type { Contract, ContractStage, Money, PlainDate, SharedField } from '../domain/contract.ts';
import type { ConflictPolicy } from '../domain/merge.ts';
import type { ConnectionState, LinkedContract, NewConflict, Provenance } from './port.ts';
import type { SlaSummary } from '../domain/sla-summary.ts';

/** Who wins a conflict, by shared field. */
export type ConflictPolicies = Readonly<Record<SharedField, ConflictPolicy>>;

export type WorkspaceRow = {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly locale: string;
  readonly conflictPolicy: ConflictPolicies;
};

export type ContractRow = LinkedContract & { readonly updatedAt: number; readonly links: number };

export type ConnectionRow = {
  readonly id: string;
  readonly host: 'hubspot' | 'salesforce';
  readonly accountId: string;
  readonly name: string | null;
  readonly uiOrigin: string | null;
  readonly state: ConnectionState;
  readonly stateReason: string | null;
};

/** All that a card shows of one CRM record, read by one statement. */
export type RecordCardRow = {
  readonly workspace: WorkspaceRow;
  readonly connection: ConnectionRow;
  /** Whether this portal is known to hold the record: seen in a backfill, linked or mirrored. */
  readonly recordKnown: boolean;
  /** The record that carries on after a merge; null when this one was never merged away. */
  readonly mergedInto: string | null;
  readonly recordName: string | null;
  readonly contracts: readonly ContractRow[];
  readonly mirror: { readonly state: 'live' | 'archived' | 'missing'; readonly lastAgreedAt: number | null } | null;
  readonly dirty: { readonly state: 'queued' | 'dead'; readonly failure: string | null } | null;
  readonly openConflicts: number;
};

export type FieldChangeRow = {
  readonly id: string;
  readonly contractId: string;
  readonly contractTitle: string;
  readonly field: string;
  readonly value: string | null;
  readonly previous: string | null;
  readonly source: Provenance['source'];
  readonly actor: string | null;
  /** Name of the portal or org it came through. */
  readonly place: string | null;
  readonly at: number;
};

export type ConflictRow = Omit<NewConflict, 'at' | 'winner'> & {
  /** `undecided`: a question, open until a person answers it or both sides agree. */
  readonly winner: NewConflict['winner'] | 'undecided';
  readonly id: string;
  readonly contractTitle: string | null;
  readonly connection: ConnectionRow;
  readonly ref: HostRecordRef;
  readonly recordName: string | null;
  readonly at: number;
  readonly state: 'open' | 'restored' | 'dismissed' | 'answered' | 'settled';
};

export type SlaObjectiveRow = {
  readonly id: string;
  readonly contractId: string;
  readonly metric: 'availability' | 'response';
  readonly severity: string | null;
  /** Percent as decimal text. */
  readonly target: string;
  readonly zone: string;
  readonly calendarId: string | null;
  readonly disputed: boolean;
  readonly definition: unknown;
};

type SlaResultRow = {
  readonly objectiveId: string;
  readonly contractId: string;
  readonly period: string;
  readonly revision: number;
  readonly verdict: Exclude<SlaSummary['status'], 'none'>;
  readonly display: string | null;
  readonly inputsHash: string;
};

export type IncidentRow = {
  readonly id: string;
  readonly contractId: string;
  readonly title: string;
  readonly severity: string | null;
  readonly openedAt: number;
  readonly respondedAt: number | null;
  readonly restoredAt: number | null;
  readonly excludedReason: string | null;
};

export type LinkRow = {
  readonly connection: ConnectionRow;
  readonly ref: HostRecordRef;
  readonly recordName: string | null;
  readonly state: 'active' | 'tombstone';
  readonly lastAgreedAt: number | null;
  readonly dirty: { readonly state: 'queued' | 'dead'; readonly failure: string | null } | null;
};

export type ContractDetailRow = {
  readonly workspace: WorkspaceRow;
  readonly contract: ContractRow;
  readonly objectives: readonly SlaObjectiveRow[];
  /** The newest revision of each period, last 24 periods. */
  readonly results: readonly SlaResultRow[];
  readonly incidents: readonly IncidentRow[];
  readonly changes: readonly FieldChangeRow[];
  readonly conflicts: readonly ConflictRow[];
  readonly links: readonly LinkRow[];
};

const CONTRACT_SORT_COLUMNS = ['notice', 'renewal', 'title', 'number', 'value', 'updated'] as const;
export type ContractSort = (typeof CONTRACT_SORT_COLUMNS)[number];

export type ContractQuery = {
  readonly text?: string | undefined;
  readonly stage?: readonly string[] | undefined;
  readonly side?: string | undefined;
  readonly health?: readonly string[] | undefined;
  readonly decision?: readonly string[] | undefined;
  readonly renewalKind?: readonly string[] | undefined;
  readonly sla?: readonly string[] | undefined;
  readonly noticeFrom?: string | undefined;
  readonly noticeTo?: string | undefined;
  readonly renewalFrom?: string | undefined;
  readonly renewalTo?: string | undefined;
  readonly organisationId?: string | undefined;
  readonly sort: ContractSort;
  readonly direction: 'ascending' | 'descending';
  /** The sort key and id of the last row of the page before. */
  readonly after: { readonly key: string | null; readonly id: string } | null;
  readonly limit: number;
};
export type ContractPage = {
  readonly rows: readonly ContractRow[];
  readonly next: { readonly key: string | null; readonly id: string } | null;
  readonly total: number;
};

/** What follows from the contract and the day; kept beside it so that lists and totals can use indexes. */
export type DerivedColumns = {
  readonly contractId: string;
  /** The state that it follows from: columns of a state that has passed are not stored. */
  readonly revision: number;
  readonly sla: SlaSummary;
  /** The last day for which all of this holds. */
  readonly throughDate: PlainDate;
  readonly currentStage: ContractStage;
  readonly noticeLegalDate: PlainDate | null;
  readonly renewalDate: PlainDate | null;
  readonly noticeDeadline: PlainDate | null;
  readonly decisionDueDate: PlainDate | null;
  readonly health: string;
  readonly riskFlags: readonly string[];
};

/** At-most-once: the same key with the same request returns the first outcome; with another request it is refused. */
export type Once = { readonly key: string; readonly requestHash: string };

export type FieldChange = {
  readonly field: string;
  readonly previous: string | null;
  readonly value: string | null;
};

export type WriteContext = {
  readonly workspaceId: string;
  readonly provenance: Provenance;
  readonly once: Once | null;
};

export type RecordTarget = { readonly connectionId: string; readonly ref: HostRecordRef };

export type WriteResult =
  | { readonly kind: 'written'; readonly contractId: string }
  /** The key was used before for the same request: nothing was written again. */
  | { readonly kind: 'repeated'; readonly contractId: string | null }
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'duplicate_number' }
  | { readonly kind: 'already_attached' }
  | { readonly kind: 'too_many_links' };

export type NewOrganisation = {
  readonly id: string;
  readonly legalName: string;
  readonly domain: string | null;
};

export type CreateContract = {
  readonly contract: Contract;
  /** Organisations named by the contract's parties that are not known yet. */
  readonly organisations: readonly NewOrganisation[];
  readonly derived: DerivedColumns;
  readonly changes: readonly FieldChange[];
  readonly attachTo: RecordTarget | null;
};

/** A person's answer to an open question; it counts only while both values are as they saw them. */
export type QuestionAnswer = {
  readonly conflictId: string;
  readonly winner: 'ours' | 'theirs';
  readonly ours: string | null;
  readonly theirs: string | null;
};

export type UpdateContract = {
  readonly contract: Contract;
  readonly expectedRevision: number;
  readonly derived: DerivedColumns;
  readonly changes: readonly FieldChange[];
  /** A conflict that this write resolves by putting its losing value back. */
  readonly restoresConflictId: string | null;
  /** A question that this write answers with the record's value. */
  readonly answers?: QuestionAnswer;
};

export type NewIncident = {
  readonly id: string;
  readonly contractId: string;
  readonly title: string;
  readonly severity: string;
  readonly openedAt: number;
  readonly restoredAt: number | null;
};

export type NewSlaResult = {
  readonly objectiveId: string;
  readonly contractId: string;
  readonly period: string;
  readonly verdict: Exclude<SlaSummary['status'], 'none'>;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly display: string | null;
  readonly inputsHash: string;
  readonly ruleVersion: string;
  readonly calendarVersion: string | null;
};

export type SlaInputs = {
  readonly contract: ContractRow;
  readonly objectives: readonly SlaObjectiveRow[];
  readonly incidents: readonly IncidentRow[];
  readonly cases: readonly {
    readonly recordId: string;
    readonly priority: string | null;
    readonly openedAt: number;
    readonly respondedAt: number | null;
    readonly closedAt: number | null;
  }[];
  readonly results: readonly SlaResultRow[];
};

export interface ContractStore {
  getWorkspace(workspaceId: string): Promise<WorkspaceRow | null>;
  loadRecordCard(workspaceId: string, target: RecordTarget): Promise<RecordCardRow | null>;
  /** Remembers that a portal holds a record, after the host itself said so. */
  rememberRecord(
    workspaceId: string,
    target: RecordTarget,
    seen: {
      readonly name: string | null;
      readonly facts: Readonly<Record<string, string | null>>;
      readonly at: number;
    },
  ): Promise<void>;
  loadContract(workspaceId: string, contractId: string): Promise<ContractRow | null>;
  loadContracts(workspaceId: string, contractIds: readonly string[]): Promise<readonly ContractRow[]>;
  loadDetail(workspaceId: string, contractId: string): Promise<ContractDetailRow | null>;
  listContracts(workspaceId: string, query: ContractQuery): Promise<ContractPage>;
  /** Ids of the contracts among these with an active link to the record. */
  linkedAmong(workspaceId: string, target: RecordTarget, contractIds: readonly string[]): Promise<readonly string[]>;
  isLinked(workspaceId: string, target: RecordTarget, contractId: string): Promise<boolean>;
  /** An organisation of this name (case and surrounding space ignored), if one is known. */
  findOrganisations(
    workspaceId: string,
    names: readonly string[],
  ): Promise<readonly { readonly id: string; readonly legalName: string; readonly domain: string | null }[]>;
  nextNumber(workspaceId: string, year: number): Promise<string>;

  /** Whether a key was used: by this request, by another one, or not at all. */
  findOnce(workspaceId: string, once: Once): Promise<'done' | 'other_request' | 'unused'>;
  createContract(context: WriteContext, command: CreateContract): Promise<WriteResult>;
  updateContract(context: WriteContext, command: UpdateContract): Promise<WriteResult>;
  readonly attach: (context: WriteContext, target: RecordTarget, contractId: string) => Promise<WriteResult>;
  readonly detach: (context: WriteContext, target: RecordTarget, contractId: string) => Promise<WriteResult>;
  readonly restoreLink: (context: WriteContext, target: RecordTarget, contractId: string) => Promise<WriteResult>;
  recordIncident(context: WriteContext, incident: NewIncident): Promise<WriteResult>;

  /** Some of the contracts whose derived columns do not hold: they changed since, or the columns end before the day. */
  listUnderived(workspaceId: string, asOf: PlainDate, limit: number): Promise<readonly ContractRow[]>;
  /** Columns of a state that has passed are left out; `listUnderived` goes on naming their contracts. */
  saveDerived(workspaceId: string, columns: readonly DerivedColumns[]): Promise<void>;
  /** Counts and sums over the derived columns, which must hold for the day. */
  readPortfolioTotals(workspaceId: string, question: TotalsQuestion): Promise<PortfolioTotals>;

  /** Contracts that have an objective in force, in id order. */
  listContractsWithObjectives(workspaceId: string, afterId: string | null, limit: number): Promise<readonly string[]>;
  /** Those of them that are attached to one of the accounts, in id order. */
  listServedContracts(
    workspaceId: string,
    page: {
      readonly connectionId: string;
      readonly accountIds: readonly string[];
      readonly afterId: string | null;
      readonly limit: number;
    },
  ): Promise<readonly string[]>;
  loadSlaInputs(workspaceId: string, contractId: string, fromAt: number, toAt: number): Promise<SlaInputs | null>;
  /** Adds a revision for each result whose inputs differ from the newest one, saves the summary and marks mirrors when it changed. */
  saveSlaResults(
    context: WriteContext,
    contractId: string,
    results: readonly NewSlaResult[],
    summary: SlaSummary,
  ): Promise<void>;

  listConflicts(
    workspaceId: string,
    request: {
      readonly openOnly: boolean;
      readonly after: { readonly at: number; readonly id: string } | null;
      readonly limit: number;
    },
  ): Promise<readonly ConflictRow[]>;
  loadConflict(workspaceId: string, conflictId: string): Promise<ConflictRow | null>;
  /** The contract's own value stays and is written to the record; kept in the audit trail. `stale`: it is not asked like that any more. */
  keepOurs(
    workspaceId: string,
    answer: QuestionAnswer & { readonly actor: string; readonly at: number },
  ): Promise<'answered' | 'stale'>;
  listChanges(
    workspaceId: string,
    request: {
      readonly contractId: string | null;
      readonly after: { readonly at: number; readonly id: string } | null;
      readonly limit: number;
    },
  ): Promise<readonly FieldChangeRow[]>;
  /** Suppliers of contracts on the buy side, by name, from derived columns that hold for the day. */
  listVendors(workspaceId: string, question: VendorsQuestion): Promise<readonly VendorTotals[]>;
}

/** What counts as live, and how many days ahead a deadline counts as near, is the domain's to say. */
export type TotalsQuestion = {
  readonly asOf: PlainDate;
  readonly liveStages: readonly ContractStage[];
  /** Last days of the spans that begin with `asOf`. */
  readonly noticeDueThrough: readonly [PlainDate, PlainDate, PlainDate];
  /** `YYYY-MM`; months in between count too. */
  readonly firstMonth: string;
  readonly lastMonth: string;
};

export type PortfolioTotals = {
  readonly contracts: number;
  readonly live: number;
  readonly byStage: Readonly<Record<string, number>>;
  readonly byHealth: Readonly<Record<string, number>>;
  readonly noticeDue: readonly [number, number, number];
  /** Live, with a deadline in the widest span, and undecided. */
  readonly undecided: number;
  readonly slaMissed: number;
  readonly liveValue: readonly Money[];
  /** Months with live contracts to renew, in order. */
  readonly renewals: readonly {
    readonly month: string;
    readonly contracts: number;
    readonly value: readonly Money[];
  }[];
};

export type VendorsQuestion = {
  readonly asOf: PlainDate;
  readonly liveStages: readonly ContractStage[];
  /** Worst first: the first one that any contract has speaks for the vendor. */
  readonly healthOrder: readonly string[];
  /** The same for the verdicts of a month. */
  readonly verdictOrder: readonly string[];
  /** `YYYY-MM` */
  readonly firstPeriod: string;
  readonly limit: number;
};

export type VendorTotals = {
  readonly organisationId: string;
  readonly name: string;
  readonly domain: string | null;
  readonly contracts: number;
  readonly liveContracts: number;
  readonly liveValue: readonly Money[];
  /** The earliest deadline of a live contract whose window is open. */
  readonly nextNoticeDate: string | null;
  /** Null without live contracts. */
  readonly health: string | null;
  /** In order of periods. */
  readonly periods: readonly {
    readonly metric: 'availability' | 'response';
    readonly period: string;
    /** The lowest figure of the month. */
    readonly value: string | null;
    readonly verdict: string;
  }[];
  readonly breachesTwelveMonths: number;
  readonly openIncidents: number;
};
