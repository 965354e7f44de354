/**
 * A statement that is a transaction by itself, sent and answered in one round trip. In the extended protocol everything up to the next
 * Sync is one transaction (PostgreSQL docs, Message flow: extended query): the first statement steps down from the login role, the second
 * is the caller's, and an error in either skips what follows and undoes what went before. The settings are local, as everywhere.
 */
import { type Connection, DatabaseError, type Pool, type PoolClient, Query, type QueryConfig } from 'pg';
import { BEGIN_ATTEMPTS_MAX, isRetriable, TRANSACTION_ATTEMPTS_MAX } from './retriable.ts';

export type LoneStatement = {
  readonly role: 'counterpart_app' | 'counterpart_scheduler';
  /** Empty for the scheduler. */
  readonly workspaceId: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly planName: string | undefined;
  /** After this long without an answer the connection is given up. */
  readonly answerMsMax: number;
};

type Answered = { readonly rows: readonly object[]; readonly rowCount: number | null };

/** What the driver calls on a query (pg, lib/query.js), which its types leave out. */
type WireQuery = {
  callback: (error: Error | null, result: Answered) => void;
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
  submit(connection: Connection): void;
};
const DriverQuery = Query as unknown as new (config: QueryConfig, values: readonly unknown[]) => WireQuery;

const STEP_DOWN = `SELECT set_config('role', $1, true), set_config('app.workspace_id', $2, true)`;

const SILENT_ATTEMPTS_MAX = 2;
/** SQL states by which PostgreSQL ends a session: shutdown, crash, being started (PostgreSQL docs, Error codes, class 57). */
const SESSION_ENDED = '57P';

const STEP_DOWN_NAME = 'step_down';
/** Connections that know the first statement: one that failed is not used again, so being told once is knowing. */
const prepared = new WeakSet<Connection>();

class ConfinedQuery extends DriverQuery {
  readonly #confinement: readonly [string, string];
  #confined = false;

  constructor({ role, workspaceId, text, values, planName }: LoneStatement) {
    super({ text, ...(planName === undefined ? {} : { name: planName }) }, values);
    this.#confinement = [role, workspaceId];
  }

  /** Without parameters the driver would send its text alone, in the protocol that makes a transaction of each message. */
  requiresPreparation(): boolean {
    return true;
  }

  override prepare(connection: Connection): void {
    if (!prepared.has(connection)) connection.parse({ name: STEP_DOWN_NAME, text: STEP_DOWN, types: [] }, true);
    prepared.add(connection);
    connection.bind({ statement: STEP_DOWN_NAME, values: [...this.#confinement] }, true);
    connection.execute({}, true);
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#confined) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#confined) super.handleCommandComplete(message, connection);
    this.#confined = true;
  }
}

/** Runs it on a connection that has no transaction. A connection on which it failed must not be used again. */
function runLone(client: PoolClient, statement: LoneStatement): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const query = new ConfinedQuery(statement);
    query.callback = (error, result) => (error === null ? resolve(result) : reject(error));
    client.query(Object.assign(query, { query_timeout: statement.answerMsMax }));
  });
}

/**
 * The rows. A connection that turns out to be cut, or that says nothing, is closed and the statement sent again on another: it must do
 * nothing the second time. What PostgreSQL itself refuses is refused, deadlocks aside.
 */
export async function answerAlone(pool: Pool, statement: LoneStatement): Promise<readonly object[]> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await pool.connect();
    let cut = false;
    const noteCut = (): void => {
      cut = true;
    };
    client.once('error', noteCut);
    let failed = true;
    try {
      const { rows } = await runLone(client, statement);
      failed = false;
      return rows;
    } catch (error) {
      if (attempt >= attemptsMax(error, cut)) throw error;
    } finally {
      client.off('error', noteCut);
      client.release(failed);
    }
  }
}

/** Silence may mean a server that is overwhelmed, which asking again and again would not help. */
function attemptsMax(error: unknown, cut: boolean): number {
  if (cut) return BEGIN_ATTEMPTS_MAX;
  if (!(error instanceof DatabaseError)) return SILENT_ATTEMPTS_MAX;
  if (error.code?.startsWith(SESSION_ENDED) === true) return BEGIN_ATTEMPTS_MAX;
  return isRetriable(error) ? TRANSACTION_ATTEMPTS_MAX : 1;
}
