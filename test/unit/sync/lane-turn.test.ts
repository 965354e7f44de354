/** What one turn of a lane leaves behind, however it ends: who has the lane, when it is due again, and what the operator is told. */
import { describe, expect, test } from 'vitest';
import type { HostFailure } from '../../../server/crm/port.ts';
import type { DirtyItem } from '../../../server/store/port.ts';
import { type LaneHealth, laneTurn } from '../../../server/sync/lane-turn.ts';
import { LEASE_MS } from '../../../server/sync/turn.ts';
import { createTurnScene, record, type TurnScene, type TurnSceneOptions } from '../../support/turn-fixture.ts';

const UNAVAILABLE: HostFailure = { kind: 'unavailable', retryAfterMs: null, detail: '503' };
const EXPIRED: HostFailure = { kind: 'authExpired' };
const DEAL = record('opportunity', '1');
const CASE = record('case', '9');

type Bench = TurnScene & {
  readonly health: LaneHealth;
  /** How many records each turn asked for. */
  readonly limits: readonly number[];
  turn(): Promise<boolean>;
  dueIn(): Promise<number | null>;
};

/** A lane whose every call ends as `failing.failure` says, or well while it is null. */
function bench(options: TurnSceneOptions = {}): Bench & { readonly failing: { failure: HostFailure | null } } {
  const failing: { failure: HostFailure | null } = { failure: null };
  const limits: number[] = [];
  const scene = createTurnScene({
    ...options,
    host: {
      fateOf: () => (failing.failure === null ? { kind: 'normal' } : { kind: 'refused', failure: failing.failure }),
      ...options.host,
    },
    store: (store) => ({
      takeDirty: (lane, request) => {
        limits.push(request.limit);
        return store.takeDirty(lane, request);
      },
      ...options.store?.(store),
    }),
  });
  const health: LaneHealth = new Map();
  const { rig, parts } = scene;
  return {
    ...scene,
    failing,
    health,
    limits,
    turn: () => laneTurn(parts, health, 'worker-1'),
    dueIn: async () => {
      const dueAt = await rig.store.nextDueAt(rig.clock.now());
      return dueAt === null ? null : dueAt - rig.clock.now();
    },
  };
}

/** Moves the clock over the rest of the lane. */
async function waitUntilDue(scene: Bench): Promise<number> {
  const waitMs = await scene.dueIn();
  if (waitMs === null) throw new Error('the lane has nothing to do');
  await scene.rig.advance(waitMs);
  return waitMs;
}

describe('a turn that goes well', () => {
  test('nothing due is no turn', async () => {
    const scene = bench();
    expect(await scene.turn()).toBe(false);
    expect(scene.limits).toEqual([]);
  });

  test('S5 the lane is taken in the worker’s name, served, settled and given back at once', async () => {
    const workers: string[] = [];
    const leases: number[] = [];
    const scene = bench({
      store: (store) => ({
        leaseLane: (request) => {
          workers.push(request.worker);
          leases.push(request.leaseMs);
          return store.leaseLane(request);
        },
      }),
    });
    await scene.mark(DEAL);
    await scene.mark(CASE);
    expect(await scene.turn()).toBe(true);
    expect([workers, leases, scene.limits]).toEqual([['worker-1'], [LEASE_MS], [600]]);
    expect(scene.rig.store.dirtyRows('conn-a')).toEqual([]);
    await scene.mark(DEAL);
    expect(await scene.dueIn()).toBe(0);
    expect(await scene.turn()).toBe(true);
    expect(scene.logged).toEqual([]);
  });

  test('a lane in which another worker left nothing counts as no work', async () => {
    const scene = bench({ store: () => ({ takeDirty: () => Promise.resolve([]) }) });
    await scene.mark(DEAL);
    expect(await scene.turn()).toBe(false);
    expect(scene.hooks).toEqual([]);
  });

  test('kinds of record that are not due cost no step', async () => {
    const scene = bench();
    await scene.mark(CASE);
    await scene.turn();
    expect(scene.hooks).toEqual(['settled']);
    expect(scene.rig.host.calls).toHaveLength(1);
  });

  test('the lag runs from the first mark to the end of the turn, and confirmations of our own writes have none', async () => {
    const scene = bench();
    await scene.mark(DEAL);
    await scene.mark(record('opportunity', '2'), 'confirm');
    await scene.rig.advance(700);
    await scene.mark(CASE);
    await scene.rig.advance(50);
    await scene.turn();
    expect(scene.lags.toSorted((a, b) => a - b)).toEqual([50, 750]);
  });

  test('no record that a failed turn left dirty counts as served', async () => {
    const scene = bench();
    scene.failing.failure = UNAVAILABLE;
    await scene.mark(CASE);
    await scene.turn();
    expect(scene.lags).toEqual([]);
  });

  test('nobody needs to count for a lane to be served, to rest and to be parked', async () => {
    const scene = bench({ counts: false });
    await scene.mark(CASE);
    expect(await scene.turn()).toBe(true);
    await scene.mark(CASE);
    scene.failing.failure = UNAVAILABLE;
    expect(await scene.turn()).toBe(true);
    await waitUntilDue(scene);
    scene.failing.failure = { kind: 'authRevoked', detail: 'app removed' };
    expect(await scene.turn()).toBe(true);
    expect(scene.rig.store.connectionState('conn-a')).toBe('parked');
    expect(scene.logged).toMatchObject([{ message: 'connection parked' }]);
  });
});

describe('a turn that fails', () => {
  test('S7 the lane rests, longer each time, takes a quarter as many records each time, and never none', async () => {
    const scene = bench();
    scene.failing.failure = UNAVAILABLE;
    await scene.mark(CASE);
    const rests: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      expect(await scene.turn()).toBe(true);
      rests.push(await waitUntilDue(scene));
    }
    expect(scene.limits).toEqual([600, 150, 37, 9, 2, 1]);
    for (const [failures, restMs] of rests.entries()) {
      expect(restMs).toBeGreaterThanOrEqual(100);
      expect(restMs).toBeLessThan(100 + 500 * 2 ** failures);
    }
    expect(scene.counted.filter(([counter]) => counter === 'lanesRested')).toEqual(
      rests.map(() => ['lanesRested', 1, 'conn-a']),
    );
    expect(scene.rig.store.dirtyRows('conn-a')).toMatchObject([{ attempts: 0 }]);
  });

  test('S7 one good turn, and the connection is as healthy as any', async () => {
    const scene = bench();
    scene.failing.failure = UNAVAILABLE;
    await scene.mark(CASE);
    await scene.turn();
    await waitUntilDue(scene);
    scene.failing.failure = null;
    await scene.turn();
    await scene.mark(CASE);
    await scene.turn();
    expect(scene.limits).toEqual([600, 150, 600]);
    expect([...scene.health]).toEqual([]);
  });

  test('S7 a host that asked for rest is asked for no further kind of record', async () => {
    const scene = bench();
    scene.failing.failure = { kind: 'rateLimited', retryAfterMs: 7_000, scope: 'burst' };
    scene.rig.host.create(scene.rig.connection.accountId, DEAL);
    scene.rig.store.link(scene.rig.connection, DEAL, 'unknown');
    await scene.mark(CASE);
    await scene.turn();
    expect(scene.rig.host.calls).toHaveLength(1);
    expect(await scene.dueIn()).toBe(7_000);
  });

  test('S14 a bug is told to the operator and costs a rest, not the worker', async () => {
    const bug = new Error('a bug');
    const scene = bench({ store: () => ({ loadRecords: () => Promise.reject(bug) }) });
    await scene.mark(DEAL);
    expect(await scene.turn()).toBe(true);
    expect(scene.logged).toEqual([
      { level: 'error', message: 'a turn ended in an error', error: bug, connectionId: 'conn-a' },
    ]);
    expect(await waitUntilDue(scene)).toBeGreaterThanOrEqual(100);
    expect(scene.health.get('conn-a')).toEqual({ failures: 1, refreshes: 0 });
    expect(scene.rig.store.connectionState('conn-a')).toBe('active');
  });

  test('S7 what one connection suffers does not make another smaller', async () => {
    const scene = bench();
    scene.health.set('conn-b', { failures: 3, refreshes: 0 });
    await scene.mark(DEAL);
    await scene.turn();
    expect(scene.limits).toEqual([600]);
  });

  test('a host that this installation does not speak to is looked at again later, and its work is kept', async () => {
    const scene = bench();
    await scene.mark(DEAL);
    expect(await laneTurn({ ...scene.parts, crm: {} }, scene.health, 'w')).toBe(true);
    expect(await scene.dueIn()).toBe(LEASE_MS);
    expect(scene.limits).toEqual([]);
    expect(scene.rig.store.dirtyRows('conn-a')).toHaveLength(1);
  });
});

describe('a connection that cannot go on', () => {
  test('S7 a withdrawn permission parks it with the reason; once it is active again its work is due at once', async () => {
    const scene = bench();
    scene.health.set('conn-a', { failures: 1, refreshes: 0 });
    scene.failing.failure = { kind: 'authRevoked', detail: 'app removed' };
    const reasons: (string | null)[] = [];
    const { rig } = scene;
    const store = {
      ...scene.parts.store,
      setConnectionState: async (...given: Parameters<typeof rig.store.setConnectionState>) => {
        reasons.push(given[2]);
        await rig.store.setConnectionState(...given);
      },
    };
    await scene.mark(CASE);
    expect(await laneTurn({ ...scene.parts, store }, scene.health, 'w')).toBe(true);
    expect(rig.store.connectionState('conn-a')).toBe('parked');
    expect(reasons).toEqual(['authRevoked: app removed']);
    expect(scene.logged).toEqual([
      {
        level: 'warn',
        message: 'connection parked',
        connectionId: 'conn-a',
        failure: 'authRevoked',
        detail: 'app removed',
      },
    ]);
    expect(scene.counted).toContainEqual(['connectionsParked', 1, 'conn-a']);
    expect(scene.counted.map(([counter]) => counter)).not.toContain('lanesRested');
    expect([...scene.health]).toEqual([]);
    await rig.store.setConnectionState(rig.connection, 'active', null);
    expect(await scene.dueIn()).toBe(0);
    scene.failing.failure = null;
    expect(await scene.turn()).toBe(true);
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
  });

  test('S7 a token that does not refresh is tried thrice before the connection is parked', async () => {
    const scene = bench();
    scene.failing.failure = EXPIRED;
    await scene.mark(CASE);
    for (let turn = 1; turn <= 2; turn += 1) {
      await scene.turn();
      expect(scene.rig.store.connectionState('conn-a')).toBe('active');
      await waitUntilDue(scene);
    }
    await scene.turn();
    expect(scene.rig.store.connectionState('conn-a')).toBe('parked');
  });
});

describe('a lane that another worker has taken', () => {
  /** The call takes as long as the lease, and when the worker asks to keep the lane another has it. */
  function overtaken(failure: HostFailure | null): ReturnType<typeof bench> & { readonly renewals: { asked: number } } {
    const renewals = { asked: 0 };
    const scene = bench({
      store: () => ({
        renewLane: async () => {
          renewals.asked += 1;
          return null;
        },
      }),
      host: {
        fateOf: () => (failure === null ? { kind: 'normal' } : { kind: 'refused', failure }),
        latencyMs: () => LEASE_MS / 2,
      },
    });
    return { ...scene, renewals };
  }

  test.each([
    ['answers', null],
    ['fails', UNAVAILABLE],
    ['refuses the token for good', { kind: 'authRevoked', detail: 'app removed' } satisfies HostFailure],
  ])('S5 whatever is learned when the host %s is left to the one who has the lane', async (_what, failure) => {
    const scene = overtaken(failure);
    await scene.mark(CASE);
    const turned = scene.turn();
    await scene.rig.advance(2 * LEASE_MS);
    expect(await turned).toBe(true);
    expect(scene.logged).toEqual([
      { level: 'warn', message: 'lane lost to another worker', connectionId: 'conn-a', fence: 1 },
    ]);
    expect(scene.rig.store.connectionState('conn-a')).toBe('active');
    expect([...scene.health]).toEqual([]);
    expect(scene.counted.map(([counter]) => counter)).toEqual(['readCalls']);
    expect(scene.lags).toEqual([]);
    expect(scene.rig.store.dirtyRows('conn-a')).toHaveLength(1);
    expect(scene.renewals.asked).toBe(1);
  });

  test('S5 a store that says so at the very end is believed', async () => {
    const scene = bench({ store: () => ({ settle: () => Promise.resolve('lease_lost') }) });
    await scene.mark(CASE);
    expect(await scene.turn()).toBe(true);
    expect(scene.logged).toMatchObject([{ message: 'lane lost to another worker', fence: 1 }]);
    expect([[...scene.health], scene.lags]).toEqual([[], []]);
    expect(scene.rig.store.connectionState('conn-a')).toBe('active');
  });

  test('S5 while a slow call is waited for the lease is renewed, so that nobody else is given the lane', async () => {
    const scene = bench({ host: { latencyMs: () => 4 * LEASE_MS, clientTimeoutMs: 60 * LEASE_MS } });
    await scene.mark(CASE);
    const turned = scene.turn();
    for (let step = 0; step < 7; step += 1) {
      await scene.rig.advance(LEASE_MS);
      expect(await scene.rig.store.leaseLane({ worker: 'w2', now: scene.rig.clock.now(), leaseMs: 1 })).toBeNull();
    }
    await scene.rig.advance(2 * LEASE_MS);
    expect(await turned).toBe(true);
    expect(scene.rig.store.dirtyRows('conn-a')).toEqual([]);
    expect(scene.logged).toEqual([]);
  });
});

test('the records of a turn are those that were taken, in the order of their kinds', async () => {
  const taken: DirtyItem[] = [];
  const read: string[] = [];
  const scene = bench({
    store: (store) => ({
      takeDirty: async (lane, request) => {
        const items = await store.takeDirty(lane, request);
        taken.push(...items);
        return items;
      },
      loadRecords: (connection, refs) => {
        read.push(...refs.map((ref) => `${ref.objectType}:${ref.recordId}`));
        return store.loadRecords(connection, refs);
      },
    }),
  });
  await scene.mark(CASE);
  await scene.mark(record('account', '5'));
  await scene.mark(DEAL);
  await scene.turn();
  expect(taken).toHaveLength(3);
  expect(read).toEqual(['opportunity:1', 'account:5']);
  expect(scene.rig.store.dirtyRows('conn-a')).toEqual([]);
});
