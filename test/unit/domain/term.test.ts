import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import { RENEWAL_KINDS, type RenewalKind } from '../../../server/domain/contract.ts';
import { addDays, addMonths } from '../../../server/domain/dates.ts';
import { noticeDeadlineOf } from '../../../server/domain/renewal.ts';
import {
  currentTerm,
  decideRenewal,
  renewalDate,
  renewalDateOf,
  renewsAutomatically,
  termInEffect,
  rolledByDate,
  rollTerm,
  withCurrentTerm,
} from '../../../server/domain/term.ts';
import { anyDay, anyTerm, contract, day, months, term } from './contract-fixture.ts';

describe('the current term of an automatic renewal (domain §6)', () => {
  const rolling = term({ effectiveDate: day('2024-08-29'), endDate: day('2025-08-28'), notice: months(2) });

  test('first end 2025-08-28, yearly, on 2026-02-11: the current end is 2026-08-28, not the first one', () => {
    expect(currentTerm(rolling, day('2026-02-11'))).toEqual({
      startDate: '2025-08-29',
      endDate: '2026-08-28',
      renewals: 1,
      renewalsRemaining: null,
      phase: 'running',
    });
    expect(renewalDate(rolling, day('2026-02-11'))).toBe('2026-08-29');
  });

  test('36 months from 2020-08-01 end on 2023-07-31 (inclusive), then yearly on 07-31', () => {
    const endDate = addDays(addMonths(day('2020-08-01'), 36), -1);
    expect(endDate).toBe('2023-07-31');
    const yearly = term({ effectiveDate: day('2020-08-01'), endDate, notice: months(3) });
    expect(currentTerm(yearly, day('2023-07-31')).endDate).toBe('2023-07-31');
    expect(currentTerm(yearly, day('2023-08-01')).endDate).toBe('2024-07-31');
    expect(currentTerm(yearly, day('2024-08-01')).endDate).toBe('2025-07-31');
  });

  test('a year from 1 March ends on 29 February when there is one: the renewal date is the anchor', () => {
    const fromMarch = term({ effectiveDate: day('2026-03-01'), endDate: day('2027-02-28') });
    expect(currentTerm(fromMarch, day('2027-06-01')).endDate).toBe('2028-02-29');
    expect(currentTerm(fromMarch, day('2028-06-01')).endDate).toBe('2029-02-28');
  });

  test('quarters after 30 September end on 31 December, 31 March, 30 June: anchored, not chained', () => {
    const quarterly = term({ effectiveDate: day('2025-10-01'), endDate: day('2026-09-30'), renewalMonths: 3 });
    const ends = ['2026-10-01', '2027-01-01', '2027-04-01'].map((asOf) => currentTerm(quarterly, day(asOf)).endDate);
    expect(ends).toEqual(['2026-12-31', '2027-03-31', '2027-06-30']);
  });

  test('renewals stop when none are left, and the term is then over', () => {
    const twice = term({ endDate: day('2025-12-31'), renewalsLeft: 2 });
    expect(currentTerm(twice, day('2026-06-01'))).toMatchObject({
      renewals: 1,
      renewalsRemaining: 1,
      phase: 'running',
    });
    expect(currentTerm(twice, day('2027-12-31'))).toMatchObject({
      renewals: 2,
      renewalsRemaining: 0,
      phase: 'running',
    });
    expect(currentTerm(twice, day('2028-01-01'))).toMatchObject({ endDate: '2027-12-31', renewals: 2, phase: 'over' });
    expect(currentTerm(term({ renewalsLeft: 0 }), day('2027-01-01'))).toEqual({
      startDate: '2026-01-01',
      endDate: '2026-12-31',
      renewals: 0,
      renewalsRemaining: 0,
      phase: 'over',
    });
  });

  test('an automatic renewal of unrecorded length is unknown after its end, neither running nor over', () => {
    const unknown = term({ renewalMonths: null });
    expect(currentTerm(unknown, day('2026-12-31')).phase).toBe('running');
    expect(currentTerm(unknown, day('2027-01-01')).phase).toBe('unknown');
    expect(currentTerm(term({ renewalMonths: 0 }), day('2027-01-01')).phase).toBe('unknown');
  });

  test('k is the smallest number of renewals whose end is not before the day', () => {
    fc.assert(
      fc.property(anyTerm, anyDay, (any, asOf) => {
        const auto = {
          ...any,
          renewalKind: 'auto' as const,
          renewalMonths: any.renewalMonths ?? 12,
          renewalsLeft: null,
        };
        const { endDate, startDate, renewals } = currentTerm(auto, asOf);
        expect(endDate !== null && endDate >= asOf).toBe(true);
        if (renewals > 0) expect(startDate !== null && startDate <= asOf).toBe(true);
      }),
    );
  });

  test('the current end and the number of renewals never go back as days pass', () => {
    fc.assert(
      fc.property(anyTerm, anyDay, fc.integer({ min: 0, max: 4000 }), (any, asOf, later) => {
        const auto = { ...any, renewalKind: 'auto' as const };
        const [now, then] = [currentTerm(auto, asOf), currentTerm(auto, addDays(asOf, later))];
        expect((then.endDate ?? '') >= (now.endDate ?? '')).toBe(true);
        expect(then.renewals).toBeGreaterThanOrEqual(now.renewals);
      }),
    );
  });

  test('there is nothing to record in the first term', () => {
    const first = term();
    expect(rollTerm(first, day('2026-12-31'))).toBe(first);
    expect(rollTerm(first, day('2027-01-01')).endDate).toBe('2027-12-31');
  });

  test('a month-end renewal that February pulled forward comes back to its day, however often the term was rolled', () => {
    const monthly = term({ effectiveDate: day('2026-12-31'), endDate: day('2027-01-30'), renewalMonths: 1 });
    const inFebruary = rollTerm(monthly, day('2027-02-10'));
    const inMarch = rollTerm(inFebruary, day('2027-03-10'));
    expect(currentTerm(inFebruary, day('2027-02-10')).endDate).toBe('2027-02-27');
    expect(currentTerm(inMarch, day('2027-03-10')).endDate).toBe('2027-03-30');
    expect(currentTerm(rollTerm(inMarch, day('2027-05-01')), day('2027-05-01')).endDate).toBe('2027-05-30');
  });

  test('rolling the term by date changes no later answer', () => {
    fc.assert(
      fc.property(anyTerm, anyDay, fc.integer({ min: 0, max: 4000 }), (any, asOf, later) => {
        const [recorded, on] = [rollTerm(any, asOf), addDays(asOf, later)];
        const [a, b] = [currentTerm(any, on), currentTerm(recorded, on)];
        expect([b.endDate, b.renewalsRemaining, b.phase]).toEqual([a.endDate, a.renewalsRemaining, a.phase]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('after the recorded end each kind of renewal has its own answer', () => {
  const AFTER_END: Record<RenewalKind, 'over' | 'running' | 'open_ended'> = {
    none: 'over',
    mutual_written: 'over',
    auto: 'running',
    evergreen: 'open_ended',
    option_buyer: 'over',
    option_supplier: 'over',
  };

  test.each(RENEWAL_KINDS)('%s', (renewalKind) => {
    const { phase } = currentTerm(term({ renewalKind }), day('2027-01-01'));
    expect(phase).toBe(AFTER_END[renewalKind]);
    expect(renewsAutomatically(renewalKind)).toBe(AFTER_END[renewalKind] !== 'over');
  });

  test('a renewal needs both written confirmations: mutual_written never rolls by itself (rule 63)', () => {
    expect(renewalDate(term({ renewalKind: 'mutual_written' }), day('2030-01-01'))).toBe('2027-01-01');
  });

  test('an open-ended term has no renewal date', () => {
    expect(renewalDate(term({ renewalKind: 'evergreen', endDate: null }), day('2030-01-01'))).toBeNull();
    expect(renewalDate(term({ renewalKind: 'evergreen' }), day('2030-01-01'))).toBeNull();
    expect(renewalDate(term({ renewalKind: 'evergreen' }), day('2026-06-01'))).toBe('2027-01-01');
  });
});

describe('a decision to exit ends the running term', () => {
  const renewedOnce = contract({ term: term({ endDate: day('2025-12-31'), renewalsLeft: 3 }) });

  test('exit records the current end, so that the contract neither ended years ago nor renews again', () => {
    const exiting = decideRenewal(renewedOnce, 'exit', day('2026-05-01'));
    expect(exiting.term).toMatchObject({ endDate: '2026-12-31', renewalsLeft: 2, renewalKind: 'auto' });
    expect(currentTerm(termInEffect(exiting), day('2026-12-31')).phase).toBe('running');
    expect(currentTerm(termInEffect(exiting), day('2027-01-01')).phase).toBe('over');
  });

  test('taking the exit back lets the contract renew as before', () => {
    const back = decideRenewal(decideRenewal(renewedOnce, 'exit', day('2026-05-01')), 'undecided', day('2026-06-01'));
    expect(currentTerm(termInEffect(back), day('2027-05-01'))).toEqual({
      ...currentTerm(renewedOnce.term, day('2027-05-01')),
      renewals: 1,
    });
  });

  test('deciding the same again changes nothing', () => {
    expect(decideRenewal(renewedOnce, 'undecided', day('2026-05-01'))).toBe(renewedOnce);
  });
});

describe('a contract that has ended', () => {
  test.each(['expired', 'terminated', 'void'] as const)(
    '%s: an automatic renewal no longer moves its dates',
    (stage) => {
      const ended = contract({ stage });
      expect(renewalDateOf(contract(), day('2030-06-01'))).toBe('2031-01-01');
      expect(renewalDateOf(ended, day('2030-06-01'))).toBe('2027-01-01');
      expect(withCurrentTerm(ended, day('2030-06-01'))).toBe(ended);
      expect(rolledByDate(ended, day('2030-06-01'))).toBe(ended);
      expect(decideRenewal(ended, 'exit', day('2030-06-01')).term).toBe(ended.term);
      expect(noticeDeadlineOf(ended, WEEKENDS_CALENDAR, day('2026-06-01'))).toEqual({
        kind: 'none',
        reason: 'term_over',
      });
    },
  );

  test('a decided exit still has a notice to send, until the contract has ended', () => {
    const exiting = contract({ renewalDecision: 'exit' });
    expect(noticeDeadlineOf(exiting, WEEKENDS_CALENDAR, day('2026-06-01'))).toMatchObject({ legalDate: '2026-10-02' });
    expect(noticeDeadlineOf(exiting, WEEKENDS_CALENDAR, day('2027-01-01'))).toEqual({
      kind: 'none',
      reason: 'term_over',
    });
    expect(renewalDateOf(exiting, day('2028-01-01'))).toBe('2027-01-01');
  });
});
