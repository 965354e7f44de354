import { beforeAll, describe, expect, test } from 'vitest';
import type { Credential } from '../../server/crm/credentials.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { type MasterKeys, UnsealError } from '../../server/store/prisma/envelope.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const T0 = Date.UTC(2026, 10, 20);
const world = testWorld(T0);

describe('credential vault', () => {
  const database = useDatabase();
  const oldKeys: MasterKeys = { currentId: 'm1', keys: { m1: new Uint8Array(32).fill(1) } };
  const bothKeys: MasterKeys = { currentId: 'm2', keys: { ...oldKeys.keys, m2: new Uint8Array(32).fill(2) } };
  const newKeys: MasterKeys = { currentId: 'm2', keys: { m2: new Uint8Array(32).fill(2) } };
  const credential: Credential = {
    accessToken: 'access-令牌',
    refreshToken: 'refresh',
    expiresAt: T0 + 1_800_000,
    scopes: ['oauth', 'tickets'],
  };
  let store: Store;
  let connection: ConnectionRef;
  beforeAll(async () => {
    store = database.openStore(world, { masterKeys: oldKeys });
    connection = await addConnection(store.database, await addWorkspace(store.database));
  });

  test('tokens are read back, replaced and deleted', async () => {
    expect(await store.vault.read(connection)).toBeNull();
    await store.vault.write(connection, credential);
    expect(await store.vault.read(connection)).toEqual(credential);
    await store.vault.write(connection, { ...credential, accessToken: 'second' });
    expect((await store.vault.read(connection))?.accessToken).toBe('second');
    await store.vault.delete(connection);
    expect(await store.vault.read(connection)).toBeNull();
  });

  test('no token stands readable anywhere in the database', async () => {
    await store.vault.write(connection, { ...credential, accessToken: 'canary-4711', refreshToken: 'canary-0815' });
    const { rows } = await database.admin.query(
      `SELECT query_to_xml('SELECT * FROM credential', true, false, '')::text AS dump`,
    );
    const dump = String((rows as readonly { dump: string }[])[0]?.dump);
    expect(dump).toContain(connection.connectionId);
    expect(dump).not.toContain('canary');
    expect(dump).not.toContain(Buffer.from('canary-4711').toString('base64').slice(0, 12));
  });

  test('S8 one workspace’s tokens copied into another’s row do not open there', async () => {
    const other = await addConnection(store.database, await addWorkspace(store.database));
    await store.vault.write(connection, credential);
    await store.vault.write(other, credential);
    await database.admin.query(
      `UPDATE credential t SET access_token = s.access_token FROM credential s WHERE t.workspace_id = $1 AND s.workspace_id = $2`,
      [other.workspaceId, connection.workspaceId],
    );
    const { vault } = database.openStore(world, { masterKeys: oldKeys });
    await expect(vault.read(other)).rejects.toThrow(UnsealError);
    expect(await vault.read(connection)).toEqual(credential);
  });

  test('tokens that another process replaced are seen within seconds, and at once by whoever is about to renew them', async () => {
    const elsewhere = database.openStore(world, { masterKeys: oldKeys });
    const tokenOf = async ({ vault }: Store) => (await vault.read(connection))?.accessToken;
    await store.vault.write(connection, { ...credential, accessToken: 'one' });
    await elsewhere.vault.write(connection, { ...credential, accessToken: 'two' });
    expect(await tokenOf(store)).toBe('one');
    expect(await store.vault.withRefreshLock(connection, () => tokenOf(store))).toBe('two');
    await elsewhere.vault.delete(connection);
    expect(await tokenOf(store)).toBe('two');
    world.setNow(T0 + 10_000);
    expect(await tokenOf(store)).toBeUndefined();
    world.setNow(T0);
  });

  test('the master key is replaced by rewrapping, without touching a token', async () => {
    await store.vault.write(connection, credential);
    const bytes = async () =>
      (
        await database.admin.query('SELECT access_token FROM credential WHERE connection_id = $1', [
          connection.connectionId,
        ])
      ).rows;
    const before = await bytes();
    const during = database.openStore(world, { masterKeys: bothKeys });
    expect(await during.vault.rewrap(connection.workspaceId)).toBe(1);
    expect(await during.vault.rewrap(connection.workspaceId)).toBe(0);
    expect(await bytes()).toEqual(before);
    const after = database.openStore(world, { masterKeys: newKeys });
    expect(await after.vault.read(connection)).toEqual(credential);
    const withOldKeys = database.openStore(world, { masterKeys: oldKeys });
    await expect(withOldKeys.vault.read(connection)).rejects.toThrow('m2');
  });

  test('a new data key seals every token anew and ends the old key', async () => {
    const current = database.openStore(world, { masterKeys: newKeys });
    await current.vault.rotateDataKey(connection.workspaceId);
    expect(await current.vault.read(connection)).toEqual(credential);
    const { rows } = await database.admin.query('SELECT generation FROM data_key WHERE workspace_id = $1', [
      connection.workspaceId,
    ]);
    expect(rows).toEqual([{ generation: 2 }]);
  });

  test('S7 one refresh at a time per connection, across processes; other connections do not wait', async () => {
    const elsewhere = database.openStore(world, { masterKeys: newKeys });
    const other = { ...connection, connectionId: '00000000-0000-4000-8000-000000000001' };
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await store.database.inWorkspace(connection.workspaceId, (sql) => sql.run('SELECT pg_sleep(0.01)'));
      running -= 1;
    };
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? store : elsewhere).vault.withRefreshLock(connection, work),
      ),
    );
    expect(most).toBe(1);
    await store.vault.withRefreshLock(connection, async () => {
      await elsewhere.vault.withRefreshLock(other, async () => undefined);
    });
  });

  test('a refresh that fails gives the lock back', async () => {
    const boom = new Error('host said no');
    await expect(store.vault.withRefreshLock(connection, () => Promise.reject(boom))).rejects.toBe(boom);
    expect(await store.vault.withRefreshLock(connection, () => Promise.resolve('free'))).toBe('free');
  });
});
