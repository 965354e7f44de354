import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_STAGES, type Contract, type ContractStage } from '../../../server/domain/contract.ts';
import { addDays } from '../../../server/domain/dates.ts';
import {
  isLive,
  moveStage,
  parseContractStage,
  STAGE_MOVES,
  stageAsOf,
  stageChoices,
} from '../../../server/domain/stage.ts';
import { anyDay, anyTerm, contract, day, term } from './contract-fixture.ts';

type Legality = 'legal' | 'illegal';

/** The machine as the text of the specification has it. The diagonal is legal: the contract is there already. */
const TABLE: Record<ContractStage, Record<ContractStage, Legality>> = {
  draft: row('draft', 'in_review', 'void'),
  in_review: row('in_review', 'draft', 'approved', 'void'),
  approved: row('approved', 'in_review', 'signed', 'void'),
  signed: row('signed', 'active', 'terminated', 'void'),
  active: row('active', 'renewing', 'expired', 'terminated'),
  renewing: row('renewing', 'active', 'expired', 'terminated'),
  expired: row('expired', 'renewing'),
  terminated: row('terminated'),
  void: row('void'),
};

function row(...legal: readonly ContractStage[]): Record<ContractStage, Legality> {
  const of = (stage: ContractStage): Legality => (legal.includes(stage) ? 'legal' : 'illegal');
  return {
    draft: of('draft'),
    in_review: of('in_review'),
    approved: of('approved'),
    signed: of('signed'),
    active: of('active'),
    renewing: of('renewing'),
    expired: of('expired'),
    terminated: of('terminated'),
    void: of('void'),
  };
}

const asOf = day('2026-06-01');
const CELLS = CONTRACT_STAGES.flatMap((from) => CONTRACT_STAGES.map((to) => [from, to, TABLE[from][to]] as const));

/** A contract in stage `from` on the day, with nothing but the machine itself in the way of stage `to`. */
function readyFor(from: ContractStage, to: ContractStage): Contract {
  const notYetInEffect = term({ effectiveDate: day('2026-07-01') });
  if (from === 'signed' && to !== 'active') return contract({ stage: from, term: notYetInEffect });
  const overUnlessRenewed = term({ endDate: day('2026-05-31'), renewalMonths: null });
  return contract(to === 'expired' ? { stage: from, term: overUnlessRenewed } : { stage: from });
}

describe('S10 the stage machine', () => {
  test('every pair of stages is in the table', () => {
    expect(CELLS).toHaveLength(81);
  });

  test.each(CELLS)('%s → %s is %s', (from, to, legality) => {
    const result = moveStage(readyFor(from, to), to, { asOf });
    expect(result.ok).toBe(legality === 'legal');
    if (result.ok) expect(result.contract.stage).toBe(to);
    else expect(result).toMatchObject({ to, field: 'stage' });
  });

  test('no move leaves a final stage, and every other stage can end', () => {
    expect([STAGE_MOVES.terminated, STAGE_MOVES.void]).toEqual([[], []]);
    for (const stage of ['draft', 'in_review', 'approved'] as const) expect(STAGE_MOVES[stage]).toContain('void');
    for (const stage of ['signed', 'active', 'renewing'] as const) expect(STAGE_MOVES[stage]).toContain('terminated');
  });

  test.each([
    ['active', 'void', 'void_after_active'],
    ['expired', 'void', 'void_after_active'],
    ['draft', 'terminated', 'terminated_before_signed'],
    ['approved', 'terminated', 'terminated_before_signed'],
    ['terminated', 'active', 'contract_closed'],
    ['void', 'draft', 'contract_closed'],
    ['draft', 'signed', 'move_not_allowed'],
    ['expired', 'terminated', 'move_not_allowed'],
  ] as const)('%s → %s is refused as %s', (from, to, code) => {
    expect(moveStage(contract({ stage: from }), to, { asOf })).toEqual({ ok: false, code, field: 'stage', from, to });
  });
});

describe('S10 what must be true before a stage is entered', () => {
  const approved = contract({ stage: 'approved', signedDate: null });
  const refused = (from: Contract, to: ContractStage) => {
    const result = moveStage(from, to, { asOf });
    return result.ok ? 'ok' : `${result.field} ${result.code}`;
  };

  test('at least one buyer and one supplier before signing (domain §2)', () => {
    const [buyer, supplier] = ['buyer', 'supplier'].map((role) =>
      approved.parties.filter((party) => party.role === role),
    );
    expect(refused({ ...approved, parties: supplier ?? [] }, 'signed')).toBe('parties buyer_missing');
    expect(refused({ ...approved, parties: buyer ?? [] }, 'signed')).toBe('parties supplier_missing');
    expect(refused(approved, 'signed')).toBe('ok');
  });

  test('no activation without an effective date that has come, nor without an end unless evergreen (rule 62)', () => {
    const signed = (changes: Parameters<typeof term>[0]) => contract({ stage: 'signed', term: term(changes) });
    expect(refused(signed({ effectiveDate: null }), 'active')).toBe('effectiveDate effective_date_missing');
    expect(refused(signed({ effectiveDate: day('2026-06-02') }), 'active')).toBe(
      'effectiveDate effective_date_in_future',
    );
    const renewing = (changes: Parameters<typeof term>[0]) => contract({ stage: 'renewing', term: term(changes) });
    expect(refused(renewing({ endDate: null }), 'active')).toBe('endDate end_date_missing');
    expect(refused(renewing({ endDate: null, renewalKind: 'evergreen' }), 'active')).toBe('ok');
  });

  test('an effective date of today has come, and a contract may last one day', () => {
    const oneDay = term({ effectiveDate: asOf, endDate: asOf, renewalKind: 'none' });
    expect(refused(contract({ stage: 'renewing', term: oneDay }), 'active')).toBe('ok');
    expect(refused({ ...approved, term: oneDay }, 'signed')).toBe('ok');
  });

  test('an end before the effective date is never signed', () => {
    const reversed = { ...approved, term: term({ endDate: day('2025-12-31') }) };
    expect(refused(reversed, 'signed')).toBe('endDate end_date_before_effective_date');
  });

  test('expiry is a date event: nobody expires a running term, nor renews one that is over', () => {
    expect(refused(contract(), 'expired')).toBe('endDate term_not_over');
    const lapsed = contract({ stage: 'expired', term: term({ renewalKind: 'none', endDate: day('2026-05-31') }) });
    expect(refused(lapsed, 'renewing')).toBe('endDate term_over');
  });

  test('a late renewal: once a later end is recorded, expired → renewing → active', () => {
    const revived = contract({ stage: 'expired', term: term({ renewalKind: 'none', endDate: day('2027-05-31') }) });
    expect(stageAsOf(revived, asOf)).toBe('expired');
    const renewing = moveStage(revived, 'renewing', { asOf });
    expect(renewing.ok && refused(renewing.contract, 'active')).toBe('ok');
  });

  test('signing records the day when no signing date is known, and never moves a known one', () => {
    const first = moveStage(approved, 'signed', { asOf });
    expect(first.ok && first.contract.signedDate).toBe('2026-06-01');
    const known = moveStage({ ...approved, signedDate: day('2026-05-20') }, 'signed', { asOf });
    expect(known.ok && known.contract.signedDate).toBe('2026-05-20');
  });
});

describe('date events need no click', () => {
  const signed = contract({ stage: 'signed', term: term({ effectiveDate: day('2026-06-01'), renewalKind: 'none' }) });

  test.each([
    ['2026-05-31', 'signed'],
    ['2026-06-01', 'active'],
    ['2026-12-31', 'active'],
    ['2027-01-01', 'expired'],
  ])('signed, effective 2026-06-01, ends 2026-12-31: on %s it is %s', (date, expected) => {
    expect(stageAsOf(signed, day(date))).toBe(expected);
  });

  test('an automatic renewal goes on; one of unrecorded length is not declared expired', () => {
    expect(stageAsOf(contract(), day('2030-01-01'))).toBe('active');
    expect(stageAsOf(contract({ term: term({ renewalMonths: null }) }), day('2030-01-01'))).toBe('active');
    expect(stageAsOf(contract({ term: term({ renewalsLeft: 1 }) }), day('2027-12-31'))).toBe('active');
    expect(stageAsOf(contract({ term: term({ renewalsLeft: 1 }) }), day('2028-01-01'))).toBe('expired');
  });

  test('once exit is decided the contract expires at its end', () => {
    expect(stageAsOf(contract({ renewalDecision: 'exit' }), day('2027-01-01'))).toBe('expired');
  });

  test('a move starts from the stage of the day: a signed contract in effect is terminated, not voided', () => {
    const result = moveStage(signed, 'void', { asOf });
    expect(result).toMatchObject({ ok: false, code: 'void_after_active', from: 'active' });
    const recorded = moveStage(signed, 'active', { asOf });
    expect(recorded.ok && recorded.contract.stage).toBe('active');
  });

  test('reading nightly or once at the end gives the same stage', () => {
    const stage = fc.constantFrom(...CONTRACT_STAGES);
    fc.assert(
      fc.property(anyTerm, stage, anyDay, fc.integer({ min: 0, max: 900 }), (anyOne, from, start, length) => {
        const direct = contract({ stage: from, term: anyOne });
        const middle = { ...direct, stage: stageAsOf(direct, start) };
        const end = addDays(start, length);
        expect(stageAsOf(middle, end)).toBe(stageAsOf(direct, end));
      }),
    );
  });

  test('live means signed, active or renewing on that day, and not archived', () => {
    const live = CONTRACT_STAGES.filter((stage) => isLive(contract({ stage }), asOf));
    expect(live).toEqual(['signed', 'active', 'renewing']);
    expect(isLive(contract({ archived: true }), asOf)).toBe(false);
    expect(isLive(contract({ renewalDecision: 'exit' }), day('2027-01-01'))).toBe(false);
  });

  test('choices are exactly the moves that succeed', () => {
    expect(stageChoices(contract(), asOf)).toEqual(['renewing', 'terminated']);
    expect(stageChoices(contract({ stage: 'approved', parties: [] }), asOf)).toEqual(['in_review', 'void']);
    expect(stageChoices(contract({ stage: 'void' }), asOf)).toEqual([]);
  });
});

test('a stage is parsed from its code only', () => {
  expect(parseContractStage('in_review')).toBe('in_review');
  expect([parseContractStage('In review'), parseContractStage(null), parseContractStage('toString')]).toEqual([
    null,
    null,
    null,
  ]);
});
