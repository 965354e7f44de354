/**
 * Response and resolution of support cases (domain §7.4). A case belongs to the month in which it was submitted, on the clock of its
 * severity. An open case that is past its target is a miss now, not when it is closed.
 */
import { must } from './assert.ts';
import { addBusinessTime, businessTimeBetween, type ServiceHours } from './business-time.ts';
import type { PlainDate } from './contract.ts';
import { MINUTE_MS } from './dates.ts';
import type { Interval } from './interval.ts';
import { type Month, termWindow } from './month.ts';
import { percentileNearestRank } from './percentile.ts';
import { compareRatios, parsePercent, type Ratio } from './ratio.ts';
import {
  asDisputed,
  inStableOrder,
  type MonthlyResult,
  monthlyResult,
  type ResponseObjective,
  type SlaVerdict,
} from './sla.ts';

/** Instants are epoch ms. */
export type SupportCase = {
  readonly id: string;
  readonly severity: string;
  /** Submission to the agreed channel. */
  readonly submittedAt: number;
  /** First human answer, or restoration: whichever the objective measures. Automatic replies do not count. Null while open. */
  readonly stoppedAt: number | null;
  /** Time waiting on the customer or for an agreed change window; the end is null while it lasts. */
  readonly pauses: readonly { readonly startAt: number; readonly endAt: number | null }[];
  /** The contract does not count this case. */
  readonly excused: boolean;
};

const CASE_VERDICTS = ['met', 'missed', 'pending', 'excused'] as const;
type CaseVerdict = (typeof CASE_VERDICTS)[number];

export type CaseResult = {
  readonly caseId: string;
  readonly verdict: CaseVerdict;
  /** Service time used so far, pauses taken out, in ms. */
  readonly elapsedMs: number;
  /** When the target is or was reached (epoch ms); null while a pause lasts, because it then moves with the clock. */
  readonly dueAt: number | null;
  readonly stillOpen: boolean;
  readonly provisional: boolean;
};

/** One case against a target in service minutes, as known at `asOfAt`. Reaching the target exactly is met. */
export function caseResult(
  supportCase: SupportCase,
  target: { readonly hours: ServiceHours; readonly targetMinutes: number },
  asOfAt: number,
): CaseResult {
  const { submittedAt, stoppedAt } = supportCase;
  const untilAt = Math.min(stoppedAt ?? asOfAt, asOfAt);
  const stillOpen = stoppedAt === null || stoppedAt > asOfAt;
  const pauses: readonly Interval[] = supportCase.pauses.map(({ startAt, endAt }) => ({
    startAt,
    endAt: endAt ?? untilAt,
  }));
  const isPaused = stillOpen && supportCase.pauses.some(({ endAt }) => endAt === null || endAt > asOfAt);

  const elapsed = businessTimeBetween(target.hours, submittedAt, untilAt, pauses);
  const targetMs = target.targetMinutes * MINUTE_MS;
  const due = addBusinessTime(target.hours, submittedAt, targetMs, pauses);
  return {
    caseId: supportCase.id,
    verdict: caseVerdict(supportCase, { overdue: elapsed.ms > targetMs, stillOpen }),
    elapsedMs: elapsed.ms,
    dueAt: isPaused && elapsed.ms < targetMs ? null : due.at,
    stillOpen,
    provisional: elapsed.provisional || due.provisional,
  };
}

function caseVerdict(
  { excused }: SupportCase,
  { overdue, stillOpen }: { readonly overdue: boolean; readonly stillOpen: boolean },
): CaseVerdict {
  if (excused) return 'excused';
  if (overdue) return 'missed';
  return stillOpen ? 'pending' : 'met';
}

export type ResponseReport = {
  readonly met: number;
  readonly missed: number;
  readonly excused: number;
  /** Open and still within the target. */
  readonly pending: number;
  /** Of the missed ones, those that are still open. */
  readonly overdueOpen: number;
  /** met / (met + missed); null when neither occurred. */
  readonly compliance: Ratio | null;
  /** Nearest-rank percentiles and maximum of service time over the stopped cases that count, in ms. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p95Ms: number | null;
  readonly maxMs: number | null;
};

export function responseReport(results: readonly CaseResult[]): ResponseReport {
  const count = (verdict: CaseVerdict): number => results.filter((result) => result.verdict === verdict).length;
  const [met, missed] = [count('met'), count('missed')];
  const stopped = results.filter(({ verdict, stillOpen }) => verdict !== 'excused' && !stillOpen);
  const durations = stopped.map(({ elapsedMs }) => elapsedMs);
  return {
    met,
    missed,
    excused: count('excused'),
    pending: count('pending'),
    overdueOpen: results.filter(({ verdict, stillOpen }) => verdict === 'missed' && stillOpen).length,
    compliance: met + missed === 0 ? null : { numerator: BigInt(met), denominator: BigInt(met + missed) },
    p50Ms: percentileNearestRank(durations, 50),
    p90Ms: percentileNearestRank(durations, 90),
    p95Ms: percentileNearestRank(durations, 95),
    maxMs: percentileNearestRank(durations, 100),
  };
}

export type ResponseInputs = {
  readonly cases: readonly SupportCase[];
  readonly hours: ServiceHours;
  readonly effectiveDate: PlainDate | null;
  /** Last day of the contract (inclusive); null when open-ended. */
  readonly endDate: PlainDate | null;
  readonly disputed: boolean;
};

export type ResponseMonth = { readonly result: MonthlyResult; readonly report: ResponseReport };

/** The result of one month as known at `asOfAt` (epoch ms); null when the month is not judged (see `termWindow`). */
export function responseResult(
  objective: ResponseObjective,
  period: Month,
  inputs: ResponseInputs & { readonly asOfAt: number },
): ResponseMonth | null {
  const window = termWindow(objective, period, inputs);
  if (window === null) return null;
  const { hours, asOfAt } = inputs;
  const judged = inputs.cases.filter(
    ({ severity, submittedAt }) =>
      severity === objective.severity &&
      submittedAt >= window.startAt &&
      submittedAt < window.endAt &&
      submittedAt <= asOfAt,
  );
  const cases = inStableOrder(judged);
  const target = { hours, targetMinutes: objective.targetMinutes };
  const results = cases.map((supportCase) => caseResult(supportCase, target, asOfAt));
  const report = responseReport(results);
  const verdicts = results.map(({ caseId, verdict }) => ({ caseId, verdict }));
  const closed = asOfAt >= window.endAt;
  const calendarKnown = !results.some(({ provisional }) => provisional);
  const verdict = verdictOf(objective, report, { closed, calendarKnown });
  return {
    report,
    result: monthlyResult({
      objectiveId: objective.id,
      period,
      verdict: asDisputed(verdict, inputs.disputed),
      value: verdict === 'no_data' ? null : report.compliance,
      inputs: { objective, period, cases, verdicts, hours: describeHours(hours), disputed: inputs.disputed, closed },
      calendarVersion: hours.kind === 'always' ? null : hours.calendar.version,
    }),
  };
}

/** Decided once no pending case, however it ends, can turn it. */
function verdictOf(
  objective: ResponseObjective,
  { met, missed, excused, pending }: ResponseReport,
  { closed, calendarKnown }: { readonly closed: boolean; readonly calendarKnown: boolean },
): SlaVerdict {
  if (!closed) return 'provisional';
  const counted = met + missed + pending;
  if (counted === 0) return excused > 0 ? 'excused' : 'no_data';
  if (counted < Math.max(objective.samplesMin, 1)) return 'no_data';
  if (!calendarKnown) return 'provisional';
  const target = must(parsePercent(objective.targetPercent), 'response target');
  const reaches = (metCount: number): boolean =>
    compareRatios({ numerator: BigInt(metCount), denominator: BigInt(counted) }, target) >= 0;
  if (reaches(met)) return 'met';
  return reaches(met + pending) ? 'provisional' : 'missed';
}

function describeHours(hours: ServiceHours): unknown {
  if (hours.kind === 'always') return hours;
  const { calendar, ...kept } = hours;
  return { ...kept, calendarId: calendar.id, calendarVersion: calendar.version };
}
