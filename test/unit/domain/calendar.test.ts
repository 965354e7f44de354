import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addWorkingDays,
  countWorkingDays,
  isWorkingDay,
  nextWorkingDay,
  previousWorkingDay,
  WEEKENDS_CALENDAR,
  WORKING_DAYS_MAX,
} from '../../../server/domain/calendar.ts';
import { addDays } from '../../../server/domain/dates.ts';
import { anyDay, CHINA_2026, day } from './contract-fixture.ts';

describe('China 2026 has make-up working weekends (domain §9)', () => {
  test('the year has 33 days off and 6 working weekend days', () => {
    expect(CHINA_2026.daysOff.size).toBe(33);
    expect(CHINA_2026.makeUpWorkingDays.size).toBe(6);
  });

  test.each(['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'])(
    '%s is a working day',
    (date) => {
      expect(isWorkingDay(CHINA_2026, day(date))).toEqual({ working: true, provisional: false });
      expect(isWorkingDay(WEEKENDS_CALENDAR, day(date)).working).toBe(false);
    },
  );

  test.each(['2026-10-05', '2026-01-02', '2026-02-23', '2026-10-07'])('%s is a weekday but off', (date) => {
    expect(isWorkingDay(CHINA_2026, day(date))).toEqual({ working: false, provisional: false });
    expect(isWorkingDay(WEEKENDS_CALENDAR, day(date)).working).toBe(true);
  });

  test('a year without a published arrangement is provisional, never silently an ordinary working day: 2027-10-01', () => {
    expect(isWorkingDay(CHINA_2026, day('2027-10-01')).provisional).toBe(true);
    expect(previousWorkingDay(CHINA_2026, day('2027-01-02'))).toEqual({ date: '2027-01-01', provisional: true });
    expect(previousWorkingDay(CHINA_2026, day('2026-12-31')).provisional).toBe(false);
    expect(addWorkingDays(CHINA_2026, day('2026-12-30'), 1)).toEqual({ date: '2026-12-31', provisional: false });
    expect(addWorkingDays(CHINA_2026, day('2026-12-30'), 2).provisional).toBe(true);
  });
});

describe('working days: the day after receipt is day 1 (domain §6)', () => {
  test.each([
    ['2026-09-24', '2026-10-15', '2026-10-08'],
    ['2026-02-12', '2026-03-04', '2026-02-26'],
    ['2026-04-29', '2026-05-15', '2026-05-13'],
    ['2026-06-18', '2026-07-03', '2026-07-02'],
  ])('ten working days after %s end on %s in China, on %s by weekends alone', (received, china, weekends) => {
    expect(addWorkingDays(CHINA_2026, day(received), 10)).toEqual({ date: china, provisional: false });
    expect(addWorkingDays(WEEKENDS_CALENDAR, day(received), 10)).toEqual({ date: weekends, provisional: false });
  });

  test('n working days later is later, is a working day, and counts back to n', () => {
    const calendars = fc.constantFrom(WEEKENDS_CALENDAR, CHINA_2026);
    fc.assert(
      fc.property(calendars, anyDay, fc.integer({ min: 1, max: 60 }), (calendar, date, count) => {
        const result = addWorkingDays(calendar, date, count).date;
        expect(result > date).toBe(true);
        expect(isWorkingDay(calendar, result).working).toBe(true);
        expect(countWorkingDays(calendar, date, result)).toBe(count);
      }),
    );
  });

  test('the working day on or before, and on or after, a day encloses it with nothing but days off between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 364 }), (offset) => {
        const date = addDays(day('2026-01-01'), offset);
        const before = previousWorkingDay(CHINA_2026, date).date;
        const after = nextWorkingDay(CHINA_2026, date).date;
        expect(before <= date && date <= after).toBe(true);
        expect(countWorkingDays(CHINA_2026, before, after)).toBe(before === after ? 0 : 1);
      }),
    );
  });

  test('zero or too many working days, or a calendar without any, is a bug and throws', () => {
    expect(() => addWorkingDays(WEEKENDS_CALENDAR, day('2026-01-01'), 0)).toThrow();
    expect(() => addWorkingDays(WEEKENDS_CALENDAR, day('2026-01-01'), WORKING_DAYS_MAX + 1)).toThrow();
    const last = addWorkingDays(WEEKENDS_CALENDAR, day('2026-01-01'), WORKING_DAYS_MAX).date;
    expect(countWorkingDays(WEEKENDS_CALENDAR, day('2026-01-01'), last)).toBe(WORKING_DAYS_MAX);
    const never = { ...WEEKENDS_CALENDAR, weekendDays: [0, 1, 2, 3, 4, 5, 6] as const };
    expect(() => previousWorkingDay(never, day('2026-01-01'))).toThrow();
  });
});
