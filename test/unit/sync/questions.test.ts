/** Fields that people decide (policy `ask`): what stands while they have not, and what ends it. */
import { describe, expect, test } from 'vitest';
import type { HostFieldEdit } from '../../../server/crm/port.ts';
import type { MirrorValues } from '../../../server/domain/mirror.ts';
import type { Mirror, Question, RecordState } from '../../../server/store/port.ts';
import { type Judgement, judgeRecord } from '../../../server/sync/judge-record.ts';
import {
  agreedState,
  committed,
  CONTEXT,
  edit,
  judge,
  linkedAt,
  NOW,
  reading,
  REF,
} from '../../support/judge-fixture.ts';
import { day, sampleContract } from '../../support/simulation-world.ts';

const ASK = { conflictPolicy: { stage: 'ask', renewalDate: 'ask', renewalDecision: 'ask' } } as const;
const { term } = sampleContract('one');
/** The day after the last one of the term, as records show it. */
const AGREED = '2027-06-01';
const OURS = '2027-08-01';
const THEIRS = '2027-10-01';
const agreed = linkedAt(500);
const changed = linkedAt(1_500, { term: { ...term, endDate: day('2027-07-31') } });
const QUESTION: Question = { contractId: 'one', base: AGREED, ours: OURS, theirs: THEIRS, reason: 'both_changed' };

const judged = (state: RecordState, values: MirrorValues, history: readonly HostFieldEdit[] = []): Judgement =>
  judge(state, reading(state, values, { history: [...history], updatedAt: history.length === 0 ? 1_000 : 2_000 }), ASK);

/** Agreed before, then changed here; the record shows what it showed. */
function changedHere(change: Partial<Mirror> = {}): RecordState {
  return { ...agreedState([agreed], change), contracts: [changed] };
}
/** The question stands: everything else is agreed, and the record shows theirs. */
function standing(change: Partial<Mirror> = {}): RecordState {
  const state = agreedState([changed], { asked: { renewalDate: QUESTION }, ...change });
  if (state.mirror === null) throw new Error('an agreed record has a mirror');
  const base = { ...state.mirror.base, renewalDate: THEIRS, ...change.base };
  return { ...state, mirror: { ...state.mirror, base } };
}

describe('a question', () => {
  test('S9 is asked when both sides changed the field: neither value is taken, the other fields are written', () => {
    const { commit } = committed(judged(changedHere(), { renewalDate: THEIRS }, [edit('renewalDate', THEIRS, 1_800)]));
    expect(commit).toMatchObject({ updates: [], conflicts: [], mirror: { asked: { renewalDate: QUESTION } } });
    expect(commit.questions).toEqual([{ kind: 'asked', field: 'renewalDate', question: QUESTION, at: NOW }]);
    expect(commit.intent?.values).toMatchObject({ endDate: '2027-07-31' });
    expect(commit.intent?.values).not.toHaveProperty('renewalDate');
  });

  test('S9 is asked about an edit that our write covered, and the record gets its value back', () => {
    const history = [edit('renewalDate', THEIRS, 1_800), edit('renewalDate', OURS, 1_900, 'us')];
    const { commit } = committed(judged(changedHere(), { renewalDate: OURS }, history));
    expect(commit.mirror.asked).toEqual({ renewalDate: { ...QUESTION, reason: 'overwritten' } });
    expect(commit.intent?.values).toMatchObject({ renewalDate: THEIRS });
  });

  test('S9 is not asked where the contract’s rules refuse the record’s value', () => {
    const illegal = '2020-01-01';
    const { commit } = committed(
      judged(changedHere(), { renewalDate: illegal }, [edit('renewalDate', illegal, 1_800)]),
    );
    expect(commit).toMatchObject({
      questions: [],
      conflicts: [{ winner: 'ours', reason: 'illegal', theirs: illegal }],
    });
    expect(commit.intent?.values).toMatchObject({ renewalDate: OURS });
  });

  test('S3 S9 that stands calls for no commit and no write', () => {
    expect(judged(standing(), {})).toEqual({ kind: 'idle' });
  });

  test('S9 follows what either side changes', () => {
    const later = linkedAt(1_900, { term: { ...term, endDate: day('2027-08-31') } });
    const here = committed(judged({ ...standing(), contracts: [later] }, {})).commit;
    expect(here.questions).toMatchObject([{ kind: 'asked', question: { ours: '2027-09-01', theirs: THEIRS } }]);
    expect(here.intent?.values).not.toHaveProperty('renewalDate');
    const there = committed(
      judged(standing(), { renewalDate: '2027-12-01' }, [edit('renewalDate', '2027-12-01', 1_800)]),
    );
    expect(there.commit).toMatchObject({ updates: [], conflicts: [], intent: null });
    expect(there.commit.questions).toEqual([
      { kind: 'asked', field: 'renewalDate', question: { ...QUESTION, theirs: '2027-12-01' }, at: NOW },
    ]);
  });

  test('S9 is settled as soon as both sides agree, whoever came round', () => {
    const there = committed(judged(standing(), { renewalDate: OURS }, [edit('renewalDate', OURS, 1_800)])).commit;
    const same = linkedAt(1_900, { term: { ...term, endDate: day('2027-09-30') } });
    const here = committed(judged({ ...standing(), contracts: [same] }, {})).commit;
    for (const commit of [there, here]) {
      expect(commit.questions).toMatchObject([{ kind: 'settled' }]);
      expect(commit).toMatchObject({ mirror: { asked: {} }, updates: [], conflicts: [] });
    }
    expect(there.intent).toBeNull();
  });

  test('S9 answered with ours, the record gets our value; answered with theirs, nothing is left to write', () => {
    const ours = committed(judged(standing({ asked: {} }), {})).commit;
    expect(ours).toMatchObject({ questions: [], intent: { values: { renewalDate: OURS } } });
    const taken = agreedState([linkedAt(1_900, { term: { ...term, endDate: day('2027-09-30') } })]);
    expect(judged(taken, {})).toEqual({ kind: 'idle' });
  });
});

describe('a question ends', () => {
  const kept = { kind: 'kept', field: 'renewalDate', question: QUESTION };

  test('S9 when its contract is unlinked: theirs is kept as a conflict and the record is cleared', () => {
    const { commit } = committed(judged({ ...standing(), contracts: [] }, {}));
    expect(commit.questions).toMatchObject([{ ...kept, reason: 'lead_changed', detail: 'contract_not_linked' }]);
    expect(commit).toMatchObject({ mirror: { asked: {} }, intent: { values: { renewalDate: null } } });
  });

  test('S9 when another contract leads, whose value the record has to show', () => {
    const draft = { ...changed, contract: { ...changed.contract, stage: 'terminated' as const } };
    const two = linkedAt(500, { number: 'C-2' }, 'two');
    const { commit } = committed(judged({ ...standing(), contracts: [draft, two] }, {}));
    expect(commit.questions).toMatchObject([{ kind: 'kept', reason: 'lead_changed', detail: 'lead_changed' }]);
    expect(commit.intent?.values).toMatchObject({ renewalDate: AGREED, leadContractNumber: 'C-2' });
  });

  test('S11 when its record is merged away: the row goes with the links and keeps both values', () => {
    const into = { ...REF, recordId: '2' };
    const { commit } = committed(judgeRecord(standing(), { kind: 'merged', ref: REF, into }, { ...CONTEXT, ...ASK }));
    expect(commit.questions).toMatchObject([{ ...kept, detail: 'record_merged' }]);
    expect(commit.mirror.asked).toEqual({});
  });

  test('S12 not while its record is in the recycle bin, and when nothing links that record any more', () => {
    const context = { ...CONTEXT, ...ASK };
    const gone = committed(judgeRecord(standing(), { kind: 'archived', ref: REF }, context)).commit;
    expect(gone).toMatchObject({ questions: [], mirror: { asked: { renewalDate: QUESTION } } });
    const unlinked = { ...standing({ state: 'archived' }), contracts: [] };
    expect(committed(judgeRecord(unlinked, { kind: 'archived', ref: REF }, context)).commit).toMatchObject({
      questions: [kept],
      mirror: { asked: {} },
    });
  });
});
