/** Leases of a process whose session has ended are worth nothing; those of one that lives are kept until they run out. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { DIRTY_CHANNEL } from '../../server/store/prisma/dirty-marks.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const T0 = Date.UTC(2026, 10, 20);
const LEASE_MS = 600_000;
const SEEN_MS_MAX = 5_000;

const database = useDatabase();
const listening = new AbortController();
let connection: ConnectionRef;
let first: Store;
let second: Store;

beforeAll(async () => {
  const world = testWorld(T0);
  [first, second] = [database.openStore(world), database.openStore(world)];
  await first.database.listen(DIRTY_CHANNEL, () => undefined, listening.signal);
  connection = await addConnection(first.database, await addWorkspace(first.database));
});
afterAll(() => listening.abort());

const lease = (store: Store, worker: string) => store.sync.leaseLane({ worker, now: T0, leaseMs: LEASE_MS });
const job = (store: Store, worker: string) =>
  store.sync.leaseJob({ workspaceId: connection.workspaceId, name: 'sweep', worker, now: T0, leaseMs: LEASE_MS });

async function endSessionOf(store: Store): Promise<void> {
  const session = store.database.presence();
  await database.admin.query('SELECT pg_terminate_backend($1)', [session]);
  const endsAt = Date.now() + SEEN_MS_MAX;
  while ((await isThere(session)) && Date.now() < endsAt) await delay(5);
  expect(await isThere(session)).toBe(false);
}

async function isThere(session: number | null): Promise<boolean> {
  const { rowCount } = await database.admin.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [session]);
  return rowCount === 1;
}

describe('S5 a process that died', () => {
  test('leaves its lane and its jobs to others at once, and may not write with them any more', async () => {
    const ref = { objectType: 'opportunity', recordId: '1' } as const;
    await first.sync.markDirty([{ ...connection, ref, reason: 'ours' }]);
    const lane = await lease(first, 'a');
    expect(lane).not.toBeNull();
    expect(await job(first, 'a')).toBe(true);
    expect([await lease(second, 'b'), await job(second, 'b')], 'while it lives').toEqual([null, false]);

    await endSessionOf(first);
    const taken = await lease(second, 'b');
    expect(taken).toMatchObject({ connection, fence: (lane?.fence ?? 0) + 1 });
    expect(await job(second, 'b')).toBe(true);
    if (lane === null) throw new Error('it was leased');
    expect(await first.sync.settle(lane, [], T0)).toBe('lease_lost');
    expect(await first.sync.renewLane(lane, T0, LEASE_MS)).toBeNull();
  });

  test('that is merely leaving still gives its jobs back, with its session gone or not', async () => {
    const leaving = new AbortController();
    const third = database.openStore(testWorld(T0));
    await third.database.listen(DIRTY_CHANNEL, () => undefined, leaving.signal);
    const name = { workspaceId: connection.workspaceId, name: 'check', now: T0 };
    expect(await third.sync.leaseJob({ ...name, worker: 'd', leaseMs: LEASE_MS })).toBe(true);
    leaving.abort();
    expect(third.database.presence()).toBeNull();
    expect(await third.sync.leaseJob({ ...name, worker: 'd', leaseMs: 0 })).toBe(true);
    expect(await second.sync.leaseJob({ ...name, worker: 'e', leaseMs: LEASE_MS })).toBe(true);
  });

  test('is not taken for dead when it never said that it was there: its lease runs out by time', async () => {
    expect(second.database.presence()).toBeNull();
    expect(await lease(first, 'c')).toBeNull();
    const later = T0 + LEASE_MS;
    expect(await first.sync.leaseLane({ worker: 'c', now: later, leaseMs: LEASE_MS })).not.toBeNull();
  });
});
