/** A feed whose holder dies, or loses its session, on PostgreSQL and a practice Pub/Sub API: another server carries on, nothing lost, nothing doubled. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { DIRTY_CHANNEL } from '../../server/store/prisma/dirty-marks.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { createWakeUp } from '../../server/sync/wake-up.ts';
import { addConnection, addWorkspace, useDatabase } from '../support/database.ts';
import { ORG_ID, startTestOrg, type TestOrg, testFeed, until } from '../support/pubsub-org.ts';
import { systemWorld } from '../support/system-world.ts';

const LOOK_MS = 25;
const RECORDS = 60;

const database = useDatabase();
const ending: (() => unknown)[] = [];
let connection: ConnectionRef;
let setUp: Store;

beforeAll(async () => {
  setUp = database.openStore(systemWorld());
  const workspaceId = await addWorkspace(setUp.database);
  connection = await addConnection(setUp.database, workspaceId, { host: 'salesforce', accountId: ORG_ID });
});
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
  await database.admin.query('DELETE FROM delivery');
  await database.admin.query('DELETE FROM cursor');
  await database.admin.query('DELETE FROM job_lease');
});

type Server = {
  readonly store: Store;
  /** As kill -9 leaves it: no call has an effect any more, no promise resolves, and its session with the database ends. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

async function startServer(org: TestOrg): Promise<Server> {
  const world = systemWorld();
  const store = database.openStore(world);
  const listening = new AbortController();
  await store.database.listen(DIRTY_CHANNEL, () => undefined, listening.signal);
  const life = { alive: true };
  const underWay = new Set<Promise<unknown>>();
  const never = new Promise<never>(() => undefined);
  const mortal =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!life.alive) return await never;
      const calling = call(...args);
      underWay.add(calling);
      const answer = await calling.finally(() => underWay.delete(calling));
      return life.alive ? answer : await never;
    };
  const feed = testFeed(org);
  const stopping = new AbortController();
  const running = createWakeUp({
    store: {
      listOpenFeeds: mortal((...args) => store.sync.listOpenFeeds(...args)),
      leaseJob: mortal((...args) => store.sync.leaseJob(...args)),
      readCursor: mortal((...args) => store.sync.readCursor(...args)),
      acceptFeed: mortal((...args) => store.sync.acceptFeed(...args)),
    },
    feeds: { salesforce: feed },
    world,
    onStored: () => undefined,
    lookMs: LOOK_MS,
  }).run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    if (life.alive) await running;
    listening.abort();
    feed.close();
  };
  ending.push(stop);
  return {
    store,
    stop,
    async kill() {
      life.alive = false;
      const session = store.database.presence();
      // A statement sent before the end is carried out under the name of the session that still was.
      await Promise.allSettled(underWay);
      listening.abort();
      await database.admin.query('SELECT pg_terminate_backend($1)', [session]);
    },
  };
}

const recordId = (index: number): string => `006CP00000${String(index).padStart(5, '0')}AAA`;

/** Record ids of all deliveries, in the order in which they were stored. */
async function storedIds(): Promise<readonly string[]> {
  const { rows } = await database.admin.query<{ id: string }>(
    `SELECT convert_from(body, 'UTF8')::jsonb -> 'recordIds' ->> 0 AS id FROM delivery ORDER BY 1`,
  );
  return rows.map(({ id }) => id);
}

async function holder(): Promise<string | null> {
  const { rows } = await database.admin.query<{ worker: string }>(
    `SELECT worker FROM job_lease WHERE name = 'feed:' || $1 AND leased_until > now()`,
    [connection.connectionId],
  );
  return rows[0]?.worker.split('@')[0] ?? null;
}

async function openOrg(): Promise<TestOrg> {
  const org = await startTestOrg();
  ending.push(() => org.stop());
  return org;
}

describe('S5 a change feed', () => {
  test('whose holder is killed in the middle of a burst goes on in another server, each event stored once', async () => {
    const org = await openOrg();
    const first = await startServer(org);
    await until('the first stream', () => org.bus.streamCount() === 1);
    const dead = await holder();
    await startServer(org);
    for (let index = 0; index < RECORDS; index += 1) {
      org.commit({ recordIds: [recordId(index)] });
      if (index === RECORDS / 3) await until('a few events', async () => (await storedIds()).length > 0);
      if (index === RECORDS / 2) await first.kill();
      await delay(1);
    }
    await until('every event', async () => (await storedIds()).length >= RECORDS);
    expect(await storedIds()).toEqual(Array.from({ length: RECORDS }, (_, index) => recordId(index)));
    expect(await holder()).not.toBe(dead);
  });

  test('whose holder lives but lost its session is followed by one server; the other can store nothing', async () => {
    const org = await openOrg();
    const first = await startServer(org);
    await until('the first stream', () => org.bus.streamCount() === 1);
    const before = await holder();
    org.commit({ recordIds: [recordId(0)] });
    await until('the first event', async () => (await storedIds()).length === 1);
    await startServer(org);
    await database.admin.query('SELECT pg_terminate_backend($1)', [first.store.database.presence()]);
    await until('another holder', async () => ![null, before].includes(await holder()));
    for (let index = 1; index < RECORDS; index += 1) org.commit({ recordIds: [recordId(index)] });
    await until('every event', async () => (await storedIds()).length >= RECORDS);
    await until('one stream', () => org.bus.streamCount() === 1);
    expect(await storedIds()).toEqual(Array.from({ length: RECORDS }, (_, index) => recordId(index)));
  });

  test('is given back when its holder stops, with the position where it was', async () => {
    const org = await openOrg();
    const first = await startServer(org);
    await until('the first stream', () => org.bus.streamCount() === 1);
    org.commit({ recordIds: [recordId(0)] });
    await until('the first event', async () => (await storedIds()).length === 1);
    await first.stop();
    expect(await holder()).toBeNull();
    org.commit({ recordIds: [recordId(1)] });
    await startServer(org);
    await until('the event of the meantime', async () => (await storedIds()).length === 2);
    expect(await storedIds()).toEqual([recordId(0), recordId(1)]);
  });
});
