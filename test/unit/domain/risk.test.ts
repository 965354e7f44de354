import { describe, expect, test } from 'vitest';
import type { BreachCounters } from '../../../server/domain/breach.ts';
import { WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import type { Contract } from '../../../server/domain/contract.ts';
import { contractHealth } from '../../../server/domain/health.ts';
import { noticeDeadline } from '../../../server/domain/renewal.ts';
import {
  RISK_CODES,
  RISK_RULES,
  type RiskCode,
  type RiskFacts,
  type RiskFlag,
  riskFlags,
  riskScore,
} from '../../../server/domain/risk.ts';
import { contract, day, term } from './contract-fixture.ts';

const NO_BREACH: BreachCounters = {
  lastMonth: 'met',
  missedOfLast3: 0,
  missedOfLast12: 0,
  undecidedOfLast3: 0,
  undecidedOfLast12: 0,
};

function facts(of: Partial<Contract> = {}, others: Partial<Omit<RiskFacts, 'contract' | 'deadline'>> = {}): RiskFacts {
  const asOf = others.asOf ?? day('2026-06-01');
  const made = contract({ term: quiet, ...of });
  return {
    contract: made,
    deadline: noticeDeadline(made.term, WEEKENDS_CALENDAR, asOf),
    noticeReceived: false,
    renewalConfirmations: 2,
    convenienceExit: true,
    objectiveCount: 1,
    breaches: NO_BREACH,
    ...others,
    asOf,
  };
}

/** Nothing to flag: ends by itself. */
const quiet = term({ renewalKind: 'none' });
const auto = { term: term() };

function stateOf(code: RiskCode, given: RiskFacts): RiskFlag['state'] | 'absent' {
  return riskFlags(given).find((flag) => flag.code === code)?.state ?? 'absent';
}

describe('each flag is open, clear or unknown exactly as its condition says (domain §5)', () => {
  test.each<[RiskCode, RiskFlag['state'] | 'absent', RiskFacts]>([
    ['auto_renews_silently', 'open', facts(auto)],
    ['auto_renews_silently', 'clear', facts({ term: term({ renewalKind: 'mutual_written' }) })],
    ['auto_renews_silently', 'clear', facts({ term: term({ renewalsLeft: 0 }) })],
    ['auto_renews_silently', 'clear', facts({ ...auto, renewalDecision: 'exit' })],
    ['auto_renews_silently', 'absent', facts({ ...auto, side: 'sell' })],
    ['auto_renew_long', 'open', facts({ term: term({ renewalMonths: 24, endDate: day('2029-12-31') }) })],
    ['auto_renew_long', 'open', facts({ term: term({ renewalMonths: 12 }) })],
    ['auto_renew_long', 'clear', facts({ term: term({ renewalMonths: 12, endDate: day('2027-01-01') }) })],
    ['auto_renew_long', 'clear', facts({ term: term({ renewalMonths: 11 }) })],
    ['auto_renew_long', 'unknown', facts({ term: term({ renewalMonths: null }) })],
    ['auto_renew_long', 'unknown', facts({ term: term({ effectiveDate: null }) })],
    ['notice_window_soon', 'clear', facts(auto)],
    ['notice_window_soon', 'open', facts(auto, { asOf: day('2026-07-04') })],
    ['notice_window_soon', 'open', facts({ ...auto, side: 'sell' }, { asOf: day('2026-10-02') })],
    ['notice_window_soon', 'open', facts({ ...auto, renewalDecision: 'exit' }, { asOf: day('2026-10-02') })],
    ['notice_window_soon', 'clear', facts({ ...auto, renewalDecision: 'renew' }, { asOf: day('2026-10-02') })],
    ['notice_window_soon', 'clear', facts(auto, { asOf: day('2026-10-02'), noticeReceived: true })],
    ['notice_window_soon', 'unknown', facts({ term: term({ notice: null }) })],
    ['notice_window_closed', 'clear', facts(auto, { asOf: day('2026-10-02') })],
    ['notice_window_closed', 'open', facts(auto, { asOf: day('2026-10-03') })],
    ['notice_window_closed', 'clear', facts({ ...auto, renewalDecision: 'renew' }, { asOf: day('2026-10-03') })],
    ['notice_window_closed', 'clear', facts({ ...auto, renewalDecision: 'exit' }, { asOf: day('2026-10-03') })],
    ['notice_window_closed', 'unknown', facts({ term: term({ notice: null }) })],
    ['notice_window_closed', 'absent', facts({ ...auto, stage: 'draft' }, { asOf: day('2026-10-03') })],
    ['notice_unknown', 'open', facts({ term: term({ notice: null }) })],
    ['notice_unknown', 'open', facts({ term: term({ renewalKind: 'evergreen', notice: null }) })],
    ['notice_unknown', 'clear', facts({ term: term({ renewalKind: 'none', notice: null }) })],
    [
      'long_term_without_exit',
      'open',
      facts({ term: term({ endDate: day('2029-12-31') }) }, { convenienceExit: false }),
    ],
    [
      'long_term_without_exit',
      'clear',
      facts({ term: term({ endDate: day('2028-12-31') }) }, { convenienceExit: false }),
    ],
    [
      'long_term_without_exit',
      'clear',
      facts({ term: term({ endDate: day('2029-12-31') }) }, { convenienceExit: true }),
    ],
    [
      'long_term_without_exit',
      'unknown',
      facts({ term: term({ endDate: day('2029-12-31') }) }, { convenienceExit: null }),
    ],
    ['renewal_confirmation_missing', 'absent', facts(auto)],
    ['no_sla', 'open', facts({}, { objectiveCount: 0 })],
    ['no_sla', 'clear', facts()],
    ['no_sla', 'unknown', facts({}, { objectiveCount: null })],
    ['no_sla', 'absent', facts({ side: 'sell' }, { objectiveCount: 0 })],
    ['sla_breach_open', 'open', facts({}, { breaches: { ...NO_BREACH, lastMonth: 'missed' } })],
    ['sla_breach_open', 'clear', facts({}, { breaches: { ...NO_BREACH, lastMonth: 'excused' } })],
    ['sla_breach_open', 'unknown', facts({}, { breaches: { ...NO_BREACH, lastMonth: 'no_data' } })],
    ['sla_breach_open', 'unknown', facts({}, { breaches: null })],
    ['sla_breach_open', 'absent', facts({}, { objectiveCount: 0, breaches: null })],
    ['sla_breach_repeat', 'open', facts({}, { breaches: { ...NO_BREACH, missedOfLast3: 2 } })],
    ['sla_breach_repeat', 'clear', facts({}, { breaches: { ...NO_BREACH, missedOfLast3: 1 } })],
    ['sla_breach_repeat', 'unknown', facts({}, { breaches: { ...NO_BREACH, missedOfLast3: 1, undecidedOfLast3: 1 } })],
  ])('%s is %s', (code, expected, given) => {
    expect(stateOf(code, given)).toBe(expected);
  });

  test('a renewal by mutual agreement that lacks one of two confirmations is flagged from its last day on (rule 63)', () => {
    const agreed = { term: term({ renewalKind: 'mutual_written' }), renewalDecision: 'renew' } as const;
    const on = (date: string, renewalConfirmations: number | null) =>
      stateOf('renewal_confirmation_missing', facts(agreed, { asOf: day(date), renewalConfirmations }));
    expect([on('2026-12-30', 0), on('2026-12-31', 1), on('2027-02-01', 1)]).toEqual(['clear', 'open', 'open']);
    expect([on('2026-12-31', 2), on('2026-12-31', null)]).toEqual(['clear', 'unknown']);
    const lapsing = facts(
      { ...agreed, renewalDecision: 'undecided' },
      { asOf: day('2026-12-31'), renewalConfirmations: 0 },
    );
    expect(stateOf('renewal_confirmation_missing', lapsing)).toBe('clear');
  });

  test('a contract that ended early or never began has no flags', () => {
    expect(riskFlags(facts({ ...auto, stage: 'terminated' }))).toEqual([]);
    expect(riskFlags(facts({ ...auto, stage: 'void' }))).toEqual([]);
  });

  test('every code can be raised on the side it names', () => {
    expect(Object.keys(RISK_RULES)).toEqual([...RISK_CODES]);
  });
});

describe('the score', () => {
  const flag = (code: RiskCode, state: RiskFlag['state'] = 'open'): RiskFlag => {
    const { severity, origin } = RISK_RULES[code];
    return { code, severity, origin, state };
  };

  test('adds 25 for critical and 10 for high open flags, and lists them worst first', () => {
    const { score, open, unknown } = riskScore([
      flag('no_sla'),
      flag('auto_renews_silently'),
      flag('notice_unknown', 'unknown'),
    ]);
    expect(score).toBe(35);
    expect(open.map(({ code }) => code)).toEqual(['auto_renews_silently', 'no_sla']);
    expect(unknown.map(({ code }) => code)).toEqual(['notice_unknown']);
  });

  test('never exceeds 100', () => {
    expect(riskScore(Array.from({ length: 9 }, () => flag('notice_window_closed'))).score).toBe(100);
    expect(riskScore([]).score).toBe(0);
  });

  test('health: an event that is critical puts at risk, a clause asks for attention, ignorance is not good health', () => {
    expect(contractHealth(riskFlags(facts()))).toBe('good');
    expect(contractHealth(riskFlags(facts(auto)))).toBe('attention');
    expect(contractHealth(riskFlags(facts(auto, { asOf: day('2026-10-03') })))).toBe('at_risk');
    expect(contractHealth(riskFlags(facts({}, { breaches: { ...NO_BREACH, missedOfLast3: 2 } })))).toBe('at_risk');
    expect(contractHealth(riskFlags(facts({}, { breaches: { ...NO_BREACH, lastMonth: 'missed' } })))).toBe('attention');
    expect(contractHealth(riskFlags(facts({}, { breaches: null })))).toBe('unknown');
    expect(contractHealth([])).toBe('unknown');
  });
});
