/** Installed portals as people see and manage them: install, health, dead letters, removal. */
import { z } from 'zod';
import type { World } from '../../world.ts';
import type { ConnectionRef, Host } from '../../crm/port.ts';
import type { ConnectionHealthRow, DeadLetterRow, Install, InstallResult, WorkspaceStore } from '../workspace-port.ts';
import { CONNECTION_OBJECT, connectionSchema } from './contracts-read.ts';
import { epochMs } from './contracts-row.ts';
import { type Database, instant, type Sql } from './database.ts';
import { endQuestionsOf } from './questions.ts';

const CONNECTIONS_MAX = 50;

export async function findConnectionOfAccount(
  database: Database,
  host: Host,
  accountId: string,
): Promise<(ConnectionRef & { readonly state: string }) | null> {
  const [row] = await database.eachAsScheduler().rows<{ workspace_id: string; connection_id: string; state: string }>(
    `SELECT a.workspace_id, a.connection_id, c.state FROM host_account a
       JOIN connection c ON c.workspace_id = a.workspace_id AND c.id = a.connection_id WHERE a.host = $1 AND a.account_id = $2`,
    [host, accountId],
    'connection_of_account',
  );
  if (row === undefined) return null;
  return { workspaceId: row.workspace_id, connectionId: row.connection_id, host, accountId, state: row.state };
}

/** A portal belongs to one workspace for good; installing again renews its connection, unless it is being served anyway. */
export async function install(database: Database, world: World, request: Install): Promise<InstallResult> {
  const known = await findConnectionOfAccount(database, request.host, request.accountId);
  if (known !== null) {
    if (request.workspaceId !== null && request.workspaceId !== known.workspaceId) return { kind: 'taken' };
    const { state, ...connection } = known;
    const grant = await database.inWorkspace(known.workspaceId, (sql) =>
      state === 'active' && request.renews !== true
        ? noteSignIn(sql, connection, request)
        : renewConnection(sql, connection, request),
    );
    return { kind: 'installed', connection, newWorkspace: false, grant };
  }
  const workspaceId = request.workspaceId ?? world.random.uuid();
  const connectionId = world.random.uuid();
  const claimed = await database.inWorkspace(workspaceId, async (sql) => {
    if (request.workspaceId === null) await insertWorkspace(sql, workspaceId, request);
    await insertConnection(sql, { workspaceId, connectionId }, request);
    return await sql.run(
      `INSERT INTO host_account (host, account_id, workspace_id, connection_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
      [request.host, request.accountId, workspaceId, connectionId, instant(request.at)],
    );
  });
  if (claimed !== 1) throw new Error('Assertion failed: the portal must be claimed');
  const connection = { workspaceId, connectionId, host: request.host, accountId: request.accountId };
  return { kind: 'installed', connection, newWorkspace: request.workspaceId === null, grant: 'begins' };
}

async function insertWorkspace(sql: Sql, workspaceId: string, request: Install): Promise<void> {
  await sql.run('INSERT INTO workspace (id, name, created_at) VALUES ($1, $2, $3)', [
    workspaceId,
    request.name,
    instant(request.at),
  ]);
}

async function insertConnection(
  sql: Sql,
  ids: { readonly workspaceId: string; readonly connectionId: string },
  request: Install,
): Promise<void> {
  await sql.run(
    `INSERT INTO connection (workspace_id, id, host, account_id, state, state_reason, name, scopes, installed_by, installed_at,
       created_at, updated_at, granted_by)
     VALUES ($1, $2, $3, $4, 'parked', 'installing', $5, $6::text[], $7, $8, $8, $8, $9)`,
    [
      ids.workspaceId,
      ids.connectionId,
      request.host,
      request.accountId,
      request.name,
      [...request.scopes],
      request.installedBy,
      instant(request.at),
      request.grantedBy ?? null,
    ],
  );
}

/** Where signing in is the same as authorising, what works goes on as it is, with a newer grant of the person whose grant it has. */
async function noteSignIn(sql: Sql, connection: ConnectionRef, request: Install): Promise<'replaces' | 'unused'> {
  const replaced = await sql.run(
    `UPDATE connection SET scopes = $3::text[], updated_at = $4 WHERE workspace_id = $1 AND id = $2 AND granted_by = $5`,
    [
      connection.workspaceId,
      connection.connectionId,
      [...request.scopes],
      instant(request.at),
      request.grantedBy ?? null,
    ],
  );
  return replaced === 1 ? 'replaces' : 'unused';
}

/** The backfill begins anew, because records may have changed while nobody listened. */
async function renewConnection(sql: Sql, connection: ConnectionRef, request: Install): Promise<'begins'> {
  await sql.run(
    `UPDATE connection SET state = 'parked', state_reason = 'installing', scopes = $3::text[], installed_by = $4, installed_at = $5,
       granted_by = $6, backfill = NULL, updated_at = $5 WHERE workspace_id = $1 AND id = $2`,
    [
      connection.workspaceId,
      connection.connectionId,
      [...request.scopes],
      request.installedBy,
      instant(request.at),
      request.grantedBy ?? null,
    ],
  );
  // Its cursors say that it has read everything; those of the sweeps stay, since they know what has changed since.
  await sql.run(`DELETE FROM cursor WHERE workspace_id = $1 AND connection_id = $2 AND name LIKE 'all:%'`, [
    connection.workspaceId,
    connection.connectionId,
  ]);
  return 'begins';
}

type Account = Parameters<WorkspaceStore['describeConnection']>[1];

export async function describeConnection(
  sql: Sql,
  connection: ConnectionRef,
  { account, at }: { readonly account: Account; readonly at: number },
): Promise<void> {
  const { workspaceId, connectionId } = connection;
  const { name, uiOrigin, timeZone, currency } = account;
  await sql.run(
    `UPDATE connection SET name = coalesce($3, name), ui_origin = $4, time_zone = $5, currency = $6, updated_at = $7
     WHERE workspace_id = $1 AND id = $2`,
    [workspaceId, connectionId, name, uiOrigin, timeZone, currency, instant(at)],
  );
  if (!account.newWorkspace) return;
  await sql.run('UPDATE workspace SET name = coalesce($2, name), time_zone = $3, currency = $4 WHERE id = $1', [
    workspaceId,
    name,
    timeZone,
    currency,
  ]);
}

const backfillSchema = z
  .object({
    phase: z.enum(['schema', 'reading', 'matching', 'done']),
    read: z.number(),
    total: z.number().nullable(),
    startedAt: z.number(),
    updatedAt: z.number(),
  })
  .nullable()
  .catch(null);

const healthSchema = z.object({
  connection: connectionSchema,
  timeZone: z.string().nullable(),
  currency: z.string().nullable(),
  installedAt: z.number(),
  installedBy: z.string().nullable(),
  scopes: z.array(z.string()),
  backfill: backfillSchema,
  budgets: z.array(
    z.object({
      bucket: z.string(),
      tokens: z.number(),
      capacity: z.number(),
      windowMs: z.number(),
      refilledAt: z.number(),
      blockedUntil: z.number().nullable(),
      dailyLimit: z.number().nullable(),
      dailyRemaining: z.number().nullable(),
    }),
  ),
  dirty: z.number(),
  oldestDirtySince: z.number().nullable(),
  deadLetters: z.number(),
  links: z.number(),
  lastAgreedAt: z.number().nullable(),
  lastHeardAt: z.number().nullable(),
  hasCardSecret: z.boolean(),
  openConflicts: z.number(),
});

const OF_CONNECTION = (alias: string): string =>
  `${alias}.workspace_id = k.workspace_id AND ${alias}.connection_id = k.id`;

const HEALTH = `
SELECT jsonb_build_object('connection', ${CONNECTION_OBJECT}, 'timeZone', k.time_zone, 'currency', k.currency,
  'installedAt', ${epochMs('coalesce(k.installed_at, k.created_at)')}, 'installedBy', k.installed_by, 'scopes', to_jsonb(coalesce(k.scopes, '{}')),
  'backfill', k.backfill,
  'budgets', (SELECT coalesce(jsonb_agg(jsonb_build_object('bucket', b.bucket, 'tokens', b.tokens, 'capacity', b.capacity,
      'windowMs', b.window_ms, 'refilledAt', ${epochMs('b.refilled_at')}, 'blockedUntil', ${epochMs('b.blocked_until')},
      'dailyLimit', b.daily_limit, 'dailyRemaining', b.daily_remaining)), '[]'::jsonb) FROM budget b WHERE ${OF_CONNECTION('b')}),
  'dirty', (SELECT count(*) FROM dirty d WHERE ${OF_CONNECTION('d')} AND d.state = 'queued'),
  'oldestDirtySince', (SELECT ${epochMs('min(d.dirty_since)')} FROM dirty d WHERE ${OF_CONNECTION('d')} AND d.state = 'queued'),
  'deadLetters', (SELECT count(*) FROM dirty d WHERE ${OF_CONNECTION('d')} AND d.state = 'dead'),
  'links', (SELECT count(*) FROM contract_link l WHERE ${OF_CONNECTION('l')} AND l.state = 'active'),
  'lastAgreedAt', (SELECT ${epochMs('max(m.last_agreed_at)')} FROM mirror m WHERE ${OF_CONNECTION('m')}),
  'lastHeardAt', (SELECT ${epochMs('max(f.at)')} FROM cursor f WHERE ${OF_CONNECTION('f')} AND f.name = 'feed'),
  'hasCardSecret', EXISTS (SELECT 1 FROM card_secret s WHERE ${OF_CONNECTION('s')} AND s.state = 'current'),
  'openConflicts', (SELECT count(*) FROM conflict x WHERE ${OF_CONNECTION('x')} AND x.state = 'open')) AS item
FROM connection k WHERE k.workspace_id = $1 ORDER BY k.created_at, k.id LIMIT ${CONNECTIONS_MAX}`;

export async function listConnectionHealth(sql: Sql, workspaceId: string): Promise<readonly ConnectionHealthRow[]> {
  const rows = await sql.rows<{ item: unknown }>(HEALTH, [workspaceId]);
  return rows.map(({ item }) => healthSchema.parse(item));
}

/** Tokens, queue, cursors and leases go; what was agreed goes too, because a later install starts from a fresh reading. */
const ERASED_WITH_CONNECTION = [
  'credential',
  'dirty',
  'lane',
  'cursor',
  'budget',
  'intent',
  'mirror',
  'host_record',
  'card_secret',
  'projected_row',
] as const;

export async function eraseConnection(sql: Sql, connection: ConnectionRef, at: number): Promise<void> {
  const { workspaceId, connectionId } = connection;
  await sql.run(
    `UPDATE connection SET state = 'disconnected', state_reason = 'disconnected', backfill = NULL, updated_at = $3
     WHERE workspace_id = $1 AND id = $2`,
    [workspaceId, connectionId, instant(at)],
  );
  await endQuestionsOf(sql, connection);
  for (const table of ERASED_WITH_CONNECTION) {
    await sql.run(`DELETE FROM ${table} WHERE workspace_id = $1 AND connection_id = $2`, [workspaceId, connectionId]);
  }
  // A later install finds them again; what people decided about pairs stays.
  await sql.run(
    `DELETE FROM record_match WHERE workspace_id = $1 AND state = 'suggested' AND $2 IN (left_connection_id, right_connection_id)`,
    [workspaceId, connectionId],
  );
}

const deadSchema = z.object({
  connection: connectionSchema,
  objectType: z.enum(['opportunity', 'account', 'case']),
  recordId: z.string(),
  recordName: z.string().nullable(),
  failure: z.string(),
  detail: z.string(),
  attempts: z.number(),
  since: z.number(),
});

export async function listDeadLetters(
  sql: Sql,
  workspaceId: string,
  { connectionId, limit }: { readonly connectionId: string | null; readonly limit: number },
): Promise<{ readonly rows: readonly DeadLetterRow[]; readonly total: number }> {
  const condition = `d.workspace_id = $1 AND d.state = 'dead' AND ($2::uuid IS NULL OR d.connection_id = $2)`;
  const [counted] = await sql.rows<{ total: number }>(`SELECT count(*)::int AS total FROM dirty d WHERE ${condition}`, [
    workspaceId,
    connectionId,
  ]);
  const rows = await sql.rows<{ item: unknown }>(
    `SELECT jsonb_build_object('connection', ${CONNECTION_OBJECT}, 'objectType', d.object_type, 'recordId', d.record_id,
       'recordName', h.name, 'failure', coalesce(d.failure, 'unknown'), 'detail', coalesce(d.detail, ''), 'attempts', d.attempts,
       'since', ${epochMs('coalesce(d.failed_at, d.dirty_since)')}) AS item
     FROM dirty d JOIN connection k ON k.workspace_id = d.workspace_id AND k.id = d.connection_id
     LEFT JOIN host_record h ON (h.workspace_id, h.connection_id, h.object_type, h.record_id)
       = (d.workspace_id, d.connection_id, d.object_type, d.record_id)
     WHERE ${condition} ORDER BY d.failed_at DESC NULLS LAST, d.record_id LIMIT $3`,
    [workspaceId, connectionId, limit],
  );
  return { rows: rows.map(({ item }) => deadSchema.parse(item)), total: counted?.total ?? 0 };
}
