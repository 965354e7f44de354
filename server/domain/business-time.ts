/**
 * Clocks that run only in service hours (domain §7.4). Outside them the clock stands still; a pause takes away the service time
 * inside it, not its length on the wall, and never moves the start. Hours are read on a wall clock in the zone, so a day with a
 * daylight-saving change has the hours it really had.
 */
import { assert } from './assert.ts';
import { type BusinessCalendar, isWorkingDay } from './calendar.ts';
import { addDays, plainDateIn, zonedTimeAt } from './dates.ts';
import { type Interval, intersect, subtract, totalMs } from './interval.ts';

/** Minutes after midnight, 0–1440. */
type HoursSpan = { readonly startMinute: number; readonly endMinute: number };

export type ServiceHours =
  | { readonly kind: 'always' }
  | {
      readonly kind: 'working_days';
      readonly calendar: BusinessCalendar;
      readonly zone: string;
      /** In order and without overlap; a lunch break is a gap between two spans. */
      readonly spans: readonly HoursSpan[];
    };

/** A due instant further than this from its start is an error in the data. */
const SERVICE_DAYS_MAX = 4000;

export type BusinessInstant = { readonly at: number; readonly provisional: boolean };
export type BusinessDuration = { readonly ms: number; readonly provisional: boolean };

/**
 * The instant at which `durationMs` of service time have passed since `startAt`. `provisional` when a day on the way lies in a year
 * that the calendar does not know yet. Pauses must have ended; those that have not make a due instant unknowable.
 */
export function addBusinessTime(
  hours: ServiceHours,
  startAt: number,
  durationMs: number,
  pauses: readonly Interval[] = [],
): BusinessInstant {
  assert(durationMs >= 0, 'a duration is not negative');
  let leftMs = durationMs;
  let provisional = false;
  for (const day of serviceDays(hours, startAt)) {
    provisional ||= day.provisional;
    for (const span of subtract(day.spans, pauses)) {
      const lengthMs = span.endAt - span.startAt;
      if (lengthMs >= leftMs) return { at: span.startAt + leftMs, provisional };
      leftMs -= lengthMs;
    }
  }
  throw new Error(`Assertion failed: no service hours within ${SERVICE_DAYS_MAX} days`);
}

/** The service time between two instants, pauses taken out. */
export function businessTimeBetween(
  hours: ServiceHours,
  startAt: number,
  endAt: number,
  pauses: readonly Interval[] = [],
): BusinessDuration {
  const until = [{ startAt, endAt }];
  let ms = 0;
  let provisional = false;
  for (const day of serviceDays(hours, startAt)) {
    if (day.startAt >= endAt) break;
    provisional ||= day.provisional;
    ms += totalMs(subtract(intersect(day.spans, until), pauses));
  }
  return { ms, provisional };
}

type ServiceDay = {
  /** No service time of this day or a later one lies before this instant. */
  readonly startAt: number;
  readonly spans: readonly Interval[];
  readonly provisional: boolean;
};

/** The service time from an instant on, day by day. Round-the-clock service is one endless day. */
function* serviceDays(hours: ServiceHours, fromAt: number): Generator<ServiceDay> {
  const rest = { startAt: fromAt, endAt: Number.POSITIVE_INFINITY };
  if (hours.kind === 'always') {
    yield { startAt: fromAt, spans: [rest], provisional: false };
    return;
  }
  const { calendar, zone } = hours;
  const firstDate = plainDateIn(zone, fromAt);
  for (let passed = 0; passed <= SERVICE_DAYS_MAX; passed += 1) {
    const date = addDays(firstDate, passed);
    const { working, provisional } = isWorkingDay(calendar, date);
    const spans = hours.spans.map(({ startMinute, endMinute }) => ({
      startAt: zonedTimeAt(date, startMinute, zone),
      endAt: zonedTimeAt(date, endMinute, zone),
    }));
    yield {
      startAt: Math.max(fromAt, zonedTimeAt(date, 0, zone)),
      spans: working ? intersect(spans, [rest]) : [],
      provisional,
    };
  }
}
