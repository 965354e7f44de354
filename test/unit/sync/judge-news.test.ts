/** Which readings call for a commit, and what it says of a record that is gone or has nothing to say. */
import { describe, expect, test } from 'vitest';
import type { HostRecord } from '../../../server/crm/port.ts';
import type { Mirror, RecordState } from '../../../server/store/port.ts';
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
import { deal } from '../../support/simulation-world.ts';

const HOUR_MS = 3_600_000;
const one = linkedAt(500);
const intent = { syncToken: 't2', contractId: 'one', values: { stage: 'active' }, createdAt: NOW - 5_000 };
/** Agreed, and last changed at the very instant that `reading` gives: another look at it finds nothing new. */
const quiet = (change: Partial<Mirror> = {}): RecordState => agreedState([one], { hostUpdatedAt: 2_000, ...change });
const look = (state: RecordState, rest: Partial<HostRecord> = {}) => judge(state, reading(state, {}, rest));

describe('a record that nothing links', () => {
  const cleared: RecordState = { ...agreedState([], { base: emptyValues() }), contracts: [] };

  test.each<[string, Partial<RecordState>]>([
    ['a contract', { contracts: [one] }],
    ['a tombstone', { hasTombstones: true }],
    ['a write whose end is not known', { intents: [intent] }],
  ])('S6 still needs a look because of %s, whatever was agreed', (_what, change) => {
    expect(isSettledAndUnlinked(cleared)).toBe(true);
    expect(isSettledAndUnlinked({ ...cleared, ...change })).toBe(false);
    expect(isSettledAndUnlinked({ ...cleared, mirror: null, ...change })).toBe(false);
  });

  test('S11 that carries on after a merge needs a look until it is known to be clear', () => {
    const mirror = cleared.mirror === null ? null : { ...cleared.mirror, base: {} };
    expect(isSettledAndUnlinked({ ...cleared, mirror })).toBe(false);
  });

  test('S9 and that was never met shows nothing of ours: that is remembered', () => {
    const unmet = { ...cleared, mirror: null };
    const { commit } = committed(look(unmet, { syncToken: null }));
    expect(commit).toMatchObject({ expectedMirrorRevision: null, intent: null, mirror: { state: 'live' } });
  });
});

describe('a record that is gone', () => {
  const gone = (state: RecordState, kind: 'archived' | 'missing') => judgeRecord(state, { kind, ref: REF }, CONTEXT);

  test.each(['archived', 'missing'] as const)(
    'S12 as %s leaves tombstones, keeps the base and the writes that await confirmation, and writes nothing',
    (kind) => {
      const state = { ...quiet(), intents: [intent] };
      const { revision, ...agreed } = state.mirror ?? { revision: 0 };
      expect(gone(state, kind)).toEqual({
        kind: 'commit',
        commit: {
          ref: REF,
          expectedMirrorRevision: revision,
          mirror: { ...agreed, state: kind },
          updates: [],
          conflicts: [],
          questions: [],
          retireTokens: [],
          intent: null,
          linkChange: { kind: 'tombstone', reason: kind },
        },
        again: false,
        unfit: [],
      });
    },
  );

  test('S12 before it was ever met has its links become tombstones all the same', () => {
    const { commit } = committed(gone({ ...quiet(), mirror: null }, 'missing'));
    expect(commit).toMatchObject({
      expectedMirrorRevision: null,
      mirror: { base: {}, state: 'missing', syncToken: null },
      linkChange: { kind: 'tombstone', reason: 'missing' },
    });
  });

  test('S12 and was known to be has a link made since become a tombstone', () => {
    const { commit } = committed(gone(quiet({ state: 'archived' }), 'archived'));
    expect(commit.linkChange).toEqual({ kind: 'tombstone', reason: 'archived' });
  });

  test('S12 ends the writes that were under way once nothing links it any more', () => {
    const state = { ...quiet({ state: 'archived' }), contracts: [], intents: [intent] };
    expect(committed(gone(state, 'archived')).commit).toMatchObject({ retireTokens: ['t2'], linkChange: null });
  });

  test('S12 is remembered as gone also when nothing links it, also when it was never met', () => {
    const unlinked = { ...quiet(), contracts: [] };
    expect(committed(gone(unlinked, 'archived')).commit).toMatchObject({
      mirror: { state: 'archived' },
      linkChange: null,
    });
    expect(committed(gone({ ...unlinked, mirror: null }, 'archived')).commit.linkChange).toBeNull();
    expect(gone({ ...quiet({ state: 'archived' }), contracts: [] }, 'missing').kind).toBe('commit');
  });

  test('S11 merged into another is met there anew, with the facts that were known', () => {
    const facts = { name: 'Deal' };
    const state = { ...quiet({ facts }), intents: [intent] };
    expect(judgeRecord(state, { kind: 'merged', ref: REF, into: deal('77') }, CONTEXT)).toEqual({
      kind: 'commit',
      commit: {
        ref: REF,
        expectedMirrorRevision: 3,
        mirror: {
          leadContractId: null,
          base: {},
          syncToken: null,
          historyCheckedAt: 0,
          hostUpdatedAt: null,
          lastAgreedAt: null,
          state: 'live',
          facts,
          asked: {},
        },
        updates: [],
        conflicts: [],
        questions: [],
        retireTokens: ['t2'],
        intent: null,
        linkChange: { kind: 'alias', into: deal('77') },
      },
      again: false,
      unfit: [],
    });
  });
});

describe('a reading that finds the record as it was agreed', () => {
  test('S3 calls for nothing', () => {
    expect(look(quiet())).toEqual({ kind: 'idle' });
    expect(look(quiet(), { history: null })).toEqual({ kind: 'idle' });
  });

  test.each<[string, Partial<Mirror>, Partial<HostRecord>]>([
    ['another token', {}, { syncToken: 't9' }],
    ['a later change', { hostUpdatedAt: 1_999 }, {}],
    ['other facts', { facts: { name: 'Old' } }, { facts: { name: 'New' } }],
    ['a fact less', { facts: { name: 'Deal', amount: '1' } }, { facts: { name: 'Deal' } }],
    ['another contract shown than was thought', { leadContractId: null }, {}],
  ])('but %s is remembered, without a write', (_what, mirror, rest) => {
    const { commit, again, unfit } = committed(look(quiet(mirror), rest));
    expect(commit).toMatchObject({ intent: null, updates: [], conflicts: [], mirror: { leadContractId: 'one' } });
    expect([again, unfit]).toEqual([false, []]);
  });

  test('a field that the host reports for the first time is remembered', () => {
    const state = quiet();
    const { stage: _stage, ...base } = state.mirror?.base ?? {};
    const before = quiet({ base });
    const { commit } = committed(judge(before, { ...reading(state, {}), history: [] }));
    expect(commit).toMatchObject({ intent: null, conflicts: [], mirror: { base: { stage: 'active' } } });
  });

  test('what both sides changed alike is remembered as agreed', () => {
    const state = { ...quiet(), contracts: [linkedAt(900, { renewalDecision: 'renew' })] };
    const read = reading(state, { renewalDecision: 'renew' }, { history: [edit('renewalDecision', 'renew', 1_900)] });
    const { commit } = committed(judge(state, read));
    expect(commit).toMatchObject({ updates: [], conflicts: [], intent: null });
    expect(commit.mirror.base.renewalDecision).toBe('renew');
  });

  test('S3 an agreement is confirmed in the store once an hour, not more often', () => {
    expect(look(quiet({ lastAgreedAt: NOW - HOUR_MS + 1 }))).toEqual({ kind: 'idle' });
    for (const lastAgreedAt of [NOW - HOUR_MS, null])
      expect(committed(look(quiet({ lastAgreedAt }))).commit.mirror.lastAgreedAt).toBe(NOW);
  });
});

describe('news', () => {
  test('S1 a change of ours calls for a write, however quiet the record is, and agreement waits for it', () => {
    const state = {
      ...quiet({ lastAgreedAt: NOW - 77 }),
      contracts: [linkedAt(5_000, { renewalDecision: 'renew' })],
    };
    const { commit } = committed(look(state));
    expect(commit.intent?.values).toEqual({ renewalDecision: 'renew' });
    expect(commit.mirror.lastAgreedAt).toBe(NOW - 77);
  });

  test('S2 an edit that left the record as it was agreed is an edit all the same', () => {
    const state = { ...quiet(), contracts: [linkedAt(1_200, { renewalDecision: 'renew' })] };
    const history = [edit('renewalDecision', 'renew', 1_400, 'us'), edit('renewalDecision', 'undecided', 1_500)];
    const { commit } = committed(look(state, { history }));
    expect(commit).toMatchObject({ updates: [{ changes: { renewalDecision: 'undecided' } }], conflicts: [] });
    expect(commit.intent).toBeNull();
  });

  test('S2 an edit that could not stand and that we have overwritten already is kept as a conflict', () => {
    const history = [edit('stage', 'draft', 1_300), edit('stage', 'active', 1_400, 'us')];
    const { commit } = committed(look(quiet(), { history }));
    expect(commit).toMatchObject({ updates: [], intent: null, conflicts: [{ theirs: 'draft', reason: 'illegal' }] });
  });

  test('S5 the end of a write is news', () => {
    const old = { ...intent, createdAt: NOW - INTENT_KEPT_MS_MAX - 1 };
    const { commit } = committed(look({ ...quiet(), intents: [old] }));
    expect(commit).toMatchObject({ retireTokens: ['t2'], updates: [], conflicts: [], intent: null });
  });
});

describe('the end of a write of ours', () => {
  const awaiting = { ...quiet(), intents: [intent] };
  const retired = (rest: Partial<HostRecord>, state: RecordState = awaiting) => {
    const judgement = look(state, { facts: { name: 'New' }, ...rest });
    return committed(judgement).commit.retireTokens;
  };

  test('S5 is looked for in the history, and nowhere else', () => {
    expect(look(awaiting, { history: null })).toEqual({ kind: 'history_needed' });
  });

  test('S5 its token is shown, or was before another write followed', () => {
    expect(retired({ syncToken: 't2' })).toEqual(['t2']);
    const history = [edit('syncToken', 't2', 1_400, 'us'), edit('syncToken', 't9', 1_500, 'us')];
    expect(retired({ syncToken: 't9', history })).toEqual(['t2']);
  });

  test('S5 another write’s token, or a field that happens to hold the same text, is not its end', () => {
    expect(retired({ syncToken: 't9', history: [edit('syncToken', 't9', 1_500, 'us')] })).toEqual([]);
    const title = [edit('leadContractTitle', 't2', 1_300), edit('leadContractTitle', 'Contract one', 1_400, 'us')];
    expect(retired({ history: title })).toEqual([]);
  });

  test('S5 it may still land for a quarter of an hour, to the millisecond', () => {
    const made = (createdAt: number): RecordState => ({ ...quiet(), intents: [{ ...intent, createdAt }] });
    expect(retired({}, made(NOW - INTENT_KEPT_MS_MAX))).toEqual([]);
    expect(retired({}, made(NOW - INTENT_KEPT_MS_MAX - 1))).toEqual(['t2']);
  });
});

describe('up to when the history is judged', () => {
  const checked = (mirror: Partial<Mirror>, rest: Partial<HostRecord>) =>
    committed(look(quiet(mirror), { facts: { name: 'New' }, ...rest })).commit.mirror.historyCheckedAt;

  test('S4 to the latest of what was judged before, the record’s last change and the last entry', () => {
    const entries = [1_100, 1_200, 2_500].map((at) => edit('stage', 'active', at, 'us'));
    expect(checked({ historyCheckedAt: 9_000 }, { history: entries })).toBe(9_000);
    expect(checked({}, { history: entries.slice(0, 2) })).toBe(2_000);
    expect(checked({}, { history: entries })).toBe(2_500);
    expect(checked({}, { history: null })).toBe(2_000);
  });

  test('S1 an answer of the very instant of the last one is believed, one before it is not', () => {
    expect(look(quiet({ hostUpdatedAt: 2_001 }))).toEqual({ kind: 'outdated_read' });
    expect(look(quiet({ hostUpdatedAt: 2_000 }))).toEqual({ kind: 'idle' });
  });
});
