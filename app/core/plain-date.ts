/**
 * Calendar days (`YYYY-MM-DD`) and instants as people read them, and the one conversion a form needs: a day and a time of day in a
 * named zone to an instant. Days never pass through a local time zone.
 */
import type { Locale } from './locale.ts';

/** Day before month in English, because the audience spans regions that read 04/05 differently; the month is written out. */
export const DATE_TAGS: Readonly<Record<Locale, string>> = { en: 'en-GB', 'zh-CN': 'zh-CN' };
const DAY_MS = 86_400_000;

export type DayAndTime = { readonly date: string; readonly hours: number; readonly minutes: number };

/** `2026-12-14` → `14 Dec 2026` or `2026年12月14日`. Text that is not a day comes back as it is. */
export function formatDate(locale: Locale, date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at)) return date;
  return new Intl.DateTimeFormat(DATE_TAGS[locale], {
    timeZone: 'UTC',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
  }).format(at);
}

/** As `formatDate`, without the year when it is that of `today`: for figures that have little room. */
export function formatNearDate(locale: Locale, date: string, today: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at) || date.slice(0, 4) !== today.slice(0, 4)) return formatDate(locale, date);
  return new Intl.DateTimeFormat(DATE_TAGS[locale], { timeZone: 'UTC', month: 'short', day: 'numeric' }).format(at);
}

/** `2026-05` → `May 2026` or `2026年5月`. */
export function formatMonth(locale: Locale, period: string): string {
  const at = Date.parse(`${period}-01T00:00:00Z`);
  if (Number.isNaN(at)) return period;
  return new Intl.DateTimeFormat(DATE_TAGS[locale], { timeZone: 'UTC', year: 'numeric', month: 'short' }).format(at);
}

/** The last calendar day of a month: `2028-02` → `2028-02-29`. */
export function lastDayOf(period: string): string {
  const [year = 0, month = 0] = period.split('-').map(Number);
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/**
 * An instant in the portal's zone: the time alone when it is on `today` (a day in that zone), else with its day.
 * `instant` is ISO 8601; unreadable text comes back as it is.
 */
export function formatInstant(
  locale: Locale,
  instant: string,
  where: { readonly zone: string; readonly today: string },
): string {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return instant;
  const { date } = dayAndTimeIn(where.zone, at);
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  const day: Intl.DateTimeFormatOptions =
    date === where.today ? {} : { year: 'numeric', month: 'short', day: 'numeric' };
  return new Intl.DateTimeFormat(DATE_TAGS[locale], { timeZone: where.zone, ...clock, ...day }).format(at);
}

/** The wall clock of a zone at an instant (epoch ms). */
export function dayAndTimeIn(zone: string, atMs: number): DayAndTime {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(atMs);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((each) => each.type === type)?.value ?? '0';
  return {
    date: `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`,
    hours: Number(part('hour')),
    minutes: Number(part('minute')),
  };
}

/**
 * The instant (epoch ms) of a wall clock in a zone. A time that a clock change skips maps to the instant an unchanged clock would
 * show it; a time that occurs twice maps to the first. NaN when `date` is not a day.
 */
export function instantOf(zone: string, wall: DayAndTime): number {
  const asUtc = Date.parse(`${wall.date}T00:00:00Z`) + (wall.hours * 60 + wall.minutes) * 60_000;
  if (Number.isNaN(asUtc)) return Number.NaN;
  const offsetAt = (atMs: number): number => {
    const seen = dayAndTimeIn(zone, atMs);
    const minuteStart = Math.floor(atMs / 60_000) * 60_000;
    return Date.parse(`${seen.date}T00:00:00Z`) + (seen.hours * 60 + seen.minutes) * 60_000 - minuteStart;
  };
  // Offsets a day either side cover any clock change near the wall time; the earlier matching instant wins.
  const candidates = [offsetAt(asUtc - DAY_MS), offsetAt(asUtc + DAY_MS)].map((offset) => asUtc - offset);
  const matching = candidates.filter((at) => at + offsetAt(at) === asUtc);
  return Math.min(...(matching.length > 0 ? matching : candidates.slice(0, 1)));
}
