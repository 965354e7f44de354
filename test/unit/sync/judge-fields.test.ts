/** The finer points of judging a record's fields: whose edit it was, what is old news, and what the host made of our own write. */
import { describe, expect, test } from 'vitest';
import type { HostFieldEdit } from '../../../server/crm/port.ts';
import type { RecordState } from '../../../server/store/port.ts';
import { agreedState, committed, edit, judge, linkedAt, NOW, reading, REF } from '../../support/judge-fixture.ts';
import { day } from '../../support/simulation-world.ts';

const one = linkedAt(500);
const two = linkedAt(500, { number: 'C-2', term: { ...one.contract.term, endDate: day('2028-12-31') } }, 'two');
const fresh: RecordState = { ref: REF, mirror: null, intents: [], contracts: [one], hasTombstones: false };
const intent = (syncToken: string, contractId: string | null, values: Record<string, string | null>) => ({
  syncToken,
  contractId,
  values,
  createdAt: NOW - 5_000,
});

describe('what was judged before', () => {
  test('S4 an edit that an earlier reading judged, and our answer to it, are not judged again', () => {
    const state = agreedState([one]);
    const history = [edit('renewalDate', '2029-01-01', 700), edit('renewalDate', '2027-06-01', 800, 'us')];
    const { commit } = committed(judge(state, reading(state, {}, { history })));
    expect(commit).toMatchObject({ updates: [], conflicts: [], intent: null });
  });

  test('a field that the host does not report is no edit', () => {
    const state = agreedState([one]);
    const read = reading(state, { renewalDecision: 'renew' }, { history: [edit('renewalDecision', 'renew', 1_800)] });
    const { leadContractTitle: _title, stage: _stage, ...values } = read.values;
    const { commit } = committed(judge(state, { ...read, values }));
    expect(commit.conflicts).toEqual([]);
    expect(commit.updates).toMatchObject([{ changes: { renewalDecision: 'renew' } }]);
  });
});

describe('whose contract an edit is', () => {
  const late = edit('renewalDate', '2027-09-01', 1_800);
  const judged = (state: RecordState, history: readonly HostFieldEdit[], syncToken = 't1') => {
    const shown = Object.fromEntries(history.map(({ field, value }) => [field, value]));
    const { syncToken: _token, ...values } = shown;
    return committed(judge(state, reading(state, values, { syncToken, history: [...history] }))).commit;
  };

  test('S9 a person who types another contract’s number has not made the record show that contract', () => {
    const state = agreedState([one, two]);
    const commit = judged(state, [edit('leadContractNumber', 'C-2', 1_500), late]);
    expect(commit.updates).toMatchObject([{ contractId: 'one', changes: { endDate: '2027-08-31' } }]);
    expect(commit.conflicts).toMatchObject([
      { contractId: 'one', field: 'leadContractNumber', theirs: 'C-2', ours: 'C-one', detail: 'owned_by_us' },
    ]);
  });

  test('S9 a number that we wrote before the last judgement says nothing about what is shown now', () => {
    const state = agreedState([one, two]);
    const read = reading(
      state,
      { renewalDate: '2027-09-01' },
      { history: [edit('leadContractNumber', 'C-2', 999, 'us'), late] },
    );
    expect(committed(judge(state, read)).commit.updates).toMatchObject([{ contractId: 'one' }]);
  });

  test('S9 a number that we wrote in the very instant of the last judgement counts', () => {
    const state = { ...agreedState([one, two]), intents: [intent('t2', 'two', { leadContractNumber: 'C-2' })] };
    const commit = judged(state, [edit('leadContractNumber', 'C-2', 1_000, 'us'), late], 't2');
    expect(commit.updates).toMatchObject([{ contractId: 'two' }]);
  });

  test('S9 a record that shows again the contract agreed last belongs to it, also when it is linked no more', () => {
    const state = { ...agreedState([one]), contracts: [two] };
    const back = [edit('leadContractNumber', 'C-2', 1_200, 'us'), edit('leadContractNumber', 'C-one', 1_300, 'us')];
    expect(judged(state, [...back, late]).conflicts).toEqual([
      {
        contractId: 'one',
        field: 'renewalDate',
        base: '2027-06-01',
        ours: null,
        theirs: '2027-09-01',
        winner: 'ours',
        reason: 'lead_changed',
        detail: 'contract_not_linked',
        at: NOW,
      },
    ]);
  });

  test('S9 a contract that was unlinked between our write and the reading keeps the edits made while it was shown', () => {
    const state = {
      ...agreedState([one]),
      intents: [intent('t2', 'three', { leadContractNumber: 'C-3', leadContractTitle: 'Third' })],
    };
    const commit = judged(state, [edit('leadContractNumber', 'C-3', 1_500, 'us'), late], 't2');
    expect(commit.conflicts).toMatchObject([{ contractId: 'three', field: 'renewalDate', reason: 'lead_changed' }]);
    expect(commit.updates).toEqual([]);
  });

  test('S9 a number of no contract known here leaves the edit with none', () => {
    const commit = judged(agreedState([one]), [edit('leadContractNumber', 'C-unknown', 1_500, 'us'), late]);
    expect(commit.conflicts).toMatchObject([{ contractId: null, reason: 'lead_changed', theirs: '2027-09-01' }]);
  });
});

describe('when the history is asked for', () => {
  test('S6 an edit whose editor saw our value is taken over from the values alone', () => {
    const state = agreedState([one]);
    const { commit } = committed(judge(state, reading(state, { renewalDecision: 'renew' }, { history: null })));
    expect(commit.updates).toMatchObject([{ changes: { renewalDecision: 'renew' } }]);
    expect(commit.updates[0]?.provenance.renewalDecision).toMatchObject({ at: 2_000, actor: null });
    expect(commit.conflicts).toEqual([]);
  });

  test('S6 no clock decides what becomes of an edit on a contract that is linked no more', () => {
    const state = { ...agreedState([one]), contracts: [two] };
    const { commit } = committed(judge(state, reading(state, { renewalDecision: 'exit' }, { history: null })));
    expect(commit.conflicts).toMatchObject([{ contractId: 'one', theirs: 'exit', reason: 'lead_changed' }]);
  });

  test('S2 at a first meeting only the history knows whether a person typed what no contract holds', () => {
    const read = reading(fresh, { renewalDate: '2030-01-01' }, { syncToken: null, history: null });
    expect(judge(fresh, read)).toEqual({ kind: 'history_needed' });
  });

  test('S6 a first meeting with a record that shows what we would write needs no history', () => {
    const values = { leadContractTitle: 'Contract one', renewalDate: '2027-06-01' };
    const { commit } = committed(judge(fresh, reading(fresh, values, { syncToken: null, history: null })));
    expect(commit.conflicts).toEqual([]);
    expect(commit.intent?.values).not.toHaveProperty('leadContractTitle');
  });
});

describe('the first meeting', () => {
  const met = (state: RecordState, values: Record<string, string>, history: readonly HostFieldEdit[]) =>
    committed(judge(state, reading(state, values, { syncToken: null, history: [...history] }))).commit.conflicts;

  test('S2 what a person typed and no contract holds is kept, with what stands in its place', () => {
    expect(met(fresh, { renewalDate: '2030-01-01' }, [edit('renewalDate', '2030-01-01', 900)])).toEqual([
      {
        contractId: 'one',
        field: 'renewalDate',
        base: null,
        ours: '2027-06-01',
        theirs: '2030-01-01',
        winner: 'ours',
        reason: 'lead_changed',
        detail: 'first_meeting',
        at: NOW,
      },
    ]);
    expect(met(fresh, { leadContractTitle: 'Mine' }, [edit('leadContractTitle', 'Mine', 900)])).toMatchObject([
      { ours: 'Contract one', theirs: 'Mine', reason: 'owned_by_us', detail: 'first_meeting' },
    ]);
  });

  test('a value that another of the linked contracts holds is not lost, and no conflict', () => {
    const both = { ...fresh, contracts: [one, two] };
    expect(met(both, { renewalDate: '2029-01-01' }, [edit('renewalDate', '2029-01-01', 900)])).toEqual([]);
  });

  test('the author is that of the field, not of whatever was written last', () => {
    const typed = edit('renewalDate', '2030-01-01', 900);
    const written = edit('renewalDate', '2030-01-01', 900, 'us');
    expect(met(fresh, { renewalDate: '2030-01-01' }, [typed, edit('stage', null, 950, 'us')])).toHaveLength(1);
    expect(met(fresh, { renewalDate: '2030-01-01' }, [written, edit('stage', null, 950)])).toEqual([]);
  });

  test('S2 a value whose author the history no longer knows may be a person’s', () => {
    expect(met(fresh, { renewalDate: '2030-01-01' }, [])).toMatchObject([{ theirs: '2030-01-01', winner: 'ours' }]);
  });

  test('S9 a record that showed a contract in an earlier life is met like any other', () => {
    expect(met(fresh, {}, [edit('leadContractNumber', 'C-7', 800, 'us')])).toEqual([]);
  });
});

describe('several edits of one field', () => {
  test('S2 one that agrees with ours does not make ours look older than it is', () => {
    const changed = linkedAt(5_000, { renewalDecision: 'renew' });
    const state = {
      ...agreedState([one]),
      contracts: [changed],
      intents: [intent('t2', 'one', { renewalDecision: 'exit' })],
    };
    const history = [
      edit('renewalDecision', 'renew', 1_300),
      edit('renewalDecision', 'exit', 1_500, 'us'),
      edit('renewalDecision', 'renegotiate', 1_800),
    ];
    const read = reading(state, { renewalDecision: 'renegotiate' }, { syncToken: 't2', history });
    const { commit } = committed(judge(state, read));
    expect(commit.updates).toEqual([]);
    expect(commit.conflicts).toMatchObject([{ ours: 'renew', theirs: 'renegotiate', winner: 'ours' }]);
  });

  test('S10 what cannot stand is said to have lost, with what stands', () => {
    const state = agreedState([one]);
    const read = reading(state, { stage: 'draft' }, { history: [edit('stage', 'draft', 1_800)] });
    expect(committed(judge(state, read)).commit.conflicts).toMatchObject([
      { ours: 'active', theirs: 'draft', winner: 'ours', reason: 'illegal' },
    ]);
  });
});

describe('what the host made of our own write', () => {
  const asked = intent('t2', 'one', { leadContractTitle: 'Contract one', leadContractNumber: 'C-one' });
  const state = { ...agreedState([one], { base: {} }), intents: [asked] };
  const unfit = (
    values: Record<string, string | null>,
    history: readonly HostFieldEdit[],
    intents: RecordState['intents'] = [asked],
  ) => {
    const read = reading(state, values, { syncToken: 't2', history: [...history] });
    return committed(judge({ ...state, intents }, read)).unfit;
  };
  const written = [
    edit('leadContractTitle', 'Contract', 1_500, 'us'),
    edit('leadContractNumber', 'C-one', 1_500, 'us'),
    edit('syncToken', 't2', 1_500, 'us'),
  ];
  const shown = { leadContractTitle: 'Contract', leadContractNumber: 'C-one' };

  test('S3 a value stored otherwise than asked is one that does not fit; one stored as asked is not', () => {
    expect(unfit(shown, written)).toEqual(['leadContractTitle']);
    expect(unfit({ ...shown, leadContractTitle: 'Contract one' }, written)).toEqual([]);
  });

  test('S3 a value that a person has changed since is a person’s edit, not one that does not fit', () => {
    expect(unfit(shown, [...written, edit('leadContractTitle', 'Contract', 1_600)])).toEqual([]);
  });

  test('S3 a value that no write of ours shows in the history was not stored otherwise', () => {
    expect(unfit(shown, written.slice(1))).toEqual([]);
  });

  test('S3 only the write that the record shows counts, not others still under way', () => {
    const other = intent('t9', 'one', { leadContractNumber: 'C-other' });
    expect(unfit(shown, written, [other, asked])).toEqual(['leadContractTitle']);
    expect(unfit(shown, written, [other])).toEqual([]);
  });
});
