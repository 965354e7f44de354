import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../../../server/domain/assert.ts';
import {
  type AvailabilityInputs,
  availabilityResult,
  type Maintenance,
  type Outage,
} from '../../../server/domain/availability.ts';
import { MINUTE_MS } from '../../../server/domain/dates.ts';
import { type Interval, totalMs } from '../../../server/domain/interval.ts';
import { monthWindow } from '../../../server/domain/month.ts';
import { compareRatios, formatPercentFloor, parsePercent, type Ratio } from '../../../server/domain/ratio.ts';
import type { AvailabilityForm, AvailabilityObjective, MonthlyResult } from '../../../server/domain/sla.ts';
import { at, day, month } from './contract-fixture.ts';

const JUNE = month('2026-06');
const WINDOW = monthWindow(JUNE, 'UTC');
const HOUR = 60 * MINUTE_MS;

function objective(changes: Partial<AvailabilityObjective> = {}): AvailabilityObjective {
  return {
    id: 'uptime',
    metric: 'availability',
    targetPercent: '99.9',
    zone: 'UTC',
    source: 'status_feed',
    partialPeriod: 'prorate',
    termination: null,
    form: 'total_time',
    exclusions: ['force_majeure'],
    maintenance: { noticeHoursMin: 72, capMinutesPerMonth: null },
    degradedWeightPercent: null,
    ...changes,
  };
}

type Known = AvailabilityInputs & { readonly asOfAt: number };

function inputs(changes: Partial<Known> = {}): Known {
  return {
    outages: [],
    maintenance: [],
    exclusions: [],
    observed: [WINDOW],
    sourceDueAt: null,
    effectiveDate: null,
    endDate: null,
    disputed: false,
    asOfAt: WINDOW.endAt,
    ...changes,
  };
}

/** From a minute of the month, for so many minutes. */
function span(fromMinute: number, minutes: number): Interval {
  const startAt = WINDOW.startAt + fromMinute * MINUTE_MS;
  return { startAt, endAt: startAt + minutes * MINUTE_MS };
}

const outage = (fromMinute: number, minutes: number): Outage => ({ ...span(fromMinute, minutes), extent: 'full' });

function work(fromMinute: number, minutes: number, changes: Partial<Maintenance> = {}): Maintenance {
  const { startAt, endAt } = span(fromMinute, minutes);
  return {
    announcedAt: startAt - 72 * HOUR,
    announcedStartAt: startAt,
    announcedEndAt: endAt,
    startAt,
    endAt,
    ...changes,
  };
}

function result(of: AvailabilityObjective, given: Known): MonthlyResult {
  return must(availabilityResult(of, JUNE, given), 'result');
}

/** Counted downtime in minutes, read back from the share of a month of 43,200 minutes. */
function downMinutes(value: Ratio | null): number {
  const share = must(value, 'value');
  return Number(((share.denominator - share.numerator) * 43_200n) / share.denominator);
}

describe('forms A and B of availability (domain §7.2)', () => {
  const month30 = inputs({ maintenance: [work(6000, 1200)], outages: [outage(20_000, 43)] });

  test('30 days, 1,200 min scheduled, 43 min down: total time gives 99.900463 % and is met at 99.9', () => {
    const { verdict, value, display } = result(objective(), month30);
    expect([verdict, display]).toEqual(['met', '99.90']);
    expect(compareRatios(must(value, 'value'), { numerator: 43_157n, denominator: 43_200n })).toBe(0);
    expect(43_157 / 43_200).toBeCloseTo(0.99900463, 8);
  });

  test('the same month by agreed time gives 99.897619 %, is missed, and shows 99.89 although it rounds to 99.90', () => {
    const { verdict, value, display } = result(objective({ form: 'agreed_time' }), month30);
    expect([verdict, display]).toEqual(['missed', '99.89']);
    expect(compareRatios(must(value, 'value'), { numerator: 41_957n, denominator: 42_000n })).toBe(0);
    expect(41_957 / 42_000).toBeCloseTo(0.99897619, 8);
  });

  test.each([
    ['2026-02', '99.9', 40.32],
    ['2028-02', '99.9', 41.76],
    ['2026-06', '99.9', 43.2],
    ['2026-07', '99.9', 44.64],
    ['2026-06', '99.99', 4.32],
    ['2026-06', '99.5', 216],
  ])(
    '%s at %s %%: exactly %d min of downtime are allowed, one millisecond more is a miss',
    (period, targetPercent, minutes) => {
      const window = monthWindow(month(period), 'UTC');
      const verdict = (downMs: number) => {
        const outages: Outage[] = [{ startAt: window.startAt, endAt: window.startAt + downMs, extent: 'full' }];
        const given = inputs({ outages, observed: [window] });
        return availabilityResult(objective({ targetPercent }), month(period), { ...given, asOfAt: window.endAt })
          ?.verdict;
      };
      const allowedMs = Math.round(minutes * MINUTE_MS);
      expect([verdict(allowedMs), verdict(allowedMs + 1)]).toEqual(['met', 'missed']);
    },
  );

  test.each([
    ['2027-03', 'America/New_York', 44_580],
    ['2026-11', 'America/New_York', 43_260],
    ['2026-06', 'America/New_York', 43_200],
    ['2026-11', 'Asia/Shanghai', 43_200],
  ])('%s in %s has %i minutes', (period, zone, minutes) => {
    expect(totalMs([monthWindow(month(period), zone)])).toBe(minutes * MINUTE_MS);
  });
});

describe('what counts as downtime', () => {
  test('overlapping incidents are merged before they are added', () => {
    const { value } = result(objective(), inputs({ outages: [outage(0, 60), outage(30, 60), outage(30, 10)] }));
    expect(downMinutes(value)).toBe(90);
  });

  test('daily sums above the window (43,245 of 43,200 min) cannot give less than 0 %', () => {
    const { verdict, value, display } = result(objective(), inputs({ outages: [outage(0, 43_200), outage(5, 45)] }));
    expect([verdict, value?.numerator, display]).toEqual(['missed', 0n, '0.00']);
  });

  test('an outage across midnight of the 1st is split between the months', () => {
    const across: Outage = {
      startAt: WINDOW.endAt - 10 * MINUTE_MS,
      endAt: WINDOW.endAt + 20 * MINUTE_MS,
      extent: 'full',
    };
    const july = monthWindow(month('2026-07'), 'UTC');
    const given = inputs({ outages: [across], observed: [WINDOW, july], asOfAt: july.endAt });
    expect(downMinutes(result(objective(), given).value)).toBe(10);
    const value = must(availabilityResult(objective(), month('2026-07'), given)?.value, 'july');
    expect(compareRatios(value, { numerator: 44_620n, denominator: 44_640n })).toBe(0);
  });

  test('an outage that still lasts is clipped to the month; an open month is provisional', () => {
    const open: Outage = { startAt: WINDOW.endAt - 10 * MINUTE_MS, endAt: null, extent: 'full' };
    expect(downMinutes(result(objective(), inputs({ outages: [open] })).value)).toBe(10);
    expect(result(objective(), inputs({ outages: [outage(0, 500)] })).verdict).toBe('missed');
    const early = { ...inputs({ outages: [outage(0, 500)] }), asOfAt: WINDOW.endAt - 1 };
    expect(result(objective(), early).verdict).toBe('provisional');
  });

  test('maintenance counts for its overrun, beyond its cap, and wholly when announced late or never', () => {
    const down = (maintenance: Maintenance[], cap: number | null = null) =>
      downMinutes(
        result(objective({ maintenance: { noticeHoursMin: 72, capMinutesPerMonth: cap } }), inputs({ maintenance }))
          .value,
      );
    const planned = work(6000, 100);
    expect(down([planned])).toBe(0);
    expect(down([{ ...planned, endAt: planned.announcedEndAt + 15 * MINUTE_MS }])).toBe(15);
    expect(down([{ ...planned, startAt: planned.announcedStartAt - 5 * MINUTE_MS }])).toBe(5);
    expect(down([work(6000, 100), work(9000, 100)], 120)).toBe(80);
    expect(down([work(6000, 100, { announcedAt: planned.announcedStartAt - 72 * HOUR + 1 })])).toBe(100);
    expect(down([work(6000, 100, { announcedAt: null })])).toBe(100);
    const unfinished = work(43_100, 100, { announcedEndAt: WINDOW.endAt + HOUR, endAt: null });
    expect(down([unfinished])).toBe(0);
    expect(down([{ ...unfinished, announcedEndAt: WINDOW.endAt - 30 * MINUTE_MS }])).toBe(30);
    const none = objective({ maintenance: null });
    expect(downMinutes(result(none, inputs({ maintenance: [planned] })).value)).toBe(100);
  });

  test('only the exclusions that the contract names are taken out', () => {
    const given = (kind: 'force_majeure' | 'customer_caused') =>
      inputs({ outages: [outage(0, 100)], exclusions: [{ ...span(0, 60), kind }] });
    expect(downMinutes(result(objective(), given('force_majeure')).value)).toBe(40);
    expect(downMinutes(result(objective(), given('customer_caused')).value)).toBe(100);
  });

  test('degraded service counts by its weight only if the contract defines one, and never twice under an outage', () => {
    const outages: Outage[] = [{ ...span(0, 200), extent: 'degraded' }, outage(0, 100)];
    const down = (degradedWeightPercent: number | null) =>
      downMinutes(result(objective({ degradedWeightPercent }), inputs({ outages })).value);
    expect([down(null), down(50), down(100)]).toEqual([100, 150, 200]);
    for (const weight of [-1, 101, 0.5]) expect(() => down(weight)).toThrow();
  });
});

describe('verdicts', () => {
  test('no data is never met: unobserved time leaves a month undecided', () => {
    expect(result(objective(), inputs({ observed: [] }))).toMatchObject({
      verdict: 'no_data',
      value: null,
      display: null,
    });
    expect(result(objective(), inputs({ observed: [span(0, 43_199)] })).verdict).toBe('no_data');
    expect(result(objective(), inputs({ observed: [span(0, 43_200)] })).verdict).toBe('met');
  });

  test('a recorded outage that is too long is a miss, whatever the unobserved time held', () => {
    expect(result(objective(), inputs({ observed: [], outages: [outage(0, 44)] })).verdict).toBe('missed');
  });

  test('while the source is not yet due, missing data are provisional', () => {
    const late = inputs({ observed: [], sourceDueAt: WINDOW.endAt + 10 * 24 * HOUR });
    expect(result(objective(), late).verdict).toBe('provisional');
    expect(result(objective(), { ...late, asOfAt: WINDOW.endAt + 10 * 24 * HOUR }).verdict).toBe('no_data');
  });

  test('a month that is excluded as a whole is excused', () => {
    const all = inputs({ exclusions: [{ ...WINDOW, kind: 'force_majeure' }], outages: [outage(0, 43_200)] });
    expect(result(objective(), all)).toMatchObject({ verdict: 'excused', value: null });
    expect(result(objective({ form: 'agreed_time' }), all).verdict).toBe('excused');
  });

  test('a dispute hides a decided verdict and keeps the value; it makes nothing of missing data', () => {
    const disputed = result(objective(), inputs({ disputed: true, outages: [outage(0, 100)] }));
    expect([disputed.verdict, disputed.display]).toEqual(['disputed', '99.76']);
    expect(result(objective(), inputs({ disputed: true, observed: [] })).verdict).toBe('no_data');
  });

  test('the first and last month are judged on their days in the term, or skipped, as the contract says', () => {
    const from16th = inputs({ effectiveDate: day('2026-06-16'), outages: [outage(0, 1000), outage(30_000, 20)] });
    const { value, verdict } = result(objective(), from16th);
    expect(compareRatios(must(value, 'value'), { numerator: 21_580n, denominator: 21_600n })).toBe(0);
    expect(verdict).toBe('met');
    expect(availabilityResult(objective({ partialPeriod: 'skip' }), JUNE, from16th)).toBeNull();
    expect(availabilityResult(objective(), JUNE, inputs({ endDate: day('2026-05-31') }))).toBeNull();
    expect(
      availabilityResult(objective({ partialPeriod: 'skip' }), JUNE, inputs({ endDate: day('2026-06-30') })),
    ).not.toBeNull();
  });

  test('a result names its rules and inputs; equal inputs give equal text, and any other input another', () => {
    const one = result(objective(), inputs({ outages: [outage(0, 5)] }));
    expect(one).toMatchObject({ objectiveId: 'uptime', period: '2026-06', ruleVersion: '1' });
    expect(
      result(objective(), { ...inputs({ outages: [outage(0, 5)] }), asOfAt: WINDOW.endAt + HOUR }).inputsText,
    ).toBe(one.inputsText);
    expect(result(objective(), inputs({ outages: [outage(0, 6)] })).inputsText).not.toBe(one.inputsText);
    expect(result(objective({ form: 'agreed_time' }), inputs({ outages: [outage(0, 5)] })).inputsText).not.toBe(
      one.inputsText,
    );
  });
});

describe('invariants for any incidents', () => {
  const anySpan = fc
    .tuple(fc.integer({ min: -2000, max: 45_000 }), fc.integer({ min: 0, max: 9000 }))
    .map(([from, length]) => span(from, length));
  const anyOutages = fc
    .array(anySpan, { maxLength: 8 })
    .map((spans): Outage[] => spans.map((one) => ({ ...one, extent: 'full' })));
  const anyExclusions = fc
    .array(anySpan, { maxLength: 4 })
    .map((spans) => spans.map((one) => ({ ...one, kind: 'force_majeure' as const })));
  const forms = fc.constantFrom<AvailabilityForm>('total_time', 'agreed_time');
  const share = (
    form: AvailabilityForm,
    outages: Outage[],
    exclusions: AvailabilityInputs['exclusions'] = [],
  ): Ratio | null => result(objective({ form }), inputs({ outages, exclusions })).value;

  test('availability lies between 0 and 100 % in both forms', () => {
    fc.assert(
      fc.property(forms, anyOutages, anyExclusions, (form, outages, exclusions) => {
        const value = share(form, outages, exclusions);
        if (value === null) return;
        expect(value.numerator >= 0n && value.numerator <= value.denominator).toBe(true);
      }),
    );
  });

  test('more downtime never raises availability', () => {
    fc.assert(
      fc.property(forms, anyOutages, anyOutages, (form, outages, more) => {
        const [fewer, all] = [share(form, outages), share(form, [...outages, ...more])];
        expect(compareRatios(must(all, 'all'), must(fewer, 'fewer'))).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('another exclusion never lowers availability by total time', () => {
    fc.assert(
      fc.property(anyOutages, anyExclusions, anyExclusions, (outages, some, more) => {
        const [less, all] = [share('total_time', outages, some), share('total_time', outages, [...some, ...more])];
        if (less === null || all === null) return;
        expect(compareRatios(all, less)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('the order of incidents does not matter', () => {
    fc.assert(
      fc.property(forms, anyOutages, anyExclusions, (form, outages, exclusions) => {
        const reversed = inputs({ outages: outages.toReversed(), exclusions: exclusions.toReversed() });
        expect(result(objective({ form }), reversed)).toEqual(
          result(objective({ form }), inputs({ outages, exclusions })),
        );
      }),
    );
  });
});

describe('exact percentages', () => {
  test.each(['100', '99.9', '0', '99.999999999'])('%s is read', (text) => {
    expect(parsePercent(text)).not.toBeNull();
  });

  test.each(['100.1', '-1', '99,9', '', '1e2', '99.', '.9'])('%j is refused', (text) => {
    expect(parsePercent(text)).toBeNull();
  });

  test('display cuts and never rounds up', () => {
    expect(formatPercentFloor({ numerator: 99_999n, denominator: 100_000n })).toBe('99.99');
    expect(formatPercentFloor({ numerator: 1n, denominator: 1n })).toBe('100.00');
    expect(formatPercentFloor({ numerator: 1n, denominator: 3n })).toBe('33.33');
  });
});

test('the window of June 2026 in UTC is its 30 days', () => {
  expect(WINDOW).toEqual({ startAt: at('2026-06-01T00:00:00Z'), endAt: at('2026-07-01T00:00:00Z') });
});
