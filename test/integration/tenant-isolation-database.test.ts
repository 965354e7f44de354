/** What the database itself guarantees: nothing in it gets round row-level security, and no pooled connection carries a workspace over. */
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../server/store/prisma/database.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const database = useDatabase();
const POOL = 8;
const TENANTS = 32;
const TRANSACTIONS = 3_840;

/** Read before the workspace is known, by the scheduler's role only. */
const ROUTED = ['delivery', 'oauth_state'];

/** Tables with a workspace whose rows could be read by somebody of another one. */
async function openTables(admin: Client): Promise<readonly string[]> {
  const { rows } = await admin.query<{ table: string }>(
    `SELECT c.relname AS table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = CASE c.relname WHEN 'workspace' THEN 'id' ELSE 'workspace_id' END
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relname = ANY ($1)
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
         SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid
           AND 'counterpart_app'::regrole::oid = ANY (p.polroles)
           AND pg_get_expr(p.polqual, c.oid) = '(' || a.attname || ' = (NULLIF(current_setting(''app.workspace_id''::text, true), ''''::text))::uuid)'
           AND pg_get_expr(p.polwithcheck, c.oid) = pg_get_expr(p.polqual, c.oid)
           AND p.polpermissive AND p.polcmd = '*'))
     ORDER BY 1`,
    [ROUTED],
  );
  return rows.map(({ table }) => table);
}

describe('S8 nothing gets round row-level security', () => {
  test('S8 every table with a workspace has one forced policy, which compares with the workspace of the transaction', async () => {
    expect(await openTables(database.admin)).toEqual([]);
    const { rows } = await database.admin.query(
      `SELECT p.polrelid::regclass::text AS table, count(*)::int AS n FROM pg_policy p
       WHERE 'counterpart_app'::regrole::oid = ANY (p.polroles) OR 0 = ANY (p.polroles) GROUP BY 1 HAVING count(*) > 1`,
    );
    expect(rows, 'a second policy would widen the first').toEqual([]);
  });

  test('S8 a table that is added without a policy, or with one that says less, is found', async () => {
    const { admin } = database;
    await admin.query('BEGIN');
    await admin.query('CREATE TABLE forgotten (workspace_id uuid NOT NULL, words text)');
    await admin.query(`CREATE TABLE half (workspace_id uuid NOT NULL);
      ALTER TABLE half ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON half TO counterpart_app
      USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
      WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)`);
    await admin.query(`CREATE TABLE wide (workspace_id uuid NOT NULL);
      ALTER TABLE wide ENABLE ROW LEVEL SECURITY; ALTER TABLE wide FORCE ROW LEVEL SECURITY;
      CREATE POLICY p ON wide TO counterpart_app USING (true) WITH CHECK (true)`);
    const found = await openTables(admin);
    await admin.query('ROLLBACK');
    expect(found).toEqual(['forgotten', 'half', 'wide']);
  });

  test('S8 no view, materialised view, rule or function runs with the rights of its owner', async () => {
    const { rows } = await database.admin.query(
      `SELECT c.relkind::text || ' ' || c.relname AS what FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false))
       UNION ALL SELECT 'function ' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prosecdef
       UNION ALL SELECT 'rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind = 'r'`,
    );
    expect(rows).toEqual([]);
  });

  test('S8 everybody may do nothing, and neither role may become another, create anything or change a sequence', async () => {
    const { rows } = await database.admin.query<{ what: string }>(
      `SELECT 'public may ' || g.privilege_type || ' ' || g.table_name AS what FROM information_schema.role_table_grants g
         WHERE g.grantee = 'PUBLIC' AND g.table_schema = 'public'
       UNION ALL SELECT m.member::regrole || ' is a member of ' || m.roleid::regrole FROM pg_auth_members m
         WHERE m.member IN ('counterpart_app'::regrole, 'counterpart_scheduler'::regrole)
       UNION ALL SELECT r || ' may create in ' || n.nspname FROM pg_namespace n, unnest(ARRAY['counterpart_app', 'counterpart_scheduler']) r
         WHERE has_schema_privilege(r, n.oid, 'CREATE')
       UNION ALL SELECT 'the application may use ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relname = ANY ($1) AND has_table_privilege('counterpart_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
       UNION ALL SELECT r || ' may ' || p || ' ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
         unnest(ARRAY['counterpart_app', 'counterpart_scheduler']) r, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) p
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND has_table_privilege(r, c.oid, p)`,
      [ROUTED],
    );
    expect(rows.map(({ what }) => what)).toEqual([]);
  });

  test('S8 the role of a transaction can be given up only by ending it', async () => {
    const store = database.openStore(testWorld(0));
    const mine = await addWorkspace(store.database);
    const theirs = await addWorkspace(store.database);
    // What a statement that was smuggled in could try from inside: the login role may do more, so it must own no row either.
    const seen = await store.database.inWorkspace(mine, async (sql) => {
      await sql.run('RESET ROLE');
      return await sql.rows('SELECT 1 FROM workspace WHERE id = $1', [theirs]).then(
        (rows) => rows.length,
        () => 0,
      );
    });
    const { rows } = await database.admin.query<{ super: boolean }>(
      `SELECT rolsuper OR rolbypassrls AS super FROM pg_roles WHERE rolname = current_user`,
    );
    // The tests log in as a superuser, whom no policy binds; test/integration/store-migrations.test.ts runs as an ordinary role.
    expect(seen === 0 || rows[0]?.super === true).toBe(true);
    await expect(
      store.database.inWorkspace(mine, (sql) => sql.run('SET LOCAL row_security = off; SELECT 1 FROM contract')),
    ).rejects.toThrow();
  });
});

type Tenant = { readonly id: string; readonly organisationId: string };

async function addTenant(store: Database): Promise<Tenant> {
  const id = await addWorkspace(store);
  const organisationId = randomUUID();
  await store.inWorkspace(id, (sql) =>
    sql.run(
      `INSERT INTO organisation (workspace_id, id, legal_name, created_at, updated_at) VALUES ($1, $2, $3, now(), now())`,
      [id, organisationId, `Vendor of ${id}`],
    ),
  );
  return { id, organisationId };
}

const FAULTS = [
  'none',
  'none',
  'none',
  'throws',
  'statement fails',
  'cancelled',
  'connection cut',
  'constraint',
] as const;
type Fault = (typeof FAULTS)[number];

describe('S8 32 workspaces over 8 pooled connections', () => {
  let tenants: readonly Tenant[];
  let store: Database;

  beforeAll(async () => {
    store = database.openStore(testWorld(0), { poolSize: POOL }).database;
    tenants = await Promise.all(Array.from({ length: TENANTS }, () => addTenant(store)));
  });

  /** Reads without a filter, counts up an own row, and then fails in the way given. */
  async function transact(tenant: Tenant, fault: Fault, stranger: Tenant): Promise<readonly string[]> {
    return await store.inWorkspace(tenant.id, async (sql) => {
      const seen = await sql.rows<{ id: string }>('SELECT workspace_id::text AS id FROM organisation');
      const changed = await sql.run(
        `UPDATE organisation SET legal_name = legal_name, updated_at = updated_at + interval '1 second'`,
      );
      const foreign = await sql.run('DELETE FROM organisation WHERE id = $1', [stranger.organisationId]);
      if (changed !== 1 || foreign !== 0) throw new Error(`leak: ${changed} changed, ${foreign} deleted`);
      const again = await sql.rows<{ id: string }>('SELECT id::text AS id FROM workspace');
      switch (fault) {
        case 'throws':
          throw new Error('planned');
        case 'statement fails':
          await sql.run('SELECT 1 / 0');
          break;
        case 'constraint':
          await sql.run('INSERT INTO organisation SELECT * FROM organisation');
          break;
        case 'cancelled':
          await sql.run(`SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)`);
          break;
        case 'connection cut':
          await sql.run('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
          await sql.run('SELECT 1');
          break;
        case 'none':
          break;
      }
      return [...seen, ...again].map(({ id }) => id);
    });
  }

  test('S8 thousands of transactions, many of them broken off midway, see and change own rows only', {
    timeout: 240_000,
  }, async () => {
    const random = createSeededRandom(32);
    const committed = new Map(tenants.map(({ id }) => [id, 0]));
    const leaks: string[] = [];
    const tally = { done: 0, failed: 0 };
    const work = Array.from({ length: TRANSACTIONS }, () => ({
      tenant: random.pick(tenants),
      stranger: random.pick(tenants),
      // Cutting a connection costs a new one; a few are enough.
      fault: random.chance(0.02)
        ? ('connection cut' as const)
        : random.pick(FAULTS.filter((each) => each !== 'connection cut')),
    }));
    await Promise.all(
      Array.from({ length: TENANTS }, async () => {
        for (let next = work.pop(); next !== undefined; next = work.pop()) {
          const { tenant, stranger, fault } = next;
          const other = stranger.id === tenant.id ? (tenants.find(({ id }) => id !== tenant.id) ?? stranger) : stranger;
          const outcome = await transact(tenant, fault, other).then(
            (ids) => ({ ok: true as const, ids }),
            (error: unknown) => ({ ok: false as const, error }),
          );
          if (outcome.ok) {
            tally.done += 1;
            committed.set(tenant.id, (committed.get(tenant.id) ?? 0) + 1);
            if (outcome.ids.length !== 2 || outcome.ids.some((id) => id !== tenant.id))
              leaks.push(`${tenant.id} saw ${outcome.ids.join(', ')}`);
          } else {
            tally.failed += 1;
            if (outcome.error instanceof Error && outcome.error.message.startsWith('leak'))
              leaks.push(outcome.error.message);
          }
        }
      }),
    );
    expect(leaks).toEqual([]);
    expect(tally.done + tally.failed).toBe(TRANSACTIONS);
    expect(tally.failed).toBeGreaterThan(TRANSACTIONS / 4);
    // What was committed is there once, and nothing of what was broken off.
    const { rows } = await database.admin.query<{ id: string; n: number }>(
      `SELECT workspace_id::text AS id, extract(epoch FROM updated_at - created_at)::int AS n FROM organisation WHERE workspace_id = ANY($1)`,
      [tenants.map(({ id }) => id)],
    );
    expect(new Map(rows.map(({ id, n }) => [id, n]))).toEqual(committed);
  });

  test('S8 after all of this no pooled connection remembers a role or a workspace, and none is left in a transaction', async () => {
    const clients = await Promise.all(Array.from({ length: POOL }, () => store.pool.connect()));
    const left = await Promise.all(
      clients.map(
        async (client) =>
          (
            await client.query<{ left: string }>(
              `SELECT concat_ws('/', nullif(current_setting('app.workspace_id', true), ''), nullif(current_setting('role'), 'none'),
                 CASE WHEN current_user <> session_user THEN current_user::text END) AS left`,
            )
          ).rows[0]?.left,
      ),
    );
    for (const client of clients) client.release();
    expect(left).toEqual(Array.from({ length: POOL }, () => ''));
    const { rows } = await database.admin.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});
