/**
 * One PostgreSQL per test run: started before the first file, with a migrated template database that each file copies (see
 * `useDatabase`), and gone with its data afterwards, even when the run is killed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';
import { migrate } from '../../server/store/postgres/migrate.ts';

export const TEMPLATE_DATABASE = 'counterpart_template';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the cluster's maintenance database. */
    readonly postgresUrl: string;
  }
}

type Project = { provide(key: 'postgresUrl', value: string): void };

export default async function setup(project: Project): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'counterpart-test-'));
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
    rmSync(postgres.folder, { recursive: true, force: true });
  };
}
