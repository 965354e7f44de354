/**
 * Breach counters over monthly results (domain §7.7): last month, of the last three, of the last twelve. A month without a final
 * verdict is not a miss, and how many such months there are is said.
 */
import { type Month, shiftMonth } from './month.ts';
import type { MonthlyResult, Objective, SlaVerdict } from './sla.ts';

export type BreachCounters = {
  /** Verdict of the last complete month over all objectives (`overallVerdict`). */
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

/**
 * Which verdict speaks for several objectives: a miss of one is not made good by another, and a month that can still be missed is not met.
 * An objective that nobody could judge, for instance because no case was opened, takes nothing away from one that was judged.
 */
export const VERDICTS_WORST_FIRST = [
  'missed',
  'disputed',
  'provisional',
  'met',
  'excused',
  'no_data',
] as const satisfies readonly SlaVerdict[];

/** The verdict over all objectives of a month; `no_data` when there is none. */
export function overallVerdict(verdicts: readonly SlaVerdict[]): SlaVerdict {
  return VERDICTS_WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'no_data';
}

function monthVerdict(results: readonly MonthlyResult[], month: Month): SlaVerdict {
  return overallVerdict(results.flatMap(({ period, verdict }) => (period === month ? [verdict] : [])));
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
