import { describe, expect, test } from 'vitest';
import { INTENT_KEPT_MS_MAX, isSettledAndUnlinked, judgeRecord } from '../../../server/sync/judge-record.ts';
import {
  agreedState,
  committed,
  CONTEXT,
  edit,
  emptyValues,
  judge,
  linkedAt,
  NOW,
  reading,
  REF,
} from '../../support/judge-fixture.ts';
import { day, deal } from '../../support/simulation-world.ts';

const one = linkedAt(500);
const withIntent = (
  state: ReturnType<typeof agreedState>,
  values: Record<string, string | null>,
  contractId = 'one',
) => ({
  ...state,
  intents: [{ syncToken: 't2', contractId, values, createdAt: NOW - 5_000 }],
});

describe('a record that shows what was agreed', () => {
  test('S3 calls for no commit and no write', () => {
    const state = agreedState([one], { hostUpdatedAt: 2_000 });
    expect(judge(state, reading(state, {}))).toEqual({ kind: 'idle' });
  });

  test('S3 our own write coming back moves the base and ends the intent, and nothing is written', () => {
    const before = agreedState([one], { base: { ...emptyValues() } });
    const { values } = CONTEXT.wanted([one]);
    const state = withIntent(before, { ...values });
    const history = [edit('syncToken', 't2', 1_500, 'us'), edit('stage', 'active', 1_500, 'us')];
    const { commit } = committed(judge(state, reading(state, values, { syncToken: 't2', history })));
    expect(commit).toMatchObject({ intent: null, updates: [], conflicts: [], retireTokens: ['t2'] });
    expect(commit.mirror).toMatchObject({ syncToken: 't2', leadContractId: 'one', lastAgreedAt: NOW });
  });
});

describe('a person’s edit', () => {
  test('S1 is taken over, with who, where, when and through what (S13)', () => {
    const state = agreedState([one]);
    const history = [edit('renewalDate', '2027-09-01', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDate: '2027-09-01' }, { history })));
    expect(commit.updates).toMatchObject([
      { contractId: 'one', expectedRevision: 1, changes: { endDate: '2027-08-31' } },
    ]);
    expect(commit.updates[0]?.provenance.renewalDate).toEqual({
      source: 'host',
      actor: 'person-9',
      connectionId: 'conn-a',
      ref: REF,
      eventId: 'event-1',
      at: 1_800,
    });
    expect(commit.conflicts).toEqual([]);
  });

  test('S6 writes only the fields that follow from it', () => {
    const state = agreedState([one]);
    const history = [edit('renewalDate', '2027-09-01', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDate: '2027-09-01' }, { history })));
    expect(commit.intent).toEqual({
      syncToken: 'fresh',
      contractId: 'one',
      values: { endDate: '2027-08-31', noticeDeadline: '2027-06-02' },
      createdAt: NOW,
    });
  });

  test('S2 against a newer change of ours loses, and is kept as a conflict with base, ours and theirs', () => {
    const changed = linkedAt(5_000, { renewalDecision: 'renew' });
    const state = { ...agreedState([one]), contracts: [changed] };
    const history = [edit('renewalDecision', 'exit', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDecision: 'exit' }, { history })));
    expect(commit.updates).toEqual([]);
    expect(commit.conflicts).toMatchObject([
      {
        field: 'renewalDecision',
        base: 'undecided',
        ours: 'renew',
        theirs: 'exit',
        winner: 'ours',
        reason: 'both_changed',
      },
    ]);
    expect(commit.intent?.values).toMatchObject({ renewalDecision: 'renew' });
  });

  test('S2 against an older change of ours wins, and ours is kept as a conflict', () => {
    const changed = linkedAt(1_200, { renewalDecision: 'renew' });
    const state = { ...agreedState([one]), contracts: [changed] };
    const history = [edit('renewalDecision', 'renegotiate', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDecision: 'renegotiate' }, { history })));
    expect(commit.updates[0]?.changes).toEqual({ renewalDecision: 'renegotiate' });
    expect(commit.conflicts).toMatchObject([{ ours: 'renew', theirs: 'renegotiate', winner: 'theirs' }]);
  });

  test('S2 a conflict read without history asks for the history, which knows the time of each field', () => {
    const changed = linkedAt(1_200, { renewalDecision: 'renew' });
    const state = { ...agreedState([one]), contracts: [changed] };
    expect(judge(state, reading(state, { renewalDecision: 'exit' }, { history: null }))).toEqual({
      kind: 'history_needed',
    });
  });

  test('S2 overwritten by our write is found in the history and wins if its editor saw our value', () => {
    const state = withIntent(agreedState([one]), { leadContractTitle: 'Contract one' });
    const history = [
      edit('renewalDate', '2027-10-01', 1_300),
      edit('syncToken', 't2', 1_500, 'us'),
      edit('renewalDate', '2027-06-01', 1_500, 'us'),
    ];
    const { commit } = committed(
      judge(state, reading(state, { renewalDate: '2027-06-01' }, { syncToken: 't2', history })),
    );
    expect(commit.updates[0]?.changes).toEqual({ endDate: '2027-09-30' });
    expect(commit.intent?.values.renewalDate).toBe('2027-10-01');
  });

  test('S2 overwritten by our newer write loses as `overwritten`, and is not forgotten', () => {
    const changed = linkedAt(9_000, { term: { ...one.contract.term, endDate: day('2027-07-31') } });
    const state = withIntent({ ...agreedState([one]), contracts: [changed] }, { renewalDate: '2027-08-01' });
    const history = [
      edit('renewalDate', '2027-10-01', 1_300),
      edit('syncToken', 't2', 1_500, 'us'),
      edit('renewalDate', '2027-08-01', 1_500, 'us'),
    ];
    const { commit } = committed(
      judge(state, reading(state, { renewalDate: '2027-08-01' }, { syncToken: 't2', history })),
    );
    expect(commit.updates).toEqual([]);
    expect(commit.conflicts).toMatchObject([
      { theirs: '2027-10-01', ours: '2027-08-01', winner: 'ours', reason: 'overwritten' },
    ]);
  });

  test('S2 our own write landing after its intent was given up is not taken for a person’s edit', () => {
    const changed = linkedAt(1_200, { renewalDecision: 'exit' });
    const state = { ...agreedState([changed]), contracts: [changed] };
    const history = [edit('syncToken', 'forgotten', 1_500, 'us'), edit('renewalDecision', 'renew', 1_500, 'us')];
    const { commit } = committed(
      judge(state, reading(state, { renewalDecision: 'renew' }, { syncToken: 'forgotten', history })),
    );
    expect(commit).toMatchObject({ updates: [], conflicts: [] });
    expect(commit.intent?.values).toMatchObject({ renewalDecision: 'exit' });
  });
});

describe('a person’s edit that cannot stand', () => {
  test('S10 an illegal stage move is put back and said why', () => {
    const state = agreedState([one]);
    const history = [edit('stage', 'draft', 1_800)];
    const { commit } = committed(judge(state, reading(state, { stage: 'draft' }, { history })));
    expect(commit.updates).toEqual([]);
    expect(commit.conflicts).toMatchObject([
      { field: 'stage', theirs: 'draft', reason: 'illegal', detail: 'move_not_allowed' },
    ]);
    expect(commit.intent?.values).toEqual({ stage: 'active' });
  });

  test('S10 a renewal date before the effective date is put back and said why', () => {
    const state = agreedState([one]);
    const history = [edit('renewalDate', '2020-01-01', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDate: '2020-01-01' }, { history })));
    expect(commit.conflicts).toMatchObject([{ reason: 'illegal', detail: 'renewal_date_not_after_effective_date' }]);
    expect(commit.intent?.values).toEqual({ renewalDate: '2027-06-01' });
  });

  test('S10 a value that means nothing to us is put back, never replaced by a default', () => {
    const state = agreedState([one]);
    const history = [edit('renewalDecision', 'maybe', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDecision: 'maybe' }, { history })));
    expect(commit).toMatchObject({ updates: [], conflicts: [{ reason: 'illegal', detail: 'unknown_value' }] });
  });

  test('S9 a field of ours is put back, and the text is kept', () => {
    const state = agreedState([one]);
    const { commit } = committed(judge(state, reading(state, { leadContractTitle: 'My own title' })));
    expect(commit.conflicts).toMatchObject([
      {
        field: 'leadContractTitle',
        base: 'Contract one',
        theirs: 'My own title',
        winner: 'ours',
        reason: 'owned_by_us',
      },
    ]);
    expect(commit.intent?.values).toEqual({ leadContractTitle: 'Contract one' });
  });

  test('S9 two edits of which one is legal: that one counts', () => {
    const state = agreedState([one]);
    const history = [edit('stage', 'void', 1_700), edit('renewalDecision', 'renew', 1_800)];
    const { commit } = committed(
      judge(state, reading(state, { stage: 'void', renewalDecision: 'renew' }, { history })),
    );
    expect(commit.updates[0]?.changes).toEqual({ renewalDecision: 'renew' });
    expect(commit.conflicts).toMatchObject([{ field: 'stage', detail: 'void_after_active' }]);
  });
});

describe('a record with several contracts', () => {
  const two = linkedAt(500, { number: 'C-2', term: { ...one.contract.term, endDate: day('2028-12-31') } }, 'two');

  test('S9 an edit belongs to the contract that was shown, also when another leads by now', () => {
    const nearer = linkedAt(500, { term: { ...one.contract.term, endDate: day('2027-04-30') } }, 'three');
    const state = { ...agreedState([one, two]), contracts: [one, two, nearer] };
    expect(state.mirror?.leadContractId).toBe('one');
    const history = [edit('renewalDate', '2027-09-01', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDate: '2027-09-01' }, { history })));
    expect(commit.updates).toMatchObject([{ contractId: 'one', changes: { endDate: '2027-08-31' } }]);
    expect(commit.intent?.contractId).toBe('three');
    expect(commit.mirror.leadContractId).toBe('one');
  });

  test('S9 an edit after our write showed another contract belongs to that one', () => {
    const state = withIntent(agreedState([one, two]), { leadContractNumber: 'C-2', renewalDate: '2029-01-01' }, 'two');
    const history = [
      edit('syncToken', 't2', 1_500, 'us'),
      edit('leadContractNumber', 'C-2', 1_500, 'us'),
      edit('renewalDate', '2029-01-01', 1_500, 'us'),
      edit('renewalDate', '2029-03-01', 1_700),
    ];
    const { commit } = committed(
      judge(state, reading(state, { renewalDate: '2029-03-01' }, { syncToken: 't2', history })),
    );
    expect(commit.updates).toMatchObject([{ contractId: 'two', changes: { endDate: '2029-02-28' } }]);
  });

  test('S9 a late write that leaves the number alone leaves the contract that people see alone', () => {
    const state = withIntent(agreedState([one, two]), { renewalDecision: 'exit' }, 'two');
    const history = [
      edit('syncToken', 't2', 1_500, 'us'),
      edit('renewalDecision', 'exit', 1_500, 'us'),
      edit('renewalDate', '2027-09-01', 1_700),
    ];
    const change = { renewalDecision: 'exit', renewalDate: '2027-09-01' };
    const { commit } = committed(judge(state, reading(state, change, { syncToken: 't2', history })));
    expect(commit.updates).toMatchObject([{ contractId: 'one', changes: { endDate: '2027-08-31' } }]);
  });

  test('S2 an edit of a contract that is no longer linked is kept as a conflict', () => {
    const state = { ...agreedState([one]), contracts: [two] };
    const history = [edit('renewalDate', '2027-09-01', 1_800)];
    const { commit } = committed(judge(state, reading(state, { renewalDate: '2027-09-01' }, { history })));
    expect(commit.updates).toEqual([]);
    expect(commit.conflicts).toMatchObject([{ contractId: 'one', reason: 'lead_changed', theirs: '2027-09-01' }]);
  });
});

describe('the first reading of a record', () => {
  const fresh = { ref: REF, mirror: null, intents: [], contracts: [one], hasTombstones: false };

  test('writes every field that is not empty', () => {
    const { commit } = committed(judge(fresh, reading(fresh, {}, { syncToken: null })));
    expect(commit.expectedMirrorRevision).toBeNull();
    expect(commit.intent?.values).toMatchObject({ leadContractNumber: 'C-one', stage: 'active', contractCount: '1' });
    expect(commit.conflicts).toEqual([]);
  });

  test('S2 keeps what a person had typed there as a conflict', () => {
    const history = [edit('renewalDate', '2030-01-01', 900)];
    const { commit } = committed(
      judge(fresh, reading(fresh, { renewalDate: '2030-01-01' }, { syncToken: null, history })),
    );
    expect(commit.conflicts).toMatchObject([
      { field: 'renewalDate', theirs: '2030-01-01', reason: 'lead_changed', winner: 'ours' },
    ]);
  });

  test('is silent about values that we wrote in an earlier life', () => {
    const history = [edit('renewalDate', '2030-01-01', 900, 'us')];
    const { commit } = committed(
      judge(fresh, reading(fresh, { renewalDate: '2030-01-01' }, { syncToken: null, history })),
    );
    expect(commit.conflicts).toEqual([]);
  });
});

describe('a record without contracts', () => {
  test('S9 is cleared', () => {
    const state = { ...agreedState([one]), contracts: [] };
    const { commit } = committed(judge(state, reading(state, {})));
    expect(Object.values(commit.intent?.values ?? {}).every((value) => value === null)).toBe(true);
    expect(commit.intent?.values).toHaveProperty('leadContractNumber', null);
  });

  test('S6 once cleared gets no read and no write', () => {
    const state = { ...agreedState([one]), contracts: [] };
    expect(isSettledAndUnlinked(state)).toBe(false);
    expect(isSettledAndUnlinked({ ...state, mirror: null })).toBe(true);
    expect(isSettledAndUnlinked({ ...agreedState([]), contracts: [] })).toBe(true);
  });
});

describe('a record that is gone', () => {
  test('S12 archived leaves tombstones and keeps the base for its return', () => {
    const state = agreedState([one]);
    const { commit } = committed(judgeRecord(state, { kind: 'archived', ref: REF }, CONTEXT));
    expect(commit.linkChange).toEqual({ kind: 'tombstone', reason: 'archived' });
    expect(commit.mirror).toMatchObject({ state: 'archived', base: state.mirror?.base });
    expect(commit.intent).toBeNull();
  });

  test('S12 returned has its links restored and is looked at again', () => {
    const state = { ...agreedState([one], { state: 'archived' }), contracts: [], hasTombstones: true };
    const judgement = committed(judge(state, reading(state, {})));
    expect(judgement).toMatchObject({
      again: true,
      commit: { linkChange: { kind: 'restore' }, mirror: { state: 'live' } },
    });
  });

  test('S12 returned is restored also when a merge has added a living link meanwhile', () => {
    const state = agreedState([one], { state: 'archived' });
    expect(committed(judge(state, reading(state, {})))).toMatchObject({
      again: true,
      commit: { linkChange: { kind: 'restore' }, mirror: { state: 'live' } },
    });
  });

  test('S11 merged while its links were tombstones has them lifted first', () => {
    const state = { ...agreedState([one], { state: 'archived' }), contracts: [], hasTombstones: true };
    const judgement = committed(judgeRecord(state, { kind: 'merged', ref: REF, into: deal('77') }, CONTEXT));
    expect(judgement).toMatchObject({ again: true, commit: { linkChange: { kind: 'restore' } } });
  });

  test.each(['archived', 'missing'] as const)(
    'S9 found %s, or back again, keeps the writes that await confirmation in mind',
    (kind) => {
      const intent = { syncToken: 't2', contractId: 'one', values: { leadContractNumber: 'C-one' }, createdAt: 0 };
      const gone = { ...agreedState([one]), intents: [intent] };
      expect(committed(judgeRecord(gone, { kind, ref: REF }, CONTEXT)).commit.retireTokens).toEqual([]);
      const known = { ...agreedState([one], { state: kind }), contracts: [], hasTombstones: true, intents: [intent] };
      expect(judgeRecord(known, { kind, ref: REF }, CONTEXT)).toEqual({ kind: 'idle' });
      const back = committed(judge(known, reading(known, {})));
      expect(back).toMatchObject({ again: true, commit: { linkChange: { kind: 'restore' }, retireTokens: [] } });
    },
  );

  test('S12 known to be archived calls for nothing', () => {
    const state = { ...agreedState([one], { state: 'archived' }), contracts: [], hasTombstones: true };
    expect(judgeRecord(state, { kind: 'archived', ref: REF }, CONTEXT)).toEqual({ kind: 'idle' });
  });

  test('S11 merged hands its links to the record that carries on, without what was agreed with the old one', () => {
    const into = deal('77');
    const { commit } = committed(judgeRecord(agreedState([one]), { kind: 'merged', ref: REF, into }, CONTEXT));
    expect(commit.linkChange).toEqual({ kind: 'alias', into });
    expect(commit.mirror).toMatchObject({ base: {}, leadContractId: null, syncToken: null });
  });
});

describe('what the host answers', () => {
  test('S1 an answer older than one already seen is not believed', () => {
    const state = agreedState([one], { hostUpdatedAt: 5_000 });
    expect(judge(state, reading(state, { stage: 'draft' }))).toEqual({ kind: 'outdated_read' });
  });

  test('S5 a token that we did not expect calls for the history', () => {
    const state = agreedState([one]);
    expect(judge(state, reading(state, {}, { syncToken: 'other', history: null }))).toEqual({ kind: 'history_needed' });
  });

  test('S5 an intent that no history shows is kept while its write may still land, then given up', () => {
    const state = withIntent(agreedState([one]), { stage: 'active' });
    const read = reading(state, { renewalDate: null }, { history: [edit('renewalDate', null, 1_900)] });
    expect(committed(judge(state, read)).commit.retireTokens).toEqual([]);
    const later = judge(state, read, { now: NOW + INTENT_KEPT_MS_MAX });
    expect(committed(later).commit.retireTokens).toEqual(['t2']);
  });

  test('S3 a value that the host changed on storing ours is not written again', () => {
    const state = withIntent(agreedState([one], { base: { ...emptyValues() } }), { leadContractTitle: 'Contract one' });
    const { values } = CONTEXT.wanted([one]);
    const history = [edit('syncToken', 't2', 1_500, 'us'), edit('leadContractTitle', 'Contract', 1_500, 'us')];
    const read = reading(state, { ...values, leadContractTitle: 'Contract' }, { syncToken: 't2', history });
    const judgement = committed(judge(state, read));
    expect(judgement.unfit).toEqual(['leadContractTitle']);
    expect(judgement.commit.intent).toBeNull();
  });
});
