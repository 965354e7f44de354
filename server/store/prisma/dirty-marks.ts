/**
 * Writing the dirty set, inside whatever transaction changed something. Marks on one record become one row: lowest priority number,
 * earliest due instant, next generation. Rows are written in key order and lanes last, in one statement each, so that transactions
 * that mark the same records wait for each other instead of deadlocking (order everywhere: contracts, dirty, lane).
 */
import type { HostObjectType, HostRecordRef } from '../../crm/port.ts';
import { DIRTY_PRIORITY, type DirtyMark } from '../port.ts';
import { instant, jsonb, type Sql } from './database.ts';

/** Sent after marks become visible; a listener may then look for work at once. Only a hint. */
export const DIRTY_CHANNEL = 'counterpart_dirty';

type MarkRow = {
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly object_type: string;
  readonly record_id: string;
  readonly priority: number;
  readonly reason: string;
  readonly not_before: string;
  readonly event_id: string | null;
  readonly marks: number;
};

function fold(marks: readonly DirtyMark[], now: number): readonly MarkRow[] {
  const rows = new Map<string, MarkRow>();
  for (const mark of marks) {
    const key = JSON.stringify([mark.workspaceId, mark.connectionId, mark.ref.objectType, mark.ref.recordId]);
    const seen = rows.get(key);
    const notBefore = instant(mark.notBefore ?? now);
    const priority = DIRTY_PRIORITY[mark.reason];
    // News of our own write add nothing to any other reason.
    if (seen !== undefined && mark.reason === 'confirm') continue;
    const stronger = seen === undefined || seen.reason === 'confirm' || priority < seen.priority;
    rows.set(key, {
      workspace_id: mark.workspaceId,
      connection_id: mark.connectionId,
      object_type: mark.ref.objectType,
      record_id: mark.ref.recordId,
      priority: stronger ? priority : seen.priority,
      reason: stronger ? mark.reason : seen.reason,
      // ISO instants of one width compare as text.
      not_before: seen === undefined || notBefore < seen.not_before ? notBefore : seen.not_before,
      event_id: mark.eventId ?? seen?.event_id ?? null,
      marks: (seen?.marks ?? 0) + 1,
    });
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A mark on a dead row revives it with no attempts counted; on a queued row the attempts stand. */
const UPSERT_DIRTY = `
INSERT INTO dirty AS d (workspace_id, connection_id, object_type, record_id, priority, reason, not_before, generation, dirty_since, event_id)
SELECT m.workspace_id, m.connection_id, m.object_type, m.record_id, m.priority, m.reason, m.not_before, m.marks, $2, m.event_id
FROM jsonb_to_recordset($1::jsonb) AS m(workspace_id uuid, connection_id uuid, object_type text, record_id text, priority int,
  reason text, not_before timestamptz, event_id text, marks int)
WHERE EXISTS (SELECT 1 FROM connection c WHERE c.workspace_id = m.workspace_id AND c.id = m.connection_id)
ORDER BY m.workspace_id, m.connection_id, m.object_type, m.record_id
ON CONFLICT (workspace_id, connection_id, object_type, record_id) DO UPDATE SET
  state = 'queued',
  generation = d.generation + EXCLUDED.generation,
  reason = CASE WHEN d.state = 'dead' OR EXCLUDED.priority < d.priority THEN EXCLUDED.reason ELSE d.reason END,
  priority = CASE WHEN d.state = 'dead' THEN EXCLUDED.priority ELSE least(d.priority, EXCLUDED.priority) END,
  not_before = CASE WHEN d.state = 'dead' THEN EXCLUDED.not_before ELSE least(d.not_before, EXCLUDED.not_before) END,
  attempts = CASE WHEN d.state = 'dead' THEN 0 ELSE d.attempts END,
  dirty_since = CASE WHEN d.state = 'dead' THEN EXCLUDED.dirty_since ELSE d.dirty_since END,
  event_id = coalesce(EXCLUDED.event_id, d.event_id),
  failure = NULL, detail = NULL, failed_at = NULL
WHERE d.state = 'dead' OR EXCLUDED.reason <> 'confirm'`;

/**
 * The lease row is made with its lane and not touched afterwards: an insertion that finds the row changed by a running transaction waits
 * for it, even with DO NOTHING, while that transaction (a worker giving the lane back) may be waiting for the lane.
 */
const UPSERT_LANES = `
WITH due AS (
  SELECT m.workspace_id, m.connection_id, min(m.not_before) AS due_at
  FROM jsonb_to_recordset($1::jsonb) AS m(workspace_id uuid, connection_id uuid, not_before timestamptz)
  WHERE EXISTS (SELECT 1 FROM connection c WHERE c.workspace_id = m.workspace_id AND c.id = m.connection_id)
  GROUP BY 1, 2
), upserted AS (
  INSERT INTO lane AS l (workspace_id, connection_id, due_at, last_served_at)
  SELECT workspace_id, connection_id, due_at, to_timestamp(0) FROM due ORDER BY 1, 2
  ON CONFLICT (workspace_id, connection_id) DO UPDATE SET due_at = least(l.due_at, EXCLUDED.due_at)
  RETURNING l.workspace_id, l.connection_id, (l.xmax = 0) AS is_new
)
INSERT INTO lane_lease (workspace_id, connection_id)
SELECT workspace_id, connection_id FROM upserted WHERE is_new
ON CONFLICT (workspace_id, connection_id) DO NOTHING`;

/** Adds marks to the dirty set within the caller's transaction, which sees either one workspace or, as scheduler, all of them. */
export async function addMarks(sql: Sql, marks: readonly DirtyMark[], now: number): Promise<void> {
  if (marks.length === 0) return;
  const rows = jsonb(fold(marks, now));
  await sql.run(UPSERT_DIRTY, [rows, instant(now)]);
  await sql.run(UPSERT_LANES, [rows]);
  await sql.run(`SELECT pg_notify('${DIRTY_CHANNEL}', '')`);
}

type LinkedRecord = {
  readonly contract_id: string;
  readonly connection_id: string;
  readonly object_type: HostObjectType;
  readonly record_id: string;
};

/** How `mirrorMarks` names the record that a change came from. */
export function linkKey(connectionId: string, ref: HostRecordRef): string {
  return JSON.stringify([connectionId, ref.objectType, ref.recordId]);
}

/**
 * Marks for every record that the changed contracts are attached to. `changers` names, per contract, the record that the change came
 * from, which has been judged already and needs no further look; null when it came from elsewhere.
 */
export async function mirrorMarks(
  sql: Sql,
  workspaceId: string,
  changers: ReadonlyMap<string, string | null>,
): Promise<readonly DirtyMark[]> {
  if (changers.size === 0) return [];
  const linked = await sql.rows<LinkedRecord>(
    `SELECT contract_id, connection_id, object_type, record_id FROM contract_link
     WHERE workspace_id = $1 AND contract_id = ANY($2::uuid[]) AND state = 'active'`,
    [workspaceId, [...changers.keys()]],
  );
  return linked.flatMap((row): readonly DirtyMark[] => {
    const ref: HostRecordRef = { objectType: row.object_type, recordId: row.record_id };
    if (changers.get(row.contract_id) === linkKey(row.connection_id, ref)) return [];
    return [{ workspaceId, connectionId: row.connection_id, ref, reason: 'ours' }];
  });
}

/** Marks every record that the given contracts are attached to, within the transaction that changed them. */
export async function markMirrorsOf(
  sql: Sql,
  contractIds: readonly string[],
  options: { readonly workspaceId: string; readonly now: number },
): Promise<void> {
  const marks = await mirrorMarks(sql, options.workspaceId, new Map(contractIds.map((id) => [id, null])));
  await addMarks(sql, marks, options.now);
}
