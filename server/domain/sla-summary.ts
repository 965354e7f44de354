/** The service level side of a contract as its monthly results left it; what cards, lists and mirrored fields show. */
import type { SlaVerdict } from './sla.ts';

export type SlaSummary = {
  /** The last complete month's verdict over all objectives; `none` when no service level is agreed. */
  readonly status: SlaVerdict | 'none';
  /** Percent with two decimals, floored, as text; null without data. */
  readonly availabilityLastMonth: string | null;
  readonly responseComplianceLastMonth: string | null;
  readonly breachesTwelveMonths: number;
  readonly breachedLastTwoOfThree: boolean;
};

export const NO_SLA: SlaSummary = {
  status: 'none',
  availabilityLastMonth: null,
  responseComplianceLastMonth: null,
  breachesTwelveMonths: 0,
  breachedLastTwoOfThree: false,
};
