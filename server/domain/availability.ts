/**
 * Availability of one month (domain §7.2), in whole milliseconds and exact fractions. Downtime is the union of outages and of
 * maintenance that interrupted the service; excluded time is maintenance as announced, in time and within its cap, plus the agreed
 * exclusions. Whatever of the downtime is not excluded counts, so maintenance that overruns, exceeds its cap or was announced late
 * counts by itself.
 */
import { assert, must } from './assert.ts';
import type { PlainDate } from './contract.ts';
import { MINUTE_MS } from './dates.ts';
import { firstMs, type Interval, intersect, mergeIntervals, subtract, totalMs } from './interval.ts';
import { type Month, termWindow } from './month.ts';
import { compareRatios, parsePercent, type Ratio } from './ratio.ts';
import {
  type AvailabilityObjective,
  asDisputed,
  type ExclusionKind,
  inStableOrder,
  type MonthlyResult,
  monthlyResult,
  type SlaVerdict,
} from './sla.ts';

const HOUR_MS = 60 * MINUTE_MS;

/** Instants are epoch ms. An outage that still lasts has no end. */
export type Outage = { readonly startAt: number; readonly endAt: number | null; readonly extent: 'full' | 'degraded' };

export type Maintenance = {
  /** Null when it was never announced. */
  readonly announcedAt: number | null;
  readonly announcedStartAt: number;
  readonly announcedEndAt: number;
  /** When the service was interrupted in fact; the end is null while it still is. */
  readonly startAt: number;
  readonly endAt: number | null;
};

type Exclusion = Interval & { readonly kind: ExclusionKind };

export type AvailabilityInputs = {
  readonly outages: readonly Outage[];
  readonly maintenance: readonly Maintenance[];
  readonly exclusions: readonly Exclusion[];
  /** The time for which the source says that it would have seen an outage. Outside it, silence proves nothing. */
  readonly observed: readonly Interval[];
  /** When the source owes its data at the latest (epoch ms); null when it owes them at the end of the month. */
  readonly sourceDueAt: number | null;
  readonly effectiveDate: PlainDate | null;
  /** Last day of the contract (inclusive); null when open-ended. */
  readonly endDate: PlainDate | null;
  readonly disputed: boolean;
};

/**
 * The result of one month as known at `asOfAt` (epoch ms), or null when the month lies outside the term, or partly outside it under
 * an objective that skips partial months. While the month is open its value is what it would end with if nothing more happened.
 */
export function availabilityResult(
  objective: AvailabilityObjective,
  period: Month,
  inputs: AvailabilityInputs & { readonly asOfAt: number },
): MonthlyResult | null {
  const window = termWindow(objective, period, inputs);
  if (window === null) return null;
  const { asOfAt, ...facts } = inputs;
  const closed = asOfAt >= window.endAt;
  const sourceLate = asOfAt < (inputs.sourceDueAt ?? window.endAt);
  const measured = measure(objective, window, inputs);
  const recorded = {
    ...facts,
    outages: inStableOrder(facts.outages),
    maintenance: inStableOrder(facts.maintenance),
    exclusions: inStableOrder(facts.exclusions),
    observed: inStableOrder(facts.observed),
  };
  const verdict = asDisputed(verdictOf(objective, measured, { closed, sourceLate }), inputs.disputed);
  return monthlyResult({
    objectiveId: objective.id,
    period,
    verdict,
    value: verdict === 'no_data' || measured.agreedMs === 0 ? null : shareOf(measured),
    inputs: { objective, period, ...recorded, closed, sourceLate },
    calendarVersion: null,
  });
}

type Measured = {
  /** The denominator: the whole window or the agreed part of it. */
  readonly denominatorMs: number;
  /** The window without the excluded time. */
  readonly agreedMs: number;
  /** Counted downtime in hundredths of a millisecond, so that a degraded percentage stays whole. */
  readonly downHundredths: bigint;
  /** Agreed time that no source observed and no outage accounts for. */
  readonly unobservedMs: number;
};

function measure(objective: AvailabilityObjective, window: Interval, inputs: AvailabilityInputs): Measured {
  const inWindow = (intervals: readonly Interval[]): readonly Interval[] => intersect(intervals, [window]);
  const closeOpen = (span: { readonly startAt: number; readonly endAt: number | null }): Interval => ({
    startAt: span.startAt,
    endAt: span.endAt ?? window.endAt,
  });
  const maintained = inputs.maintenance.map(closeOpen);
  const full = inWindow([...inputs.outages.filter(({ extent }) => extent === 'full').map(closeOpen), ...maintained]);
  const degraded = inWindow(inputs.outages.filter(({ extent }) => extent === 'degraded').map(closeOpen));
  const excluded = inWindow(excludedTime(objective, window, inputs));

  const downFull = subtract(full, excluded);
  const downDegraded = subtract(subtract(degraded, excluded), full);
  const agreedMs = totalMs([window]) - totalMs(excluded);
  return {
    denominatorMs: objective.form === 'total_time' ? totalMs([window]) : agreedMs,
    agreedMs,
    downHundredths:
      BigInt(totalMs(downFull)) * 100n + BigInt(totalMs(downDegraded)) * BigInt(degradedWeight(objective)),
    unobservedMs: totalMs(subtract(subtract(subtract([window], inputs.observed), excluded), full)),
  };
}

function degradedWeight({ degradedWeightPercent }: AvailabilityObjective): number {
  const weight = degradedWeightPercent ?? 0;
  assert(Number.isSafeInteger(weight) && weight >= 0 && weight <= 100, 'a degraded weight is a whole percentage');
  return weight;
}

function excludedTime(
  objective: AvailabilityObjective,
  window: Interval,
  inputs: AvailabilityInputs,
): readonly Interval[] {
  const agreed = inputs.exclusions.filter(({ kind }) => objective.exclusions.includes(kind));
  return mergeIntervals([...agreed, ...excludedMaintenance(objective, window, inputs.maintenance)]);
}

/** The part of maintenance within its announcement, if announced in time, earliest first until the month's cap is used up. */
function excludedMaintenance(
  { maintenance: terms }: AvailabilityObjective,
  window: Interval,
  maintenance: readonly Maintenance[],
): readonly Interval[] {
  if (terms === null) return [];
  const inTime = maintenance.filter(
    ({ announcedAt, announcedStartAt }) =>
      announcedAt !== null && announcedAt <= announcedStartAt - terms.noticeHoursMin * HOUR_MS,
  );
  const asAnnounced = inTime.map((work) => ({
    startAt: Math.max(work.startAt, work.announcedStartAt),
    endAt: Math.min(work.endAt ?? window.endAt, work.announcedEndAt),
  }));
  const capMs = terms.capMinutesPerMonth === null ? Number.POSITIVE_INFINITY : terms.capMinutesPerMonth * MINUTE_MS;
  return firstMs(intersect(asAnnounced, [window]), capMs);
}

/** Downtime never exceeds the denominator: both are unions cut to the same window, so the share lies between 0 and 1. */
function shareOf({ denominatorMs, downHundredths }: Measured): Ratio {
  const denominator = BigInt(denominatorMs) * 100n;
  assert(downHundredths >= 0n && downHundredths <= denominator, 'downtime lies within the window');
  return { numerator: denominator - downHundredths, denominator };
}

/**
 * A month is judged once it is over: `missed` when the recorded downtime is too much, whatever the unobserved time held, `met` only
 * when all of its agreed time was observed.
 */
function verdictOf(
  objective: AvailabilityObjective,
  measured: Measured,
  { closed, sourceLate }: { readonly closed: boolean; readonly sourceLate: boolean },
): SlaVerdict {
  if (measured.agreedMs === 0) return 'excused';
  const target = must(parsePercent(objective.targetPercent), 'availability target');
  const isMissed = compareRatios(shareOf(measured), target) < 0;
  if (!closed) return 'provisional';
  if (isMissed) return 'missed';
  if (measured.unobservedMs === 0) return 'met';
  return sourceLate ? 'provisional' : 'no_data';
}
