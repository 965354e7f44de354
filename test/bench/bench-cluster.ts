/**
 * The PostgreSQL that figures are measured on: the product's own embedded one with its ordinary settings, fsync and synchronous commit on,
 * in a folder that is gone afterwards. Each row gets migrated databases of its own.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';
import { migrate } from '../../server/store/postgres/migrate.ts';

const TEMPLATE = 'bench_template';
const FOLDER_PREFIX = 'counterpart-bench-';
const CLOCK_TICKS_PER_SECOND = 100;

export type BenchCluster = {
  /** Superuser connection string of the maintenance database. */
  readonly url: string;
  /** `server_version`, and the settings that durability hangs on. */
  readonly settings: Readonly<Record<string, string>>;
  /** A migrated database; its connection string. */
  createDatabase(): Promise<string>;
  dropDatabases(): Promise<void>;
  /** Seconds of processor time of the server and its sessions so far; null where the system does not tell. */
  cpuSeconds(): number | null;
  stop(): Promise<void>;
};

/** A folder of this process's own; folders of runs that were killed are removed on the way, as their names carry the process. */
export function benchFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) ? /^\d+(?=-)/.exec(name.slice(FOLDER_PREFIX.length))?.[0] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process exists when it is only not ours to signal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export async function startBenchCluster(): Promise<BenchCluster> {
  const folder = benchFolder();
  // A server started by root runs as nobody, who must be able to enter.
  chmodSync(folder, 0o755);
  const started = await startEmbeddedPostgres({ folder });
  if (!started.ok) throw new Error(started.failure.sentence);
  const postgres = started.value;
  const url = postgres.urlOf('postgres');
  await query(url, `CREATE DATABASE ${TEMPLATE}`);
  await migrate(postgres.urlOf(TEMPLATE));
  const made: string[] = [];
  return {
    url,
    settings: await settingsOf(url),
    createDatabase: async () => {
      const name = `bench_${randomUUID().replaceAll('-', '')}`;
      await query(url, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
      made.push(name);
      return postgres.urlOf(name);
    },
    dropDatabases: async () => {
      for (const name of made.splice(0)) await query(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
    cpuSeconds: () => familyCpuSeconds(postgres.serverPid),
    stop: async () => {
      await postgres.stop();
      for (const used of [postgres.folder, folder]) rmSync(used, { recursive: true, force: true });
    },
  };
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string, values: readonly unknown[] = []): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function settingsOf(url: string): Promise<Readonly<Record<string, string>>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const names = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers'];
  const { rows } = await client.query<{ name: string; setting: string }>(
    'SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name = ANY($1)',
    [names],
  );
  await client.end();
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

/** Linux tells processor time by process; sessions that have ended count with their parent. */
function familyCpuSeconds(serverPid: number): number | null {
  if (process.platform !== 'linux') return null;
  let ticks = 0;
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const fields = statFields(name);
    if (fields === null || (Number(name) !== serverPid && Number(fields[1]) !== serverPid)) continue;
    // utime and stime, and for the server itself those of its children that ended.
    const own = Number(fields[11]) + Number(fields[12]);
    const ended = Number(name) === serverPid ? Number(fields[13]) + Number(fields[14]) : 0;
    ticks += own + ended;
  }
  return ticks / CLOCK_TICKS_PER_SECOND;
}

/** What follows the name in /proc/<pid>/stat; null when the process has just ended. */
function statFields(pid: string): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw error;
  }
}
