import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CONFLICT_POLICIES,
  type ConflictPolicy,
  type FieldEntry,
  type FieldText,
  personRuns,
  resolveRun,
  unjudgedEntries,
} from '../../../server/domain/merge.ts';

const text = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: null });
const at = fc.integer({ min: 0, max: 20 });
const policy = fc.constantFrom(...CONFLICT_POLICIES);
const sides = fc.record({ base: text, mine: text, yours: text, changedAt: at, moment: at, chosen: policy });
const entry = fc.record({
  value: text,
  at,
  author: fc.constantFrom('us' as const, 'person' as const),
  authorId: fc.constant(null),
  contractId: fc.constantFrom('c1', 'c2'),
});

function person(value: string | null, moment: number, contractId = 'c1'): FieldEntry {
  return { value, at: moment, author: 'person', authorId: 'p1', contractId };
}

function us(value: string | null, moment: number, contractId = 'c1'): FieldEntry {
  return { value, at: moment, author: 'us', authorId: 'app', contractId };
}

function shown(value: string | null, moment = 99): { value: string | null; at: number; contractId: string } {
  return { value, at: moment, contractId: 'c1' };
}

/** The plain three-way merge of one register, without history: what the value becomes, and whether a value lost. */
function mergeField(
  base: FieldText,
  ours: { readonly value: FieldText; readonly changedAt: number },
  theirs: { readonly value: FieldText; readonly at: number },
  chosen: ConflictPolicy,
): { readonly value: FieldText; readonly lost: FieldText | undefined } {
  const run = personRuns(base, [], { ...theirs, contractId: null })[0];
  if (run === undefined) return { value: ours.value, lost: undefined };
  const resolution = resolveRun(ours, run, chosen);
  if (resolution.kind !== 'conflict') return { value: theirs.value, lost: undefined };
  return resolution.winner === 'theirs'
    ? { value: theirs.value, lost: ours.value }
    : { value: ours.value, lost: theirs.value };
}

describe('the merge of one field', () => {
  test('S1 equal sides stay as they are: merge(x, x, x) = x', () => {
    fc.assert(
      fc.property(text, at, at, policy, (x, mine, yours, chosen) => {
        const merged = mergeField(x, { value: x, changedAt: mine }, { value: x, at: yours }, chosen);
        expect(merged).toEqual({ value: x, lost: undefined });
      }),
    );
  });

  test('S1 merging once more changes nothing', () => {
    fc.assert(
      fc.property(sides, ({ base, mine, yours, changedAt, moment, chosen }) => {
        const once = mergeField(base, { value: mine, changedAt }, { value: yours, at: moment }, chosen);
        const twice = mergeField(yours, { value: once.value, changedAt }, { value: yours, at: moment }, chosen);
        expect(twice).toEqual({ value: once.value, lost: undefined });
      }),
    );
  });

  test('S2 a value of either side is kept, is the base that the other side replaced, or is reported as lost', () => {
    fc.assert(
      fc.property(sides, ({ base, mine, yours, changedAt, moment, chosen }) => {
        const { value, lost } = mergeField(base, { value: mine, changedAt }, { value: yours, at: moment }, chosen);
        for (const side of [mine, yours]) expect([value, lost, base]).toContain(side);
      }),
    );
  });

  test('S1 an equal instant falls to the same value whichever side it is on', () => {
    fc.assert(
      fc.property(text, text, at, (one, other, moment) => {
        const there = mergeField('base', { value: one, changedAt: moment }, { value: other, at: moment }, 'newest');
        const back = mergeField('base', { value: other, changedAt: moment }, { value: one, at: moment }, 'newest');
        expect(there.value).toBe(back.value);
      }),
    );
  });

  test('S9 the policy decides a conflict and nothing else', () => {
    const conflict = (chosen: 'host' | 'ours' | 'newest') =>
      mergeField('base', { value: 'mine', changedAt: 5 }, { value: 'theirs', at: 4 }, chosen).value;
    expect([conflict('host'), conflict('ours'), conflict('newest')]).toEqual(['theirs', 'mine', 'mine']);
    expect(mergeField('base', { value: 'base', changedAt: 9 }, { value: 'theirs', at: 1 }, 'ours').value).toBe(
      'theirs',
    );
  });
});

describe('a policy that asks', () => {
  const run = { seen: 'base', value: 'theirs', at: 9, authorId: null, contractId: 'c1', standing: true };

  test('S9 where people decide, neither clock nor side wins a conflict', () => {
    for (const changedAt of [1, 9, 99])
      expect(resolveRun({ value: 'mine', changedAt }, run, 'ask')).toEqual({ kind: 'conflict', winner: 'undecided' });
  });

  test('S9 where people decide, an edit that follows ours is no conflict', () => {
    expect(resolveRun({ value: 'base', changedAt: 99 }, run, 'ask')).toEqual({ kind: 'accepted' });
    expect(resolveRun({ value: 'theirs', changedAt: 99 }, run, 'ask')).toEqual({ kind: 'agreed' });
  });
});

describe('what people did since the last agreed value', () => {
  test('S2 an edit that the history explains keeps its instant and its author', () => {
    const runs = personRuns('a', [person('b', 1)], shown('b', 99));
    expect(runs).toEqual([{ seen: 'a', value: 'b', at: 1, authorId: 'p1', contractId: 'c1', standing: true }]);
  });

  test('S2 a value that follows the last known entry unexplained is an edit of unknown author, seen at the reading', () => {
    const runs = personRuns('a', [person('b', 1), us('c', 2)], shown('d', 99));
    expect(runs).toEqual([
      { seen: 'a', value: 'b', at: 1, authorId: 'p1', contractId: 'c1', standing: false },
      { seen: 'c', value: 'd', at: 99, authorId: null, contractId: 'c1', standing: true },
    ]);
  });

  test('S2 an edit that our write overwrote is found, with the value that its editor saw', () => {
    const runs = personRuns('a', [person('b', 1), us('c', 2)], shown('c'));
    expect(runs).toMatchObject([{ seen: 'a', value: 'b', standing: false }]);
  });

  test('S2 an edit hidden by a second edit is one run with it, because its second editor saw it', () => {
    const runs = personRuns('a', [person('b', 1), person('d', 2)], shown('d'));
    expect(runs).toMatchObject([{ seen: 'a', value: 'd', standing: true }]);
  });

  test('S3 a late write of ours is nobody’s edit', () => {
    expect(personRuns('a', [us('b', 5)], shown('b'))).toEqual([]);
  });

  test('S3 our value written twice is nobody’s edit', () => {
    expect(personRuns('a', [us('b', 1), us('b', 2)], shown('b'))).toEqual([]);
  });

  test('an edit and its undoing are nothing', () => {
    expect(personRuns('a', [person('b', 1), person('a', 2)], shown('a'))).toEqual([]);
  });

  test('S9 edits made while different contracts were shown are different runs', () => {
    const runs = personRuns('a', [person('b', 1, 'c1'), person('d', 2, 'c2')], { ...shown('d'), contractId: 'c2' });
    expect(runs.map((run) => [run.value, run.contractId])).toEqual([
      ['b', 'c1'],
      ['d', 'c2'],
    ]);
  });

  test('S2 a value that the history does not explain is somebody’s edit', () => {
    expect(personRuns('a', [], shown('b', 7))).toMatchObject([{ seen: 'a', value: 'b', at: 7, standing: true }]);
  });

  test('S2 what is shown is what the last run or write left: no run is dropped or made up', () => {
    fc.assert(
      fc.property(text, fc.array(entry, { maxLength: 8 }), text, (base, entries, value) => {
        const runs = personRuns(base, entries, { value, at: 50, contractId: 'c1' });
        for (const run of runs) expect(run.value).not.toBe(run.seen);
        const lastWritten = entries.findLast((one) => one.author === 'us');
        if (lastWritten === undefined && base !== value) expect(runs.some((run) => run.value === value)).toBe(true);
        expect(runs.filter((run) => run.standing).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('which entries are new', () => {
  test('S2 where the history no longer reaches back to the agreed value, what came after the last judgement is new', () => {
    const entries = [person('b', 1), person('d', 9)];
    expect(unjudgedEntries(entries, 'agreed long ago', 5)).toEqual([entries[1]]);
    expect(unjudgedEntries([entries[0] ?? person('b', 1)], 'agreed long ago', 5)).toEqual([]);
  });

  test('S2 a single entry that the agreed value does not explain is judged by its instant alone', () => {
    expect(unjudgedEntries([person('b', 9)], 'b', 5)).toEqual([person('b', 9)]);
  });

  test('S4 an entry of the very instant that was judged, and that is the agreed value, is old', () => {
    const entries = [person('x', 3), person('b', 5), person('d', 6)];
    expect(unjudgedEntries(entries, 'b', 5)).toEqual([entries[2]]);
  });

  test('S4 entries up to the last judged instant are not judged again', () => {
    expect(unjudgedEntries([person('b', 1), us('c', 2)], 'c', 2)).toEqual([]);
  });

  test('S2 of two changes in one tick of the host’s clock, the one after the agreed value is new', () => {
    const entries = [person('b', 1_000), person('d', 1_000)];
    expect(unjudgedEntries(entries, 'b', 1_000)).toEqual([entries[1]]);
  });

  test('S2 whatever the ticks, the entries after the agreed value are new', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 5 }), (drawn, cut) => {
        const entries = drawn.toSorted((a, b) => a.at - b.at);
        const judged = entries.slice(0, Math.min(cut, entries.length));
        const last = judged.at(-1);
        if (last === undefined) return;
        const fresh = unjudgedEntries(entries, last.value, last.at);
        const missed = entries.slice(judged.length).filter((one) => !fresh.includes(one));
        // Only entries that lead back to the agreed value within that very tick may be left out: they changed nothing.
        for (const one of missed) expect(one.at).toBe(last.at);
        if (missed.length > 0) expect(missed.at(-1)?.value).toBe(last.value);
      }),
    );
  });
});

describe('one run against our value', () => {
  const run = { seen: 'a', value: 'b', at: 5, authorId: null, contractId: 'c1', standing: true };

  test('S2 an editor who saw our value succeeds it, whatever the clocks say', () => {
    expect(resolveRun({ value: 'a', changedAt: 1_000_000 }, run, 'newest')).toEqual({ kind: 'accepted' });
  });

  test('an edit to the value we hold is agreement', () => {
    expect(resolveRun({ value: 'b', changedAt: 0 }, run, 'newest')).toEqual({ kind: 'agreed' });
  });

  test('S2 neither side saw the other: the later one wins and the other is said to lose', () => {
    expect(resolveRun({ value: 'c', changedAt: 4 }, run, 'newest')).toEqual({ kind: 'conflict', winner: 'theirs' });
    expect(resolveRun({ value: 'c', changedAt: 6 }, run, 'newest')).toEqual({ kind: 'conflict', winner: 'ours' });
  });

  test('S9 one side that is right by policy wins whatever the clocks say', () => {
    for (const changedAt of [0, 5, 9]) {
      expect(resolveRun({ value: 'c', changedAt }, run, 'ours')).toEqual({ kind: 'conflict', winner: 'ours' });
      expect(resolveRun({ value: 'c', changedAt }, run, 'host')).toEqual({ kind: 'conflict', winner: 'theirs' });
    }
  });

  test('S1 at an equal instant the larger text wins, and any text wins over none', () => {
    const winner = (mine: string | null, yours: string | null) =>
      resolveRun({ value: mine, changedAt: 5 }, { ...run, seen: 'base', value: yours }, 'newest');
    expect(winner('c', 'b')).toEqual({ kind: 'conflict', winner: 'ours' });
    expect(winner('b', 'c')).toEqual({ kind: 'conflict', winner: 'theirs' });
    expect(winner('A', null)).toEqual({ kind: 'conflict', winner: 'ours' });
    expect(winner(null, 'A')).toEqual({ kind: 'conflict', winner: 'theirs' });
  });
});
