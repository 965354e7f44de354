/** The store battery, third part: change feeds, each followed by one worker, whose position and events are one thing. */
import { describe, expect, test } from 'vitest';
import { feedJob } from '../../server/store/port.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { LEASE_MS, type StoreFixture, T0, useFixture } from './store-battery-fixture.ts';

export function feedBattery(make: () => Promise<StoreFixture>): void {
  const use = useFixture(make);
  const hosts = ['hubspot'] as const;
  const open = async (worker: string, now = T0): Promise<readonly string[]> =>
    (await use.store.listOpenFeeds({ hosts, worker, now })).map(({ connectionId }) => connectionId);
  const hold = (
    { workspaceId, connectionId }: ConnectionRef,
    worker: string,
    { now = T0, leaseMs = LEASE_MS } = {},
  ): Promise<boolean> => use.store.leaseJob({ workspaceId, name: feedJob(connectionId), worker, now, leaseMs });
  const arrival = (digests: readonly string[], position: string, at = T0) => ({
    deliveries: digests.map((digest) => ({ digest, body: `{"digest":"${digest}"}` })),
    cursors: [{ name: 'feed', value: position }],
    at,
  });
  const waiting = async (): Promise<readonly string[]> =>
    (await use.store.takeDeliveries({ limit: 10, now: T0, leaseMs: 0 })).map(({ body }) => body).toSorted();

  describe('change feeds', () => {
    test('a feed of an active connection is open to its holder, and to others once the lease has run out', async () => {
      const connection = await use.fixture.addConnection();
      expect(await open('a')).toEqual([connection.connectionId]);
      expect(await hold(connection, 'a')).toBe(true);
      expect([await open('a'), await open('b'), await open('b', T0 + LEASE_MS)]).toEqual([
        [connection.connectionId],
        [],
        [connection.connectionId],
      ]);
      await hold(connection, 'a', { leaseMs: 0 });
      expect(await open('b'), 'given back').toEqual([connection.connectionId]);
      expect(await use.store.listOpenFeeds({ hosts: ['salesforce'], worker: 'a', now: T0 }), 'another host').toEqual(
        [],
      );
      await use.store.setConnectionState(connection, 'parked', 'authRevoked');
      expect(await open('a')).toEqual([]);
    });

    test('S4 events and position are stored together, and an event that comes again is stored once', async () => {
      const connection = await use.fixture.addConnection();
      await hold(connection, 'a');
      const lease = { worker: 'a', leaseMs: LEASE_MS };
      expect(await use.store.acceptFeed(connection, arrival(['1', '2'], 'p2'), lease)).toBe('stored');
      expect(await use.store.acceptFeed(connection, arrival(['2', '3'], 'p3'), lease)).toBe('stored');
      expect(await use.store.readCursor(connection, 'feed')).toBe('p3');
      expect(await waiting()).toEqual(['{"digest":"1"}', '{"digest":"2"}', '{"digest":"3"}']);
    });

    test('a sign of life without events moves the position and renews the lease', async () => {
      const connection = await use.fixture.addConnection();
      await hold(connection, 'a');
      const at = T0 + LEASE_MS - 1;
      const lease = { worker: 'a', leaseMs: LEASE_MS };
      expect(await use.store.acceptFeed(connection, arrival([], 'p9', at), lease)).toBe('stored');
      expect(await use.store.readCursor(connection, 'feed')).toBe('p9');
      expect([await open('b', T0 + LEASE_MS), await open('b', at + LEASE_MS)]).toEqual([[], [connection.connectionId]]);
      expect(await waiting()).toEqual([]);
    });

    test('S5 who lost the feed to another stores nothing and moves nothing', async () => {
      const connection = await use.fixture.addConnection();
      await hold(connection, 'a');
      expect(await hold(connection, 'b', { now: T0 + LEASE_MS })).toBe(true);
      const lease = { leaseMs: LEASE_MS };
      await use.store.acceptFeed(connection, arrival(['2'], 'p2'), { ...lease, worker: 'b' });
      expect(await use.store.acceptFeed(connection, arrival(['1'], 'p1'), { ...lease, worker: 'a' })).toBe(
        'lease_lost',
      );
      expect(await use.store.readCursor(connection, 'feed')).toBe('p2');
      expect(await waiting()).toEqual(['{"digest":"2"}']);
    });
  });
}
