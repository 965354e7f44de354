import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BusinessCalendar, isWorkingDay, WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import type { PlainDate, Term } from '../../../server/domain/contract.ts';
import { addDays } from '../../../server/domain/dates.ts';
import {
  earliestExit,
  type LockReading,
  type NoticeDeadline,
  noticeDateBefore,
  noticeDeadline,
  noticeWindow,
  termClass,
} from '../../../server/domain/renewal.ts';
import { currentTerm } from '../../../server/domain/term.ts';
import { anyDay, anyTerm, CHINA_2026, day, days, months, term } from './contract-fixture.ts';

function deadlineOf(
  changes: Partial<Term>,
  asOf: PlainDate,
  calendar: BusinessCalendar = WEEKENDS_CALENDAR,
): Extract<NoticeDeadline, { kind: 'deadline' }> {
  const deadline = noticeDeadline(term(changes), calendar, asOf);
  if (deadline.kind !== 'deadline') throw new Error(`no deadline: ${deadline.reason}`);
  return deadline;
}

describe('the notice deadline is counted back from the current end (domain §6)', () => {
  test.each([
    ['2026-12-31', days(90), '2026-10-02'],
    ['2026-12-31', months(3), '2026-09-30'],
    ['2027-05-31', days(90), '2027-03-02'],
    ['2027-05-31', months(3), '2027-02-28'],
    ['2027-03-31', days(90), '2026-12-31'],
    ['2027-03-31', days(90, 'before_renewal'), '2027-01-01'],
    ['2028-02-29', days(60), '2027-12-31'],
    ['2028-02-29', months(2), '2027-12-29'],
    ['2027-01-02', days(60), '2026-11-03'],
  ])('end %s, notice %o: %s', (endDate, notice, expected) => {
    expect(noticeDateBefore(day(endDate), notice)).toBe(expected);
    expect(deadlineOf({ endDate: day(endDate), notice }, day('2026-06-01')).legalDate).toBe(expected);
  });

  test('first end 2025-08-28, yearly, two months, on 2026-02-11: 2026-06-28, not 2025-06-28', () => {
    const changes = { effectiveDate: day('2024-08-29'), endDate: day('2025-08-28'), notice: months(2) };
    expect(deadlineOf(changes, day('2026-02-11')).legalDate).toBe('2026-06-28');
  });

  test('36 months from 2020-08-01, then yearly, three months: 2023-04-30 in the first term, 2024-04-30 in the next', () => {
    const changes = { effectiveDate: day('2020-08-01'), endDate: day('2023-07-31'), notice: months(3) };
    expect(deadlineOf(changes, day('2023-01-01')).legalDate).toBe('2023-04-30');
    expect(deadlineOf(changes, day('2023-08-01')).legalDate).toBe('2024-04-30');
  });

  test.each([
    ['2026-12-31', 90, '2026-10-02', '2026-09-30'],
    ['2026-10-31', 30, '2026-10-01', '2026-09-30'],
  ])('China: end %s, %i days: the legal date %s is a day off, the safe date is %s', (endDate, count, legal, safe) => {
    const deadline = deadlineOf({ endDate: day(endDate), notice: days(count) }, day('2026-06-01'), CHINA_2026);
    expect(deadline).toMatchObject({ legalDate: legal, safeDate: safe, provisional: false });
    expect(deadline).toMatchObject({ calendarId: 'CN', calendarVersion: 'State Council 2026' });
  });

  test('a safe date in a year without published days off is provisional', () => {
    const changes = { endDate: day('2027-12-31'), notice: days(90) };
    expect(deadlineOf(changes, day('2026-06-01'), CHINA_2026).provisional).toBe(true);
    expect(deadlineOf(changes, day('2026-06-01'), WEEKENDS_CALENDAR).provisional).toBe(false);
  });

  test('the decision is due 14 days before the notice must be sent; delivery time is counted before that', () => {
    const plain = deadlineOf({}, day('2026-06-01'));
    expect(plain).toMatchObject({ safeDate: '2026-10-02', sendByDate: '2026-10-02', decisionDueDate: '2026-09-18' });
    const posted = noticeDeadline(term(), WEEKENDS_CALENDAR, day('2026-06-01'), {
      deliveryDays: 5,
      decisionLeadDays: 30,
    });
    expect(posted).toMatchObject({ sendByDate: '2026-09-27', decisionDueDate: '2026-08-28' });
  });

  test.each([
    [{ renewalKind: 'none' }, 'not_required'],
    [{ renewalKind: 'mutual_written', notice: null }, 'not_required'],
    [{ renewalKind: 'auto', notice: null }, 'notice_missing'],
    [{ renewalKind: 'evergreen', notice: null }, 'notice_missing'],
    [{ renewalKind: 'option_buyer', notice: null }, 'notice_missing'],
    [{ renewalKind: 'evergreen', endDate: null }, 'open_ended'],
    [{ renewalsLeft: 0 }, 'no_renewal_remaining'],
    [{ renewalKind: 'option_supplier', endDate: day('2026-01-31') }, 'term_over'],
    [{ renewalMonths: null, endDate: day('2026-01-31') }, 'renewal_length_unknown'],
  ] satisfies [Partial<Term>, string][])('%o has no deadline because of %s', (changes, reason) => {
    expect(noticeDeadline(term(changes), WEEKENDS_CALENDAR, day('2026-06-01'))).toEqual({ kind: 'none', reason });
  });

  test('decision ≤ send-by ≤ safe ≤ legal ≤ current end + 1 day, and the safe date is a working day', () => {
    fc.assert(
      fc.property(anyTerm, anyDay, (any, asOf) => {
        const deadline = noticeDeadline(any, WEEKENDS_CALENDAR, asOf);
        if (deadline.kind === 'none') return;
        const { decisionDueDate, sendByDate, safeDate, legalDate } = deadline;
        const end = currentTerm(any, asOf).endDate;
        if (end === null) throw new Error('a deadline without an end');
        const limit = any.notice?.countedFrom === 'before_renewal' ? addDays(end, 1) : end;
        const dates = [decisionDueDate, sendByDate, safeDate, legalDate, limit];
        expect(dates.toSorted()).toEqual(dates);
        expect(isWorkingDay(WEEKENDS_CALENDAR, safeDate).working).toBe(true);
      }),
    );
  });

  test('the deadline of an automatic renewal never goes back as days pass', () => {
    fc.assert(
      fc.property(anyTerm, anyDay, fc.integer({ min: 0, max: 3000 }), (any, asOf, later) => {
        const auto = { ...any, renewalKind: 'auto' as const };
        const now = noticeDeadline(auto, WEEKENDS_CALENDAR, asOf);
        const then = noticeDeadline(auto, WEEKENDS_CALENDAR, addDays(asOf, later));
        if (now.kind === 'deadline' && then.kind === 'deadline') expect(then.legalDate >= now.legalDate).toBe(true);
      }),
    );
  });
});

describe('the notice window', () => {
  const deadline = deadlineOf({}, day('2026-06-01'), CHINA_2026);

  test.each([
    ['2026-07-01', { state: 'open', daysLeft: 91 }],
    ['2026-07-02', { state: 'soon', daysLeft: 90, ladderDays: 90 }],
    ['2026-08-01', { state: 'soon', daysLeft: 60, ladderDays: 60 }],
    ['2026-08-02', { state: 'soon', daysLeft: 59, ladderDays: 60 }],
    ['2026-08-31', { state: 'soon', daysLeft: 30, ladderDays: 30 }],
    ['2026-09-16', { state: 'soon', daysLeft: 14, ladderDays: 14 }],
    ['2026-09-23', { state: 'soon', daysLeft: 7, ladderDays: 7 }],
    ['2026-09-29', { state: 'soon', daysLeft: 1, ladderDays: 1 }],
    ['2026-09-30', { state: 'soon', daysLeft: 0, ladderDays: 1 }],
    ['2026-10-02', { state: 'soon', daysLeft: 0, ladderDays: 1 }],
    ['2026-10-03', { state: 'closed', daysSince: 1 }],
  ])('safe date 2026-09-30, legal date 2026-10-02: on %s it is %o', (asOf, expected) => {
    expect(noticeWindow(deadline, day(asOf))).toEqual(expected);
  });

  test('without a deadline it says why', () => {
    const none = noticeDeadline(term({ notice: null }), WEEKENDS_CALENDAR, day('2026-06-01'));
    expect(noticeWindow(none, day('2026-06-01'))).toEqual({ state: 'none', reason: 'notice_missing' });
  });
});

describe('term classes (rules 57–59)', () => {
  test.each([
    ['2026-01-01', '2026-12-31', 'short'],
    ['2026-01-01', '2027-01-01', 'medium'],
    ['2026-01-01', '2028-12-31', 'medium'],
    ['2026-01-01', '2029-01-01', 'long'],
    ['2024-02-29', '2025-02-27', 'short'],
  ])('%s to %s is %s', (effectiveDate, endDate, expected) => {
    expect(termClass(term({ effectiveDate: day(effectiveDate), endDate: day(endDate) }), day('2024-03-01'))).toBe(
      expected,
    );
  });

  test('no end is evergreen, no effective date is unknown, and a renewal term has its own class', () => {
    expect(termClass(term({ endDate: null }), day('2026-06-01'))).toBe('evergreen');
    expect(termClass(term({ effectiveDate: null }), day('2026-06-01'))).toBeNull();
    const longFirst = term({ effectiveDate: day('2020-01-01'), endDate: day('2025-12-31') });
    expect(termClass(longFirst, day('2024-01-01'))).toBe('long');
    expect(termClass(longFirst, day('2026-06-01'))).toBe('short');
  });
});

describe('convenience exit after a lock-in of 24 months on 90 days (domain §6, rule 68)', () => {
  const right = (reading: LockReading) => ({
    effectiveDate: day('2024-11-15'),
    lockMonths: 24,
    notice: { count: 90, unit: 'days' as const },
    reading,
  });

  test('notice only after the lock: from 2026-11-15, earliest exit 2027-02-13', () => {
    expect(earliestExit(right('notice_after_lock'), day('2026-01-01'))).toEqual({
      noticeDate: '2026-11-15',
      exitDate: '2027-02-13',
    });
  });

  test('exit from the end of the lock: notice by 2026-08-17 for an exit on 2026-11-15', () => {
    expect(earliestExit(right('exit_after_lock'), day('2026-01-01'))).toEqual({
      noticeDate: '2026-08-17',
      exitDate: '2026-11-15',
    });
  });

  test.each(['notice_after_lock', 'exit_after_lock'] as const)(
    'once the lock is past, %s counts from today',
    (reading) => {
      expect(earliestExit(right(reading), day('2027-03-01'))).toEqual({
        noticeDate: '2027-03-01',
        exitDate: '2027-05-30',
      });
    },
  );

  test('the cautious reading is never earlier than the other, and no exit lies in the lock or in the past', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 0, max: 400 }), (asOf, count) => {
        const [cautious, other] = (['notice_after_lock', 'exit_after_lock'] as const).map((reading) =>
          earliestExit({ ...right(reading), notice: { count, unit: 'days' } }, asOf),
        );
        if (cautious === undefined || other === undefined) throw new Error('two readings');
        expect(cautious.exitDate >= other.exitDate).toBe(true);
        expect(other.exitDate >= '2026-11-15' && other.exitDate >= asOf).toBe(true);
      }),
    );
  });
});
