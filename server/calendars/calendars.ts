/**
 * Business calendars by the id a contract names. China comes from the published arrangements (holidays and make-up working weekends),
 * other countries from holiday rules, `weekends` from neither. Data packages are loaded when first asked for and kept.
 * China's years without a published arrangement are absent from `publishedYears`, so that the domain calls such dates provisional.
 */
import { createRequire } from 'node:module';
import { z } from 'zod';
import { type BusinessCalendar, WEEKENDS_CALENDAR } from '../domain/calendar.ts';
import type { PlainDate } from '../domain/contract.ts';
import { addDays, parsePlainDate, type Weekday, yearOf } from '../domain/dates.ts';

/** Rules are worked out for these years; dates outside them are provisional. */
const RULE_YEAR_MIN = 2015;
const RULE_YEAR_MAX = 2045;

/** Public holidays of more days than this are an error in the data. */
const HOLIDAY_DAYS_MAX = 31;

/** Weekends that are not Saturday and Sunday, for the countries that have holiday rules (Unicode CLDR, week data). */
const WEEKENDS_ELSEWHERE: ReadonlyMap<string, readonly Weekday[]> = new Map<string, readonly Weekday[]>([
  ...['BH', 'DZ', 'EG', 'IL', 'LY', 'SA', 'SD'].map((country) => [country, [5, 6]] as const),
  ['IR', [5]],
  ['IN', [0]],
  ['UG', [0]],
]);

export type Calendars = {
  /** The calendar of an id such as `CN`, `US`, `DE-BY` or `weekends`; null when no such calendar is known. */
  find(id: string): Promise<BusinessCalendar | null>;
};

export function createCalendars(): Calendars {
  const known = new Map<string, Promise<BusinessCalendar | null>>();
  return {
    find(id) {
      if (!/^([A-Z]{2}(-[A-Z0-9]{1,3})?|weekends)$/.test(id)) return Promise.resolve(null);
      const found = known.get(id);
      if (found !== undefined) return found;
      const made = loadCalendar(id);
      made.then(
        (calendar) => calendar === null && known.delete(id),
        () => known.delete(id),
      );
      known.set(id, made);
      return made;
    },
  };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function loadCalendar(id: string): Promise<BusinessCalendar | null> {
  if (id === 'weekends') return Promise.resolve(WEEKENDS_CALENDAR);
  return id === 'CN' ? loadChina() : loadByRules(id);
}

const chineseDaysSchema = z.object({
  holidays: z.record(z.string(), z.string()),
  workdays: z.record(z.string(), z.string()),
});

async function loadChina(): Promise<BusinessCalendar> {
  const module: unknown = await import('chinese-days/dist/chinese-days.json', { with: { type: 'json' } });
  const data = z.object({ default: chineseDaysSchema }).parse(module).default;
  const daysOff = toDates(Object.keys(data.holidays));
  const makeUpWorkingDays = toDates(Object.keys(data.workdays));
  // The arrangement of a year is announced whole; National Day is in every one of them.
  const publishedYears = new Set([...daysOff].filter((date) => date.endsWith('-10-01')).map(yearOf));
  const version = `chinese-days ${packageVersion('chinese-days')}, published through ${Math.max(...publishedYears)}`;
  return { id: 'CN', version, weekendDays: [0, 6], daysOff, makeUpWorkingDays, publishedYears };
}

async function loadByRules(id: string): Promise<BusinessCalendar | null> {
  const [country = '', region] = id.split('-');
  const { default: Holidays } = await import('date-holidays');
  const all = new Holidays();
  if (!Object.hasOwn(all.getCountries(), country)) return null;
  if (region !== undefined && !Object.hasOwn(all.getStates(country) ?? {}, region)) return null;
  const rules =
    region === undefined
      ? new Holidays(country, { types: ['public'] })
      : new Holidays(country, region, { types: ['public'] });

  const years = Array.from({ length: RULE_YEAR_MAX - RULE_YEAR_MIN + 1 }, (_, index) => RULE_YEAR_MIN + index);
  const daysOff = new Set<PlainDate>();
  for (const year of years) {
    for (const day of rules.getHolidays(year).flatMap(daysOfHoliday)) daysOff.add(day);
    // Thirty years of a country take a tenth of a second, which nobody else's request should wait for.
    await nextTurn();
  }
  return {
    id,
    version: `date-holidays ${packageVersion('date-holidays')}`,
    weekendDays: WEEKENDS_ELSEWHERE.get(country) ?? [0, 6],
    daysOff,
    makeUpWorkingDays: new Set(),
    publishedYears: new Set(years),
  };
}

/** A holiday of several days is one entry with a start and an end. An entry that begins within a day is not a whole day off. */
function daysOfHoliday(holiday: {
  readonly date: string;
  readonly start: Date;
  readonly end: Date;
}): readonly PlainDate[] {
  const first = parsePlainDate(holiday.date.slice(0, 10));
  if (first === null || !holiday.date.slice(11).startsWith('00:00:00')) return [];
  const days = Math.round((holiday.end.getTime() - holiday.start.getTime()) / 86_400_000);
  return Array.from({ length: Math.min(Math.max(days, 1), HOLIDAY_DAYS_MAX) }, (_, index) => addDays(first, index));
}

function toDates(texts: readonly string[]): ReadonlySet<PlainDate> {
  return new Set(texts.map(parsePlainDate).filter((date) => date !== null));
}

function packageVersion(name: string): string {
  const manifest: unknown = createRequire(import.meta.url)(`${name}/package.json`);
  return z.object({ version: z.string() }).parse(manifest).version;
}
