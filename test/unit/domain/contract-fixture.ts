import * as fc from 'fast-check';
import { must } from '../../../server/domain/assert.ts';
import type { BusinessCalendar } from '../../../server/domain/calendar.ts';
import type { Contract, NoticePeriod, PlainDate, Term } from '../../../server/domain/contract.ts';
import { addDays, parsePlainDate } from '../../../server/domain/dates.ts';
import { type Month, parseMonth } from '../../../server/domain/month.ts';

/** A date literal of a test. */
export function day(text: string): PlainDate {
  return must(parsePlainDate(text), text);
}

export function month(text: string): Month {
  return must(parseMonth(text), text);
}

/** An instant literal of a test, in epoch ms. */
export function at(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`not an instant: ${text}`);
  return ms;
}

export function term(changes: Partial<Term> = {}): Term {
  return {
    effectiveDate: day('2026-01-01'),
    endDate: day('2026-12-31'),
    renewalKind: 'auto',
    renewalMonths: 12,
    renewalsLeft: null,
    notice: days(90),
    calendarId: 'weekends',
    ...changes,
  };
}

export function days(count: number, countedFrom: NoticePeriod['countedFrom'] = 'before_expiry'): NoticePeriod {
  return { count, unit: 'days', countedFrom };
}

export function months(count: number, countedFrom: NoticePeriod['countedFrom'] = 'before_expiry'): NoticePeriod {
  return { count, unit: 'months', countedFrom };
}

export function contract(changes: Partial<Contract> = {}): Contract {
  return {
    id: 'c1',
    number: 'C-1',
    title: 'Hosting',
    side: 'buy',
    stage: 'active',
    term: term(),
    signedDate: day('2025-12-15'),
    value: null,
    renewalDecision: 'undecided',
    parties: [
      { organisationId: 'o1', legalName: 'Buyer Ltd', role: 'buyer', sideLabel: '甲方' },
      { organisationId: 'o2', legalName: 'Supplier Ltd', role: 'supplier', sideLabel: '乙方' },
    ],
    ownerEmail: null,
    archived: false,
    revision: 1,
    ...changes,
  };
}

/** State Council arrangement for 2026: 33 days off and six make-up working days (domain §9). */
export const CHINA_2026: BusinessCalendar = {
  id: 'CN',
  version: 'State Council 2026',
  weekendDays: [0, 6],
  daysOff: new Set([
    ...run('2026-01-01', 3),
    ...run('2026-02-15', 9),
    ...run('2026-04-04', 3),
    ...run('2026-05-01', 5),
    ...run('2026-06-19', 3),
    ...run('2026-09-25', 3),
    ...run('2026-10-01', 7),
  ]),
  makeUpWorkingDays: new Set(
    ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'].map(day),
  ),
  publishedYears: new Set([2026]),
};

function run(first: string, length: number): readonly PlainDate[] {
  return Array.from({ length }, (_, index) => addDays(day(first), index));
}

/** Days between 2000 and 2060. */
export const anyDay: fc.Arbitrary<PlainDate> = fc
  .integer({ min: 0, max: 21_900 })
  .map((offset) => addDays(day('2000-01-01'), offset));

export const anyTerm: fc.Arbitrary<Term> = fc
  .record({
    effectiveDate: anyDay,
    lengthDays: fc.integer({ min: 0, max: 2500 }),
    renewalKind: fc.constantFrom('none', 'mutual_written', 'auto', 'evergreen', 'option_buyer', 'option_supplier'),
    renewalMonths: fc.option(fc.integer({ min: 1, max: 60 })),
    renewalsLeft: fc.option(fc.integer({ min: 0, max: 20 })),
    notice: fc.option(
      fc.record({
        count: fc.integer({ min: 0, max: 200 }),
        unit: fc.constantFrom('days', 'months'),
        countedFrom: fc.constantFrom('before_expiry', 'before_renewal'),
      }),
    ),
  })
  .map(({ lengthDays, ...kept }) => ({
    ...kept,
    endDate: addDays(kept.effectiveDate, lengthDays),
    calendarId: 'weekends',
  }));
