/**
 * One write of a person or an import as one transaction: its key is claimed first, and a write that comes to nothing is rolled back
 * whole, the claim included, so that a corrected request may use the same key.
 */
import type { Random, World } from '../../world.ts';
import type { Once, WriteContext, WriteResult } from '../contract-port.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';

export type Write = {
  readonly sql: Sql;
  readonly context: WriteContext;
  readonly random: Random;
  readonly now: number;
};

/** Leaves a transaction with an expected outcome; never seen outside this file. */
class Abandoned extends Error {
  readonly result: WriteResult;

  constructor(result: WriteResult) {
    super(`abandoned: ${result.kind}`);
    this.result = result;
  }
}

export async function writeOnce(
  database: Database,
  world: World,
  context: WriteContext,
  work: (write: Write) => Promise<WriteResult>,
): Promise<WriteResult> {
  try {
    return await database.inWorkspace(context.workspaceId, async (sql) => {
      const write: Write = { sql, context, random: world.random, now: world.clock.now() };
      const earlier = await claimOnce(write);
      if (earlier !== null) return earlier;
      const result = await work(write);
      if (result.kind !== 'written') throw new Abandoned(result);
      await concludeOnce(write, result.contractId);
      return result;
    });
  } catch (error) {
    if (error instanceof Abandoned) return error.result;
    throw error;
  }
}

/** A key that is taken answers instead of the write. Two requests with one key wait for each other here. */
async function claimOnce({ sql, context, now }: Write): Promise<WriteResult | null> {
  if (context.once === null) return null;
  const { key, requestHash } = context.once;
  const claimed = await sql.run(
    `INSERT INTO idempotency_key (workspace_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (workspace_id, key) DO NOTHING`,
    [context.workspaceId, key, requestHash, instant(now)],
  );
  if (claimed === 1) return null;
  const [taken] = await sql.rows<{ request_hash: string; contract_id: string | null }>(
    `SELECT request_hash, response->>'contractId' AS contract_id FROM idempotency_key WHERE workspace_id = $1 AND key = $2`,
    [context.workspaceId, key],
  );
  if (taken?.request_hash !== requestHash) return { kind: 'key_reused' };
  return { kind: 'repeated', contractId: taken.contract_id };
}

async function concludeOnce({ sql, context, now }: Write, contractId: string): Promise<void> {
  if (context.once === null) return;
  await sql.run(
    `UPDATE idempotency_key SET status = 200, response = $3::jsonb, finished_at = $4 WHERE workspace_id = $1 AND key = $2`,
    [context.workspaceId, context.once.key, jsonb({ contractId }), instant(now)],
  );
}

export async function findOnce(
  sql: Sql,
  workspaceId: string,
  once: Once,
): Promise<'done' | 'other_request' | 'unused'> {
  const [taken] = await sql.rows<{ request_hash: string }>(
    'SELECT request_hash FROM idempotency_key WHERE workspace_id = $1 AND key = $2',
    [workspaceId, once.key],
  );
  if (taken === undefined) return 'unused';
  return taken.request_hash === once.requestHash ? 'done' : 'other_request';
}
