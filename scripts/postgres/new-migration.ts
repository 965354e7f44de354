/**
 * Writes a migration for what changed in prisma/schema.prisma: `node scripts/postgres/new-migration.ts add_invoices`. The existing
 * migrations are applied to a throw-away database and compared with the schema. A new table needs its row-level security added by
 * hand; the tenancy tests say so until it has it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';
import { migrate, MIGRATIONS_FOLDER } from '../../server/store/postgres/migrate.ts';
import { diffSchema } from './schema-engine.ts';

const NOTHING_CHANGED = '-- This is an empty migration.';

async function writeMigration(name: string): Promise<string> {
  const started = await startEmbeddedPostgres({
    folder: mkdtempSync(join(tmpdir(), 'counterpart-migration-')),
    durable: false,
  });
  if (!started.ok) return started.failure.sentence;
  const postgres = started.value;
  try {
    await migrate(postgres.urlOf('postgres'));
    const url = new URL(postgres.urlOf('postgres'));
    const script = await diffSchema({
      schemaPath: join(MIGRATIONS_FOLDER, '..', 'schema.prisma'),
      from: 'database',
      database: {
        host: url.hostname,
        port: postgres.port,
        user: url.username,
        password: decodeURIComponent(url.password),
        database: 'postgres',
      },
    });
    if (script.trim() === NOTHING_CHANGED) return 'The migrations already lead to prisma/schema.prisma.';
    const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
    const folder = join(MIGRATIONS_FOLDER, `${stamp}_${name}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'migration.sql'), script);
    return `Wrote ${folder}/migration.sql.`;
  } finally {
    await postgres.stop();
    rmSync(postgres.folder, { recursive: true, force: true });
  }
}

const name = process.argv[2] ?? '';
const isUsable = /^[a-z][a-z0-9_]*$/.test(name);
const usage =
  'Give the migration a name in lower case, for example: node scripts/postgres/new-migration.ts add_invoices';
process.stdout.write(`${isUsable ? await writeMigration(name) : usage}\n`);
if (!isUsable) process.exitCode = 1;
