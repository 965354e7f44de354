/** A fresh migrated database for one test file, and the few rows that most tests begin with. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import type { ConnectionRef, Host } from '../../server/crm/port.ts';
import type { World } from '../../server/world.ts';
import type { Database } from '../../server/store/prisma/database.ts';
import type { MasterKeys } from '../../server/store/prisma/envelope.ts';
import { openStore, type Store, type StoreOptions } from '../../server/store/prisma/open-store.ts';
import { TEMPLATE_DATABASE } from './global-setup.ts';
import { systemWorld } from './system-world.ts';

/** Real randomness and a clock that the test sets. */
export function testWorld(startAt: number): World & { readonly setNow: (at: number) => void } {
  let now = startAt;
  const world = systemWorld();
  return {
    ...world,
    clock: { ...world.clock, now: () => now },
    setNow: (at) => {
      now = at;
    },
  };
}

export const TEST_MASTER_KEYS: MasterKeys = { currentId: 'test-1', keys: { 'test-1': new Uint8Array(32).fill(7) } };

export type TestDatabase = {
  /** Connection string of the superuser; it bypasses row-level security. */
  readonly url: string;
  /** A connection as the superuser, for looking behind the scenes. */
  readonly admin: Client;
  openStore(world: World, options?: Partial<StoreOptions>): Store;
};

function urlOfDatabase(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** A database of its own, copied from the migrated template unless an empty one is asked for. */
export async function createDatabase({ template = true }: { readonly template?: boolean } = {}): Promise<{
  readonly url: string;
  readonly drop: () => Promise<void>;
}> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await inCluster(`CREATE DATABASE ${name}${template ? ` TEMPLATE ${TEMPLATE_DATABASE}` : ''}`);
  return {
    url: urlOfDatabase(inject('postgresUrl'), name),
    drop: async () => await inCluster(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** One database for a test file or describe block: call it at the top; its values are there from `beforeAll` on. */
export function useDatabase(options: { readonly template?: boolean } = {}): TestDatabase {
  const stores: Store[] = [];
  let made: { readonly url: string; readonly drop: () => Promise<void>; readonly admin: Client } | null = null;
  const current = () => {
    if (made === null) throw new Error('the database is there once beforeAll has run');
    return made;
  };
  beforeAll(async () => {
    const database = await createDatabase(options);
    const admin = new Client({ connectionString: database.url });
    admin.on('error', () => undefined);
    await admin.connect();
    made = { ...database, admin };
  });
  afterAll(async () => {
    await Promise.allSettled(stores.map((store) => store.close()));
    await made?.admin.end();
    await made?.drop();
  });
  return {
    get url() {
      return current().url;
    },
    get admin() {
      return current().admin;
    },
    openStore(world, overrides) {
      const store = openStore({ url: current().url, world, masterKeys: TEST_MASTER_KEYS, poolSize: 5, ...overrides });
      stores.push(store);
      return store;
    },
  };
}

/** One statement in the cluster's maintenance database. Copies of one template wait for each other, so a clash is tried again. */
async function inCluster(statement: string): Promise<void> {
  const attemptsMax = 40;
  for (let attempt = 1; ; attempt += 1) {
    const client = new Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    try {
      await client.query(statement);
      return;
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === '55006';
      if (!busy || attempt >= attemptsMax) throw error;
      await delay(25);
    } finally {
      await client.end();
    }
  }
}

/** A workspace with nothing in it. */
export async function addWorkspace(database: Database, at = 0): Promise<string> {
  const id = randomUUID();
  await database.withPrisma(id, (prisma) =>
    prisma.workspace.create({ data: { id, name: `Workspace ${id.slice(0, 4)}`, createdAt: new Date(at) } }),
  );
  return id;
}

/** An active connection of the workspace to an account nobody else has. */
export async function addConnection(
  database: Database,
  workspaceId: string,
  { host = 'hubspot', accountId = randomUUID() }: { readonly host?: Host; readonly accountId?: string } = {},
): Promise<ConnectionRef> {
  const connectionId = randomUUID();
  const at = new Date(0);
  await database.withPrisma(workspaceId, async (prisma) => {
    await prisma.connection.create({
      data: { workspaceId, id: connectionId, host, accountId, state: 'active', createdAt: at, updatedAt: at },
    });
    await prisma.hostAccount.create({ data: { host, accountId, workspaceId, connectionId, createdAt: at } });
  });
  return { workspaceId, connectionId, host, accountId };
}
