/**
 * One token refresh per connection at a time, across processes. The lock is PostgreSQL's and belongs to a database connection, so it
 * ends with the process that holds it, kill -9 included.
 */
import { Pool } from 'pg';
import type { ConnectionRef } from '../../crm/port.ts';
import type { World } from '../../world.ts';

const LOCK_WAIT_MS_MAX = 60_000;
/** A server that has vanished without a word ends no wait; the limits above come first as long as there is one. */
const ANSWER_TIMEOUT_MS = 65_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A refresh takes a call's time at most (30 s); the lock of a process that was stopped or cut off meanwhile goes before others give up. */
const LOCK_HELD_MS_MAX = 45_000;
/** Locks have their own connections: whoever waits for one must not keep the holder from its statements. */
const LOCK_POOL_SIZE = 4;

export interface RefreshLock {
  /** Runs `work` alone for this connection; rejects when the lock is not free within a minute. */
  run<T>(connection: ConnectionRef, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

async function underLock<T>(pool: Pool, name: string, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_WAIT_MS_MAX}`);
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
    return await work();
  } finally {
    broken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    );
    client.release(broken);
  }
}

export function createRefreshLock(url: string, { log }: World): RefreshLock {
  const pool = new Pool({
    connectionString: url,
    max: LOCK_POOL_SIZE,
    application_name: 'counterpart-locks',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    idle_in_transaction_session_timeout: LOCK_HELD_MS_MAX,
  });
  const lost = (error: Error): void => log.warn({ err: error }, 'a database connection for locks was lost');
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
  /** Within the process one waiter per connection is enough; the others queue here without a database connection. */
  const queues = new Map<string, Promise<unknown>>();
  return {
    run: async (connection, work) => {
      const name = `credential-refresh:${connection.workspaceId}:${connection.connectionId}`;
      const before = queues.get(name) ?? Promise.resolve();
      const turn = before.then(() => underLock(pool, name, work));
      const settled = turn.then(
        () => undefined,
        () => undefined,
      );
      queues.set(name, settled);
      try {
        return await turn;
      } finally {
        if (queues.get(name) === settled) queues.delete(name);
      }
    },
    close: async () => await pool.end(),
  };
}
