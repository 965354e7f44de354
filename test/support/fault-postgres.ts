/**
 * A PostgreSQL cluster of a test's own, with the faults that a real one has: crash and recovery, cut backends, no connections left, a full
 * disk, a standby that only reads. It commits for certain (other test clusters do not), because what was acknowledged is counted.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';
import { migrate } from '../../server/store/postgres/migrate.ts';
import { executable, findNativeBinaries } from '../../server/store/postgres/native-binaries.ts';

const NOBODY = 65_534;
const DATABASE = 'counterpart';
const run = promisify(execFile);

export type FaultPostgres = {
  readonly url: string;
  readonly port: number;
  /** Ends at once without writing back, as when the machine loses the process; the next start recovers from the log. */
  crash(): Promise<void>;
  /** Starts again as before, on the same port. */
  start(): Promise<void>;
  /** Stops properly and starts with a limit on the size of every file, at which PostgreSQL meets a real write error. */
  restartWithFileLimit(bytes: number): Promise<void>;
  /** Ends all sessions of the product, whatever they are doing; gives their number. */
  cutBackends(): Promise<number>;
  /** As after a failover to a standby: every transaction may only read. */
  setReadOnly(readOnly: boolean): Promise<void>;
  /** A superuser's session that nothing but the end of the server cuts. */
  admin(): Promise<Client>;
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  stop(): Promise<void>;
};

export async function startFaultPostgres(settings: Readonly<Record<string, string>> = {}): Promise<FaultPostgres> {
  const folder = mkdtempSync(join(tmpdir(), `counterpart-test-${process.pid}-`));
  // A server started by root runs as nobody, who must be able to enter.
  chmodSync(folder, 0o755);
  const started = await startEmbeddedPostgres({
    folder,
    durable: false,
    // Nothing acknowledged may be lost with the process; with the machine it may.
    settings: { synchronous_commit: 'on', max_connections: '60', superuser_reserved_connections: '3', ...settings },
  });
  if (!started.ok) throw new Error(started.failure.sentence);
  const cluster = started.value;
  const data = join(cluster.folder, 'cluster');
  const control = controlOf(data);
  const open = async (database: string): Promise<Client> => {
    const client = new Client({ connectionString: cluster.urlOf(database) });
    // A session that the server cuts is for the statement under way to report.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    const client = await open(DATABASE);
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  const maintenance = await open('postgres');
  await maintenance.query(`CREATE DATABASE ${DATABASE}`);
  await maintenance.end();
  await migrate(cluster.urlOf(DATABASE));
  return {
    url: cluster.urlOf(DATABASE),
    port: cluster.port,
    crash: () => control(['stop', '-m', 'immediate', '-w']),
    start: () => control(['restart', '-m', 'fast', '-w', '-l', join(data, 'restarted.log')]),
    restartWithFileLimit: async (bytes) => {
      await control(['stop', '-m', 'fast', '-w']);
      await control(['restart', '-w', '-l', join(data, 'restarted.log')], bytes);
    },
    cutBackends: async () =>
      (
        await query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'counterpart%' AND pid <> pg_backend_pid()`,
        )
      ).length,
    setReadOnly: async (readOnly) => {
      const client = await open(DATABASE);
      try {
        await client.query('SET default_transaction_read_only = off');
        await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`);
        await client.query('SELECT pg_reload_conf()');
      } finally {
        await client.end();
      }
    },
    admin: () => open(DATABASE),
    query,
    stop: async () => {
      await cluster.stop();
      for (const used of [cluster.folder, folder]) rmSync(used, { recursive: true, force: true });
    },
  };
}

/** Runs pg_ctl as the server's user, with a limit on file sizes when one is given; `restart` reuses the options of the first start. */
function controlOf(data: string): (args: readonly string[], fileBytesMax?: number) => Promise<void> {
  const asRoot = process.getuid?.() === 0;
  const found = findNativeBinaries(asRoot);
  if (!found.ok) throw new Error(found.failure.sentence);
  const program = executable(found.value, 'pg_ctl');
  const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  return async (args, fileBytesMax) => {
    // The shell's unit is 512 bytes; the soft limit is enough and needs no rights.
    const limit = fileBytesMax === undefined ? '' : `ulimit -S -f ${Math.floor(fileBytesMax / 512)}; `;
    await run('/bin/sh', ['-c', `${limit}exec "$0" "$@" >/dev/null 2>&1`, program, ...args, '-D', data], {
      ...identity,
      cwd: data,
    });
  };
}
