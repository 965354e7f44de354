/**
 * A contract, its links and its monthly results as rows that a CRM may hold for its people to read: what each row says, in canonical
 * text, before an adapter gives it the CRM's own form.
 */
export type ContractSource = {
  readonly kind: 'contract';
  readonly contractId: string;
  readonly number: string;
  readonly title: string;
  readonly side: string;
  readonly stage: string;
  readonly health: string;
  readonly renewalKind: string;
  readonly renewalDecision: string;
  /** Calendar days as `YYYY-MM-DD`. */
  readonly effectiveDate: string | null;
  readonly endDate: string | null;
  readonly signedDate: string | null;
  readonly renewalDate: string | null;
  readonly noticeDeadline: string | null;
  /** In the currency's smallest unit. */
  readonly valueMinor: string | null;
  readonly currency: string | null;
  readonly counterparty: string | null;
  readonly ownerEmail: string | null;
  readonly archived: boolean;
  readonly revision: number;
  readonly riskFlags: readonly string[];
  readonly slaStatus: string;
  /** Percent as decimal text. */
  readonly availabilityLastMonth: string | null;
  readonly responseComplianceLastMonth: string | null;
  readonly breachesTwelveMonths: number;
};
export type LinkSource = {
  readonly kind: 'link';
  readonly contractId: string;
  readonly objectType: 'opportunity' | 'account';
  readonly recordId: string;
  readonly active: boolean;
  readonly isLead: boolean;
};
export type SlaResultSource = {
  readonly kind: 'sla_result';
  readonly contractId: string;
  readonly objectiveId: string;
  /** `YYYY-MM`. */
  readonly period: string;
  readonly metric: string;
  /** Null, or `any`, where every case counts. */
  readonly severity: string | null;
  /** How soon a response is due; null where the objective is none of responses or takes the usual time. */
  readonly targetMinutes: number | null;
  /** Percent as decimal text. */
  readonly target: string;
  readonly value: string | null;
  readonly verdict: string;
  /** The one account of this CRM that the contract is attached to; null where there is none or more than one. */
  readonly accountId: string | null;
};
export type RowSource = ContractSource | LinkSource | SlaResultSource;

/** In the order in which they are written: the later ones point to the earlier. */
export const ROW_KINDS = ['contract', 'link', 'sla_result'] as const;
export type RowKind = (typeof ROW_KINDS)[number];
