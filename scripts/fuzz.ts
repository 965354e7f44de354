/**
 * Sends mutated requests to the whole server: `node scripts/fuzz.ts --count 100000 --seed 1`. Starts its own PostgreSQL, server and practice
 * CRM, stops early when told to, prints what was sent and answered, and for each answer that breaks the law the request as a command. Ends with code 1 when there is one.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../server/store/postgres/embedded-postgres.ts';
import { migrate } from '../server/store/postgres/migrate.ts';
import { runCampaign } from '../test/fuzz/campaign.ts';
import { startScene } from '../test/fuzz/scene.ts';

const DATABASE = 'counterpart_fuzz';
const PROGRESS_EVERY = 10_000;
const MEGABYTE = 1_048_576;

function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  const value = index === -1 ? fallback : Number(process.argv[index + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
}

const count = option('count', 5_000);
const seed = option('seed', 1);
const folder = mkdtempSync(path.join(tmpdir(), 'counterpart-fuzz-'));
// A server started by root runs as nobody, who must be able to enter.
chmodSync(folder, 0o755);
const started = await startEmbeddedPostgres({ folder, durable: false });
if (!started.ok) throw new Error(started.failure.sentence);
const postgres = started.value;
try {
  const maintenance = new Client({ connectionString: postgres.urlOf('postgres') });
  await maintenance.connect();
  await maintenance.query(`CREATE DATABASE ${DATABASE}`);
  await maintenance.end();
  await migrate(postgres.urlOf(DATABASE));
  const scene = await startScene(postgres.urlOf(DATABASE));
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort());
  let told = 0;
  let residentMax = 0;
  const report = await runCampaign(scene, {
    count,
    seed,
    signal: ended.signal,
    onProgress: (sent) => {
      residentMax = Math.max(residentMax, process.memoryUsage.rss());
      if (sent - told < PROGRESS_EVERY) return;
      told = sent;
      console.error(`${sent} sent`);
    },
  });
  await scene.settle();
  const errors = scene.logLines.filter((line) => line.includes('"level":50'));
  await scene.stop();
  for (const { case: name, breaches, curl } of report.failures) {
    console.log(`${name}\n  ${breaches.join('\n  ')}\n  ${curl}\n`);
  }
  const { failures: _, ...figures } = report;
  const rest = {
    seed,
    perSecond: Math.round(report.sent / report.seconds),
    megabytesMax: Math.round(residentMax / MEGABYTE),
    errorLines: errors.length,
  };
  console.log(JSON.stringify({ ...figures, ...rest }, null, 2));
  for (const line of errors.slice(0, 10)) console.log(line.slice(0, 2_000));
  process.exitCode = report.failureCount === 0 && errors.length === 0 ? 0 : 1;
} finally {
  await postgres.stop();
  for (const used of [postgres.folder, folder]) rmSync(used, { recursive: true, force: true });
}
