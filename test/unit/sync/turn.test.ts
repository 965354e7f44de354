/** What the steps of a turn share: keeping the lane, settling, and when a record is looked at again. */
import { describe, expect, test } from 'vitest';
import { CALL_PRIORITIES, type HostFailure } from '../../../server/crm/port.ts';
import type { DirtyReason, Lane, Settlement } from '../../../server/store/port.ts';
import { ATTEMPTS_MAX } from '../../../server/sync/retry.ts';
import {
  again,
  callPriority,
  chunksOf,
  dead,
  done,
  keepLane,
  LEASE_MS,
  refKey,
  renewMeanwhile,
  replan,
  retryOrDie,
  settleAll,
  STORE_BATCH_MAX,
  type Turn,
} from '../../../server/sync/turn.ts';
import { createTurnScene, dirtyItem, record, type TurnScene } from '../../support/turn-fixture.ts';

type Answer = 'renewed' | 'lost' | 'unreachable';

/** A turn of a fresh lane, and what the store is to answer when asked to renew it. */
async function renewing(answers: (asked: number) => Answer = () => 'renewed'): Promise<{
  readonly scene: TurnScene;
  readonly turn: Turn;
  /** Milliseconds after the lease at which a renewal was asked for. */
  readonly askedAt: readonly number[];
}> {
  const askedAt: number[] = [];
  const unreachable = new Error('no database');
  const scene = createTurnScene({
    store: (store) => ({
      renewLane: async (lane: Lane, now, leaseMs) => {
        askedAt.push(now - startedAt);
        const answer = answers(askedAt.length);
        if (answer === 'unreachable') throw unreachable;
        return answer === 'lost' ? null : store.renewLane(lane, now, leaseMs);
      },
    }),
  });
  const startedAt = scene.rig.clock.now();
  await scene.mark(record('opportunity', '1'));
  return { scene, turn: await scene.leaseTurn(), askedAt };
}

describe('keeping the lane', () => {
  test('S5 a lease of which more than half is left is as good as a new one', async () => {
    const { scene, turn, askedAt } = await renewing();
    await scene.rig.advance(LEASE_MS / 2 - 1);
    expect(await keepLane(turn)).toBe(true);
    expect(askedAt).toEqual([]);
  });

  test('S5 from half time on it is renewed, for its whole length from now', async () => {
    const { scene, turn, askedAt } = await renewing();
    await scene.rig.advance(LEASE_MS / 2);
    expect(await keepLane(turn)).toBe(true);
    expect(askedAt).toEqual([LEASE_MS / 2]);
    expect(turn.lane.leasedUntil).toBe(scene.rig.clock.now() + LEASE_MS);
    expect(await keepLane(turn)).toBe(true);
    expect(askedAt).toHaveLength(1);
  });

  test('S5 a lane once lost stays lost, and nobody is asked again', async () => {
    const { scene, turn, askedAt } = await renewing(() => 'lost');
    const { lane } = turn;
    await scene.rig.advance(LEASE_MS);
    expect(await keepLane(turn)).toBe(false);
    expect([turn.isLost, turn.lane]).toEqual([true, lane]);
    expect(await keepLane(turn)).toBe(false);
    expect(askedAt).toHaveLength(1);
  });
});

describe('keeping the lane while a call is waited for', () => {
  test('S5 it is renewed three times per lease until the turn ends, and not once more', async () => {
    const { scene, turn, askedAt } = await renewing();
    const ended = new AbortController();
    const renewals = renewMeanwhile(turn, ended.signal);
    await scene.rig.advance(2 * LEASE_MS + 1);
    expect(askedAt.map((at) => Math.round(at / (LEASE_MS / 3)))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(turn.lane.leasedUntil).toBeGreaterThan(scene.rig.clock.now() + LEASE_MS / 2);
    ended.abort();
    await renewals;
    await scene.rig.advance(LEASE_MS);
    expect(askedAt).toHaveLength(6);
  });

  test('S5 once the lane is lost it is not asked for again', async () => {
    const { scene, turn, askedAt } = await renewing((asked) => (asked < 3 ? 'renewed' : 'lost'));
    const renewals = renewMeanwhile(turn, new AbortController().signal);
    await scene.rig.advance(3 * LEASE_MS);
    await renewals;
    expect(askedAt).toHaveLength(3);
    expect(turn.isLost).toBe(true);
  });

  test('S14 a database that cannot be reached is told to the operator and asked again', async () => {
    const { scene, turn, askedAt } = await renewing((asked) => (asked === 1 ? 'unreachable' : 'renewed'));
    const ended = new AbortController();
    const renewals = renewMeanwhile(turn, ended.signal);
    await scene.rig.advance(LEASE_MS + 1);
    ended.abort();
    await renewals;
    expect(askedAt).toHaveLength(3);
    expect(scene.logged).toMatchObject([
      { level: 'warn', message: 'a lease could not be renewed yet', connectionId: 'conn-a', error: expect.any(Error) },
    ]);
    expect(turn.isLost).toBe(false);
  });

  test('S5 a turn that never ends loses its lane after about five minutes', async () => {
    const { scene, turn, askedAt } = await renewing();
    const renewals = renewMeanwhile(turn, new AbortController().signal);
    await scene.rig.advance(10 * 60_000);
    await renewals;
    expect(askedAt).toHaveLength(90);
    expect((askedAt.at(-1) ?? 0) / 60_000).toBeCloseTo(5, 1);
  });
});

describe('the urgency of a call', () => {
  const of = (reasons: readonly DirtyReason[], isWrite: boolean) =>
    callPriority(
      reasons.map((reason) => dirtyItem({ reason })),
      isWrite,
    );

  test.each([
    [['ours'], 'interactive', 'interactive'],
    [['replay'], 'interactive', 'interactive'],
    [['event'], 'pull', 'push'],
    [['confirm'], 'pull', 'push'],
    [['sweep'], 'sweep', 'push'],
    [['backfill'], 'backfill', 'backfill'],
    [['backfill', 'sweep'], 'sweep', 'push'],
    [['backfill', 'confirm'], 'pull', 'push'],
    [['sweep', 'event', 'backfill'], 'pull', 'push'],
    [['backfill', 'sweep', 'ours'], 'interactive', 'interactive'],
    [['backfill', 'replay'], 'interactive', 'interactive'],
  ] satisfies [DirtyReason[], string, string][])('S7 %j read as %s and write as %s', (reasons, read, write) => {
    expect([of(reasons, false), of(reasons, true)]).toEqual([read, write]);
    expect(CALL_PRIORITIES).toContain(read);
  });
});

describe('settling', () => {
  const settlements = (count: number, kind: (index: number) => 'done' | 'retry' | 'dead'): readonly Settlement[] =>
    Array.from({ length: count }, (_, index) => {
      const identity = { ref: record('opportunity', String(index)), generation: 1 };
      const failed = { ...identity, failure: 'rejected' as const, detail: 'no' };
      const chosen = kind(index);
      if (chosen === 'done') return { ...identity, kind: 'done' };
      return chosen === 'dead' ? { ...failed, kind: 'dead' } : { ...failed, kind: 'retry', notBefore: 5 };
    });

  async function settling(outcome: 'settled' | 'lease_lost', counts = true) {
    const batches: number[] = [];
    const instants: number[] = [];
    const scene = createTurnScene({
      counts,
      store: () => ({
        settle: async (_lane, chunk, now) => {
          batches.push(chunk.length);
          instants.push(now);
          return outcome;
        },
      }),
    });
    await scene.mark(record('opportunity', '1'));
    return { scene, turn: await scene.leaseTurn(), batches, instants };
  }

  test('all are settled, in batches that the store takes; who failed is counted, and then it is told once', async () => {
    const { scene, turn, batches, instants } = await settling('settled');
    const many = settlements(STORE_BATCH_MAX + 3, (index) => (index < 2 ? 'retry' : index < 5 ? 'dead' : 'done'));
    expect(await settleAll(turn, many)).toEqual({ kind: 'ok' });
    expect(batches).toEqual([STORE_BATCH_MAX, 3]);
    expect(instants).toEqual([scene.rig.clock.now(), scene.rig.clock.now()]);
    expect(scene.counted).toEqual([
      ['retries', 2, 'conn-a'],
      ['deadLetters', 3, 'conn-a'],
    ]);
    expect(scene.hooks).toEqual(['settled']);
  });

  test('nothing to settle is settled, and nobody is told', async () => {
    const { scene, turn, batches } = await settling('settled');
    expect(await settleAll(turn, [])).toEqual({ kind: 'ok' });
    expect([batches, scene.hooks, scene.counted]).toEqual([[], [], []]);
  });

  test('S5 a worker that lost the lane stops at the first batch and counts nothing as settled', async () => {
    const { scene, turn, batches } = await settling('lease_lost');
    expect(
      await settleAll(
        turn,
        settlements(STORE_BATCH_MAX + 3, () => 'dead'),
      ),
    ).toEqual({ kind: 'lease_lost' });
    expect(batches).toEqual([STORE_BATCH_MAX]);
    expect([scene.counted, scene.hooks]).toEqual([[], []]);
  });

  test('nobody needs to count', async () => {
    const { turn } = await settling('settled', false);
    expect(
      await settleAll(
        turn,
        settlements(4, (index) => (index % 2 === 0 ? 'retry' : 'dead')),
      ),
    ).toEqual({
      kind: 'ok',
    });
  });
});

describe('a record that could not be settled', () => {
  const item = dirtyItem({ generation: 7 });
  const identity = { ref: item.ref, generation: 7 };

  async function turnWith(draw: number): Promise<{ readonly turn: Turn; readonly now: number }> {
    const scene = createTurnScene();
    await scene.mark(record('opportunity', '1'));
    const turn = await scene.leaseTurn();
    const { world } = scene.parts;
    const random = { ...world.random, next: () => draw };
    return { turn: { ...turn, parts: { ...scene.parts, world: { ...world, random } } }, now: world.clock.now() };
  }

  test('done is done, for the generation that was looked at', () => {
    expect(done(item)).toEqual({ ...identity, kind: 'done' });
  });

  test('what was overtaken is looked at again within a twentieth of a second, as nobody’s failure', async () => {
    for (const [draw, delayMs] of [
      [0, 0],
      [0.5, 25],
      [0.999, 49],
    ] as const) {
      const { turn, now } = await turnWith(draw);
      expect(again(turn, item, 'overtaken')).toEqual({
        ...identity,
        kind: 'retry',
        notBefore: now + delayMs,
        failure: 'stale_state',
        detail: 'overtaken',
      });
    }
  });

  test('S2 a write refused as stale is planned anew at once, again and again, and never laid aside', async () => {
    const { turn, now } = await turnWith(0.5);
    for (const [attempts, delayMs] of [
      [0, 25],
      [3, 25],
      [4, 1_100],
      [6, 4_100],
      [ATTEMPTS_MAX * 100, 300_100],
    ] as const)
      expect(replan(turn, { ...item, attempts })).toEqual({
        ...identity,
        kind: 'retry',
        notBefore: now + delayMs,
        failure: 'stale_state',
        detail: 'the record changed on the host before the write',
      });
  });

  test('S14 it is tried again later and later, and laid aside after the last try', async () => {
    const { turn, now } = await turnWith(0.5);
    const failure: HostFailure = { kind: 'rejected', code: 'INVALID', field: null, detail: 'no' };
    for (let attempts = 0; attempts < ATTEMPTS_MAX - 1; attempts += 1) {
      const settlement = retryOrDie(turn, { ...item, attempts }, failure);
      expect(settlement).toEqual({
        ...identity,
        kind: 'retry',
        notBefore: now + 100 + 1_000 * 2 ** attempts,
        failure: 'rejected',
        detail: 'INVALID: no',
      });
    }
    expect(retryOrDie(turn, { ...item, attempts: ATTEMPTS_MAX - 1 }, failure)).toEqual({
      ...identity,
      kind: 'dead',
      failure: 'rejected',
      detail: 'INVALID: no',
    });
    expect(dead(item, failure)).toEqual({ ...identity, kind: 'dead', failure: 'rejected', detail: 'INVALID: no' });
  });

  test.each<[HostFailure, number]>([
    [{ kind: 'rateLimited', retryAfterMs: 30_000, scope: 'burst' }, 30_000],
    [{ kind: 'unavailable', retryAfterMs: 40_000, detail: '503' }, 40_000],
    [{ kind: 'unavailable', retryAfterMs: 5, detail: '503' }, 1_100],
    [{ kind: 'unavailable', retryAfterMs: null, detail: '503' }, 1_100],
    [{ kind: 'malformed', detail: 'not JSON' }, 1_100],
  ])('S7 after %j it waits at least as long as the host asked', async (failure, delayMs) => {
    const { turn, now } = await turnWith(0.5);
    expect(retryOrDie(turn, item, failure)).toMatchObject({ kind: 'retry', notBefore: now + delayMs });
  });
});

describe('batches and keys', () => {
  test('a batch is never larger than asked, none is empty, and all together are what was given', () => {
    expect(chunksOf([], 2)).toEqual([]);
    expect(chunksOf([1, 2], 2)).toEqual([[1, 2]]);
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('records of different kinds never share a key', () => {
    expect(refKey(record('account', '1'))).not.toBe(refKey(record('case', '1')));
    expect(refKey(record('account', '1'))).not.toBe(refKey(record('account', '2')));
    expect(refKey(record('account', '1'))).toBe(refKey(record('account', '1')));
  });
});
