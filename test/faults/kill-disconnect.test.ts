/**
 * Found by the kill at `lifecycle.disconnect.before_commit`: the portal had been told, so that a turn of the restarted engine met the dead
 * token while the administrator was disconnecting.
 */
import { expect, test } from 'vitest';
import type { ConnectionState } from '../../server/store/port.ts';
import { createWorkspaceStore } from '../../server/store/prisma/workspaces-store.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const database = useDatabase();

test.for<ConnectionState>(['parked', 'active'])(
  'S8 a portal that a person disconnected is not made %s by a turn that was under way',
  async (late) => {
    const world = testWorld(1_000);
    const store = database.openStore(world);
    const connection = await addConnection(store.database, await addWorkspace(store.database));
    await createWorkspaceStore(store.database, world).eraseConnection(connection, 2_000);
    await store.sync.setConnectionState(connection, late, 'said by a turn that began before');
    expect(await store.sync.listConnections(['disconnected'])).toContainEqual(connection);
    await store.sync.setConnectionState(connection, 'installing', null);
    expect(await store.sync.listConnections(['installing'])).toContainEqual(connection);
  },
);
