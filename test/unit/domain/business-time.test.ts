import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addBusinessTime, businessTimeBetween, type ServiceHours } from '../../../server/domain/business-time.ts';
import { WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import { DAY_MS, MINUTE_MS } from '../../../server/domain/dates.ts';
import { at, CHINA_2026 } from './contract-fixture.ts';

const HOUR = 60 * MINUTE_MS;

function office(
  fromHour: number,
  toHour: number,
  changes: Partial<Extract<ServiceHours, { kind: 'working_days' }>> = {},
): ServiceHours {
  const spans = [{ startMinute: fromHour * 60, endMinute: toHour * 60 }];
  return { kind: 'working_days', calendar: WEEKENDS_CALENDAR, zone: 'UTC', spans, ...changes };
}

const CHINA: ServiceHours = office(9, 18, { calendar: CHINA_2026, zone: 'Asia/Shanghai' });
const NONSTOP: ServiceHours = { kind: 'always' };

function due(hours: ServiceHours, start: string, target: number): string {
  return new Date(addBusinessTime(hours, at(start), target).at).toISOString();
}

describe('due instants on a service clock (domain §7.4)', () => {
  test('Friday 16:00, 4 h, Mon–Fri 08–17: Monday 11:00, not Tuesday', () => {
    expect(due(office(8, 17), '2026-06-05T16:00:00Z', 4 * HOUR)).toBe('2026-06-08T11:00:00.000Z');
  });

  test('Monday 17:00, 4 h, 08–18: Tuesday 11:00, and one business hour earlier is Tuesday 10:00, not midnight', () => {
    expect(due(office(8, 18), '2026-06-08T17:00:00Z', 4 * HOUR)).toBe('2026-06-09T11:00:00.000Z');
    expect(due(office(8, 18), '2026-06-08T17:00:00Z', 3 * HOUR)).toBe('2026-06-09T10:00:00.000Z');
  });

  test('Friday 16:00, 8 h, 09–17: Monday 16:00', () => {
    expect(due(office(9, 17), '2026-06-05T16:00:00Z', 8 * HOUR)).toBe('2026-06-08T16:00:00.000Z');
  });

  test('China 2026-09-30 16:30, 2 h, 09–18: 2026-10-08 09:30; by weekends alone 2026-10-01 09:30', () => {
    expect(due(CHINA, '2026-09-30T16:30:00+08:00', 2 * HOUR)).toBe('2026-10-08T01:30:00.000Z');
    const weekendsOnly = office(9, 18, { zone: 'Asia/Shanghai' });
    expect(due(weekendsOnly, '2026-09-30T16:30:00+08:00', 2 * HOUR)).toBe('2026-10-01T01:30:00.000Z');
  });

  test('China, Saturday 2026-10-10 is a working day: 10:00 and 4 h is 14:00 the same day', () => {
    expect(due(CHINA, '2026-10-10T10:00:00+08:00', 4 * HOUR)).toBe('2026-10-10T06:00:00.000Z');
  });

  test('round the clock, hours are hours', () => {
    expect(due(NONSTOP, '2026-06-06T23:30:00Z', 2 * HOUR)).toBe('2026-06-07T01:30:00.000Z');
  });

  test('a target that fills the day exactly is due at closing time', () => {
    expect(due(office(9, 17), '2026-06-05T09:00:00Z', 8 * HOUR)).toBe('2026-06-05T17:00:00.000Z');
  });

  test('a clock until midnight and a lunch break are kept', () => {
    expect(due(office(0, 24), '2026-06-05T23:00:00Z', 2 * HOUR)).toBe('2026-06-08T01:00:00.000Z');
    const lunch = office(0, 0, {
      spans: [
        { startMinute: 540, endMinute: 720 },
        { startMinute: 780, endMinute: 1080 },
      ],
    });
    expect(due(lunch, '2026-06-05T11:30:00Z', HOUR)).toBe('2026-06-05T13:30:00.000Z');
  });

  test('on a day with a clock change the service hours are the real ones: 00–04 is three hours in New York on 2026-03-08', () => {
    const everyDay = { ...WEEKENDS_CALENDAR, weekendDays: [] };
    const night = office(0, 4, { calendar: everyDay, zone: 'America/New_York' });
    const spent = businessTimeBetween(night, at('2026-03-08T05:00:00Z'), at('2026-03-09T04:00:00Z'));
    expect(spent.ms).toBe(3 * HOUR);
  });

  test('a year without published days off makes the answer provisional', () => {
    expect(addBusinessTime(CHINA, at('2026-12-31T17:00:00+08:00'), HOUR).provisional).toBe(false);
    expect(addBusinessTime(CHINA, at('2026-12-31T17:00:00+08:00'), 2 * HOUR).provisional).toBe(true);
  });

  test('elapsed time is provisional only when it reaches into such a year; round the clock it never is', () => {
    const spent = (hours: ServiceHours, end: string) =>
      businessTimeBetween(hours, at('2026-12-31T17:00:00+08:00'), at(end));
    expect(spent(CHINA, '2027-01-01T00:00:00+08:00')).toEqual({ ms: HOUR, provisional: false });
    expect(spent(CHINA, '2027-01-01T00:00:01+08:00').provisional).toBe(true);
    expect(spent(NONSTOP, '2027-01-01T00:00:00+08:00')).toEqual({ ms: 7 * HOUR, provisional: false });
    expect(addBusinessTime(NONSTOP, at('2027-01-01T00:00:00Z'), HOUR).provisional).toBe(false);
  });

  test('a target of no time is due at once, or when the service opens', () => {
    expect(due(office(9, 17), '2026-06-05T12:00:00Z', 0)).toBe('2026-06-05T12:00:00.000Z');
    expect(due(office(9, 17), '2026-06-06T12:00:00Z', 0)).toBe('2026-06-08T09:00:00.000Z');
    expect(() => due(office(9, 17), '2026-06-05T12:00:00Z', -1)).toThrow();
  });

  test('hours that never open are a bug and throw instead of looping', () => {
    expect(() => addBusinessTime(office(9, 9), at('2026-06-05T09:00:00Z'), HOUR)).toThrow();
  });
});

describe('pauses take away service time, not wall time', () => {
  const start = at('2026-06-05T15:00:00Z');
  const weekend = { startAt: at('2026-06-05T16:00:00Z'), endAt: at('2026-06-08T10:00:00Z') };

  test('a pause over a weekend takes away the two hours of service in it, not 66', () => {
    const hours = office(9, 17);
    expect(addBusinessTime(hours, start, 4 * HOUR, [weekend]).at).toBe(at('2026-06-08T13:00:00Z'));
    expect(businessTimeBetween(hours, start, at('2026-06-08T13:00:00Z'), [weekend]).ms).toBe(4 * HOUR);
  });

  test('a pause wholly outside service hours takes away nothing, and overlapping pauses count once', () => {
    const night = { startAt: at('2026-06-05T18:00:00Z'), endAt: at('2026-06-06T20:00:00Z') };
    expect(businessTimeBetween(office(9, 17), start, at('2026-06-08T13:00:00Z'), [night]).ms).toBe(6 * HOUR);
    expect(businessTimeBetween(office(9, 17), start, at('2026-06-08T13:00:00Z'), [weekend, weekend]).ms).toBe(4 * HOUR);
  });
});

describe('laws of the service clock', () => {
  const anyStart = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2026-09-01T00:00:00Z') });
  const anyHours = fc.constantFrom(NONSTOP, CHINA, office(8, 17), office(0, 24, { zone: 'America/New_York' }));
  const anyPauses = fc.array(
    fc
      .tuple(anyStart, fc.integer({ min: 0, max: 3 * DAY_MS }))
      .map(([startAt, length]) => ({ startAt, endAt: startAt + length })),
    { maxLength: 3 },
  );

  test('the service time up to the due instant is the target, whatever the pauses', () => {
    fc.assert(
      fc.property(
        anyHours,
        anyStart,
        fc.integer({ min: 0, max: 40 * HOUR }),
        anyPauses,
        (hours, start, target, pauses) => {
          const dueAt = addBusinessTime(hours, start, target, pauses).at;
          expect(dueAt).toBeGreaterThanOrEqual(start);
          expect(businessTimeBetween(hours, start, dueAt, pauses).ms).toBe(target);
        },
      ),
    );
  });

  test('service time adds up over adjoining intervals and never exceeds wall time', () => {
    const part = fc.integer({ min: 0, max: 9 * DAY_MS });
    fc.assert(
      fc.property(anyHours, anyStart, part, part, (hours, start, first, second) => {
        const spent = (from: number, length: number): number => businessTimeBetween(hours, from, from + length).ms;
        expect(spent(start, first) + spent(start + first, second)).toBe(spent(start, first + second));
        expect(spent(start, first)).toBeLessThanOrEqual(first);
      }),
    );
  });
});
