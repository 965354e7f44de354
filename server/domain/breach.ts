/**
 * Breach counters over monthly results (domain §7.7): last month, of the last three, of the last twelve. A month without a final
 * verdict is not a miss, and how many such months there are is said.
 */
import { type Month, shiftMonth } from './month.ts';
import type { MonthlyResult, Objective, SlaVerdict } from './sla.ts';

export type BreachCounters = {
  /** Verdict of the last complete month over all objectives: missed if any missed. `no_data` when there is no result. */
  readonly lastMonth: SlaVerdict;
  readonly missedOfLast3: number;
  readonly missedOfLast12: number;
  /** Of the last three and twelve months, those without a final verdict. */
  readonly undecidedOfLast3: number;
  readonly undecidedOfLast12: number;
};

/** Months in which at least one objective was missed, looking back from `lastMonth`, which is included. */
export function breachCounters(results: readonly MonthlyResult[], lastMonth: Month): BreachCounters {
  const verdicts = Array.from({ length: 12 }, (_, back) => monthVerdict(results, shiftMonth(lastMonth, -back)));
  const missed = (months: number): number => verdicts.slice(0, months).filter((verdict) => verdict === 'missed').length;
  const undecided = (months: number): number =>
    verdicts.slice(0, months).filter((verdict) => !DECIDED.has(verdict)).length;
  return {
    lastMonth: verdicts[0] ?? 'no_data',
    missedOfLast3: missed(3),
    missedOfLast12: missed(12),
    undecidedOfLast3: undecided(3),
    undecidedOfLast12: undecided(12),
  };
}

/** An excused month is final: it can no longer become a miss. */
const DECIDED: ReadonlySet<SlaVerdict> = new Set<SlaVerdict>(['met', 'missed', 'excused']);

/** The worst of a month first: a miss of one objective is not made good by another, and `met` needs every objective decided or excused. */
const WORST_FIRST = [
  'missed',
  'disputed',
  'provisional',
  'no_data',
  'met',
  'excused',
] as const satisfies readonly SlaVerdict[];

function monthVerdict(results: readonly MonthlyResult[], month: Month): SlaVerdict {
  const verdicts = new Set(results.filter(({ period }) => period === month).map(({ verdict }) => verdict));
  return WORST_FIRST.find((verdict) => verdicts.has(verdict)) ?? 'no_data';
}

/**
 * Whether an objective's exit right has arisen: so many misses within so many consecutive months ending with `lastMonth`. The notices
 * that a contract may also demand for each miss are not looked at.
 */
export function exitRightArisen(objective: Objective, results: readonly MonthlyResult[], lastMonth: Month): boolean {
  if (objective.termination === null) return false;
  const earliest = shiftMonth(lastMonth, 1 - objective.termination.ofMonths);
  const misses = results.filter(
    ({ objectiveId, period, verdict }) =>
      objectiveId === objective.id && verdict === 'missed' && period >= earliest && period <= lastMonth,
  );
  return new Set(misses.map(({ period }) => period)).size >= objective.termination.missed;
}
