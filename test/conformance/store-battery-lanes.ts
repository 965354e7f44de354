/** The store battery, first part: inbox, dirty set and lanes. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  commitOf,
  deal,
  idsOf,
  LEASE_MS,
  linkedContract,
  markOf,
  type StoreFixture,
  stageUpdate,
  T0,
  useFixture,
} from './store-battery-fixture.ts';

export function laneBattery(make: () => Promise<StoreFixture>): void {
  const use = useFixture(make);
  describe('inbox', () => {
    const delivery = (digest: string, receivedAt = T0) => ({
      host: 'hubspot' as const,
      digest,
      body: `[{"id":"${digest}"}]`,
      receivedAt,
    });

    test('S4 the same delivery twice is stored once', async () => {
      expect(await use.store.acceptDelivery(delivery('a'))).toBe('stored');
      expect(await use.store.acceptDelivery(delivery('a', T0 + 9))).toBe('duplicate');
      expect(await use.store.takeDeliveries({ limit: 10, now: T0, leaseMs: 1000 })).toHaveLength(1);
    });

    test('S4 of the same delivery sent many times at once exactly one is stored', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => use.store.acceptDelivery(delivery('same'))));
      expect(results.filter((result) => result === 'stored')).toHaveLength(1);
    });

    test('a delivery keeps its body to the byte, whatever it holds', async () => {
      const body = '[{"值":"\u0000 \\u0000 🙂 é"}]';
      await use.store.acceptDelivery({ host: 'hubspot', digest: 'odd', body, receivedAt: T0 });
      const [taken] = await use.store.takeDeliveries({ limit: 1, now: T0, leaseMs: 1000 });
      expect(taken).toMatchObject({ host: 'hubspot', body, receivedAt: T0 });
    });

    test('S5 deliveries come oldest first, one worker each, and come back when that worker dies', async () => {
      for (const [index, digest] of ['a', 'b', 'c'].entries())
        await use.store.acceptDelivery(delivery(digest, T0 + index));
      const first = await use.store.takeDeliveries({ limit: 2, now: T0 + 10, leaseMs: 1000 });
      const second = await use.store.takeDeliveries({ limit: 2, now: T0 + 10, leaseMs: 1000 });
      expect(first.map(({ receivedAt }) => receivedAt)).toEqual([T0, T0 + 1]);
      expect(second.map(({ receivedAt }) => receivedAt)).toEqual([T0 + 2]);
      const again = await use.store.takeDeliveries({ limit: 5, now: T0 + 1010, leaseMs: 1000 });
      expect(again).toHaveLength(3);
    });

    test('S5 the end of a delivery and its marks come together, and a finished delivery is not taken again', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.acceptDelivery(delivery('a'));
      const [taken] = await use.store.takeDeliveries({ limit: 1, now: T0, leaseMs: 1000 });
      const ended = [{ deliveryId: taken?.deliveryId ?? '', rejected: ['entry 2: unknown'] }];
      await use.store.finishDeliveries(ended, [markOf(connection, deal('1'))]);
      expect(idsOf(await use.take(await use.lease()))).toEqual(['1']);
      expect(await use.store.takeDeliveries({ limit: 1, now: T0 + 5000, leaseMs: 1000 })).toEqual([]);
      expect(await use.store.acceptDelivery(delivery('a'))).toBe('duplicate');
    });

    test('events find connections by host and account, except disconnected ones', async () => {
      const [a, b] = [await use.fixture.addConnection(), await use.fixture.addConnection()];
      await use.store.setConnectionState(b, 'disconnected', 'uninstalled');
      const found = await use.store.findConnections('hubspot', [a.accountId, b.accountId, 'unknown']);
      expect(found).toEqual([a]);
      expect(await use.store.findConnections('salesforce', [a.accountId])).toEqual([]);
    });
  });

  describe('dirty set', () => {
    test('S6 many marks on one record are one row with the strongest reason and the earliest instant', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([
        markOf(connection, deal('1'), { reason: 'sweep', notBefore: T0 + 50 }),
        markOf(connection, deal('1'), { reason: 'event', notBefore: T0 + 20, eventId: 'e1' }),
      ]);
      await use.store.markDirty([markOf(connection, deal('1'), { reason: 'backfill', notBefore: T0 + 90 })]);
      expect(await use.store.leaseLane({ worker: 'w', now: T0 + 19, leaseMs: 1 })).toBeNull();
      const items = await use.take(await use.lease(T0 + 20), T0 + 20);
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({ reason: 'event', attempts: 0, dirtySince: T0, eventId: 'e1' });
    });

    test('S7 interactive work comes before events, confirmations, sweeps and backfill', async () => {
      const connection = await use.fixture.addConnection();
      const reasons = ['backfill', 'sweep', 'confirm', 'event', 'ours'] as const;
      await use.store.markDirty(reasons.map((reason, index) => markOf(connection, deal(String(index)), { reason })));
      const items = await use.take(await use.lease(), T0, 3);
      expect(items.map((item) => item.reason)).toEqual(['ours', 'event', 'confirm']);
    });

    test('S5 a record marked again while it is worked on stays dirty', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'))]);
      const lane = await use.lease();
      const [item] = await use.take(lane);
      await use.store.markDirty([markOf(connection, deal('1'))]);
      const settlement = { ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' as const };
      expect(await use.store.settle(lane, [settlement], T0)).toBe('settled');
      const [left] = await use.take(lane);
      expect(left?.generation).toBeGreaterThan(item?.generation ?? 0);
    });

    test('S6 news of our own write makes no work when its confirmation is queued anyway, and some when nothing is', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'), { reason: 'sweep' })]);
      const lane = await use.lease();
      const [item] = await use.take(lane);
      await use.store.markDirty([
        markOf(connection, deal('1'), { reason: 'confirm' }),
        markOf(connection, deal('2'), { reason: 'confirm' }),
      ]);
      const settlement = { ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' as const };
      expect(await use.store.settle(lane, [settlement], T0)).toBe('settled');
      expect(await use.take(lane)).toMatchObject([{ ref: deal('2'), reason: 'confirm' }]);
    });

    test('S5 a stale settlement of a record marked again does not push it into the future or the grave', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1')), markOf(connection, deal('2'))]);
      const lane = await use.lease();
      const items = await use.take(lane);
      await use.store.markDirty([markOf(connection, deal('1')), markOf(connection, deal('2'))]);
      const [one, two] = items;
      if (one === undefined || two === undefined) throw new Error('two items were marked');
      await use.store.settle(
        lane,
        [
          { ref: one.ref, generation: one.generation, kind: 'confirm', notBefore: T0 + 9999 },
          { ref: two.ref, generation: two.generation, kind: 'dead', failure: 'rejected', detail: 'no' },
        ],
        T0,
      );
      expect(idsOf(await use.take(lane))).toEqual(['1', '2']);
    });

    test('retries wait and count, confirmations wait and start anew, the dead rest until they are marked again', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty(['1', '2', '3'].map((id) => markOf(connection, deal(id))));
      const lane = await use.lease();
      const generation = new Map((await use.take(lane)).map((item) => [item.ref.recordId, item.generation]));
      const of = (id: string) => ({ ref: deal(id), generation: generation.get(id) ?? 0 });
      await use.store.settle(
        lane,
        [
          { ...of('1'), kind: 'retry', notBefore: T0 + 100, failure: 'unavailable', detail: '503' },
          { ...of('2'), kind: 'confirm', notBefore: T0 + 50 },
          { ...of('3'), kind: 'dead', failure: 'rejected', detail: 'INVALID' },
        ],
        T0,
      );
      expect(await use.take(lane)).toEqual([]);
      expect(await use.take(lane, T0 + 50)).toMatchObject([{ ref: deal('2'), reason: 'confirm', attempts: 0 }]);
      expect(await use.take(lane, T0 + 100)).toMatchObject([
        { ref: deal('1'), attempts: 1, dirtySince: T0 },
        { ref: deal('2') },
      ]);
      use.fixture.setNow(T0 + 200);
      await use.store.markDirty([markOf(connection, deal('3'), { reason: 'replay' })]);
      const revived = (await use.take(lane, T0 + 200)).find((item) => item.ref.recordId === '3');
      expect(revived).toMatchObject({ attempts: 0, reason: 'replay', dirtySince: T0 + 200 });
    });

    test('marks for a connection that does not exist are dropped', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf({ ...connection, connectionId: randomUUID() }, deal('1'))]);
      expect(await use.store.nextDueAt(T0)).toBeNull();
    });
  });

  describe('lanes', () => {
    test.each(['installing', 'parked', 'disconnected'] as const)(
      'S5 the lane of a connection that is %s is not served and announces no work; once active, nothing was lost',
      async (state) => {
        const connection = await use.fixture.addConnection();
        await use.store.setConnectionState(connection, state, null);
        await use.store.markDirty([markOf(connection, deal('1'))]);
        expect(await use.store.leaseLane({ worker: 'w', now: T0 + 1, leaseMs: LEASE_MS })).toBeNull();
        expect(await use.store.nextDueAt(T0 + 1)).toBeNull();
        await use.store.setConnectionState(connection, 'installing', null);
        await use.store.setConnectionState(connection, 'active', null);
        const items = await use.take(await use.lease(T0 + 1), T0 + 1);
        expect(idsOf(items)).toEqual(['1']);
      },
    );

    test('S5 a lane has one worker at a time; its lease ends by itself and the fence grows', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'))]);
      const first = await use.lease();
      expect(first.connection).toEqual(connection);
      expect(await use.store.leaseLane({ worker: 'w2', now: T0 + LEASE_MS - 1, leaseMs: LEASE_MS })).toBeNull();
      const second = await use.lease(T0 + LEASE_MS, 'w2');
      expect(second.fence).toBeGreaterThan(first.fence);
    });

    test('S5 a worker that lost its lease changes nothing', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), linked.contract.id);
      await use.store.markDirty([markOf(connection, deal('1'))]);
      const old = await use.lease();
      const [item] = await use.take(old);
      const fresh = await use.lease(T0 + LEASE_MS, 'w2');
      const commit = commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'terminated')] });
      expect(await use.store.commitRecords(old, [commit])).toBe('lease_lost');
      const settlement = { ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' as const };
      expect(await use.store.settle(old, [settlement], T0)).toBe('lease_lost');
      expect(await use.store.renewLane(old, T0 + LEASE_MS, LEASE_MS)).toBeNull();
      expect(await use.take(old, T0 + LEASE_MS)).toEqual([]);
      await use.store.releaseLane(old, T0 + 10 * LEASE_MS);
      expect(idsOf(await use.take(fresh, T0 + LEASE_MS))).toEqual(['1']);
      const [state] = await use.store.loadRecords(connection, [deal('1')]);
      expect(state).toMatchObject({ mirror: null, contracts: [{ contract: { stage: 'active', revision: 1 } }] });
    });

    test('S5 a worker that lost its lease cannot send the lane to rest under the next one', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'))]);
      const old = await use.lease();
      const fresh = await use.lease(T0 + LEASE_MS, 'w2');
      await use.store.releaseLane(old, T0 + 10 * LEASE_MS);
      expect(await use.store.nextDueAt(T0 + LEASE_MS)).toBe(fresh.leasedUntil);
      expect((await use.lease(fresh.leasedUntil, 'w3')).connection).toEqual(connection);
    });

    test('S5 a released lane is no longer the worker’s', async () => {
      const connection = await use.fixture.addConnection();
      const lane = await use.quietLane(connection);
      await use.store.releaseLane(lane, null);
      expect(await use.store.commitRecords(lane, [commitOf(deal('1'))])).toBe('lease_lost');
    });

    test('S7 the least recently served connection comes first, however much the others have to do', async () => {
      const busy = await use.fixture.addConnection();
      const quiet = await use.fixture.addConnection();
      await use.store.markDirty(Array.from({ length: 50 }, (_, index) => markOf(busy, deal(String(index)))));
      const first = await use.lease(T0, 'w1');
      await use.store.releaseLane(first, null);
      await use.store.markDirty([markOf(quiet, deal('1')), markOf(busy, deal('x'))]);
      const served = [first.connection.connectionId];
      for (const now of [T0 + 1, T0 + 2, T0 + 3]) {
        const lane = await use.lease(now, 'w1');
        served.push(lane.connection.connectionId);
        await use.store.releaseLane(lane, null);
      }
      expect(served).toEqual([busy, quiet, busy, quiet].map((connection) => connection.connectionId));
    });

    test('S7 a lane at rest is not served before its time, others are', async () => {
      const limited = await use.fixture.addConnection();
      await use.store.markDirty([markOf(limited, deal('1'))]);
      await use.store.releaseLane(await use.lease(), T0 + 10_000);
      expect(await use.store.leaseLane({ worker: 'w', now: T0 + 9999, leaseMs: 1 })).toBeNull();
      expect(await use.store.nextDueAt(T0)).toBe(T0 + 10_000);
      const other = await use.fixture.addConnection();
      await use.store.markDirty([markOf(other, deal('1'))]);
      const lane = await use.lease();
      expect(lane.connection).toEqual(other);
      await use.store.releaseLane(lane, T0 + 20_000);
      expect((await use.lease(T0 + 10_000)).connection).toEqual(limited);
    });

    test('nextDueAt is the next instant at which some lane has work', async () => {
      expect(await use.store.nextDueAt(T0)).toBeNull();
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'), { notBefore: T0 + 500 })]);
      expect(await use.store.nextDueAt(T0)).toBe(T0 + 500);
      expect(await use.store.nextDueAt(T0 + 900)).toBe(T0 + 900);
      const lane = await use.lease(T0 + 900);
      const [item] = await use.take(lane, T0 + 900);
      await use.store.settle(lane, [{ ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' }], T0 + 900);
      await use.store.releaseLane(lane, null);
      expect(await use.store.nextDueAt(T0 + 900)).toBeNull();
    });

    test('work of a parked connection waits until it is active again', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'))]);
      await use.store.setConnectionState(connection, 'parked', 'authRevoked');
      expect(await use.store.leaseLane({ worker: 'w', now: T0, leaseMs: 1 })).toBeNull();
      expect(await use.store.nextDueAt(T0)).toBeNull();
      await use.store.setConnectionState(connection, 'active', null);
      expect((await use.lease()).connection).toEqual(connection);
    });

    test('a renewed lease lasts longer and keeps its fence', async () => {
      const connection = await use.fixture.addConnection();
      await use.store.markDirty([markOf(connection, deal('1'))]);
      const lane = await use.lease();
      const renewed = await use.store.renewLane(lane, T0 + 20_000, LEASE_MS);
      expect(renewed).toEqual({ ...lane, leasedUntil: T0 + 20_000 + LEASE_MS });
      expect(await use.store.leaseLane({ worker: 'w2', now: T0 + LEASE_MS, leaseMs: 1 })).toBeNull();
    });
  });
}
