import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_STAGES, type Contract, RENEWAL_DECISIONS, type PlainDate } from '../../../server/domain/contract.ts';
import { addDays } from '../../../server/domain/dates.ts';
import { applyRenewalDate } from '../../../server/domain/renewal.ts';
import { currentTerm, renewalDateOf, termInEffect } from '../../../server/domain/term.ts';
import { anyDay, anyTerm, contract, day, term } from './contract-fixture.ts';

const anyContract: fc.Arbitrary<Contract> = fc
  .record({
    term: anyTerm,
    stage: fc.constantFrom(...CONTRACT_STAGES),
    renewalDecision: fc.constantFrom(...RENEWAL_DECISIONS),
  })
  .map((changes) => contract(changes));

const shown = renewalDateOf;

describe('the renewal date in a CRM is a lens on the recorded end', () => {
  test('moving it to 2028-01-01 makes 2027-12-31 the last day in force', () => {
    const result = applyRenewalDate(contract(), day('2028-01-01'), day('2026-06-01'));
    expect(result.ok && result.contract.term.endDate).toBe('2027-12-31');
  });

  test('law: putting what is shown changes nothing at all', () => {
    fc.assert(
      fc.property(anyContract, anyDay, (any, asOf) => {
        expect(applyRenewalDate(any, shown(any, asOf), asOf)).toEqual({ ok: true, contract: any });
      }),
    );
  });

  test('law: what was put is shown', () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyContract, anyDay, fc.option(anyDay), (any, asOf, date) => {
        const result = applyRenewalDate(any, date, asOf);
        if (!result.ok) return;
        accepted += 1;
        expect(shown(result.contract, asOf)).toBe(date);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test('law: a second put forgets the first, also for the renewals that are left', () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyContract, anyDay, anyDay, anyDay, (any, asOf, first, second) => {
        const one = applyRenewalDate(any, first, asOf);
        if (!one.ok) return;
        const twice = applyRenewalDate(one.contract, second, asOf);
        const once = applyRenewalDate(any, second, asOf);
        expect(twice.ok).toBe(once.ok);
        if (!twice.ok || !once.ok) return;
        accepted += 1;
        const [a, b] = [
          currentTerm(termInEffect(twice.contract), asOf),
          currentTerm(termInEffect(once.contract), asOf),
        ];
        expect([a.endDate, a.phase, a.renewalsRemaining]).toEqual([b.endDate, b.phase, b.renewalsRemaining]);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  test('only the term changes', () => {
    const before = contract();
    const result = applyRenewalDate(before, day('2028-01-01'), day('2026-06-01'));
    if (!result.ok) throw new Error(result.code);
    expect({ ...result.contract, term: before.term }).toEqual(before);
  });

  test('renewals that the contract used up stay used up when a date is put', () => {
    const renewedTwice = contract({ term: term({ endDate: day('2024-12-31'), renewalsLeft: 3 }) });
    const result = applyRenewalDate(renewedTwice, day('2027-07-01'), day('2026-06-01'));
    expect(result.ok && result.contract.term).toMatchObject({ endDate: '2027-06-30', renewalsLeft: 1 });
  });
});

describe('S10 an impossible renewal date is refused with a code', () => {
  const refusal = (of: Contract, date: PlainDate | null): string => {
    const result = applyRenewalDate(of, date, day('2026-06-01'));
    return result.ok ? 'accepted' : `${result.field} ${result.code}`;
  };

  test.each(['2025-06-01', '2026-01-01'])('%s is before or at the effective date 2026-01-01', (date) => {
    const draft = contract({ stage: 'draft', term: term({ renewalKind: 'none' }) });
    expect(refusal(draft, day(date))).toBe('renewalDate renewal_date_not_after_effective_date');
    expect(refusal(draft, day('2026-01-02'))).toBe('accepted');
  });

  test('a date that has passed while the contract renews beyond it', () => {
    expect(refusal(contract(), day('2026-06-01'))).toBe('renewalDate renewal_date_already_passed');
    expect(refusal(contract(), day('2026-06-02'))).toBe('accepted');
    expect(refusal(contract({ term: term({ renewalKind: 'none' }) }), day('2026-05-01'))).toBe('accepted');
  });

  test.each(['terminated', 'void'] as const)('any new date on a contract that is %s', (stage) => {
    expect(refusal(contract({ stage }), day('2028-01-01'))).toBe('renewalDate contract_closed');
    expect(refusal(contract({ stage }), day('2027-01-01'))).toBe('accepted');
  });

  test('no date at all, unless the contract is evergreen or not signed yet (rule 62)', () => {
    expect(refusal(contract(), null)).toBe('renewalDate renewal_date_required');
    expect(refusal(contract({ term: term({ renewalKind: 'evergreen' }) }), null)).toBe('accepted');
    expect(refusal(contract({ stage: 'in_review' }), null)).toBe('accepted');
  });

  test('an expired contract may be given a new end: that is how a late renewal starts', () => {
    const expired = contract({
      stage: 'expired',
      term: term({ renewalKind: 'mutual_written', endDate: day('2026-03-31') }),
    });
    expect(refusal(expired, addDays(day('2027-03-31'), 1))).toBe('accepted');
  });
});
