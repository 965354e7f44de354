/**
 * Questions as rows: the conflicts that nobody has won. A record has one open row for each field that its mirror holds a question about;
 * both change in one transaction, under the lock of the mirror.
 */
import type { ConnectionRef } from '../../crm/port.ts';
import type { QuestionAnswer } from '../contract-port.ts';
import type { DirtyMark, RecordCommit } from '../port.ts';
import type { WriteScope } from './contract-writes.ts';
import { instant, jsonb, type Sql } from './database.ts';

const CHANGED = `jsonb_to_recordset($3::jsonb) AS n(id uuid, object_type text, record_id text, field text, contract_id uuid, base text,
  ours text, theirs text, winner text, state text, reason text, detail text, at timestamptz)`;
const OPEN = `x.workspace_id = $1 AND x.connection_id = $2 AND x.object_type = n.object_type AND x.record_id = n.record_id
  AND x.field = n.field AND x.state = 'open' AND x.winner = 'undecided'`;

/** Rows that end come first: another question about the same field may take their place. */
export async function writeQuestions(
  scope: WriteScope,
  connection: ConnectionRef,
  commits: readonly RecordCommit[],
): Promise<void> {
  const rows = commits.flatMap(({ ref, questions }) =>
    questions.map((change) => ({
      id: scope.random.uuid(),
      object_type: ref.objectType,
      record_id: ref.recordId,
      field: change.field,
      contract_id: change.question.contractId,
      base: change.question.base,
      ours: change.question.ours,
      theirs: change.question.theirs,
      winner: change.kind === 'kept' ? 'ours' : 'undecided',
      state: change.kind === 'settled' ? 'settled' : 'open',
      reason: change.kind === 'kept' ? change.reason : change.question.reason,
      detail: change.kind === 'kept' ? change.detail : 'ask',
      at: instant(change.at),
      isAsked: change.kind === 'asked',
    })),
  );
  const write = async (changed: typeof rows): Promise<void> => {
    if (changed.length === 0) return;
    const values = [connection.workspaceId, connection.connectionId, jsonb(changed)];
    await scope.sql.run(
      `UPDATE conflict x SET contract_id = n.contract_id, base = n.base, ours = n.ours, theirs = n.theirs, winner = n.winner,
         state = n.state, reason = n.reason, detail = n.detail, at = n.at,
         resolved_at = CASE WHEN n.state = 'settled' THEN n.at END
       FROM ${CHANGED} WHERE ${OPEN}`,
      values,
    );
  };
  await write(rows.filter((row) => !row.isAsked));
  const asked = rows.filter((row) => row.isAsked);
  if (asked.length === 0) return;
  await write(asked);
  await scope.sql.run(
    `INSERT INTO conflict (workspace_id, connection_id, id, contract_id, object_type, record_id, field, base, ours, theirs, winner, state,
       reason, detail, at)
     SELECT $1, $2, n.id, n.contract_id, n.object_type, n.record_id, n.field, n.base, n.ours, n.theirs, n.winner, n.state, n.reason,
       n.detail, n.at
     FROM ${CHANGED} WHERE NOT EXISTS (SELECT 1 FROM conflict x WHERE ${OPEN})`,
    [connection.workspaceId, connection.connectionId, jsonb(asked)],
  );
}

type Answered = { readonly workspaceId: string; readonly actor: string | null; readonly now: number };

/**
 * Closes a question that still stands as the person saw it and lets its record take part again. Gives the marks that have the record looked
 * at; null when it does not stand so: the caller gives the transaction up. Locks the mirror, so it comes before any lock of a contract,
 * and the marks, which lock the queue, are added after it.
 */
export async function answerQuestion(
  sql: Sql,
  { conflictId, winner, ours, theirs }: QuestionAnswer,
  { workspaceId, actor, now }: Answered,
): Promise<readonly DirtyMark[] | null> {
  const [place] = await sql.rows<{
    connection_id: string;
    object_type: 'opportunity' | 'account' | 'case';
    record_id: string;
  }>(
    `UPDATE mirror m SET asked = m.asked - x.field, revision = m.revision + 1, updated_at = $3
     FROM conflict x
     WHERE x.workspace_id = $1 AND x.id = $2 AND x.state = 'open' AND x.winner = 'undecided'
       AND (m.workspace_id, m.connection_id, m.object_type, m.record_id)
         = (x.workspace_id, x.connection_id, x.object_type, x.record_id)
     RETURNING m.connection_id, m.object_type, m.record_id`,
    [workspaceId, conflictId, instant(now)],
  );
  const closed = await sql.run(
    `UPDATE conflict SET state = 'answered', winner = $3, resolved_at = $4, resolved_by = $5
     WHERE workspace_id = $1 AND id = $2 AND state = 'open' AND winner = 'undecided'
       AND ours IS NOT DISTINCT FROM $6::text AND theirs IS NOT DISTINCT FROM $7::text`,
    [workspaceId, conflictId, winner, instant(now), actor, ours, theirs],
  );
  if (closed !== 1) return null;
  if (place === undefined) return [];
  const ref = { objectType: place.object_type, recordId: place.record_id };
  return [{ workspaceId, connectionId: place.connection_id, ref, reason: 'ours' }];
}

/** A connection that goes takes its records with it: ours stays, and theirs is kept as a conflict. */
export async function endQuestionsOf(sql: Sql, { workspaceId, connectionId }: ConnectionRef): Promise<void> {
  await sql.run(
    `UPDATE conflict SET winner = 'ours', reason = 'lead_changed', detail = 'disconnected'
     WHERE workspace_id = $1 AND connection_id = $2 AND state = 'open' AND winner = 'undecided'`,
    [workspaceId, connectionId],
  );
}
