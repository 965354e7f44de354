/**
 * One PostgreSQL per test run: started before the first file, with a migrated template database that each file copies (see
 * `useDatabase`), and gone with its data afterwards. When the run is killed the server ends with it, and the next run removes the data.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';
import { migrate } from '../../server/store/postgres/migrate.ts';

export const TEMPLATE_DATABASE = 'counterpart_template';
const FOLDER_PREFIX = 'counterpart-test-';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the cluster's maintenance database. */
    readonly postgresUrl: string;
  }
}

type Project = { provide(key: 'postgresUrl', value: string): void };

export default async function setup(project: Project): Promise<() => Promise<void>> {
  removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  // A server started by root runs as nobody, who must be able to enter.
  chmodSync(folder, 0o755);
  const started = await startEmbeddedPostgres({ folder, durable: false, settings: { max_connections: '300' } });
  if (!started.ok) throw new Error(started.failure.sentence);
  const postgres = started.value;
  const admin = new Client({ connectionString: postgres.urlOf('postgres') });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await admin.end();
  await migrate(postgres.urlOf(TEMPLATE_DATABASE));
  project.provide('postgresUrl', postgres.urlOf('postgres'));
  return async () => {
    await postgres.stop();
    for (const used of [postgres.folder, folder]) rmSync(used, { recursive: true, force: true });
  };
}

/** Removes the folders of runs that were killed: their names carry the process that made them. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) ? /^\d+(?=-)/.exec(name.slice(FOLDER_PREFIX.length))?.[0] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process exists when it is only not ours to signal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
