/**
 * Working days of a jurisdiction (domain §9). A calendar is data: weekend rule, days off, and working weekends such as China's
 * make-up days. A year whose arrangement is not published yet makes every answer that touches it provisional, never silently wrong.
 */
import { assert } from './assert.ts';
import type { PlainDate } from './contract.ts';
import { addDays, dayOfWeek, type Weekday, yearOf } from './dates.ts';

export type BusinessCalendar = {
  /** As named in a contract: `CN`, `US`, `weekends`. */
  readonly id: string;
  /** Changes whenever the data does; stored beside each date computed from it. */
  readonly version: string;
  readonly weekendDays: readonly Weekday[];
  readonly daysOff: ReadonlySet<PlainDate>;
  /** Weekend days that are working days all the same. They win over both other rules. */
  readonly makeUpWorkingDays: ReadonlySet<PlainDate>;
  /** The years whose days are known; `rule_based` when every year follows from the weekend rule alone. */
  readonly publishedYears: ReadonlySet<number> | 'rule_based';
};

/** Saturday and Sunday off, nothing else: for contracts that name no calendar. */
export const WEEKENDS_CALENDAR: BusinessCalendar = {
  id: 'weekends',
  version: '1',
  weekendDays: [0, 6],
  daysOff: new Set(),
  makeUpWorkingDays: new Set(),
  publishedYears: 'rule_based',
};

export type WorkingDay = { readonly working: boolean; readonly provisional: boolean };
export type WorkingDate = { readonly date: PlainDate; readonly provisional: boolean };

/** The longest run of days looked through for one working day; a calendar that exceeds it is broken. */
const DAYS_OFF_RUN_MAX = 60;
/** The most working days that one call adds or counts. */
export const WORKING_DAYS_MAX = 5000;

export function isWorkingDay(calendar: BusinessCalendar, date: PlainDate): WorkingDay {
  const provisional = calendar.publishedYears !== 'rule_based' && !calendar.publishedYears.has(yearOf(date));
  if (calendar.makeUpWorkingDays.has(date)) return { working: true, provisional };
  const working = !calendar.daysOff.has(date) && !calendar.weekendDays.includes(dayOfWeek(date));
  return { working, provisional };
}

/** The date itself when it is a working day, else the last working day before it. */
export function previousWorkingDay(calendar: BusinessCalendar, date: PlainDate): WorkingDate {
  return seek(calendar, date, -1);
}

/** The date itself when it is a working day, else the first working day after it. */
export function nextWorkingDay(calendar: BusinessCalendar, date: PlainDate): WorkingDate {
  return seek(calendar, date, 1);
}

/** The `count`th working day after receipt: the day after receipt is day 1 if it is a working day (domain §6, rule 121). */
export function addWorkingDays(calendar: BusinessCalendar, receivedDate: PlainDate, count: number): WorkingDate {
  assert(Number.isSafeInteger(count) && count >= 1 && count <= WORKING_DAYS_MAX, 'working days to add are in bounds');
  let date = receivedDate;
  let provisional = false;
  for (let added = 0; added < count; added += 1) {
    const found = seek(calendar, addDays(date, 1), 1);
    date = found.date;
    provisional ||= found.provisional;
  }
  return { date, provisional };
}

/** Working days after `afterDate`, up to and including `throughDate`; the inverse of `addWorkingDays`. */
export function countWorkingDays(calendar: BusinessCalendar, afterDate: PlainDate, throughDate: PlainDate): number {
  let count = 0;
  for (let date = addDays(afterDate, 1); date <= throughDate; date = addDays(date, 1)) {
    if (isWorkingDay(calendar, date).working) count += 1;
    assert(count <= WORKING_DAYS_MAX, 'working days to count are in bounds');
  }
  return count;
}

function seek(calendar: BusinessCalendar, from: PlainDate, step: 1 | -1): WorkingDate {
  let provisional = false;
  for (let passed = 0; passed <= DAYS_OFF_RUN_MAX; passed += 1) {
    const date = addDays(from, passed * step);
    const day = isWorkingDay(calendar, date);
    provisional ||= day.provisional;
    if (day.working) return { date, provisional };
  }
  throw new Error(
    `Assertion failed: calendar ${calendar.id} has no working day within ${DAYS_OFF_RUN_MAX} days of ${from}`,
  );
}
