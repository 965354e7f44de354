/** The whole content of the database as one checksum per table, to tell whether anything was written. */
import type { Client } from 'pg';
import { listTables } from '../support/filled-workspace.ts';

export type DatabaseState = ReadonlyMap<string, string>;

/** How many calls a portal has left, which a request for a record that is not known has to spend one of. */
const MOVING_TABLES: readonly string[] = ['budget'];
/** When somebody was seen last, which any signed-in request may move. */
const MOVING_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  workspace_user: ['last_seen_at'],
  session: ['last_seen_at'],
};

/** Rows of one workspace only when it is given; routing tables, which belong to none, count for all. */
export async function readState(admin: Client, workspaceId: string | null = null): Promise<DatabaseState> {
  const tables = (await listTables(admin)).filter((table) => !MOVING_TABLES.includes(table));
  const { rows: owned } = await admin.query<{ table: string }>(
    `SELECT table_name AS table FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'`,
  );
  const withWorkspace = new Set(owned.map(({ table }) => table));
  const parts = tables.flatMap((table) => {
    const key = table === 'workspace' ? 'id' : 'workspace_id';
    if (workspaceId !== null && table !== 'workspace' && !withWorkspace.has(table)) return [];
    const moving = MOVING_COLUMNS[table] ?? [];
    const row = moving.length === 0 ? 't' : moving.reduce((json, column) => `${json} - '${column}'`, 'to_jsonb(t)');
    const where = workspaceId === null ? '' : ` WHERE t."${key}" = '${workspaceId}'`;
    // A sum needs no order, and two rows that changed into each other's place are the same rows.
    return [
      `SELECT '${table}' AS table, count(*) || ':' || coalesce(sum(hashtextextended((${row})::text, 7)), 0) AS sum FROM "${table}" t${where}`,
    ];
  });
  const { rows } = await admin.query<{ table: string; sum: string }>(parts.join(' UNION ALL '));
  return new Map(rows.map(({ table, sum }) => [table, sum]));
}

/** Names of the tables whose content differs. */
export function changedTables(before: DatabaseState, after: DatabaseState): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((table) => before.get(table) !== after.get(table));
}
