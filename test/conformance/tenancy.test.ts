/** Sync rule S8, from the catalogue itself: what holds for every table today holds for a table added tomorrow, or this fails. */
import { randomUUID } from 'node:crypto';
import type { Client, PoolClient } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROUTING_TABLES } from '../../server/store/postgres/routing-tables.ts';
import { MIGRATIONS_FOLDER } from '../../server/store/postgres/migrate.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { diffSchema } from '../../scripts/postgres/schema-engine.ts';
import { testWorld, useDatabase } from '../support/database.ts';
import { fillWorkspace, listTables } from '../support/filled-workspace.ts';

const database = useDatabase();
const mine = randomUUID();
const theirs = randomUUID();
let store: Store;
let tables: readonly string[];

beforeAll(async () => {
  store = database.openStore(testWorld(0));
  tables = await listTables(database.admin);
  for (const workspaceId of [mine, theirs]) {
    const filled = await fillWorkspace(database.admin, workspaceId);
    if (filled.length !== tables.length) throw new Error(`only ${filled.join(', ')} could be filled`);
  }
});

const isRouting = (table: string): boolean => ROUTING_TABLES.some((routing) => routing === table);
const keyColumn = (table: string): string => (table === 'workspace' ? 'id' : 'workspace_id');
const tenantTables = (): readonly string[] => tables.filter((table) => !isRouting(table));

async function count(admin: Client, table: string): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(`SELECT count(*)::int AS count FROM "${table}"`);
  return rows[0]?.count ?? -1;
}

describe('S8 the schema keeps workspaces apart', () => {
  test('S8 every table has row-level security, forced, with a policy for the application or for routing only', async () => {
    const { rows } = await database.admin.query<{
      table: string;
      enabled: boolean;
      forced: boolean;
      policies: readonly string[] | null;
    }>(
      `SELECT c.relname AS table, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
         (SELECT array_agg(r::text) FROM pg_policies p, unnest(p.roles) r WHERE p.schemaname = 'public' AND p.tablename = c.relname) AS policies
       FROM pg_class c WHERE c.relname = ANY($1) AND c.relnamespace = 'public'::regnamespace`,
      [tables],
    );
    expect(rows.length).toBe(tables.length);
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      expect({ table: row.table, enabled: row.enabled, forced: row.forced }).toEqual({
        table: row.table,
        enabled: true,
        forced: true,
      });
      expect(row.policies ?? [], row.table).not.toContain('public');
      if (!isRouting(row.table)) expect(row.policies ?? [], row.table).toContain('counterpart_app');
    }
  });

  test('S8 every primary, unique and foreign key begins with the workspace', async () => {
    const { rows } = await database.admin.query<{ table: string; name: string; first: string }>(
      `SELECT k.conrelid::regclass::text AS table, k.conname AS name, a.attname AS first FROM pg_constraint k
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
         WHERE k.contype IN ('p', 'u', 'f') AND k.connamespace = 'public'::regnamespace
       UNION ALL
       SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         JOIN pg_class c ON c.oid = i.indrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace`,
    );
    const checked = rows.filter((row) => !isRouting(row.table) && row.table !== '_prisma_migrations');
    expect(checked.length).toBeGreaterThan(60);
    expect(checked.filter((row) => row.first !== 'workspace_id')).toEqual([]);
    const references = rows.filter((row) => row.name.endsWith('_fkey') && row.first !== 'workspace_id');
    expect(references).toEqual([]);
  });

  test('S8 the two roles can neither log in nor get round row-level security, and own nothing', async () => {
    const { rows } = await database.admin.query(
      `SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole,
         (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid) AS owned
       FROM pg_roles r WHERE rolname IN ('counterpart_app', 'counterpart_scheduler') ORDER BY 1`,
    );
    const bare = { rolcanlogin: false, rolsuper: false, rolbypassrls: false, rolcreaterole: false, owned: 0 };
    expect(rows).toEqual([
      { rolname: 'counterpart_app', ...bare },
      { rolname: 'counterpart_scheduler', ...bare },
    ]);
  });

  test('schema.prisma and the migrations describe the same database', async () => {
    const url = new URL(database.url);
    const connection = {
      host: url.hostname,
      port: Number(url.port),
      user: url.username,
      password: decodeURIComponent(url.password),
      database: url.pathname.slice(1),
    };
    const schemaPath = `${MIGRATIONS_FOLDER}/../schema.prisma`;
    const script = await diffSchema({ schemaPath, from: 'database', database: connection });
    expect(script.trim()).toBe('-- This is an empty migration.');
  });
});

describe('S8 the application sees one workspace', () => {
  test('S8 reading any table without a filter shows own rows only', async () => {
    for (const table of tenantTables()) {
      const rows = await store.database.inWorkspace(mine, (sql) =>
        sql.rows<{ workspace: string }>(`SELECT "${keyColumn(table)}"::text AS workspace FROM "${table}"`),
      );
      expect([...new Set(rows.map((row) => row.workspace))], table).toEqual([mine]);
    }
  });

  test('S8 naming another workspace finds nothing to read, change or delete', async () => {
    for (const table of tenantTables()) {
      const key = keyColumn(table);
      const before = await count(database.admin, table);
      const touched = await store.database.inWorkspace(mine, async (sql) => {
        const seen = await sql.rows(`SELECT 1 FROM "${table}" WHERE "${key}" = $1`, [theirs]);
        const isAppendOnly = ['field_change', 'audit_event'].includes(table);
        if (isAppendOnly) return seen.length;
        const changed = await sql.run(`UPDATE "${table}" SET "${key}" = "${key}" WHERE "${key}" = $1`, [theirs]);
        return seen.length + changed + (await sql.run(`DELETE FROM "${table}" WHERE "${key}" = $1`, [theirs]));
      });
      expect(touched, table).toBe(0);
      expect(await count(database.admin, table), table).toBe(before);
    }
  });

  test('S8 an unfiltered update or delete leaves other workspaces alone', async () => {
    const own = randomUUID();
    await fillWorkspace(database.admin, own);
    // Children first: rounds go on until nothing is left to delete.
    const pending = new Set(tenantTables().filter((table) => !['field_change', 'audit_event'].includes(table)));
    const rowsOfOthers = async (table: string): Promise<number | null> => {
      const { rowCount } = await database.admin.query(
        `SELECT 1 FROM "${table}" WHERE "${keyColumn(table)}" = ANY($1)`,
        [[mine, theirs]],
      );
      return rowCount;
    };
    const before = new Map<string, number | null>();
    for (const table of pending) before.set(table, await rowsOfOthers(table));
    for (let round = 0; round < 10 && pending.size > 0; round += 1) {
      for (const table of pending) {
        const left = await store.database
          .inWorkspace(own, (sql) => sql.run(`DELETE FROM "${table}"`))
          .then(
            () => false,
            () => true,
          );
        if (!left) pending.delete(table);
      }
    }
    // Deleting a parent takes its children along, so the contract's history may go with it; other workspaces keep every row.
    for (const [table, rows] of before) {
      expect(rows, table).toBeGreaterThanOrEqual(2);
      expect(await rowsOfOthers(table), table).toBe(rows);
    }
  });

  test('S8 a row cannot be written into or moved to another workspace', async () => {
    for (const table of tenantTables()) {
      const refused = async (work: (name: string) => string): Promise<string> =>
        await store.database
          .inWorkspace(mine, (sql) => sql.run(work(`"${table}"`), [theirs]))
          .then(
            () => 'allowed',
            (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'other'),
          );
      const moved = await refused((name) => `UPDATE ${name} SET workspace_id = $1`);
      expect(moved, `${table} moved`).toBe('42501');
      const { rows } = await database.admin.query<{ columns: string }>(
        `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = $1 AND column_name <> 'workspace_id' AND is_generated = 'NEVER'`,
        [table],
      );
      const columns = rows[0]?.columns ?? '';
      const copied = await refused(
        (name) => `INSERT INTO ${name} (workspace_id, ${columns}) SELECT $1::uuid, ${columns} FROM ${name}`,
      );
      expect(copied, `${table} copied`).toBe('42501');
    }
  });

  test('S8 forgetting to name the workspace shows nothing and writes nothing', async () => {
    const client = await store.database.pool.connect();
    try {
      await client.query(`BEGIN; SELECT set_config('role', 'counterpart_app', true)`);
      for (const table of tenantTables()) {
        const { rowCount } = await client.query(`SELECT 1 FROM "${table}"`);
        expect(rowCount, table).toBe(0);
      }
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  test('S8 history and audit can be added to, not changed or deleted', async () => {
    for (const table of ['field_change', 'audit_event']) {
      for (const statement of [`DELETE FROM ${table}`, `UPDATE ${table} SET at = now()`]) {
        await expect(store.database.inWorkspace(mine, (sql) => sql.run(statement))).rejects.toMatchObject({
          code: '42501',
        });
      }
    }
  });

  test('S8 the workspace setting does not outlive its transaction on a pooled connection', async () => {
    const leftovers = async (client: PoolClient): Promise<unknown> =>
      (
        await client.query(
          `SELECT current_user <> session_user AS stepped_down, nullif(current_setting('app.workspace_id', true), '') AS workspace`,
        )
      ).rows[0];
    const workspaces = Array.from({ length: 32 }, (_, index) => (index % 2 === 0 ? mine : theirs));
    const seen = await Promise.all(
      workspaces.map((workspaceId) =>
        store.database.inWorkspace(workspaceId, async (sql) => {
          const [row] = await sql.rows<{ id: string }>('SELECT id FROM workspace');
          return row?.id;
        }),
      ),
    );
    expect(seen).toEqual(workspaces);
    await expect(store.database.inWorkspace(mine, (sql) => sql.run('SELECT 1/0'))).rejects.toMatchObject({
      code: '22012',
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => store.database.pool.connect()));
    for (const client of clients) expect(await leftovers(client)).toEqual({ stepped_down: false, workspace: null });
    for (const client of clients) client.release();
  });

  test('a workspace id that is no UUID never reaches a statement', async () => {
    await expect(
      store.database.inWorkspace(`x'; DROP TABLE contract; --`, (sql) => sql.run('SELECT 1')),
    ).rejects.toThrow(TypeError);
  });
});

describe('S8 the scheduler sees what is due, not what it says', () => {
  const READABLE = [
    'connection',
    'delivery',
    'dirty',
    'host_account',
    'job_lease',
    'lane',
    'lane_lease',
    'oauth_state',
  ];

  test('S8 only the listed tables are open to it', async () => {
    const { rows } = await database.admin.query<{ table: string }>(
      `SELECT DISTINCT table_name AS table FROM information_schema.role_column_grants
       WHERE grantee = 'counterpart_scheduler' AND table_schema = 'public' ORDER BY 1`,
    );
    expect(rows.map((row) => row.table)).toEqual(READABLE);
  });

  test('S8 of a connection it reads identity and state, nothing a customer wrote', async () => {
    const read = (column: string) =>
      store.database.asScheduler((sql) => sql.rows(`SELECT "${column}" FROM connection`));
    expect((await read('state')).length).toBeGreaterThanOrEqual(2);
    for (const column of ['name', 'installed_by', 'settings', 'backfill'])
      await expect(read(column)).rejects.toMatchObject({ code: '42501' });
  });

  test('S8 it deletes no work and changes no connection', async () => {
    for (const statement of [
      'DELETE FROM dirty',
      'DELETE FROM lane',
      'DELETE FROM job_lease',
      `UPDATE connection SET state = 'parked'`,
      'DELETE FROM host_account',
    ]) {
      await expect(
        store.database.asScheduler((sql) => sql.run(statement)),
        statement,
      ).rejects.toMatchObject({ code: '42501' });
    }
  });
});
