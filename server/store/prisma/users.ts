/** People and their browser sessions. */
import type { Random } from '../../world.ts';
import type { HostUser, Role, SessionRow, UserRow, WorkspaceStore } from '../workspace-port.ts';
import { WORKSPACE_OBJECT, workspaceSchema } from './contracts-read.ts';
import { instant, type Reader, type Sql } from './database.ts';

const USERS_MAX = 1000;

const USER_COLUMNS = `u.id, u.email, u.name, u.role, u.locale, u.last_seen_at, u.disabled_at`;
type StoredUser = {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly locale: string | null;
  readonly last_seen_at: number | null;
  readonly disabled_at: number | null;
};

function userOf(row: StoredUser): UserRow {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    locale: row.locale === 'zh-CN' ? 'zh-CN' : 'en',
    lastSeenAt: row.last_seen_at,
    disabled: row.disabled_at !== null,
  };
}

export async function findUserOfHost(sql: Sql, workspaceId: string, hostUser: HostUser): Promise<UserRow | null> {
  const [row] = await sql.rows<StoredUser>(
    `SELECT ${USER_COLUMNS} FROM workspace_user u WHERE u.workspace_id = $1 AND u.host = $2 AND u.host_account_id = $3
     AND u.host_user_id = $4`,
    [workspaceId, hostUser.host, hostUser.accountId, hostUser.userId],
  );
  return row === undefined ? null : userOf(row);
}

type NewUser = Parameters<WorkspaceStore['ensureUser']>[1];

export async function ensureUser(
  sql: Sql,
  workspaceId: string,
  { user, random }: { readonly user: NewUser; readonly random: Random },
): Promise<UserRow> {
  const { hostUser, at } = user;
  const email = user.email.trim().toLowerCase();
  const known = hostUser === null ? null : await findUserOfHost(sql, workspaceId, hostUser);
  const [row] = await sql.rows<StoredUser>(
    `INSERT INTO workspace_user AS u (workspace_id, id, host, host_account_id, host_user_id, email, name, role, locale, created_at, last_seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
     ON CONFLICT (workspace_id, ${known === null ? 'email' : 'id'}) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at,
       name = coalesce(EXCLUDED.name, u.name),
       host = coalesce(u.host, EXCLUDED.host), host_account_id = coalesce(u.host_account_id, EXCLUDED.host_account_id),
       host_user_id = coalesce(u.host_user_id, EXCLUDED.host_user_id)
     RETURNING ${USER_COLUMNS}`,
    [
      workspaceId,
      known?.id ?? random.uuid(),
      hostUser?.host ?? null,
      hostUser?.accountId ?? null,
      hostUser?.userId ?? null,
      known?.email ?? email,
      user.name,
      user.roleIfNew,
      user.locale,
      instant(at),
    ],
  );
  if (row === undefined) throw new Error('Assertion failed: an upserted user must exist');
  return userOf(row);
}

export async function listUsers(sql: Sql, workspaceId: string): Promise<readonly UserRow[]> {
  const rows = await sql.rows<StoredUser>(
    `SELECT ${USER_COLUMNS} FROM workspace_user u WHERE u.workspace_id = $1 ORDER BY lower(u.email), u.id LIMIT ${USERS_MAX}`,
    [workspaceId],
  );
  return rows.map(userOf);
}

/** Admins are locked together, so that two of them cannot demote each other at once. */
export async function changeRole(
  sql: Sql,
  workspaceId: string,
  { userId, role }: { readonly userId: string; readonly role: Role },
): ReturnType<WorkspaceStore['changeRole']> {
  const admins = await sql.rows<{ id: string }>(
    `SELECT id FROM workspace_user WHERE workspace_id = $1 AND role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE`,
    [workspaceId],
  );
  if (role !== 'admin' && admins.length === 1 && admins[0]?.id === userId) return 'last_admin';
  const changed = await sql.run('UPDATE workspace_user SET role = $3 WHERE workspace_id = $1 AND id = $2', [
    workspaceId,
    userId,
    role,
  ]);
  return changed === 1 ? 'changed' : 'not_found';
}

export async function findSession(
  sql: Reader,
  workspaceId: string,
  { tokenHash, at }: { readonly tokenHash: string; readonly at: number },
): Promise<SessionRow | null> {
  const [row] = await sql.rows<StoredUser & { workspace: unknown; expires_at: number }>(
    `SELECT ${WORKSPACE_OBJECT} AS workspace, s.expires_at, ${USER_COLUMNS} FROM session s
     JOIN workspace_user u ON u.workspace_id = s.workspace_id AND u.id = s.user_id JOIN workspace w ON w.id = s.workspace_id
     WHERE s.workspace_id = $1 AND s.token_hash = $2 AND s.revoked_at IS NULL AND s.expires_at > $3`,
    [workspaceId, tokenHash, instant(at)],
    'session',
  );
  if (row === undefined) return null;
  return { workspace: workspaceSchema.parse(row.workspace), user: userOf(row), expiresAt: row.expires_at };
}
