/** Attaching contracts to CRM records and taking them off again. A detached link stays as a row, so that it can be restored. */
import type { RecordTarget, WriteResult } from '../contract-port.ts';
import type { Write } from './contracts-once.ts';
import { instant, type Sql } from './database.ts';
import { addMarks } from './dirty-marks.ts';

/** Most contracts on one CRM record. */
const LINKS_PER_RECORD_MAX = 200;

const keyOf = (write: Write, { connectionId, ref }: RecordTarget): readonly unknown[] => [
  write.context.workspaceId,
  connectionId,
  ref.objectType,
  ref.recordId,
];

async function mark(write: Write, { connectionId, ref }: RecordTarget): Promise<void> {
  const { workspaceId } = write.context;
  await addMarks(write.sql, [{ workspaceId, connectionId, ref, reason: 'ours' }], write.now);
}

async function linkState(write: Write, target: RecordTarget, contractId: string): Promise<string | null> {
  const [row] = await write.sql.rows<{ state: string }>(
    `SELECT state FROM contract_link WHERE workspace_id = $1 AND connection_id = $2 AND object_type = $3 AND record_id = $4
     AND contract_id = $5 FOR UPDATE`,
    [...keyOf(write, target), contractId],
  );
  return row?.state ?? null;
}

export async function attachRecord(write: Write, target: RecordTarget, contractId: string): Promise<WriteResult> {
  const { sql, context, now } = write;
  const contract = await sql.rows(
    'SELECT id FROM contract WHERE workspace_id = $1 AND id = $2 AND NOT archived FOR SHARE',
    [context.workspaceId, contractId],
  );
  if (contract.length === 0) return { kind: 'not_found' };
  if ((await linkState(write, target, contractId)) === 'active') return { kind: 'already_attached' };
  const [counted] = await sql.rows<{ links: number }>(
    `SELECT count(*)::int AS links FROM contract_link WHERE workspace_id = $1 AND connection_id = $2 AND object_type = $3
     AND record_id = $4 AND state = 'active'`,
    keyOf(write, target),
  );
  if ((counted?.links ?? 0) >= LINKS_PER_RECORD_MAX) return { kind: 'too_many_links' };
  await sql.run(
    `INSERT INTO contract_link (workspace_id, connection_id, object_type, record_id, contract_id, state, source, linked_at, linked_by)
     VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8)
     ON CONFLICT (workspace_id, connection_id, object_type, record_id, contract_id) DO UPDATE SET state = 'active',
       source = EXCLUDED.source, linked_at = EXCLUDED.linked_at, linked_by = EXCLUDED.linked_by, tombstoned_at = NULL,
       tombstone_reason = NULL, detached_at = NULL, detached_by = NULL`,
    [...keyOf(write, target), contractId, linkSource(write), instant(now), context.provenance.actor],
  );
  await mark(write, target);
  return { kind: 'written', contractId };
}

export async function detachRecord(write: Write, target: RecordTarget, contractId: string): Promise<WriteResult> {
  const state = await linkState(write, target, contractId);
  if (state !== 'active' && state !== 'tombstone') return { kind: 'not_found' };
  await write.sql.run(
    `UPDATE contract_link SET state = 'detached', detached_at = $6, detached_by = $7 WHERE workspace_id = $1 AND connection_id = $2
     AND object_type = $3 AND record_id = $4 AND contract_id = $5`,
    [...keyOf(write, target), contractId, instant(write.now), write.context.provenance.actor],
  );
  await mark(write, target);
  return { kind: 'written', contractId };
}

export async function restoreLink(write: Write, target: RecordTarget, contractId: string): Promise<WriteResult> {
  const state = await linkState(write, target, contractId);
  if (state === 'active') return { kind: 'already_attached' };
  return state === null ? { kind: 'not_found' } : await attachRecord(write, target, contractId);
}

/** Which of the contracts have an active link to the record. */
export async function linkedAmong(
  sql: Sql,
  request: { readonly workspaceId: string; readonly target: RecordTarget; readonly contractIds: readonly string[] },
): Promise<readonly string[]> {
  const { connectionId, ref } = request.target;
  const rows = await sql.rows<{ contract_id: string }>(
    `SELECT contract_id FROM contract_link WHERE workspace_id = $1 AND connection_id = $2 AND object_type = $3 AND record_id = $4
     AND contract_id = ANY($5::uuid[]) AND state = 'active'`,
    [request.workspaceId, connectionId, ref.objectType, ref.recordId, request.contractIds],
  );
  return rows.map(({ contract_id }) => contract_id);
}

/** The link table knows where a link was made, in fewer words than provenance does. */
function linkSource({ context }: Write): string {
  const { source } = context.provenance;
  return source === 'host' ? 'system' : source;
}
