/** Calendar months as SLA periods, written `YYYY-MM`, and the exact window each one is in a zone: never "30 days". */
import { must } from './assert.ts';
import type { PlainDate } from './contract.ts';
import { addDays, addMonths, parsePlainDate, zonedDayStartAt } from './dates.ts';
import { type Interval, intersect } from './interval.ts';

export type Month = string & { readonly __brand: 'Month' };

/** Text `YYYY-MM` of an existing month between 1900 and 2999; anything else is null. */
export function parseMonth(input: unknown): Month | null {
  if (typeof input !== 'string' || parsePlainDate(`${input}-01`) === null) return null;
  return input as Month;
}

export function monthOf(date: PlainDate): Month {
  return must(parseMonth(date.slice(0, 7)), 'month');
}

function firstDayOf(month: Month): PlainDate {
  return must(parsePlainDate(`${month}-01`), 'first day');
}

function lastDayOf(month: Month): PlainDate {
  return addDays(addMonths(firstDayOf(month), 1), -1);
}

/** The month `count` months later, or earlier when negative. */
export function shiftMonth(month: Month, count: number): Month {
  return monthOf(addMonths(firstDayOf(month), count));
}

/** The month before the one `asOf` lies in: the last one that is complete. */
export function lastMonthBefore(asOf: PlainDate): Month {
  return shiftMonth(monthOf(asOf), -1);
}

/** From midnight of the 1st to midnight of the next 1st on a wall clock in `zone`, daylight-saving changes included. */
export function monthWindow(month: Month, zone: string): Interval {
  return dayWindow(firstDayOf(month), lastDayOf(month), zone);
}

/** All of the days from the first to the last, both included. */
function dayWindow(firstDate: PlainDate, lastDate: PlainDate, zone: string): Interval {
  return { startAt: zonedDayStartAt(firstDate, zone), endAt: zonedDayStartAt(addDays(lastDate, 1), zone) };
}

/**
 * The days of a month that lie within a contract's term, as a window in a zone. Null when there are none, or when the month is only
 * partly in the term and partial months are skipped.
 */
export function termWindow(
  { zone, partialPeriod }: { readonly zone: string; readonly partialPeriod: 'prorate' | 'skip' },
  month: Month,
  term: { readonly effectiveDate: PlainDate | null; readonly endDate: PlainDate | null },
): Interval | null {
  const whole = monthWindow(month, zone);
  const startAt = term.effectiveDate === null ? whole.startAt : zonedDayStartAt(term.effectiveDate, zone);
  const endAt = term.endDate === null ? whole.endAt : zonedDayStartAt(addDays(term.endDate, 1), zone);
  const [inTerm] = intersect([whole], [{ startAt, endAt }]);
  if (inTerm === undefined) return null;
  const isWhole = inTerm.startAt === whole.startAt && inTerm.endAt === whole.endAt;
  return isWhole || partialPeriod === 'prorate' ? inTerm : null;
}
