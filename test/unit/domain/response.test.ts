import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../../../server/domain/assert.ts';
import { breachCounters, exitRightArisen, overallVerdict } from '../../../server/domain/breach.ts';
import type { ServiceHours } from '../../../server/domain/business-time.ts';
import { WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import { MINUTE_MS } from '../../../server/domain/dates.ts';
import { lastMonthBefore, parseMonth, shiftMonth } from '../../../server/domain/month.ts';
import { percentileNearestRank } from '../../../server/domain/percentile.ts';
import {
  caseResult,
  type ResponseInputs,
  responseReport,
  responseResult,
  type SupportCase,
} from '../../../server/domain/response.ts';
import {
  type MonthlyResult,
  monthlyResult,
  type ResponseObjective,
  type SlaVerdict,
} from '../../../server/domain/sla.ts';
import { at, CHINA_2026, day, month } from './contract-fixture.ts';

const HOUR = 60 * MINUTE_MS;
const NONSTOP: ServiceHours = { kind: 'always' };
const OFFICE: ServiceHours = {
  kind: 'working_days',
  calendar: WEEKENDS_CALENDAR,
  zone: 'UTC',
  spans: [{ startMinute: 9 * 60, endMinute: 17 * 60 }],
};

function supportCase(submitted: string, stopped: string | null, changes: Partial<SupportCase> = {}): SupportCase {
  return {
    id: `case ${submitted}`,
    severity: 'urgent',
    submittedAt: at(submitted),
    stoppedAt: stopped === null ? null : at(stopped),
    pauses: [],
    excused: false,
    ...changes,
  };
}

const twoHours = { hours: NONSTOP, targetMinutes: 120 };

describe('one case (domain §7.4; rule 159: urgent within 2 h, round the clock)', () => {
  test('reaching the target exactly is met, one millisecond later is missed', () => {
    const stopped = supportCase('2026-06-06T10:00:00Z', '2026-06-06T12:00:00Z');
    expect(caseResult(stopped, twoHours, at('2026-07-01T00:00:00Z'))).toMatchObject({
      verdict: 'met',
      elapsedMs: 2 * HOUR,
    });
    const late = { ...stopped, stoppedAt: at('2026-06-06T12:00:00Z') + 1 };
    expect(caseResult(late, twoHours, at('2026-07-01T00:00:00Z')).verdict).toBe('missed');
  });

  test('an open case is pending until its due instant and a miss from then on, not when it is closed', () => {
    const open = supportCase('2026-06-06T10:00:00Z', null);
    expect(caseResult(open, twoHours, at('2026-06-06T12:00:00Z'))).toMatchObject({
      verdict: 'pending',
      stillOpen: true,
    });
    expect(caseResult(open, twoHours, at('2026-06-06T12:00:00Z') + 1)).toMatchObject({
      verdict: 'missed',
      stillOpen: true,
    });
  });

  test('a case stopped after the moment of the report was open at that moment', () => {
    const stopped = supportCase('2026-06-06T10:00:00Z', '2026-06-06T11:00:00Z');
    expect(caseResult(stopped, twoHours, at('2026-06-06T10:30:00Z'))).toMatchObject({
      verdict: 'pending',
      elapsedMs: HOUR / 2,
    });
  });

  test('waiting on the customer stops the clock; while it lasts no due instant can be named', () => {
    const waiting = supportCase('2026-06-06T10:00:00Z', null, {
      pauses: [{ startAt: at('2026-06-06T11:00:00Z'), endAt: null }],
    });
    expect(caseResult(waiting, twoHours, at('2026-06-09T00:00:00Z'))).toMatchObject({
      verdict: 'pending',
      elapsedMs: HOUR,
      dueAt: null,
    });
    const resumed = {
      ...waiting,
      pauses: [{ startAt: at('2026-06-06T11:00:00Z'), endAt: at('2026-06-06T20:00:00Z') }],
    };
    expect(caseResult(resumed, twoHours, at('2026-06-06T20:30:00Z'))).toMatchObject({
      dueAt: at('2026-06-06T21:00:00Z'),
    });
  });

  test('at the very moment: a case stopped then is stopped, a pause ended then is over, a target reached in a pause has its instant', () => {
    const noon = at('2026-06-06T12:00:00Z');
    const stopped = supportCase('2026-06-06T11:00:00Z', '2026-06-06T12:00:00Z');
    expect(caseResult(stopped, twoHours, noon)).toMatchObject({ verdict: 'met', stillOpen: false });
    const pause = { startAt: at('2026-06-06T11:00:00Z'), endAt: noon };
    const resumed = supportCase('2026-06-06T10:00:00Z', null, { pauses: [pause] });
    expect(caseResult(resumed, twoHours, noon).dueAt).toBe(at('2026-06-06T13:00:00Z'));
    const reached = supportCase('2026-06-06T09:00:00Z', null, { pauses: [{ ...pause, endAt: null }] });
    expect(caseResult(reached, twoHours, noon)).toMatchObject({
      verdict: 'pending',
      dueAt: at('2026-06-06T11:00:00Z'),
    });
  });

  test('a due instant in a year without published days off is provisional before that year begins', () => {
    const hours: ServiceHours = { ...OFFICE, calendar: CHINA_2026 };
    const yearEnd = supportCase('2026-12-31T16:00:00Z', null);
    expect(caseResult(yearEnd, { hours, targetMinutes: 120 }, at('2026-12-31T16:30:00Z')).provisional).toBe(true);
    expect(caseResult(yearEnd, { hours, targetMinutes: 60 }, at('2026-12-31T16:30:00Z')).provisional).toBe(false);
  });

  test('an excused case is neither met nor missed', () => {
    const excused = supportCase('2026-06-06T10:00:00Z', null, { excused: true });
    expect(caseResult(excused, twoHours, at('2026-07-01T00:00:00Z')).verdict).toBe('excused');
  });

  test('office hours count only service time: Friday 16:00 to Monday 10:00 is two hours', () => {
    const overWeekend = supportCase('2026-06-05T16:00:00Z', '2026-06-08T10:00:00Z');
    expect(caseResult(overWeekend, { hours: OFFICE, targetMinutes: 120 }, at('2026-07-01T00:00:00Z'))).toMatchObject({
      verdict: 'met',
      elapsedMs: 2 * HOUR,
      dueAt: at('2026-06-08T10:00:00Z'),
    });
  });
});

function objective(changes: Partial<ResponseObjective> = {}): ResponseObjective {
  return {
    id: 'urgent response',
    metric: 'response',
    targetPercent: '90',
    zone: 'UTC',
    source: 'tickets',
    partialPeriod: 'prorate',
    termination: { missed: 2, ofMonths: 3 },
    severity: 'urgent',
    targetMinutes: 120,
    samplesMin: 1,
    ...changes,
  };
}

function inputs(cases: readonly SupportCase[], changes: Partial<ResponseInputs & { asOfAt: number }> = {}) {
  return {
    cases,
    hours: NONSTOP,
    effectiveDate: null,
    endDate: null,
    disputed: false,
    asOfAt: at('2026-07-01T00:00:00Z'),
    ...changes,
  };
}

const metCase = (hour: number) => supportCase(`2026-06-1${hour}T10:00:00Z`, `2026-06-1${hour}T11:00:00Z`);
const missedCase = supportCase('2026-06-20T10:00:00Z', '2026-06-20T13:00:00Z');
const june = (
  cases: readonly SupportCase[],
  changes: Parameters<typeof inputs>[1] = {},
  of: Partial<ResponseObjective> = {},
) => must(responseResult(objective(of), month('2026-06'), inputs(cases, changes)), 'june');

describe('a month of cases', () => {
  test('compliance is met / (met + missed), excused ones left out, and open overdue ones are misses', () => {
    const excused = { ...missedCase, excused: true };
    const overdue = supportCase('2026-06-30T10:00:00Z', null);
    const { report, result } = june([metCase(0), metCase(1), metCase(2), missedCase, excused, overdue]);
    expect(report).toMatchObject({ met: 3, missed: 2, excused: 1, pending: 0, overdueOpen: 1 });
    expect(result).toMatchObject({ verdict: 'missed', display: '60.00', value: { numerator: 3n, denominator: 5n } });
  });

  test('percentiles are over stopped cases, nearest rank', () => {
    const { report } = june([
      metCase(0),
      metCase(1),
      metCase(2),
      missedCase,
      supportCase('2026-06-30T10:00:00Z', null),
    ]);
    expect([report.p50Ms, report.p90Ms, report.p95Ms, report.maxMs]).toEqual([HOUR, 3 * HOUR, 3 * HOUR, 3 * HOUR]);
  });

  test('a case belongs to the month of its submission in the zone of the objective', () => {
    const onTheEdge = supportCase('2026-05-31T16:30:00Z', '2026-05-31T20:00:00Z');
    expect(june([onTheEdge]).report.missed).toBe(0);
    expect(june([onTheEdge], {}, { zone: 'Asia/Shanghai' }).report.missed).toBe(1);
  });

  test('the first instant of a month belongs to it, the first of the next does not, and the moment of the report does', () => {
    expect(june([supportCase('2026-06-01T00:00:00Z', null)]).report.missed).toBe(1);
    expect(june([supportCase('2026-07-01T00:00:00Z', null)]).report).toMatchObject({ missed: 0, pending: 0 });
    const noon = '2026-06-06T12:00:00Z';
    expect(june([supportCase(noon, null)], { asOfAt: at(noon) }).report.pending).toBe(1);
    expect(june([supportCase(noon, null)], { asOfAt: at(noon) - 1 }).report.pending).toBe(0);
  });

  test('cases of another severity are not judged', () => {
    expect(june([{ ...missedCase, severity: 'low' }]).result.verdict).toBe('no_data');
  });

  test('no cases, or fewer than the contract asks for, is no data and never met', () => {
    expect(june([]).result).toMatchObject({ verdict: 'no_data', value: null, display: null });
    expect(june([metCase(0)], {}, { samplesMin: 2 }).result.verdict).toBe('no_data');
    expect(june([metCase(0), metCase(1)], {}, { samplesMin: 2 }).result.verdict).toBe('met');
    expect(june([{ ...missedCase, excused: true }]).result.verdict).toBe('excused');
  });

  test('an open month is provisional; a closed one with pending cases is decided once they cannot turn it', () => {
    expect(june([metCase(0)], { asOfAt: at('2026-06-30T23:59:59Z') }).result.verdict).toBe('provisional');
    const lastMinute = supportCase('2026-06-30T23:30:00Z', null);
    expect(june([metCase(0), lastMinute]).result.verdict).toBe('provisional');
    expect(june([metCase(0), lastMinute], {}, { targetPercent: '50' }).result.verdict).toBe('met');
    expect(june([missedCase, lastMinute], {}, { targetPercent: '60' }).result.verdict).toBe('missed');
  });

  test('a disputed miss is disputed; an unpublished calendar year leaves a month provisional', () => {
    expect(june([missedCase], { disputed: true }).result.verdict).toBe('disputed');
    const china: ServiceHours = { ...OFFICE, calendar: { ...CHINA_2026, publishedYears: new Set([2025]) } };
    const { result } = june([metCase(0)], { hours: china });
    expect(result).toMatchObject({ verdict: 'provisional', calendarVersion: 'State Council 2026' });
  });

  test('days outside the term are not judged', () => {
    expect(june([missedCase], { effectiveDate: day('2026-06-21') }).result.verdict).toBe('no_data');
    expect(
      responseResult(
        objective({ partialPeriod: 'skip' }),
        month('2026-06'),
        inputs([], { endDate: day('2026-06-20') }),
      ),
    ).toBeNull();
  });

  test('the text of the inputs stays the same while no verdict changes, so that nothing is recomputed into a new revision', () => {
    const overdue = supportCase('2026-06-30T10:00:00Z', null);
    const later = june([overdue], { asOfAt: at('2026-07-09T00:00:00Z') });
    expect(later.result).toEqual(june([overdue]).result);
  });

  test('the order of cases does not matter', () => {
    const cases = [metCase(0), missedCase, metCase(1)];
    expect(june(cases.toReversed())).toEqual(june(cases));
  });

  test('compliance grows with each met case and falls with each missed one', () => {
    const anyCase = fc.boolean().map((isMet) => (isMet ? metCase(0) : missedCase));
    fc.assert(
      fc.property(fc.array(anyCase, { minLength: 1, maxLength: 30 }), (cases) => {
        const share = (list: readonly SupportCase[]): number => {
          const results = list.map((one) => caseResult(one, twoHours, at('2026-07-01T00:00:00Z')));
          const { compliance } = responseReport(results);
          return compliance === null ? Number.NaN : Number(compliance.numerator) / Number(compliance.denominator);
        };
        expect(share([...cases, metCase(0)])).toBeGreaterThanOrEqual(share(cases));
        expect(share([...cases, missedCase])).toBeLessThanOrEqual(share(cases));
      }),
    );
  });
});

describe('nearest-rank percentiles', () => {
  test.each([
    [[15, 20, 35, 40, 50], 30, 20],
    [[15, 20, 35, 40, 50], 40, 20],
    [[15, 20, 35, 40, 50], 50, 35],
    [[15, 20, 35, 40, 50], 100, 50],
    [[7], 1, 7],
  ])('of %j, %i %% is %i', (values, percent, expected) => {
    expect(percentileNearestRank(values, percent)).toBe(expected);
  });

  test('of nothing there is none, and the order given does not matter', () => {
    expect(percentileNearestRank([], 50)).toBeNull();
    expect(percentileNearestRank([50, 15, 40, 20, 35], 50)).toBe(35);
  });

  test('at least p % of the values do not exceed it, and fewer than p % lie below it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const found = must(percentileNearestRank(values, percent), 'percentile');
        expect(values.filter((value) => value <= found).length * 100).toBeGreaterThanOrEqual(percent * values.length);
        expect(values.filter((value) => value < found).length * 100).toBeLessThan(percent * values.length);
      }),
    );
  });
});

describe('breach counters: last month, 2 of 3, rolling 12 (domain §7.7)', () => {
  const verdicts = (...list: readonly (SlaVerdict | null)[]): MonthlyResult[] =>
    list.flatMap((verdict, back) => {
      const period = shiftMonth(month('2026-10'), -back);
      return verdict === null
        ? []
        : [
            monthlyResult({
              objectiveId: 'urgent response',
              period,
              verdict,
              value: null,
              inputs: {},
              calendarVersion: null,
            }),
          ];
    });
  const counters = (...list: readonly (SlaVerdict | null)[]) => breachCounters(verdicts(...list), month('2026-10'));

  test('counts months, from the last complete one back', () => {
    expect(lastMonthBefore(day('2026-11-21'))).toBe('2026-10');
    expect(lastMonthBefore(day('2026-01-31'))).toBe('2025-12');
    const twelve = counters(
      'missed',
      'met',
      'missed',
      'missed',
      'met',
      'met',
      'met',
      'met',
      'met',
      'met',
      'met',
      'missed',
      'missed',
    );
    expect(twelve).toEqual({
      lastMonth: 'missed',
      missedOfLast3: 2,
      missedOfLast12: 4,
      undecidedOfLast3: 0,
      undecidedOfLast12: 0,
    });
  });

  test('months without a final verdict are not misses, and are said', () => {
    expect(counters('no_data', null, 'disputed')).toEqual({
      lastMonth: 'no_data',
      missedOfLast3: 0,
      missedOfLast12: 0,
      undecidedOfLast3: 3,
      undecidedOfLast12: 12,
    });
    expect(counters('excused', 'met').undecidedOfLast3).toBe(1);
  });

  test('one missed objective makes the month a breach, once', () => {
    const other = { ...must(verdicts('missed')[0], 'result'), objectiveId: 'uptime' };
    expect(breachCounters([...verdicts('missed'), other], month('2026-10')).missedOfLast12).toBe(1);
    expect(breachCounters([...verdicts('met'), other], month('2026-10')).lastMonth).toBe('missed');
  });

  test.each([
    ['missed', ['no_data', 'met', 'missed', 'disputed']],
    ['disputed', ['met', 'disputed', 'provisional']],
    ['provisional', ['met', 'provisional', 'no_data']],
    ['met', ['excused', 'met']],
    ['met', ['no_data', 'met']],
    ['missed', ['no_data', 'missed']],
    ['excused', ['no_data', 'excused']],
    ['no_data', ['no_data', 'no_data']],
    ['no_data', []],
  ] as const)('the month is %s over the objectives %j, in whatever order', (expected, objectives) => {
    expect(overallVerdict(objectives)).toBe(expected);
    expect(overallVerdict(objectives.toReversed())).toBe(expected);
  });

  test('the exit right arises with two misses of one objective within three consecutive months', () => {
    const arisen = (...list: readonly (SlaVerdict | null)[]) =>
      exitRightArisen(objective(), verdicts(...list), month('2026-10'));
    expect([arisen('missed', 'met', 'missed'), arisen('missed', 'met', 'met', 'missed')]).toEqual([true, false]);
    expect(exitRightArisen(objective({ termination: null }), verdicts('missed', 'missed'), month('2026-10'))).toBe(
      false,
    );
    expect(exitRightArisen(objective({ id: 'other' }), verdicts('missed', 'missed'), month('2026-10'))).toBe(false);
  });
});

test('months are read as YYYY-MM only', () => {
  expect(parseMonth('2026-02')).toBe('2026-02');
  expect([parseMonth('2026-13'), parseMonth('2026-2'), parseMonth(null), parseMonth('2026-02-01')]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});
