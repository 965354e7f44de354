/**
 * Calendar days and their arithmetic (domain §6). A `PlainDate` has no time and no zone; it becomes an instant only together with an
 * IANA zone. All arithmetic is on whole days counted from 1970-01-01 in the proleptic Gregorian calendar, so that neither the
 * machine's zone nor its clock can shift a date. Months are anchored: the nth anniversary is computed from the anchor, never chained.
 */
import { assert, must } from './assert.ts';
import type { PlainDate } from './contract.ts';

/** Years outside this range are typing errors (0202, 20226) in a contract; `parsePlainDate` refuses them. */
const PLAIN_DATE_YEAR_MIN = 1900;
const PLAIN_DATE_YEAR_MAX = 2999;

export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** 0 is Sunday, 6 is Saturday. */
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const;
export type Weekday = (typeof WEEKDAYS)[number];

type YearMonthDay = { readonly year: number; readonly month: number; readonly day: number };

/** Text `YYYY-MM-DD` that names an existing day between 1900 and 2999 becomes a date; anything else is null. */
export function parsePlainDate(input: unknown): PlainDate | null {
  if (typeof input !== 'string') return null;
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(input);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < PLAIN_DATE_YEAR_MIN || year > PLAIN_DATE_YEAR_MAX) return null;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return mint({ year, month, day });
}

/** The day `days` later, or earlier when negative. */
export function addDays(date: PlainDate, days: number): PlainDate {
  assert(Number.isSafeInteger(days), 'days are whole');
  return fromEpochDay(epochDayOf(date) + days);
}

/** The day `months` months after the anchor, clamped to the end of a shorter month: 2024-01-31 + 1 is 2024-02-29. */
export function addMonths(anchor: PlainDate, months: number): PlainDate {
  assert(Number.isSafeInteger(months), 'months are whole');
  const { year, month, day } = parts(anchor);
  const monthIndex = year * 12 + (month - 1) + months;
  const target = { year: Math.floor(monthIndex / 12), month: (((monthIndex % 12) + 12) % 12) + 1 };
  return mint({ ...target, day: Math.min(day, daysInMonth(target.year, target.month)) });
}

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: PlainDate, to: PlainDate): number {
  return epochDayOf(to) - epochDayOf(from);
}

/** Calendar months from the month of `from` to the month of `to`, days ignored. */
export function monthsBetween(from: PlainDate, to: PlainDate): number {
  const [a, b] = [parts(from), parts(to)];
  return (b.year - a.year) * 12 + (b.month - a.month);
}

/** Negative, zero or positive, as for sorting. Plain dates also compare correctly with `<`, because their text is zero-padded. */
export function compareDates(a: PlainDate, b: PlainDate): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function maxDate(a: PlainDate, b: PlainDate): PlainDate {
  return a < b ? b : a;
}

export function minDate(a: PlainDate, b: PlainDate): PlainDate {
  return a < b ? a : b;
}

export function dayOfWeek(date: PlainDate): Weekday {
  const index = (((epochDayOf(date) + 4) % 7) + 7) % 7;
  return must(WEEKDAYS[index], 'weekday');
}

export function yearOf(date: PlainDate): number {
  return parts(date).year;
}

/** Whether the platform knows this IANA zone name; the functions below throw on one that it does not know. */
export function isTimeZone(zone: string): boolean {
  try {
    formatterFor(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The calendar day that a wall clock in `zone` shows at an instant (epoch ms). */
export function plainDateIn(zone: string, atMs: number): PlainDate {
  return fromEpochDay(Math.floor(wallClockMs(zone, atMs) / DAY_MS));
}

/**
 * The first instant (epoch ms) of a calendar day in an IANA zone. Exact across daylight-saving changes at midnight; the start of a
 * day that a zone skipped altogether is the start of the next one.
 */
export function zonedDayStartAt(date: PlainDate, zone: string): number {
  const wallMs = epochDayOf(date) * DAY_MS;
  const before = offsetMs(zone, wallMs - DAY_MS);
  if (before === offsetMs(zone, wallMs + DAY_MS)) return wallMs - before;
  return firstSecondReaching(wallMs, zone);
}

/**
 * The instant (epoch ms) at which a wall clock in `zone` shows `minuteOfDay` (0–1440) on a day. A reading that a clock change skips
 * moves forward by the length of the gap; of a reading that occurs twice the first counts.
 */
export function zonedTimeAt(date: PlainDate, minuteOfDay: number, zone: string): number {
  assert(minuteOfDay >= 0 && minuteOfDay <= 1440, 'minute of day is between 0 and 1440');
  if (minuteOfDay === 1440) return zonedDayStartAt(addDays(date, 1), zone);
  const wallMs = epochDayOf(date) * DAY_MS + minuteOfDay * MINUTE_MS;
  const before = offsetMs(zone, wallMs - DAY_MS);
  const after = offsetMs(zone, wallMs + DAY_MS);
  if (offsetMs(zone, wallMs - before) === before) return wallMs - before;
  return offsetMs(zone, wallMs - after) === after ? wallMs - after : wallMs - before;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Formatters are costly to make; there are about 600 zone names, which bounds this table. */
function formatterFor(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** The wall clock reading at an instant, written as if it were UTC, cut to whole seconds. */
function wallClockMs(zone: string, atMs: number): number {
  if (zone === 'UTC') return Math.floor(atMs / SECOND_MS) * SECOND_MS;
  const fields: Record<string, number> = {};
  for (const part of formatterFor(zone).formatToParts(atMs)) fields[part.type] = Number(part.value);
  const field = (name: string): number => must(fields[name], name);
  const day = epochDay({ year: field('year'), month: field('month'), day: field('day') });
  return day * DAY_MS + ((field('hour') * 60 + field('minute')) * 60 + field('second')) * SECOND_MS;
}

function offsetMs(zone: string, atMs: number): number {
  return wallClockMs(zone, atMs) - Math.floor(atMs / SECOND_MS) * SECOND_MS;
}

/** Halves the 36 hours around the reading until one second remains: 18 steps. Zones lie between UTC−12 and UTC+14. */
function firstSecondReaching(wallMs: number, zone: string): number {
  let low = wallMs - 16 * 3_600_000;
  let high = wallMs + 20 * 3_600_000;
  while (high - low > SECOND_MS) {
    const middle = low + Math.floor((high - low) / 2 / SECOND_MS) * SECOND_MS;
    if (wallClockMs(zone, middle) >= wallMs) high = middle;
    else low = middle;
  }
  return high;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function parts(date: PlainDate): YearMonthDay {
  return { year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8, 10)) };
}

/** The only place where text becomes a `PlainDate`; the caller has checked that the day exists. */
function mint({ year, month, day }: YearMonthDay): PlainDate {
  assert(year >= 1 && year <= 9999, `year ${year} has four digits`);
  const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  return text as PlainDate;
}

function epochDayOf(date: PlainDate): number {
  return epochDay(parts(date));
}

/** Days since 1970-01-01. Years start in March here, which puts the leap day last; an era is 400 years of 146,097 days. */
function epochDay({ year, month, day }: YearMonthDay): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function fromEpochDay(days: number): PlainDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return mint({ year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day });
}
