/**
 * The one way to the database. Every statement runs in a transaction that first steps down from the login role: to `counterpart_app`,
 * which row-level security confines to the workspace named, or to `counterpart_scheduler`, which routes deliveries and picks due work
 * across workspaces. Both settings are local to the transaction, so nothing leaks over a pooled connection. Losing the database makes
 * statements fail; it never ends the process.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type PoolClient, type QueryConfig, types } from 'pg';
import { type Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../world.ts';
import { answerAlone, type LoneStatement } from './lone-statement.ts';
import { bePresent } from './presence.ts';
import { BEGIN_ATTEMPTS_MAX, isRetriable, TRANSACTION_ATTEMPTS_MAX } from './retriable.ts';

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
/**
 * A server that has vanished without a word (a failover, a cut cable) ends no statement. After this long the connection is given up; the
 * server's own limit comes first as long as there is a server.
 */
const ANSWER_TIMEOUT_MS = 65_000;
/** Beginning and rolling back wait for nobody, so their silence tells sooner. */
const FRAME_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** PostgreSQL ends the transaction of a process that was stopped or cut off in the middle of it, so that its locks go. */
const IDLE_IN_TRANSACTION_MS_MAX = 10_000;
const PRISMA_WAIT_MS_MAX = 10_000;
const PRISMA_RUN_MS_MAX = 30_000;
const LISTEN_AGAIN_MS = 1000;
const CHANNEL_NAME = /^[a-z_]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const OID_DATE = 1082;
const OID_TIMESTAMPTZ = 1184;

/** Asks for rows. `Row` states what the statement selects: instants are epoch ms, days are text, int8 is text. */
export interface Reader {
  /**
   * `planName`, one for each text, lets a connection keep the statement's plan: for a text that never changes, is asked all the time and
   * takes longer to plan than to answer.
   */
  rows<Row extends object>(text: string, values?: readonly unknown[], planName?: string): Promise<readonly Row[]>;
}

/** Statements of one transaction. */
export interface Sql extends Reader {
  /** Runs for effect; gives the number of rows touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
}

export type PrismaTransaction = Prisma.TransactionClient;

export interface Database {
  /** `work` in one transaction that sees the given workspace only. It may run more than once (deadlocks), so it has no other effects. */
  inWorkspace<T>(workspaceId: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * Each statement in a transaction of its own, confined like the others, in one round trip instead of three. When a connection turns
   * out to be cut the statement is sent again on another, so it only reads, or does nothing the second time.
   */
  eachInWorkspace(workspaceId: string): Reader;
  /** The same with the scheduler's rights. */
  eachAsScheduler(): Reader;
  /** `inWorkspace` through Prisma, for ordinary reads and writes. */
  withPrisma<T>(workspaceId: string, work: (prisma: PrismaTransaction) => Promise<T>): Promise<T>;
  /** One transaction across workspaces, with the scheduler's few rights. */
  asScheduler<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Calls `listener` at each notification of the channel until the signal aborts. A hint: it may miss some. */
  listen(channel: string, listener: () => void, signal: AbortSignal): Promise<void>;
  /** While this process listens: what PostgreSQL knows it by, and forgets with it. See `presence.ts`. */
  presence(): number | null;
  readonly pool: Pool;
  close(): Promise<void>;
}

export type DatabaseOptions = {
  readonly url: string;
  readonly log: Log;
  readonly poolSize?: number;
  readonly answerTimeoutMs?: number;
};

const parseInstant = types.getTypeParser(OID_TIMESTAMPTZ);
const typeParsers = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === OID_DATE) return (text: string) => text;
    if (oid === OID_TIMESTAMPTZ)
      return (text: string) => {
        const at: unknown = parseInstant(text);
        return at instanceof Date ? at.getTime() : at;
      };
    return types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
  },
};

/** An instant as a statement parameter. */
export function instant(at: number): string;
export function instant(at: number | null): string | null;
export function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Text that PostgreSQL takes: NUL and half surrogate pairs, which a CRM field may hold, become U+FFFD. */
export function storableText(text: string): string {
  // Hardly any text holds one, and looking costs a third of replacing.
  return (text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text).toWellFormed();
}

/** JSON as a statement parameter, with every text in it storable. */
export function jsonb(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'string' ? storableText(entry) : entry));
}

function beginAs(role: 'counterpart_app' | 'counterpart_scheduler', workspaceId: string): string {
  return `BEGIN; SELECT set_config('role', '${role}', true), set_config('app.workspace_id', '${workspaceId}', true)`;
}

/**
 * From here on the statements of a workspace's transaction have the scheduler's rights: for what changes a workspace and the inbox, which
 * belongs to none, together or not at all.
 */
export async function becomeScheduler(sql: Sql): Promise<void> {
  await sql.run(`SELECT set_config('role', 'counterpart_scheduler', true)`);
}

function assertUuid(workspaceId: string): void {
  if (!UUID.test(workspaceId)) throw new TypeError('a workspace id is a UUID');
}

/** No statement fails on what a text holds, whoever wrote it. */
function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable);
  return typeof value === 'string' ? storableText(value) : value;
}

function statementsOf(client: PoolClient): Sql {
  return {
    rows: async <Row extends object>(text: string, values: readonly unknown[] = [], planName?: string) => {
      const stored = values.map(storable);
      if (planName === undefined) return (await client.query<Row>(text, stored)).rows;
      return (await client.query<Row>({ name: planName, text, values: stored })).rows;
    },
    run: async (text, values = []) => (await client.query(text, values.map(storable))).rowCount ?? 0,
  };
}

/** The driver takes a limit with each statement, which its types leave out. */
function frame(text: string): QueryConfig & { readonly query_timeout: number } {
  return { text, query_timeout: FRAME_TIMEOUT_MS };
}

/** Ends the transaction after a failure; true when the connection itself is lost. */
async function rollBack(client: PoolClient): Promise<boolean> {
  return await client.query(frame('ROLLBACK')).then(
    () => false,
    () => true,
  );
}

/** A connection with a transaction begun. The pool may hold connections that a restart has cut; those are passed over. */
async function beginOn(pool: Pool, begin: string): Promise<PoolClient> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await pool.connect();
    try {
      await client.query(frame(begin));
      return client;
    } catch (error) {
      const lost = await rollBack(client);
      client.release(lost);
      if (!lost || attempt >= BEGIN_ATTEMPTS_MAX) throw error;
    }
  }
}

async function transact<T>(pool: Pool, begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await beginOn(pool, begin);
    let lost = false;
    try {
      const result = await work(statementsOf(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      lost = await rollBack(client);
      if (attempt >= TRANSACTION_ATTEMPTS_MAX || !isRetriable(error)) throw error;
    } finally {
      // A connection that could not even roll back is closed rather than handed to the next transaction.
      client.release(lost);
    }
  }
}

function readerOf(pool: Pool, role: LoneStatement['role'], workspaceId: string): Reader {
  return {
    rows: async <Row extends object>(text: string, values: readonly unknown[] = [], planName?: string) =>
      (await answerAlone(pool, {
        role,
        workspaceId,
        text,
        values: values.map(storable),
        planName,
        answerMsMax: FRAME_TIMEOUT_MS,
      })) as readonly Row[],
  };
}

async function transactWithPrisma<T>(
  prisma: PrismaClient,
  workspaceId: string,
  work: (prisma: PrismaTransaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    let begun = false;
    try {
      return await prisma.$transaction(async (tx) => {
        await tx.$executeRaw`SELECT set_config('role', 'counterpart_app', true), set_config('app.workspace_id', ${workspaceId}, true)`;
        begun = true;
        return await work(tx);
      });
    } catch (error) {
      // Nothing has run yet, so a connection that was cut while it lay idle costs only another try.
      if (begun || attempt >= BEGIN_ATTEMPTS_MAX) throw error;
    }
  }
}

type Listening = {
  readonly pool: Pool;
  readonly channel: string;
  readonly listener: () => void;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly onPresence: (presence: number | null) => void;
};

/** Listens on a connection of its own, and on a new one when that is lost. */
async function listenOn(listening: Listening): Promise<void> {
  const { pool, channel, listener, signal, log, onPresence } = listening;
  if (!CHANNEL_NAME.test(channel)) throw new TypeError('a channel is a lower-case name');
  const client = await pool.connect();
  let ended = false;
  let begun = false;
  const leave = (): void => {
    if (ended) return;
    ended = true;
    onPresence(null);
    client.release(true);
  };
  const listenAgain = (): void => {
    leave();
    // A loss before then fails the beginning, and whoever began tries again.
    if (!begun || signal.aborted) return;
    const again = (): void => {
      if (!signal.aborted)
        listenOn(listening).catch((error: unknown) => {
          log.warn({ err: error }, 'listening for work could not be resumed yet');
          setTimeout(again, LISTEN_AGAIN_MS).unref();
        });
    };
    setTimeout(again, LISTEN_AGAIN_MS).unref();
  };
  client.on('notification', listener);
  client.once('error', listenAgain);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await client.query(`LISTEN ${channel}`);
    onPresence(await bePresent(client));
    begun = true;
  } catch (error) {
    leave();
    throw error;
  }
  if (signal.aborted) leave();
}

/** Opens the pool that raw statements and Prisma share. Dials at the first statement. */
export function openDatabase({ url, log, poolSize, answerTimeoutMs }: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: url,
    max: poolSize ?? POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
    application_name: 'counterpart',
    types: typeParsers,
  });
  const lost = (error: Error): void => log.warn({ err: error }, 'a database connection was lost');
  pool.on('error', lost);
  // While a connection is checked out the pool does not listen for it; the statement in progress reports the loss.
  pool.on('connect', (client) => client.on('error', lost));
  let presence: number | null = null;
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: PRISMA_WAIT_MS_MAX, timeout: PRISMA_RUN_MS_MAX },
  });
  return {
    inWorkspace: async (workspaceId, work) => {
      assertUuid(workspaceId);
      return await transact(pool, beginAs('counterpart_app', workspaceId), work);
    },
    eachInWorkspace: (workspaceId) => {
      assertUuid(workspaceId);
      return readerOf(pool, 'counterpart_app', workspaceId);
    },
    eachAsScheduler: () => readerOf(pool, 'counterpart_scheduler', ''),
    withPrisma: async (workspaceId, work) => {
      assertUuid(workspaceId);
      return await transactWithPrisma(prisma, workspaceId, work);
    },
    asScheduler: async (work) => await transact(pool, beginAs('counterpart_scheduler', ''), work),
    listen: async (channel, listener, signal) => {
      const onPresence = (known: number | null): void => {
        presence = known;
      };
      await listenOn({ pool, channel, listener, signal, log, onPresence });
    },
    presence: () => presence,
    pool,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
