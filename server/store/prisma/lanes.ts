/**
 * Who works on which connection. A lane is leased to one worker at a time; its fence grows with each lease, and a writer that holds an
 * older fence changes nothing. The least recently served lane with something due comes first, so a busy connection cannot starve a
 * quiet one.
 */
import type { Host, HostObjectType } from '../../crm/port.ts';
import type { World } from '../../world.ts';
import {
  DIRTY_PRIORITY,
  type DirtyItem,
  type DirtyReason,
  type Lane,
  type Settlement,
  type SyncStore,
} from '../port.ts';
import { type Database, instant, jsonb, type Sql, storableText } from './database.ts';
import { addMarks } from './dirty-marks.ts';
import { holderName, isGoneSql } from './presence.ts';
import { amongRefs, refsParameters } from './record-state.ts';

type LaneMethods = Pick<
  SyncStore,
  'markDirty' | 'leaseLane' | 'renewLane' | 'releaseLane' | 'nextDueAt' | 'takeDirty' | 'settle'
>;

const DETAIL_CHARACTERS_MAX = 500;
/** Work of a parked or disconnected connection waits; only these are served. */
const SERVED_STATES = `('active')`;

/** True while the lane is still this worker's; holds the lease against others until the transaction ends. */
export async function holdsLane(sql: Sql, lane: Lane): Promise<boolean> {
  const held = await sql.rows(
    `SELECT 1 FROM lane_lease WHERE workspace_id = $1 AND connection_id = $2 AND fence = $3 AND leased_by IS NOT NULL FOR SHARE`,
    [lane.connection.workspaceId, lane.connection.connectionId, lane.fence],
  );
  return held.length === 1;
}

async function lease(sql: Sql, request: { worker: string; now: number; leaseMs: number }): Promise<Lane | null> {
  const [free] = await sql.rows<{ workspace_id: string; connection_id: string; host: Host; account_id: string }>(
    `SELECT l.workspace_id, l.connection_id, c.host, c.account_id
     FROM lane l
     JOIN lane_lease s ON s.workspace_id = l.workspace_id AND s.connection_id = l.connection_id
     JOIN connection c ON c.workspace_id = l.workspace_id AND c.id = l.connection_id
     WHERE l.due_at <= $1 AND (l.not_before IS NULL OR l.not_before <= $1) AND (s.leased_until IS NULL OR s.leased_until <= $1 OR ${isGoneSql('s.leased_by')})
       AND c.state IN ${SERVED_STATES}
     ORDER BY l.last_served_at, l.due_at
     LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
    [instant(request.now)],
  );
  if (free === undefined) return null;
  const leasedUntil = request.now + request.leaseMs;
  const [leased] = await sql.rows<{ fence: string }>(
    `UPDATE lane_lease SET fence = fence + 1, leased_by = $3, leased_until = $4 WHERE workspace_id = $1 AND connection_id = $2 RETURNING fence`,
    [free.workspace_id, free.connection_id, request.worker, instant(leasedUntil)],
  );
  await sql.run('UPDATE lane SET last_served_at = $3 WHERE workspace_id = $1 AND connection_id = $2', [
    free.workspace_id,
    free.connection_id,
    instant(request.now),
  ]);
  if (leased === undefined) throw new Error('a locked lease row vanished');
  return {
    connection: {
      workspaceId: free.workspace_id,
      connectionId: free.connection_id,
      host: free.host,
      accountId: free.account_id,
    },
    fence: Number(leased.fence),
    leasedUntil,
  };
}

async function release(sql: Sql, lane: Lane, notBefore: number | null): Promise<void> {
  const { workspaceId, connectionId } = lane.connection;
  const ended = await sql.run(
    `UPDATE lane_lease SET leased_by = NULL, leased_until = NULL
     WHERE workspace_id = $1 AND connection_id = $2 AND fence = $3 AND leased_by IS NOT NULL`,
    [workspaceId, connectionId, lane.fence],
  );
  if (ended === 0) return;
  // The row is locked before the dirty set is looked at: a mark either is seen by the next statement or waits and lowers due_at itself.
  await sql.rows('SELECT 1 FROM lane WHERE workspace_id = $1 AND connection_id = $2 FOR UPDATE', [
    workspaceId,
    connectionId,
  ]);
  await sql.run(
    `UPDATE lane SET not_before = $3, due_at = coalesce((SELECT min(d.not_before) FROM dirty d
       WHERE d.workspace_id = $1 AND d.connection_id = $2 AND d.state = 'queued'), 'infinity')
     WHERE workspace_id = $1 AND connection_id = $2`,
    [workspaceId, connectionId, instant(notBefore)],
  );
}

async function takeDirty(sql: Sql, lane: Lane, request: { now: number; limit: number }): Promise<readonly DirtyItem[]> {
  if (!(await holdsLane(sql, lane))) return [];
  const rows = await sql.rows<{
    object_type: HostObjectType;
    record_id: string;
    generation: number;
    reason: DirtyReason;
    attempts: number;
    dirty_since: number;
    event_id: string | null;
  }>(
    `SELECT object_type, record_id, generation, reason, attempts, dirty_since, event_id FROM dirty
     WHERE workspace_id = $1 AND connection_id = $2 AND state = 'queued' AND not_before <= $3
     ORDER BY priority, dirty_since, object_type, record_id LIMIT $4`,
    [lane.connection.workspaceId, lane.connection.connectionId, instant(request.now), request.limit],
  );
  return rows.map((row) => ({
    ref: { objectType: row.object_type, recordId: row.record_id },
    generation: row.generation,
    reason: row.reason,
    attempts: row.attempts,
    dirtySince: row.dirty_since,
    eventId: row.event_id,
  }));
}

function settlementRow(settlement: Settlement): object {
  return {
    object_type: settlement.ref.objectType,
    record_id: settlement.ref.recordId,
    generation: settlement.generation,
    kind: settlement.kind,
    not_before: 'notBefore' in settlement ? instant(settlement.notBefore) : null,
    failure: 'failure' in settlement ? settlement.failure : null,
    detail: 'detail' in settlement ? storableText(settlement.detail.slice(0, DETAIL_CHARACTERS_MAX)) : null,
  };
}

/** Rows marked again since they were taken carry a newer generation; they stay as they are, due for another look. */
async function settle(
  sql: Sql,
  lane: Lane,
  settlements: readonly Settlement[],
  now: number,
): Promise<'settled' | 'lease_lost'> {
  if (!(await holdsLane(sql, lane))) return 'lease_lost';
  if (settlements.length === 0) return 'settled';
  const [workspaceId, connectionId, , objectTypes, recordIds] = refsParameters(
    lane.connection,
    settlements.map(({ ref }) => ref),
  );
  const values = [workspaceId, connectionId, jsonb(settlements.map(settlementRow)), objectTypes, recordIds];
  const input = `jsonb_to_recordset($3::jsonb) AS s(object_type text, record_id text, generation int, kind text, not_before timestamptz,
    failure text, detail text)`;
  const same = `${amongRefs('d')} AND d.object_type = s.object_type AND d.record_id = s.record_id AND d.generation = s.generation`;
  await sql.run(`DELETE FROM dirty d USING ${input} WHERE ${same} AND s.kind = 'done'`, values);
  await sql.run(
    `UPDATE dirty d SET
       state = CASE s.kind WHEN 'dead' THEN 'dead' ELSE 'queued' END,
       reason = CASE s.kind WHEN 'confirm' THEN 'confirm' ELSE d.reason END,
       priority = CASE s.kind WHEN 'confirm' THEN ${DIRTY_PRIORITY.confirm} ELSE d.priority END,
       attempts = CASE s.kind WHEN 'confirm' THEN 0 ELSE d.attempts + 1 END,
       not_before = coalesce(s.not_before, d.not_before),
       failure = s.failure, detail = s.detail, failed_at = CASE WHEN s.failure IS NULL THEN NULL ELSE $6::timestamptz END
     FROM ${input} WHERE ${same} AND s.kind <> 'done'`,
    [...values, instant(now)],
  );
  return 'settled';
}

export function laneMethods(database: Database, world: World): LaneMethods {
  const of = <T>(lane: Lane, work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.inWorkspace(lane.connection.workspaceId, work);
  return {
    markDirty: async (marks) => {
      if (marks.length > 0) await database.asScheduler((sql) => addMarks(sql, marks, world.clock.now()));
    },
    leaseLane: async (request) => {
      const worker = holderName(request.worker, database.presence());
      return await database.asScheduler((sql) => lease(sql, { ...request, worker }));
    },
    renewLane: async (lane, now, leaseMs) => {
      const leasedUntil = now + leaseMs;
      const renewed = await of(lane, (sql) =>
        sql.run(
          `UPDATE lane_lease SET leased_until = $4 WHERE workspace_id = $1 AND connection_id = $2 AND fence = $3 AND leased_by IS NOT NULL`,
          [lane.connection.workspaceId, lane.connection.connectionId, lane.fence, instant(leasedUntil)],
        ),
      );
      return renewed === 1 ? { ...lane, leasedUntil } : null;
    },
    releaseLane: async (lane, notBefore) => await of(lane, (sql) => release(sql, lane, notBefore)),
    nextDueAt: async (now) => {
      const [row] = await database.asScheduler((sql) =>
        sql.rows<{ due_at: number | null }>(
          `SELECT min(greatest(l.due_at, l.not_before, s.leased_until)) AS due_at
           FROM lane l
           JOIN lane_lease s ON s.workspace_id = l.workspace_id AND s.connection_id = l.connection_id
           JOIN connection c ON c.workspace_id = l.workspace_id AND c.id = l.connection_id
           WHERE l.due_at < 'infinity' AND c.state IN ${SERVED_STATES}`,
        ),
      );
      const dueAt = row?.due_at ?? null;
      return dueAt === null ? null : Math.max(dueAt, now);
    },
    takeDirty: async (lane, request) => await of(lane, (sql) => takeDirty(sql, lane, request)),
    settle: async (lane, settlements, now) => await of(lane, (sql) => settle(sql, lane, settlements, now)),
  };
}
