/** The workspace port on PostgreSQL. OAuth states are routing rows, read before any workspace is known. */
import type { World } from '../../world.ts';
import type { WorkspaceStore } from '../workspace-port.ts';
import { listAdminEvents, recordAdminEvent } from './audit-chain.ts';
import {
  describeConnection,
  eraseConnection,
  findConnectionOfAccount,
  install,
  listConnectionHealth,
  listDeadLetters,
} from './connections.ts';
import { addCardSecret, confirmCardSecret, listCardSecrets } from './card-secrets.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';
import { addMarks } from './dirty-marks.ts';
import { purgeRouting, purgeWorkspace } from './housekeeping.ts';
import { expireImports } from './import-retention.ts';
import { saveOauthState, takeOauthState } from './oauth-states.ts';
import { changeRole, ensureUser, findSession, findUserOfHost, listUsers } from './users.ts';

/** Most dead letters put back by one request. */
const REPLAY_MAX = 10_000;

type SignIn = Pick<
  WorkspaceStore,
  | 'findUserOfHost'
  | 'ensureUser'
  | 'listUsers'
  | 'changeRole'
  | 'changeLocale'
  | 'createSession'
  | 'findSession'
  | 'revokeSession'
  | 'saveOauthState'
  | 'takeOauthState'
>;

export function createWorkspaceStore(database: Database, world: World): WorkspaceStore {
  const read = <T>(workspaceId: string, work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.inWorkspace(workspaceId, work);
  return {
    ...signInMethods(database, world),
    install: (request) => install(database, world, request),
    describeConnection: (connection, account, at) =>
      read(connection.workspaceId, (sql) => describeConnection(sql, connection, { account, at })),
    findConnectionOfAccount: async (host, accountId) => {
      const found = await findConnectionOfAccount(database, host, accountId);
      if (found === null || found.state === 'disconnected') return null;
      const { state: _, ...connection } = found;
      return connection;
    },
    getConnection: async (workspaceId, connectionId) => {
      const [row] = await read(workspaceId, (sql) =>
        sql.rows<{ host: 'hubspot' | 'salesforce'; account_id: string }>(
          'SELECT host, account_id FROM connection WHERE workspace_id = $1 AND id = $2',
          [workspaceId, connectionId],
        ),
      );
      return row === undefined ? null : { workspaceId, connectionId, host: row.host, accountId: row.account_id };
    },
    listConnectionHealth: (workspaceId) => read(workspaceId, (sql) => listConnectionHealth(sql, workspaceId)),
    eraseConnection: (connection, at) => read(connection.workspaceId, (sql) => eraseConnection(sql, connection, at)),
    listCardSecrets: (connection) => read(connection.workspaceId, (sql) => listCardSecrets(sql, connection)),
    addCardSecret: (connection, secretHash, at) =>
      read(connection.workspaceId, (sql) => addCardSecret(sql, connection, { secretHash, at })),
    confirmCardSecret: (connection, secretHash) =>
      read(connection.workspaceId, (sql) => confirmCardSecret(sql, connection, secretHash)),
    listDeadLetters: (workspaceId, connectionId, limit) =>
      read(workspaceId, (sql) => listDeadLetters(sql, workspaceId, { connectionId, limit })),
    replay: (workspaceId, connectionId, refs, at) =>
      read(workspaceId, async (sql) => {
        const wanted = refs === null ? null : refs.map(({ objectType, recordId }) => `${objectType}/${recordId}`);
        const rows = await sql.rows<{ object_type: 'opportunity' | 'account' | 'case'; record_id: string }>(
          `SELECT object_type, record_id FROM dirty WHERE workspace_id = $1 AND connection_id = $2 AND state = 'dead'
           AND ($3::text[] IS NULL OR object_type || '/' || record_id = ANY($3)) ORDER BY object_type, record_id LIMIT ${REPLAY_MAX}`,
          [workspaceId, connectionId, wanted],
        );
        const marks = rows.map((row) => ({
          workspaceId,
          connectionId,
          ref: { objectType: row.object_type, recordId: row.record_id },
          reason: 'replay' as const,
        }));
        await addMarks(sql, marks, at);
        return marks.length;
      }),
    changeConflictPolicy: (policy, event) => read(event.workspaceId, (sql) => changeConflictPolicy(sql, policy, event)),
    recordAdminEvent: (event) => read(event.workspaceId, (sql) => recordAdminEvent(sql, event)),
    listAdminEvents: (workspaceId, beforeId, limit) =>
      read(workspaceId, (sql) => listAdminEvents(sql, workspaceId, { beforeId, limit })),
    expire: async (workspaceId, at) =>
      (await purgeWorkspace(database, workspaceId, at)) +
      (await read(workspaceId, (sql) => expireImports(sql, workspaceId, at))),
    expireRouting: (at) => purgeRouting(database, at),
    ping: async () => {
      const [state] = await database.asScheduler((sql) =>
        sql.rows<{ read_only: string }>(`SELECT current_setting('transaction_read_only') AS read_only`),
      );
      // A standby that a failover has left us with answers questions and takes nothing.
      if (state?.read_only !== 'off') throw new Error('the database takes no writes');
    },
  };
}

function signInMethods(database: Database, world: World): SignIn {
  const read = <T>(workspaceId: string, work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.inWorkspace(workspaceId, work);
  return {
    findUserOfHost: (workspaceId, hostUser) => read(workspaceId, (sql) => findUserOfHost(sql, workspaceId, hostUser)),
    ensureUser: (workspaceId, user) =>
      read(workspaceId, (sql) => ensureUser(sql, workspaceId, { user, random: world.random })),
    listUsers: (workspaceId) => read(workspaceId, (sql) => listUsers(sql, workspaceId)),
    changeRole: (workspaceId, userId, role) =>
      read(workspaceId, (sql) => changeRole(sql, workspaceId, { userId, role })),
    changeLocale: async (workspaceId, userId, locale) => {
      await read(workspaceId, (sql) =>
        sql.run('UPDATE workspace_user SET locale = $3 WHERE workspace_id = $1 AND id = $2', [
          workspaceId,
          userId,
          locale,
        ]),
      );
    },
    createSession: async (workspaceId, session) => {
      await read(workspaceId, (sql) =>
        sql.run(
          `INSERT INTO session (workspace_id, token_hash, user_id, created_at, expires_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $4)`,
          [workspaceId, session.tokenHash, session.userId, instant(session.at), instant(session.expiresAt)],
        ),
      );
    },
    findSession: (workspaceId, tokenHash, at) =>
      findSession(database.eachInWorkspace(workspaceId), workspaceId, { tokenHash, at }),
    revokeSession: async (workspaceId, tokenHash, at) => {
      await read(workspaceId, (sql) =>
        sql.run('UPDATE session SET revoked_at = $3 WHERE workspace_id = $1 AND token_hash = $2', [
          workspaceId,
          tokenHash,
          instant(at),
        ]),
      );
    },
    saveOauthState: (state) => database.asScheduler((sql) => saveOauthState(sql, state)),
    takeOauthState: (request) => database.asScheduler((sql) => takeOauthState(sql, request)),
  };
}

async function changeConflictPolicy(
  sql: Sql,
  policy: Parameters<WorkspaceStore['changeConflictPolicy']>[0],
  event: Parameters<WorkspaceStore['changeConflictPolicy']>[1],
): Promise<void> {
  await sql.run('UPDATE workspace SET conflict_policy = $2::jsonb WHERE id = $1', [event.workspaceId, jsonb(policy)]);
  await recordAdminEvent(sql, event);
}
