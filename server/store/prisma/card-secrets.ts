/** What an account's cards may call us with. Only keyed hashes are kept; the secret itself is in the account and nowhere else. */
import type { ConnectionRef } from '../../crm/port.ts';
import type { CardSecretRow } from '../workspace-port.ts';
import { instant, type Sql } from './database.ts';

/** Secrets on their way at once; more only arise where an account keeps failing to take one. */
const PENDING_MAX = 3;

export async function listCardSecrets(
  sql: Sql,
  { workspaceId, connectionId }: ConnectionRef,
): Promise<readonly CardSecretRow[]> {
  const rows = await sql.rows<{ secret_hash: string; state: 'pending' | 'current' }>(
    `SELECT secret_hash, state FROM card_secret WHERE workspace_id = $1 AND connection_id = $2 ORDER BY created_at DESC, secret_hash`,
    [workspaceId, connectionId],
  );
  return rows.map((row) => ({ secretHash: row.secret_hash, state: row.state }));
}

export async function addCardSecret(
  sql: Sql,
  { workspaceId, connectionId }: ConnectionRef,
  { secretHash, at }: { readonly secretHash: string; readonly at: number },
): Promise<void> {
  await sql.run(
    `INSERT INTO card_secret (workspace_id, connection_id, secret_hash, state, created_at) VALUES ($1, $2, $3, 'pending', $4)`,
    [workspaceId, connectionId, secretHash, instant(at)],
  );
  await sql.run(
    `DELETE FROM card_secret WHERE workspace_id = $1 AND connection_id = $2 AND secret_hash IN (SELECT secret_hash FROM card_secret
       WHERE workspace_id = $1 AND connection_id = $2 AND state = 'pending' ORDER BY created_at DESC, secret_hash OFFSET ${PENDING_MAX})`,
    [workspaceId, connectionId],
  );
}

export async function confirmCardSecret(
  sql: Sql,
  { workspaceId, connectionId }: ConnectionRef,
  secretHash: string,
): Promise<void> {
  await sql.run(
    `UPDATE card_secret SET state = 'current' WHERE workspace_id = $1 AND connection_id = $2 AND secret_hash = $3`,
    [workspaceId, connectionId, secretHash],
  );
  await sql.run(
    `DELETE FROM card_secret WHERE workspace_id = $1 AND connection_id = $2 AND secret_hash <> $3
       AND EXISTS (SELECT 1 FROM card_secret k WHERE k.workspace_id = $1 AND k.connection_id = $2 AND k.secret_hash = $3)`,
    [workspaceId, connectionId, secretHash],
  );
}
