import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  addMonths,
  compareDates,
  DAY_MS,
  dayOfWeek,
  daysBetween,
  isTimeZone,
  maxDate,
  minDate,
  parsePlainDate,
  plainDateIn,
  zonedDayStartAt,
  zonedTimeAt,
} from '../../../server/domain/dates.ts';
import { anyDay, at, day } from './contract-fixture.ts';

const ZONES = [
  'UTC',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Asia/Shanghai',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Europe/London',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Australia/Lord_Howe',
  'Africa/Cairo',
];

describe('parsePlainDate', () => {
  test.each(['2026-12-31', '2024-02-29', '1900-01-01', '2999-12-31'])('reads the existing day %s unchanged', (text) => {
    expect(parsePlainDate(text)).toBe(text);
  });

  test.each([
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-01-00',
    '0202-01-01',
    '3000-01-01',
    '2026-1-1',
    '2026-01-01T00:00:00Z',
    ' 2026-01-01',
    '2026-01-01\n',
    '',
    20260101,
    null,
    undefined,
    {},
  ])('refuses %j, which names no day of a contract', (input) => {
    expect(parsePlainDate(input)).toBeNull();
  });
});

describe('month arithmetic is anchored, with end-of-month clamp (domain §6)', () => {
  test.each([
    ['2024-01-31', 1, '2024-02-29'],
    ['2024-01-31', 2, '2024-03-31'],
    ['2024-01-31', 3, '2024-04-30'],
    ['2024-01-31', 4, '2024-05-31'],
    ['2026-01-31', 2, '2026-03-31'],
    ['2024-02-29', 12, '2025-02-28'],
    ['2024-02-29', 48, '2028-02-29'],
    ['2026-12-31', -3, '2026-09-30'],
    ['2026-01-15', -1, '2025-12-15'],
    ['2026-01-15', -13, '2024-12-15'],
    ['2026-11-30', 1, '2026-12-30'],
  ])('%s and %i months is %s', (anchor, count, expected) => {
    expect(addMonths(day(anchor), count)).toBe(expected);
  });

  test('chaining months would drift: 2026-01-31 twice one month is 2026-03-28, once two months is 2026-03-31', () => {
    expect(addMonths(addMonths(day('2026-01-31'), 1), 1)).toBe('2026-03-28');
    expect(addMonths(day('2026-01-31'), 2)).toBe('2026-03-31');
  });

  test('agrees with the Temporal calendar for any day and any number of months', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -600, max: 600 }), (anchor, count) => {
        expect(addMonths(anchor, count)).toBe(Temporal.PlainDate.from(anchor).add({ months: count }).toString());
      }),
    );
  });
});

describe('day arithmetic', () => {
  test('agrees with the Temporal calendar for any day and any number of days', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -200_000, max: 200_000 }), (date, count) => {
        const later = addDays(date, count);
        expect(later).toBe(Temporal.PlainDate.from(date).add({ days: count }).toString());
        expect(daysBetween(date, later)).toBe(count);
        expect(dayOfWeek(later)).toBe(Temporal.PlainDate.from(later).dayOfWeek % 7);
      }),
    );
  });

  test('refuses a fraction of a day, and a day after the year 9999', () => {
    expect(() => addDays(day('2026-01-01'), 0.5)).toThrow();
    expect(() => addDays(day('2999-12-31'), 3_000_000)).toThrow();
  });

  test('compares, and picks the earlier and the later of two days', () => {
    const [early, late] = [day('2026-09-30'), day('2026-10-01')];
    expect([compareDates(early, late), compareDates(late, early), compareDates(early, early)]).toEqual([-1, 1, 0]);
    expect([minDate(early, late), minDate(late, early)]).toEqual([early, early]);
    expect([maxDate(early, late), maxDate(late, early)]).toEqual([late, late]);
  });
});

describe('a day becomes an instant only in a zone', () => {
  test.each([
    ['2026-12-31', 'Asia/Shanghai', '2026-12-30T16:00:00Z'],
    ['2026-12-31', 'America/Los_Angeles', '2026-12-31T08:00:00Z'],
    ['2026-12-31', 'UTC', '2026-12-31T00:00:00Z'],
    ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00Z'],
    ['2026-03-09', 'America/New_York', '2026-03-09T04:00:00Z'],
  ])('%s in %s starts at %s', (date, zone, instant) => {
    expect(zonedDayStartAt(day(date), zone)).toBe(at(instant));
  });

  test('a day whose midnight a clock change skips starts when the clock first shows it: Beirut, 2026-03-29, at 01:00', () => {
    expect(zonedDayStartAt(day('2026-03-29'), 'Asia/Beirut')).toBe(at('2026-03-28T22:00:00Z'));
  });

  test('a day that a zone skipped starts with the next one: Samoa had no 2011-12-30', () => {
    expect(zonedDayStartAt(day('2011-12-30'), 'Pacific/Apia')).toBe(zonedDayStartAt(day('2011-12-31'), 'Pacific/Apia'));
  });

  test('starts and lengths of days agree with Temporal in every zone, clock changes included', () => {
    fc.assert(
      fc.property(anyDay, fc.constantFrom(...ZONES), (date, zone) => {
        const start = zonedDayStartAt(date, zone);
        expect(start).toBe(Temporal.PlainDate.from(date).toZonedDateTime(zone).startOfDay().epochMilliseconds);
      }),
      { numRuns: 1000 },
    );
  });

  test('round trip: the start of a day lies in that day, and the millisecond before it in the day before', () => {
    fc.assert(
      fc.property(anyDay, fc.constantFrom('America/Los_Angeles', 'Asia/Shanghai', 'Asia/Beirut'), (date, zone) => {
        const start = zonedDayStartAt(date, zone);
        expect(plainDateIn(zone, start)).toBe(date);
        expect(plainDateIn(zone, start - 1)).toBe(addDays(date, -1));
      }),
    );
  });

  test('instants before 1970 and with fractions of a second fall on the right day', () => {
    expect(plainDateIn('UTC', -1)).toBe('1969-12-31');
    expect(plainDateIn('UTC', at('2026-12-31T23:59:59.999Z'))).toBe('2026-12-31');
    expect(plainDateIn('Asia/Shanghai', at('2026-12-31T16:00:00Z'))).toBe('2027-01-01');
  });

  test('a time of day agrees with Temporal: skipped readings move forward, repeated ones mean the first', () => {
    const anyMinute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(anyDay, anyMinute, fc.constantFrom(...ZONES), (date, minute, zone) => {
        const time = Temporal.PlainTime.from({ hour: Math.floor(minute / 60), minute: minute % 60 });
        const expected = Temporal.PlainDate.from(date)
          .toPlainDateTime(time)
          .toZonedDateTime(zone, { disambiguation: 'compatible' });
        expect(zonedTimeAt(date, minute, zone)).toBe(expected.epochMilliseconds);
      }),
      { numRuns: 1000 },
    );
    expect(zonedTimeAt(day('2026-03-08'), 150, 'America/New_York')).toBe(at('2026-03-08T07:30:00Z'));
    expect(zonedTimeAt(day('2026-11-01'), 90, 'America/New_York')).toBe(at('2026-11-01T05:30:00Z'));
  });

  test('minute 1440 is the midnight that ends the day', () => {
    expect(zonedTimeAt(day('2026-03-08'), 1440, 'America/New_York')).toBe(
      at('2026-03-08T05:00:00Z') + 23 * (DAY_MS / 24),
    );
  });

  test('knows real zone names from made-up ones', () => {
    expect(isTimeZone('Asia/Shanghai')).toBe(true);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
  });
});
