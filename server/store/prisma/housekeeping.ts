/**
 * What is kept for a time only, and for how long. Deletes in batches, so that no statement holds locks for long; whatever a run leaves
 * over is for the next one.
 */
import { type Database, instant, type Sql } from './database.ts';

const DAY_MS = 86_400_000;

/** How long each kind of row is kept after it has served. */
export const RETENTION_MS = {
  /** A host redelivers for a day or so; a body repeated within this time is recognised as a duplicate. */
  delivery: 14 * DAY_MS,
  oauthState: DAY_MS,
  idempotencyKey: 7 * DAY_MS,
  session: 30 * DAY_MS,
} as const;

const BATCH_ROWS_MAX = 1_000;
const BATCHES_MAX = 50;

async function deleteInBatches(
  run: (statement: (sql: Sql) => Promise<number>) => Promise<number>,
  text: string,
  values: readonly unknown[],
): Promise<number> {
  let deleted = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    const rows = await run((sql) => sql.run(text, [...values, BATCH_ROWS_MAX]));
    deleted += rows;
    if (rows < BATCH_ROWS_MAX) break;
  }
  return deleted;
}

/** Finished deliveries and consent pages nobody came back from, of all workspaces. Returns how many rows went. */
export async function purgeRouting(database: Database, now: number): Promise<number> {
  const run = (statement: (sql: Sql) => Promise<number>): Promise<number> => database.asScheduler(statement);
  const deliveries = await deleteInBatches(
    run,
    `DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE state = 'finished' AND received_at < $1 ORDER BY received_at LIMIT $2)`,
    [instant(now - RETENTION_MS.delivery)],
  );
  const states = await deleteInBatches(
    run,
    'DELETE FROM oauth_state WHERE state_hash IN (SELECT state_hash FROM oauth_state WHERE expires_at < $1 LIMIT $2)',
    [instant(now - RETENTION_MS.oauthState)],
  );
  return deliveries + states;
}

/** Spent idempotency keys and ended sessions of one workspace. Returns how many rows went. */
export async function purgeWorkspace(database: Database, workspaceId: string, now: number): Promise<number> {
  const run = (statement: (sql: Sql) => Promise<number>): Promise<number> =>
    database.inWorkspace(workspaceId, statement);
  const keys = await deleteInBatches(
    run,
    `DELETE FROM idempotency_key WHERE workspace_id = $1 AND key IN (SELECT key FROM idempotency_key
       WHERE workspace_id = $1 AND created_at < $2 LIMIT $3)`,
    [workspaceId, instant(now - RETENTION_MS.idempotencyKey)],
  );
  const sessions = await deleteInBatches(
    run,
    `DELETE FROM session WHERE workspace_id = $1 AND token_hash IN (SELECT token_hash FROM session
       WHERE workspace_id = $1 AND (expires_at < $2 OR revoked_at < $2) LIMIT $3)`,
    [workspaceId, instant(now - RETENTION_MS.session)],
  );
  return keys + sessions;
}
