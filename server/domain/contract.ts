/**
 * What a contract is. Only registers that a person, a CRM or a recorded event sets are stored; current term, notice deadlines,
 * renewal date, health and SLA verdicts follow from them and an as-of date (domain §2, §3.4, §6).
 */
export const CONTRACT_SIDES = ['buy', 'sell'] as const;
export type ContractSide = (typeof CONTRACT_SIDES)[number];

export const CONTRACT_STAGES = [
  'draft',
  'in_review',
  'approved',
  'signed',
  'active',
  'renewing',
  'expired',
  'terminated',
  'void',
] as const;
export type ContractStage = (typeof CONTRACT_STAGES)[number];

export const RENEWAL_KINDS = [
  'none',
  'mutual_written',
  'auto',
  'evergreen',
  'option_buyer',
  'option_supplier',
] as const;
export type RenewalKind = (typeof RENEWAL_KINDS)[number];

export const RENEWAL_DECISIONS = ['undecided', 'renew', 'renegotiate', 'exit'] as const;
export type RenewalDecision = (typeof RENEWAL_DECISIONS)[number];

export const PARTY_ROLES = ['buyer', 'supplier', 'guarantor', 'sub_processor', 'escrow_agent', 'implementer'] as const;
type PartyRole = (typeof PARTY_ROLES)[number];

/** A calendar day, `YYYY-MM-DD`, without a zone. Minted by `parsePlainDate` only. */
export type PlainDate = string & { readonly __brand: 'PlainDate' };

/** An amount in minor units (cents, fen) of an ISO 4217 currency. */
export type Money = { readonly minor: bigint; readonly currency: string };

export type NoticePeriod = {
  readonly count: number;
  readonly unit: 'days' | 'months';
  /** `before_expiry`: counted back from the last day in force; `before_renewal`: from the day after it (domain §6). */
  readonly countedFrom: 'before_expiry' | 'before_renewal';
};

export type Term = {
  readonly effectiveDate: PlainDate | null;
  /** Last day in force of the term last recorded (inclusive); null when open-ended. A CRM shows `endDate + 1 day` as the renewal date. */
  readonly endDate: PlainDate | null;
  readonly renewalKind: RenewalKind;
  /** Length of each renewal term in months; null when unknown or not renewing. */
  readonly renewalMonths: number | null;
  /** How many further renewals remain; null when unlimited. */
  readonly renewalsLeft: number | null;
  readonly notice: NoticePeriod | null;
  /** Business-day calendar the contract names, for example `CN` or `US`; `weekends` when it names none. */
  readonly calendarId: string;
};

export type ContractParty = {
  readonly organisationId: string;
  readonly legalName: string;
  readonly role: PartyRole;
  readonly sideLabel: string | null;
};

export type Contract = {
  readonly id: string;
  readonly number: string;
  readonly title: string;
  readonly side: ContractSide;
  readonly stage: ContractStage;
  readonly term: Term;
  readonly signedDate: PlainDate | null;
  readonly value: Money | null;
  readonly renewalDecision: RenewalDecision;
  readonly parties: readonly ContractParty[];
  readonly ownerEmail: string | null;
  readonly archived: boolean;
  /** Grows by one with each recorded change; writers compare it, so that no change is made on a stale reading. */
  readonly revision: number;
};

/** The fields that a CRM may change too; they are merged three ways (sync rule S9). */
export const SHARED_FIELDS = ['stage', 'renewalDate', 'renewalDecision'] as const;
export type SharedField = (typeof SHARED_FIELDS)[number];
