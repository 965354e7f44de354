/** Conflicts and field changes, newest first, paged by instant and id. */
import type { ConflictRow, ContractStore, FieldChangeRow } from '../contract-port.ts';
import {
  CHANGE_FROM,
  CHANGE_OBJECT,
  CONFLICT_FROM,
  CONFLICT_OBJECT,
  changeSchema,
  conflictSchema,
} from './contracts-read.ts';
import { instant, type Sql } from './database.ts';

type ConflictRequest = Parameters<ContractStore['listConflicts']>[1];
type ChangeRequest = Parameters<ContractStore['listChanges']>[1];

export async function listConflicts(
  sql: Sql,
  workspaceId: string,
  { openOnly, after, limit }: ConflictRequest,
): Promise<readonly ConflictRow[]> {
  const rows = await sql.rows<{ item: unknown }>(
    `SELECT ${CONFLICT_OBJECT} AS item FROM ${CONFLICT_FROM}
     WHERE x.workspace_id = $1 AND (NOT $2::boolean OR x.state = 'open')
       AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', x.at), x.id) < ($3::timestamptz, $4::uuid))
     ORDER BY x.at DESC, x.id DESC LIMIT $5`,
    [workspaceId, openOnly, instant(after?.at ?? null), after?.id ?? null, limit],
  );
  return rows.map(({ item }) => conflictSchema.parse(item));
}

export async function loadConflict(sql: Sql, workspaceId: string, conflictId: string): Promise<ConflictRow | null> {
  const [row] = await sql.rows<{ item: unknown }>(
    `SELECT ${CONFLICT_OBJECT} AS item FROM ${CONFLICT_FROM} WHERE x.workspace_id = $1 AND x.id = $2`,
    [workspaceId, conflictId],
  );
  return row === undefined ? null : conflictSchema.parse(row.item);
}

export async function listChanges(
  sql: Sql,
  workspaceId: string,
  { contractId, after, limit }: ChangeRequest,
): Promise<readonly FieldChangeRow[]> {
  const rows = await sql.rows<{ item: unknown }>(
    `SELECT ${CHANGE_OBJECT} AS item FROM ${CHANGE_FROM}
     WHERE f.workspace_id = $1 AND ($2::uuid IS NULL OR f.contract_id = $2)
       AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', f.at), f.id) < ($3::timestamptz, $4::uuid))
     ORDER BY f.at DESC, f.id DESC LIMIT $5`,
    [workspaceId, contractId, instant(after?.at ?? null), after?.id ?? null, limit],
  );
  return rows.map(({ item }) => changeSchema.parse(item));
}
