import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_STAGES, type Contract } from '../../../server/domain/contract.ts';
import { leadContract } from '../../../server/domain/lead.ts';
import { isLive } from '../../../server/domain/stage.ts';
import { anyDay, anyTerm, contract, day, term } from './contract-fixture.ts';

const asOf = day('2026-06-01');

function named(number: string, changes: Partial<Contract> = {}): Contract {
  return contract({ id: number, number, ...changes });
}

function lead(...contracts: readonly Contract[]): string | undefined {
  return leadContract(contracts, asOf)?.number;
}

describe('the lead contract of a CRM record', () => {
  const nearest = named('near', { term: term({ endDate: day('2026-10-31') }) });
  const farther = named('far', { term: term({ endDate: day('2027-10-31') }) });

  test('is the live one with the nearest notice deadline', () => {
    expect(lead(farther, nearest)).toBe('near');
  });

  test('a deadline of today still leads; equal deadlines fall to the smaller number, then the smaller id', () => {
    expect(leadContract([farther, nearest], day('2026-08-02'))?.number).toBe('near');
    expect(leadContract([farther, nearest], day('2026-08-03'))?.number).toBe('far');
    const [b2, b1, a3] = ['b', 'b', 'a'].map((number, index) => contract({ id: `id${3 - index}`, number }));
    if (b2 === undefined || b1 === undefined || a3 === undefined) throw new Error('three contracts');
    expect(leadContract([b2, b1, a3], asOf)?.id).toBe('id1');
    expect(leadContract([b2, b1], asOf)?.id).toBe('id2');
    const plain = [b2, b1].map((one) => ({ ...one, term: term({ renewalKind: 'none' }) }));
    expect(leadContract(plain, asOf)?.id).toBe('id2');
  });

  test('a deadline that has passed gives way to one that can still be met', () => {
    const passed = named('passed', { term: term({ endDate: day('2026-07-31') }) });
    expect(lead(passed, farther)).toBe('far');
  });

  test('without a deadline it is the newest live one, then the newest of all', () => {
    const plain = (number: string, effectiveDate: string, stage: Contract['stage']) =>
      named(number, { stage, term: term({ renewalKind: 'none', effectiveDate: day(effectiveDate) }) });
    expect(lead(plain('old', '2024-01-01', 'active'), plain('new', '2026-01-01', 'active'))).toBe('new');
    expect(lead(plain('old', '2024-01-01', 'active'), plain('draft', '2026-05-01', 'draft'))).toBe('old');
    expect(lead(plain('void', '2024-01-01', 'void'), plain('draft', '2026-05-01', 'draft'))).toBe('draft');
  });

  test('archived contracts never lead, and a record without contracts has none', () => {
    expect(lead({ ...nearest, archived: true }, farther)).toBe('far');
    expect(lead({ ...nearest, archived: true })).toBeUndefined();
    expect(lead()).toBeUndefined();
  });

  test('the answer does not depend on the order, and is live whenever one of them is', () => {
    const anyContract = fc
      .record({ term: anyTerm, stage: fc.constantFrom(...CONTRACT_STAGES), archived: fc.boolean() })
      .map((changes) => contract(changes));
    fc.assert(
      fc.property(fc.array(anyContract, { maxLength: 6 }), anyDay, (list, on) => {
        const contracts = list.map((one, index) => ({ ...one, id: `id${index}`, number: `C-${index}` }));
        const found = leadContract(contracts, on);
        expect(leadContract(contracts.toReversed(), on)).toEqual(found);
        if (contracts.some((one) => isLive(one, on))) expect(found !== null && isLive(found, on)).toBe(true);
      }),
    );
  });
});
