import { afterAll } from 'vitest';
import { openStore } from '../../server/store/prisma/open-store.ts';
import { addConnection, addWorkspace, createDatabase, TEST_MASTER_KEYS, testWorld } from '../support/database.ts';
import { insertContract, insertLink } from '../support/store-rows.ts';
import { syncStoreBattery } from './store-battery.ts';
import { T0 } from './store-battery-fixture.ts';

const closing: Promise<unknown>[] = [];
// Dropping databases needs no waiting between tests, only before the file ends.
afterAll(async () => void (await Promise.all(closing)));

syncStoreBattery('PostgreSQL', async () => {
  const database = await createDatabase();
  const world = testWorld(T0);
  const store = openStore({ url: database.url, world, masterKeys: TEST_MASTER_KEYS, poolSize: 4 });
  return {
    store: store.sync,
    setNow: world.setNow,
    addConnection: async (workspaceId) =>
      await addConnection(store.database, workspaceId ?? (await addWorkspace(store.database))),
    addContract: async (workspaceId, linked) => await insertContract(store.database, workspaceId, linked),
    link: async (connection, ref, contractId) => await insertLink(store, connection, ref, contractId),
    conflicts: async ({ workspaceId, connectionId }) =>
      await store.database.withPrisma(workspaceId, async (prisma) => {
        const rows = await prisma.conflict.findMany({ where: { workspaceId, connectionId } });
        return rows.map((row) => ({ ...row, ref: { objectType: 'opportunity' as const, recordId: row.recordId } }));
      }),
    fieldChanges: async (workspaceId, contractId) =>
      await store.database.withPrisma(workspaceId, async (prisma) => {
        const rows = await prisma.fieldChange.findMany({
          where: { workspaceId, contractId },
          orderBy: { contractRevision: 'asc' },
        });
        return rows.map((row) => ({
          field: row.field,
          previous: row.previous,
          value: row.value,
          provenance: { source: row.source as 'host', actor: row.actor, eventId: row.eventId, at: row.at.getTime() },
        }));
      }),
    close: async () => {
      await store.close();
      closing.push(database.drop());
    },
  };
});
