/** Browsers on their way to a consent page and back. Routing rows, read before any workspace is known. */
import type { WorkspaceStore } from '../workspace-port.ts';
import { instant, type Sql } from './database.ts';

type NewState = Parameters<WorkspaceStore['saveOauthState']>[0];
type Taking = Parameters<WorkspaceStore['takeOauthState']>[0];

export async function saveOauthState(sql: Sql, state: NewState): Promise<void> {
  await sql.run('DELETE FROM oauth_state WHERE expires_at < $1', [instant(state.at)]);
  await sql.run(
    `INSERT INTO oauth_state (state_hash, host, browser_hash, code_verifier, workspace_id, return_path, login_host, created_at,
       expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      state.stateHash,
      state.host,
      state.browserHash,
      state.codeVerifier,
      state.workspaceId,
      state.returnPath,
      state.loginHost,
      instant(state.at),
      instant(state.expiresAt),
    ],
  );
}

type StoredState = {
  readonly code_verifier: string;
  readonly workspace_id: string | null;
  readonly return_path: string | null;
  readonly login_host: string | null;
};

export async function takeOauthState(sql: Sql, taking: Taking): ReturnType<WorkspaceStore['takeOauthState']> {
  const [row] = await sql.rows<StoredState>(
    `UPDATE oauth_state SET used_at = $3 WHERE state_hash = $1 AND browser_hash = $2 AND host = $4 AND used_at IS NULL
       AND expires_at > $3
     RETURNING code_verifier, workspace_id, return_path, login_host`,
    [taking.stateHash, taking.browserHash, instant(taking.at), taking.host],
  );
  if (row === undefined) return null;
  return {
    codeVerifier: row.code_verifier,
    workspaceId: row.workspace_id,
    returnPath: row.return_path,
    loginHost: row.login_host,
  };
}
