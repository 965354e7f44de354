/**
 * Admin actions as a chain: each event's hash covers the one before it, so that an event cannot be changed or left out unnoticed. The
 * head stands on the workspace row and is locked while a link is added.
 */
import { createHash } from 'node:crypto';
import type { AdminEvent, AdminEventRow } from '../workspace-port.ts';
import { instant, jsonb, type Sql } from './database.ts';

/** Before the first event there is nothing to cover. */
const GENESIS = Buffer.alloc(32);

function hashOf(previous: Buffer, seq: bigint, event: Omit<AdminEvent, 'workspaceId'>): Buffer {
  const { at, actor, action, subjectType, subjectId, detail } = event;
  const sorted = Object.fromEntries(Object.entries(detail).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify([seq.toString(), at, actor, action, subjectType, subjectId, sorted]);
  return createHash('sha256').update(previous).update(text).digest();
}

export async function recordAdminEvent(sql: Sql, given: AdminEvent): Promise<void> {
  // Hashed as it will be read back: text that PostgreSQL cannot hold is replaced first, or the chain would never verify again.
  const event: AdminEvent = JSON.parse(jsonb(given)) as AdminEvent;
  const [head] = await sql.rows<{ audit_seq: string; audit_hash: Buffer | null }>(
    'SELECT audit_seq::text, audit_hash FROM workspace WHERE id = $1 FOR UPDATE',
    [event.workspaceId],
  );
  if (head === undefined) return;
  const seq = BigInt(head.audit_seq) + 1n;
  const previous = head.audit_hash ?? GENESIS;
  const hash = hashOf(previous, seq, event);
  await sql.run(
    `INSERT INTO audit_event (workspace_id, seq, at, actor, action, subject_type, subject_id, detail, previous_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10)`,
    [
      event.workspaceId,
      seq.toString(),
      instant(event.at),
      event.actor,
      event.action,
      event.subjectType,
      event.subjectId,
      jsonb(event.detail),
      previous,
      hash,
    ],
  );
  await sql.run('UPDATE workspace SET audit_seq = $2, audit_hash = $3 WHERE id = $1', [
    event.workspaceId,
    seq.toString(),
    hash,
  ]);
}

export async function listAdminEvents(
  sql: Sql,
  workspaceId: string,
  { beforeId, limit }: { readonly beforeId: string | null; readonly limit: number },
): Promise<readonly AdminEventRow[]> {
  const rows = await sql.rows<{ seq: string; action: string; actor: string; detail: unknown; at: number }>(
    `SELECT seq::text, action, actor, detail, at FROM audit_event WHERE workspace_id = $1 AND ($2::bigint IS NULL OR seq < $2)
     ORDER BY audit_event.seq DESC LIMIT $3`,
    [workspaceId, beforeId, limit],
  );
  return rows.map(({ seq, detail, ...row }) => ({ ...row, id: seq, detail: detailText(detail) }));
}

function detailText(detail: unknown): string | null {
  if (typeof detail !== 'object' || detail === null) return null;
  const entries = Object.entries(detail).filter(([, value]) => value !== null);
  return entries.length === 0 ? null : entries.map(([name, value]) => `${name}: ${String(value)}`).join(', ');
}

/** Walks the chain from the start; the first sequence number that does not fit, or null when all do and the head agrees. */
export async function verifyAuditChain(sql: Sql, workspaceId: string): Promise<string | null> {
  const rows = await sql.rows<{
    seq: string;
    at: number;
    actor: string;
    action: string;
    subject_type: string | null;
    subject_id: string | null;
    detail: Readonly<Record<string, string | number | null>>;
    hash: Buffer;
  }>(
    'SELECT seq::text, at, actor, action, subject_type, subject_id, detail, hash FROM audit_event WHERE workspace_id = $1 ORDER BY audit_event.seq',
    [workspaceId],
  );
  let previous: Buffer = GENESIS;
  let expected = 1n;
  for (const row of rows) {
    const { seq, subject_type: subjectType, subject_id: subjectId, hash, ...rest } = row;
    if (seq !== expected.toString() || !hashOf(previous, expected, { ...rest, subjectType, subjectId }).equals(hash))
      return seq;
    previous = hash;
    expected += 1n;
  }
  const [head] = await sql.rows<{ audit_seq: string }>('SELECT audit_seq::text FROM workspace WHERE id = $1', [
    workspaceId,
  ]);
  return head?.audit_seq === (expected - 1n).toString() ? null : expected.toString();
}
