/**
 * Service level objectives and the monthly results they yield (domain §7). A result can always be recomputed from the same inputs; it
 * names the rule version, the calendar version and a canonical text of its inputs. No data is never `met`.
 */
import type { Month } from './month.ts';
import { formatPercentFloor, type Ratio } from './ratio.ts';

/** Raised whenever the arithmetic changes, so that older results are known to follow the older rules. */
const SLA_RULE_VERSION = '1';

/**
 * `met`, `missed`: decided. `no_data`: too little is known to decide. `excused`: agreed exclusions cover the whole period.
 * `provisional`: the period is open or its data late, and it could still go either way. `disputed`: decided, but a party objects.
 */
const SLA_VERDICTS = ['met', 'missed', 'no_data', 'excused', 'provisional', 'disputed'] as const;
export type SlaVerdict = (typeof SLA_VERDICTS)[number];

const SAMPLE_SOURCES = ['vendor_report', 'our_monitor', 'tickets', 'status_feed'] as const;
type SampleSource = (typeof SAMPLE_SOURCES)[number];

/** What may be taken out of downtime when the contract says so. Maintenance has rules of its own. */
export const EXCLUSION_KINDS = [
  'force_majeure',
  'customer_caused',
  'third_party',
  'emergency_maintenance',
  'other_agreed',
] as const;
export type ExclusionKind = (typeof EXCLUSION_KINDS)[number];

/** What the two kinds of objective share. The window is the calendar month in the objective's zone. */
type ObjectiveTerms = {
  readonly id: string;
  /** Percentage as a plain decimal: `99.9`. Reached or exceeded is met. */
  readonly targetPercent: string;
  /** IANA zone whose midnights bound the month. */
  readonly zone: string;
  readonly source: SampleSource;
  /** Whether a first or last month that lies partly outside the term is judged on its in-term days, or left out. */
  readonly partialPeriod: 'prorate' | 'skip';
  /** Exit right: so many misses within so many consecutive months; null when the contract grants none. */
  readonly termination: { readonly missed: number; readonly ofMonths: number } | null;
};

/**
 * `total_time` divides by the whole month, `agreed_time` by the month without the excluded time. Both occur; which one the contract
 * means can decide the verdict.
 */
export const AVAILABILITY_FORMS = ['total_time', 'agreed_time'] as const;
export type AvailabilityForm = (typeof AVAILABILITY_FORMS)[number];

export type AvailabilityObjective = ObjectiveTerms & {
  readonly metric: 'availability';
  readonly form: AvailabilityForm;
  readonly exclusions: readonly ExclusionKind[];
  /** Null when the contract excludes no maintenance at all. */
  readonly maintenance: MaintenanceTerms | null;
  /** How much of a degraded minute counts as downtime, 0–100; null when the contract does not define degraded service. */
  readonly degradedWeightPercent: number | null;
};

type MaintenanceTerms = {
  /** Hours before its start by which maintenance must have been announced to be excluded. */
  readonly noticeHoursMin: number;
  /** Most minutes of maintenance that are excluded in a month; null when unlimited. */
  readonly capMinutesPerMonth: number | null;
};

export type ResponseObjective = ObjectiveTerms & {
  readonly metric: 'response' | 'resolution';
  /** Only cases of this severity are judged. */
  readonly severity: string;
  /** Business minutes from submission to response or resolution. */
  readonly targetMinutes: number;
  /** Fewer decided cases than this are too few to judge a month. */
  readonly samplesMin: number;
};

export type Objective = AvailabilityObjective | ResponseObjective;

export type MonthlyResult = {
  readonly objectiveId: string;
  readonly period: Month;
  readonly verdict: SlaVerdict;
  /** The measured share, unrounded; null when nothing was measured. */
  readonly value: Ratio | null;
  /** The value as a percentage cut to two places; null with it. */
  readonly display: string | null;
  /** Canonical text of everything the result was computed from; the store keeps its hash. */
  readonly inputsText: string;
  readonly ruleVersion: string;
  /** Of the calendar whose working days were used; null when none was. */
  readonly calendarVersion: string | null;
};

export type ResultParts = {
  readonly objectiveId: string;
  readonly period: Month;
  readonly verdict: SlaVerdict;
  readonly value: Ratio | null;
  readonly inputs: unknown;
  readonly calendarVersion: string | null;
};

export function monthlyResult(parts: ResultParts): MonthlyResult {
  const { inputs, ...kept } = parts;
  return {
    ...kept,
    display: parts.value === null ? null : formatPercentFloor(parts.value),
    inputsText: canonicalText(inputs),
    ruleVersion: SLA_RULE_VERSION,
  };
}

/** A dispute hides a decided verdict, and only a decided one: there is nothing to object to before that. */
export function asDisputed(verdict: SlaVerdict, disputed: boolean): SlaVerdict {
  return disputed && (verdict === 'met' || verdict === 'missed') ? 'disputed' : verdict;
}

/** The same records in an order that depends on nothing but themselves, so that reading them in another order is the same input. */
export function inStableOrder<T>(records: readonly T[]): readonly T[] {
  const keyed = records.map((record) => ({ record, key: canonicalText(record) }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ record }) => record);
}

/** JSON with sorted keys, so that equal inputs give equal text whatever order their fields were written in. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) => {
    if (typeof nested === 'bigint') return `${nested}n`;
    if (typeof nested !== 'object' || nested === null || Array.isArray(nested)) return nested;
    return Object.fromEntries(Object.entries(nested).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
