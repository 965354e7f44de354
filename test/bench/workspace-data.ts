/**
 * A database of many workspaces of uneven size: one of 100,000 contracts, five of 20,000, and small ones up to 1,000,000 in all. Rows are
 * copies of archetypes that the product wrote (workspace-archetypes.ts), multiplied inside PostgreSQL. Secondary indexes are made after
 * the rows, and foreign keys are checked then rather than row by row; `checkData` does it.
 */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { createCalendars } from '../../server/calendars/calendars.ts';
import { plainDateIn } from '../../server/domain/dates.ts';
import { openDatabase } from '../../server/store/prisma/database.ts';
import { systemWorld } from '../support/system-world.ts';
import { writeArchetypes } from './workspace-archetypes.ts';

export type DataSize = {
  /** Contracts of the largest workspace. */
  readonly largest: number;
  /** Contracts of each of the five next ones. */
  readonly large: number;
  /** How many small workspaces there are, and how many contracts they hold on average. */
  readonly small: { readonly workspaces: number; readonly contracts: number };
  readonly archetypes: number;
};
export const FULL_SIZE: DataSize = {
  largest: 100_000,
  large: 20_000,
  small: { workspaces: 800, contracts: 1000 },
  archetypes: 2000,
};
export const QUICK_SIZE: DataSize = {
  largest: 10_000,
  large: 1000,
  small: { workspaces: 20, contracts: 250 },
  archetypes: 500,
};

export type BenchWorkspace = {
  readonly id: string;
  readonly connectionId: string;
  readonly accountId: string;
  readonly contracts: number;
};
export type BenchData = { readonly workspaces: readonly BenchWorkspace[]; readonly contracts: number };

const LARGE_WORKSPACES = 5;
const FIRST_ACCOUNT_ID = 9_000_000;
/** Tables that get many rows; their secondary indexes are made afterwards. */
const BULK_TABLES = [
  'organisation',
  'contract',
  'contract_party',
  'contract_link',
  'host_record',
  'mirror',
  'sla_objective',
  'sla_result',
  'incident',
  'field_change',
  'contract_tally',
] as const;

export async function fillDatabase(url: string, size: DataSize): Promise<BenchData> {
  const world = systemWorld();
  const now = world.clock.now();
  const archetypeWorkspace = randomUUID();
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query(
      `INSERT INTO workspace (id, name, created_at) VALUES ($1, 'Archetypes', to_timestamp($2::bigint / 1000.0))`,
      [archetypeWorkspace, now],
    );
    const database = openDatabase({ url, log: world.log, poolSize: 2 });
    try {
      await writeArchetypes(database, {
        workspaceId: archetypeWorkspace,
        count: size.archetypes,
        today: plainDateIn('UTC', now),
        seed: 20_261_122,
        calendars: createCalendars(),
        now,
      });
    } finally {
      await database.close();
    }
    const workspaces = await makePlan(admin, size);
    await inBulk(admin, () => multiply(admin, archetypeWorkspace, size.large));
    await admin.query(`VACUUM (ANALYZE) ${BULK_TABLES.join(', ')}, workspace, connection`);
    return { workspaces, contracts: workspaces.reduce((sum, { contracts }) => sum + contracts, 0) };
  } finally {
    await admin.end();
  }
}

/** The workspaces, in a temporary table that the statements below multiply by. */
async function makePlan(admin: Client, size: DataSize): Promise<readonly BenchWorkspace[]> {
  const sizes = [
    size.largest,
    ...Array.from({ length: LARGE_WORKSPACES }, () => size.large),
    ...Array.from({ length: size.small.workspaces }, (_, index) =>
      Math.max(2, Math.round((size.small.contracts * (50 + (index % 101))) / 100)),
    ),
  ];
  const workspaces = sizes.map((contracts, index) => ({
    id: randomUUID(),
    connectionId: randomUUID(),
    accountId: String(FIRST_ACCOUNT_ID + index),
    contracts,
  }));
  await admin.query(
    `CREATE TEMP TABLE plan (n int PRIMARY KEY, id uuid, connection_id uuid, account_id text, contracts int, organisations int)`,
  );
  await admin.query(
    `INSERT INTO plan SELECT (row_number() OVER ())::int, w.id, w."connectionId", w."accountId", w.contracts, greatest(w.contracts / 20, 12)
     FROM jsonb_to_recordset($1::jsonb) AS w(id uuid, "connectionId" uuid, "accountId" text, contracts int)`,
    [JSON.stringify(workspaces)],
  );
  return workspaces;
}

/** Runs `work` without secondary indexes and without a foreign key check per row; both are made good before it returns. */
async function inBulk(admin: Client, work: () => Promise<void>): Promise<void> {
  const { rows: indexes } = await admin.query<{ name: string; definition: string }>(
    `SELECT x.indexrelid::regclass::text AS name, pg_get_indexdef(x.indexrelid) AS definition FROM pg_index x
     WHERE x.indrelid = ANY($1::text[]::regclass[])
       AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)`,
    [BULK_TABLES],
  );
  for (const { name } of indexes) await admin.query(`DROP INDEX ${name}`);
  await admin.query('SET session_replication_role = replica');
  await admin.query(`SET synchronous_commit = off`);
  await admin.query(`SET maintenance_work_mem = '256MB'`);
  await work();
  for (const { definition } of indexes) await admin.query(definition);
  await admin.query('RESET session_replication_role');
  await admin.query('RESET synchronous_commit');
  await checkData(admin);
}

/** Contract `i` of workspace `n` has this id; parts of it are found again by the same expression. */
const idOf = (kind: string, rest: string): string => `md5('${kind}/' || p.n || '/' || ${rest})::uuid`;

async function multiply(admin: Client, archetypeWorkspace: string, large: number): Promise<void> {
  await admin.query(
    `CREATE TEMP TABLE archetype AS SELECT (row_number() OVER (ORDER BY c.number) - 1)::int AS k, c.* FROM contract c WHERE c.workspace_id = $1`,
    [archetypeWorkspace],
  );
  await admin.query('CREATE UNIQUE INDEX ON archetype (k)');
  await admin.query('ANALYZE archetype');
  await admin.query('ANALYZE plan');
  await admin.query(`
    CREATE TEMP TABLE copy AS SELECT p.n, p.id AS workspace_id, i, (i * 7919 + p.n * 31) % (SELECT count(*)::int FROM archetype) AS k,
      ${idOf('contract', 'i')} AS contract_id, 1 + (i * 31) % (p.organisations - 1) AS theirs
    FROM plan p, generate_series(1, p.contracts) i`);
  for (const statement of [
    ...workspaceRows(),
    await contractRows(admin),
    TALLY_ROWS,
    ...recordRows(),
    ...serviceLevelRows(large),
  ])
    await admin.query(statement);
  await admin.query('DROP TABLE copy');
}

function workspaceRows(): readonly string[] {
  return [
    `INSERT INTO workspace (id, name, created_at) SELECT p.id, 'Workspace ' || p.n, now() FROM plan p`,
    `INSERT INTO connection (workspace_id, id, host, account_id, name, state, created_at, updated_at)
     SELECT p.id, p.connection_id, 'hubspot', p.account_id, 'Portal ' || p.account_id, 'active', now(), now() FROM plan p`,
    `INSERT INTO host_account (host, account_id, workspace_id, connection_id, created_at)
     SELECT 'hubspot', p.account_id, p.id, p.connection_id, now() FROM plan p`,
    `INSERT INTO organisation (workspace_id, id, legal_name, domain, created_at, updated_at)
     SELECT p.id, ${idOf('organisation', 'j')}, CASE WHEN j = 0 THEN 'Workspace ' || p.n ELSE
       (ARRAY['Northwind','Contoso','Fabrikam','云岫','Tailspin','Wingtip','Lamna','Relecloud'])[1 + j % 8] || ' ' || j || ' Ltd' END,
       'company-' || j || '.example', now(), now()
     FROM plan p, generate_series(0, p.organisations - 1) j`,
  ];
}

/** Every column of the archetype but those that make a contract this one. Columns that PostgreSQL computes are left to it. */
async function contractRows(admin: Client): Promise<string> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute
     WHERE attrelid = 'contract'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
  );
  const own: Readonly<Record<string, string>> = {
    workspace_id: 'v.workspace_id',
    id: 'v.contract_id',
    number: `'C-2026-' || lpad(v.i::text, 6, '0')`,
    title: `a.title || '-' || v.i`,
    updated_at: `a.updated_at - v.i * interval '1 minute'`,
    derived_from: `a.updated_at - v.i * interval '1 minute'`,
  };
  const values = rows.map(({ name }) => own[name] ?? `a.${name}`);
  return `INSERT INTO contract (${rows.map(({ name }) => name).join(', ')})
    SELECT ${values.join(', ')} FROM copy v JOIN archetype a USING (k)`;
}

/** What the triggers on \`contract\`, which a bulk load leaves out, would have added. */
const TALLY_ROWS = `
INSERT INTO contract_tally (workspace_id, current_stage, health, sla_status, currency, renewal_month, contracts, value_minor)
SELECT c.workspace_id, c.current_stage, c.health, c.sla_status, c.currency, date_trunc('month', c.renewal_date::timestamp)::date, count(*),
  coalesce(sum(c.value_minor), 0)
FROM contract c JOIN plan p ON p.id = c.workspace_id WHERE NOT c.archived GROUP BY 1, 2, 3, 4, 5, 6`;

/** Two contracts on each deal, every contract on the account of its counterparty, and what was last agreed with the deals. */
function recordRows(): readonly string[] {
  return [
    `INSERT INTO contract_party (workspace_id, contract_id, organisation_id, role, position)
     SELECT v.workspace_id, v.contract_id, ${idOf('organisation', 'CASE WHEN ours THEN 0 ELSE v.theirs END')},
       CASE WHEN ours = (a.side = 'buy') THEN 'buyer' ELSE 'supplier' END, CASE WHEN ours THEN 0 ELSE 1 END
     FROM copy v JOIN plan p USING (n) JOIN archetype a USING (k), unnest(ARRAY[true, false]) ours`,
    `INSERT INTO contract_link (workspace_id, connection_id, object_type, record_id, contract_id, source, linked_at)
     SELECT v.workspace_id, p.connection_id, 'opportunity', '5' || lpad(((v.i - 1) / 2)::text, 9, '0'), v.contract_id, 'card', now()
     FROM copy v JOIN plan p USING (n)`,
    `INSERT INTO contract_link (workspace_id, connection_id, object_type, record_id, contract_id, source, linked_at)
     SELECT v.workspace_id, p.connection_id, 'account', '7' || lpad(v.theirs::text, 9, '0'), v.contract_id, 'domain', now()
     FROM copy v JOIN plan p USING (n)`,
    `INSERT INTO host_record (workspace_id, connection_id, object_type, record_id, name, facts, associations, seen_at)
     SELECT p.id, p.connection_id, 'opportunity', '5' || lpad(d::text, 9, '0'), 'Deal ' || d, '{}', '{}', now()
     FROM plan p, generate_series(0, (p.contracts - 1) / 2) d`,
    `INSERT INTO host_record (workspace_id, connection_id, object_type, record_id, name, domain, facts, associations, seen_at)
     SELECT p.id, p.connection_id, 'account', '7' || lpad(j::text, 9, '0'), 'Company ' || j, 'company-' || j || '.example', '{}', '{}', now()
     FROM plan p, generate_series(1, p.organisations - 1) j`,
    `INSERT INTO mirror (workspace_id, connection_id, object_type, record_id, revision, base, history_checked_at, last_agreed_at, state,
       facts, updated_at)
     SELECT h.workspace_id, h.connection_id, h.object_type, h.record_id, 1, '{}', now(), now(), 'live',
       jsonb_build_object('name', h.name), now() FROM host_record h WHERE h.object_type = 'opportunity'`,
  ];
}

/** One objective for each twentieth contract; in workspaces of at least `large` contracts a year of results, incidents and history too. */
function serviceLevelRows(large: number): readonly string[] {
  const inLarge = `JOIN plan p ON p.n = v.n AND p.contracts >= ${large}`;
  return [
    `INSERT INTO sla_objective (workspace_id, id, contract_id, metric, target, comparator, unit, "window", zone, sample_source, definition,
       created_at)
     SELECT v.workspace_id, ${idOf('objective', 'v.i')}, v.contract_id, CASE v.i % 40 WHEN 0 THEN 'availability' ELSE 'response' END, '99.50', 'gte',
       'percent', 'calendar_month', 'UTC', 'our_monitor', '{}', now() FROM copy v JOIN plan p USING (n) WHERE v.i % 20 = 0`,
    `INSERT INTO sla_result (workspace_id, objective_id, period, revision, contract_id, verdict, display, inputs_hash, rule_version, computed_at)
     SELECT v.workspace_id, ${idOf('objective', 'v.i')}, to_char(now() - back * interval '1 month', 'YYYY-MM'), revision, v.contract_id,
       (ARRAY['met', 'met', 'met', 'missed', 'no_data', 'excused'])[1 + (v.i / 20 + back) % 6],
       CASE (v.i / 20 + back) % 6 WHEN 4 THEN NULL ELSE '9' || (back % 10) || '.' || lpad((v.i % 100)::text, 2, '0') END,
       md5(v.i || '/' || back || '/' || revision), '1', now()
     FROM copy v ${inLarge}, generate_series(1, 12) back, generate_series(1, 2) revision
     WHERE v.i % 20 = 0 AND (revision = 1 OR v.i % 100 = 0)`,
    `INSERT INTO incident (workspace_id, id, contract_id, severity, title, opened_at, restored_at, source, created_at)
     SELECT v.workspace_id, ${idOf('incident', 'v.i')}, v.contract_id, 'high', 'Outage', now() - interval '20 days',
       CASE WHEN v.i % 200 = 0 THEN NULL ELSE now() - interval '19 days' END, 'card', now() FROM copy v ${inLarge} WHERE v.i % 40 = 0`,
    `INSERT INTO field_change (workspace_id, id, contract_id, contract_revision, field, value, source, at)
     SELECT v.workspace_id, ${idOf('change', 'v.i')}, v.contract_id, 1, 'stage', a.stage, 'import', a.created_at
     FROM copy v ${inLarge} JOIN archetype a USING (k)`,
  ];
}

/** Throws when a row points at nothing: what the foreign keys would have refused. CHECK constraints hold at every insert anyway. */
async function checkData(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ name: string; child: string; parent: string; pairs: string; child_key: string }>(
    `SELECT k.conname AS name, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent,
       string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND ') AS pairs,
       string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') AS child_key
     FROM pg_constraint k, unnest(k.conkey, k.confkey) AS u(child_no, parent_no)
     JOIN pg_attribute a ON a.attnum = u.child_no JOIN pg_attribute b ON b.attnum = u.parent_no
     WHERE k.contype = 'f' AND a.attrelid = k.conrelid AND b.attrelid = k.confrelid AND k.conrelid = ANY($1::text[]::regclass[])
     GROUP BY k.oid, k.conname, k.conrelid, k.confrelid`,
    [BULK_TABLES],
  );
  for (const { name, child, parent, pairs, child_key } of rows) {
    const { rowCount } = await admin.query(
      `SELECT 1 FROM ${child} c WHERE ${child_key} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${pairs}) LIMIT 1`,
    );
    if (rowCount !== 0) throw new Error(`a row of ${child} breaks ${name}`);
  }
}
