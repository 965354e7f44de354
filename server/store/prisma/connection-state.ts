/** Connections as the engine sees them: which there are, their state, their cursors, backfill progress and side-job leases. */
import { z } from 'zod';
import type { ConnectionRef, Host } from '../../crm/port.ts';
import type { World } from '../../world.ts';
import type { BackfillState, SyncStore } from '../port.ts';
import { type Database, instant, jsonb } from './database.ts';
import { addMarks } from './dirty-marks.ts';
import { holderName, isGoneSql, isSameWorkerSql } from './presence.ts';

type ConnectionMethods = Pick<SyncStore, 'findConnections' | 'listConnections' | 'setConnectionState'>;
type ProgressMethods = Pick<SyncStore, 'readCursor' | 'advanceCursor' | 'leaseJob' | 'readBackfill' | 'writeBackfill'>;

const backfillState = z.object({
  phase: z.enum(['schema', 'reading', 'matching', 'done']),
  read: z.number(),
  total: z.number().nullable(),
  startedAt: z.number(),
  updatedAt: z.number(),
});

/** The stored progress of a backfill; null when none was begun. */
function backfillOf(stored: unknown): BackfillState | null {
  return stored === null || stored === undefined ? null : backfillState.parse(stored);
}

type ConnectionRow = {
  readonly workspace_id: string;
  readonly id: string;
  readonly host: Host;
  readonly account_id: string;
};
const refOf = (row: ConnectionRow): ConnectionRef => ({
  workspaceId: row.workspace_id,
  connectionId: row.id,
  host: row.host,
  accountId: row.account_id,
});
const REF_COLUMNS = 'c.workspace_id, c.id, c.host, c.account_id';

export function connectionMethods(database: Database, world: World): ConnectionMethods {
  return {
    findConnections: async (host, accountIds) => {
      const rows = await database.asScheduler((sql) =>
        sql.rows<ConnectionRow>(
          `SELECT ${REF_COLUMNS} FROM host_account a
           JOIN connection c ON c.workspace_id = a.workspace_id AND c.id = a.connection_id
           WHERE a.host = $1 AND a.account_id = ANY($2::text[]) AND c.state <> 'disconnected' ORDER BY c.workspace_id, c.id`,
          [host, accountIds],
        ),
      );
      return rows.map(refOf);
    },
    listConnections: async (states) => {
      const rows = await database.asScheduler((sql) =>
        sql.rows<ConnectionRow>(
          `SELECT ${REF_COLUMNS} FROM connection c WHERE c.state = ANY($1::text[]) ORDER BY c.workspace_id, c.id`,
          [states],
        ),
      );
      return rows.map(refOf);
    },
    setConnectionState: async ({ workspaceId, connectionId }, state, reason) => {
      await database.inWorkspace(workspaceId, (sql) =>
        sql.run(
          `UPDATE connection SET state = $3, state_reason = $4, updated_at = $5 WHERE workspace_id = $1 AND id = $2
             AND (state <> 'disconnected' OR $3 IN ('disconnected', 'installing'))`,
          [workspaceId, connectionId, state, reason, instant(world.clock.now())],
        ),
      );
    },
  };
}

export function progressMethods(database: Database, world: World): ProgressMethods {
  return {
    readCursor: async ({ workspaceId, connectionId }, name) => {
      const [row] = await database.inWorkspace(workspaceId, (sql) =>
        sql.rows<{ value: string }>(
          'SELECT value FROM cursor WHERE workspace_id = $1 AND connection_id = $2 AND name = $3',
          [workspaceId, connectionId, name],
        ),
      );
      return row?.value ?? null;
    },
    advanceCursor: async ({ workspaceId, connectionId }, cursor, marks) => {
      await database.inWorkspace(workspaceId, async (sql) => {
        await sql.run(
          `INSERT INTO cursor (workspace_id, connection_id, name, value, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (workspace_id, connection_id, name) DO UPDATE SET value = EXCLUDED.value, at = EXCLUDED.at`,
          [workspaceId, connectionId, cursor.name, cursor.value, instant(cursor.at)],
        );
        await addMarks(sql, marks, world.clock.now());
      });
    },
    leaseJob: async ({ workspaceId, name, worker, now, leaseMs }) =>
      (await database.inWorkspace(workspaceId, (sql) =>
        sql.run(
          `INSERT INTO job_lease AS j (workspace_id, name, worker, leased_until) VALUES ($1, $2, $3, $5)
           ON CONFLICT (workspace_id, name) DO UPDATE SET worker = EXCLUDED.worker, leased_until = EXCLUDED.leased_until
           WHERE ${isSameWorkerSql('j.worker', 'EXCLUDED.worker')} OR j.leased_until <= $4 OR ${isGoneSql('j.worker')}`,
          [workspaceId, name, holderName(worker, database.presence()), instant(now), instant(now + leaseMs)],
        ),
      )) === 1,
    readBackfill: async ({ workspaceId, connectionId }) => {
      const [row] = await database.inWorkspace(workspaceId, (sql) =>
        sql.rows<{ backfill: unknown }>('SELECT backfill FROM connection WHERE workspace_id = $1 AND id = $2', [
          workspaceId,
          connectionId,
        ]),
      );
      return backfillOf(row?.backfill);
    },
    writeBackfill: async ({ workspaceId, connectionId }, state) => {
      await database.inWorkspace(workspaceId, (sql) =>
        sql.run('UPDATE connection SET backfill = $3::jsonb WHERE workspace_id = $1 AND id = $2', [
          workspaceId,
          connectionId,
          jsonb(state),
        ]),
      );
    },
  };
}
