/** A row in every table of a workspace, made from the catalogue, so that a table added later is covered without anybody remembering. */
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

type Column = { readonly table: string; readonly column: string; readonly type: string; readonly required: boolean };
type Reference = {
  readonly table: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
};

export async function listTables(admin: Client): Promise<readonly string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations' ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}

async function columnsOf(admin: Client): Promise<readonly Column[]> {
  const { rows } = await admin.query<Column>(
    `SELECT table_name AS table, column_name AS column, udt_name AS type, is_nullable = 'NO' AND column_default IS NULL AS required
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations' ORDER BY ordinal_position`,
  );
  return rows;
}

async function referencesOf(admin: Client): Promise<readonly Reference[]> {
  const { rows } = await admin.query<Reference>(
    `SELECT k.conrelid::regclass::text AS table, k.confrelid::regclass::text AS parent,
       (SELECT array_agg(a.attname::text ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY u(n, o)
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY o) FROM unnest(k.confkey) WITH ORDINALITY u(n, o)
         JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n) AS "parentColumns"
     FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace`,
  );
  return rows;
}

/** The first value that each column's CHECK constraint allows. */
async function allowedValues(admin: Client): Promise<ReadonlyMap<string, string>> {
  const { rows } = await admin.query<{ key: string; value: string }>(
    `SELECT k.conrelid::regclass::text || '.' || a.attname AS key, substring(pg_get_constraintdef(k.oid) FROM '''([a-z_]+)''') AS value
     FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'c' AND array_length(k.conkey, 1) = 1 AND k.connamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map((row) => [row.key, row.value]));
}

function sample(type: string): unknown {
  switch (type) {
    case 'uuid':
      return randomUUID();
    case 'text':
      return `text-${randomUUID()}`;
    case 'jsonb':
      return '{}';
    case 'bytea':
      return Buffer.of(1);
    case 'bool':
      return false;
    case 'date':
      return '2026-11-20';
    case 'timestamptz':
      return '2026-11-20T00:00:00Z';
    case '_text':
      return [];
    default:
      return 1;
  }
}

/** Inserts one row per table as the superuser; parents first. Returns the tables filled. */
export async function fillWorkspace(admin: Client, workspaceId: string): Promise<readonly string[]> {
  const [tables, columns, references, allowed] = [
    await listTables(admin),
    await columnsOf(admin),
    await referencesOf(admin),
    await allowedValues(admin),
  ];
  const filled = new Map<string, Readonly<Record<string, unknown>>>();
  const insert = async (table: string): Promise<void> => {
    const own = references.filter((reference) => reference.table === table && reference.parent !== table);
    const row: Record<string, unknown> = {};
    for (const { column, type, required } of columns.filter((entry) => entry.table === table)) {
      if (required) row[column] = allowed.get(`${table}.${column}`) ?? sample(type);
    }
    if (columns.some((entry) => entry.table === table && entry.column === 'workspace_id'))
      row['workspace_id'] = workspaceId;
    if (table === 'workspace') row['id'] = workspaceId;
    for (const { columns: from, parent, parentColumns } of own) {
      const target = filled.get(parent);
      for (const [index, column] of from.entries()) row[column] = target?.[parentColumns[index] ?? ''];
    }
    const names = Object.keys(row);
    const slots = names.map((_, index) => `$${index + 1}`);
    await admin.query(
      `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${slots.join(', ')})`,
      Object.values(row),
    );
    filled.set(table, row);
  };
  for (let round = 0; round < tables.length && filled.size < tables.length; round += 1) {
    for (const table of tables.filter((name) => !filled.has(name))) {
      const parents = references.filter((reference) => reference.table === table).map((reference) => reference.parent);
      if (parents.every((parent) => parent === table || filled.has(parent))) await insert(table);
    }
  }
  return [...filled.keys()];
}
