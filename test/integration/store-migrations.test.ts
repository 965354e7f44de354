import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import {
  PARTY_ROLES,
  CONTRACT_SIDES,
  CONTRACT_STAGES,
  RENEWAL_DECISIONS,
  RENEWAL_KINDS,
} from '../../server/domain/contract.ts';
import { HOST_OBJECT_TYPES, HOSTS } from '../../server/crm/port.ts';
import { CONFLICT_REASONS, DIRTY_REASONS } from '../../server/store/port.ts';
import { ROLES } from '../../server/store/workspace-port.ts';
import { migrate, MIGRATIONS_FOLDER } from '../../server/store/postgres/migrate.ts';
import { openStore } from '../../server/store/prisma/open-store.ts';
import { addConnection, addWorkspace, createDatabase } from '../support/database.ts';
import { systemWorld } from '../support/system-world.ts';

const endings: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of endings) await end();
});

async function emptyDatabase(): Promise<string> {
  const { url, drop } = await createDatabase({ template: false });
  endings.push(drop);
  return url;
}

async function ask<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function copyOfMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'counterpart-migrations-'));
  endings.push(async () => await rm(folder, { recursive: true, force: true }));
  await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
  return folder;
}

describe('migrations', () => {
  test('S5 four instances that start at once apply each migration exactly once', async () => {
    const url = await emptyDatabase();
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)]);
    const rows = await ask<{ name: string }>(url, 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1');
    expect(rows.length).toBeGreaterThan(0);
    expect(applied.flat().sort()).toEqual(rows.map((row) => row.name));
    expect(await migrate(url)).toEqual([]);
  });

  test('S5 a migration that fails leaves nothing behind and runs again once it is mended', async () => {
    const url = await emptyDatabase();
    const folder = await copyOfMigrations();
    const path = join(folder, '29990101000000_broken');
    await cp(join(folder, 'migration_lock.toml'), join(path, 'unrelated.toml'));
    await writeFile(join(path, 'migration.sql'), 'CREATE TABLE half_made (id int); SELECT 1/0;');
    await expect(migrate(url, folder)).rejects.toThrow('29990101000000_broken');
    expect(await ask(url, `SELECT 1 FROM pg_tables WHERE tablename = 'half_made'`)).toEqual([]);
    await writeFile(join(path, 'migration.sql'), 'CREATE TABLE half_made (id int);');
    expect(await migrate(url, folder)).toEqual(['29990101000000_broken']);
  });

  test('an applied migration that was edited, and a database newer than the code, are refused', async () => {
    const url = await emptyDatabase();
    const folder = await copyOfMigrations();
    const path = join(folder, '29990101000000_later');
    await cp(join(folder, 'migration_lock.toml'), join(path, 'unrelated.toml'));
    await writeFile(join(path, 'migration.sql'), 'SELECT 1;');
    await migrate(url, folder);
    await expect(migrate(url)).rejects.toThrow('newer version');
    await writeFile(join(path, 'migration.sql'), 'SELECT 2;');
    await expect(migrate(url, folder)).rejects.toThrow('edited');
  });

  test('S8 a login role without superuser rights can migrate, step down, and see through row-level security no more than others', async () => {
    const url = await emptyDatabase();
    const owner = `owner_${randomUUID().replaceAll('-', '')}`;
    const asOwner = new URL(url);
    asOwner.username = owner;
    asOwner.password = 'secret';
    await ask(url, `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'secret'`);
    await ask(url, `ALTER DATABASE ${asOwner.pathname.slice(1)} OWNER TO ${owner}`);
    await ask(url, 'ALTER SCHEMA public OWNER TO pg_database_owner');
    // Made by another role before, the two roles must be granted by whoever administers them.
    for (const role of ['counterpart_app', 'counterpart_scheduler'])
      await ask(url, `GRANT ${role} TO ${owner} WITH ADMIN OPTION`);
    await migrate(asOwner.href);
    const store = openStore({ url: asOwner.href, world: systemWorld(), masterKeys: { currentId: 'none', keys: {} } });
    endings.unshift(async () => {
      await store.close();
      await ask(url, `REASSIGN OWNED BY ${owner} TO postgres`);
      await ask(url, `DROP OWNED BY ${owner}`);
      await ask(url, `DROP ROLE ${owner}`);
    });
    const workspaceId = await addWorkspace(store.database);
    await addConnection(store.database, workspaceId);
    expect(await store.sync.listConnections(['active'])).toHaveLength(1);
    expect(await ask(asOwner.href, 'SELECT id FROM workspace')).toEqual([]);
  });

  test('the closed sets in the database are those of the code', async () => {
    const url = await emptyDatabase();
    await migrate(url);
    const rows = await ask<{ key: string; definition: string }>(
      url,
      `SELECT k.conrelid::regclass::text || '.' || a.attname AS key, pg_get_constraintdef(k.oid) AS definition
       FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
       WHERE k.contype = 'c' AND array_length(k.conkey, 1) = 1 AND pg_get_constraintdef(k.oid) LIKE '%ARRAY[%'`,
    );
    const allowed = new Map(
      rows.map((row) => [row.key, [...row.definition.matchAll(/'([a-z_]+)'/g)].map((match) => match[1])]),
    );
    const expected: Readonly<Record<string, readonly string[]>> = {
      'contract.side': CONTRACT_SIDES,
      'contract.stage': CONTRACT_STAGES,
      'contract.renewal_kind': RENEWAL_KINDS,
      'contract.renewal_decision': RENEWAL_DECISIONS,
      'contract_party.role': PARTY_ROLES,
      'connection.host': HOSTS,
      'mirror.object_type': HOST_OBJECT_TYPES,
      'dirty.object_type': HOST_OBJECT_TYPES,
      'contract_link.object_type': HOST_OBJECT_TYPES,
      'dirty.reason': DIRTY_REASONS,
      'conflict.reason': CONFLICT_REASONS,
      'workspace_user.role': ROLES,
    };
    for (const [key, values] of Object.entries(expected)) expect(allowed.get(key), key).toEqual([...values]);
  });
});
