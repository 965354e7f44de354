/**
 * Measures the headline figures on this machine:
 *
 *   npm run bench -- [--rows 1,4] [--runs 3] [--json [FILE]] [--quick]
 *
 * Each row runs real product code in processes of its own against a PostgreSQL with fsync on, and measures the physical limit beside its
 * figure. `--json` writes docs/bench/latest.json, or the file named; `--quick` takes small sizes that show only that everything works.
 * Ends with code 1 when a row could not be measured; a missed goal is a result and not an error.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchCluster, benchFolder, startBenchCluster } from '../test/bench/bench-cluster.ts';
import {
  describeSurroundings,
  jsonText,
  notesText,
  reportOf,
  type RowReport,
  surroundingsText,
  tableText,
} from '../test/bench/bench-report.ts';
import type { BenchContext, BenchRow } from '../test/bench/bench-row.ts';
import { BENCH_ROWS } from '../test/bench/rows.ts';

const root = path.resolve(import.meta.dirname, '..');
const DEFAULT_JSON = 'docs/bench/latest.json';
const RUNS_DEFAULT = 3;
const RUNS_MAX = 20;
/** No row takes longer; one that does is given up, and the others go on. */
const ROW_MS_MAX = 600_000;

type Options = {
  readonly rows: readonly BenchRow[];
  readonly runs: number;
  readonly json: string | null;
  readonly quick: boolean;
};

function readOptions(): Options {
  // A value after --json is optional, which parseArgs does not know.
  const given = process.argv.slice(2).flatMap((word, index, all) => {
    const next = all[index + 1];
    return word === '--json' && (next === undefined || next.startsWith('--')) ? [word, DEFAULT_JSON] : [word];
  });
  const { values } = parseArgs({
    args: given,
    options: {
      rows: { type: 'string' },
      runs: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const wanted = values.rows?.split(',') ?? BENCH_ROWS.map(({ id }) => id);
  const unknown = wanted.filter((id) => BENCH_ROWS.every((row) => row.id !== id));
  if (unknown.length > 0)
    throw new Error(`no row ${unknown.join(', ')}: there are ${BENCH_ROWS.map(({ id }) => id).join(', ')}`);
  const runs = values.runs === undefined ? (values.quick ? 1 : RUNS_DEFAULT) : Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX) throw new Error(`--runs takes 1 to ${RUNS_MAX}`);
  return {
    rows: BENCH_ROWS.filter(({ id }) => wanted.includes(id)),
    runs,
    json: values.json ?? null,
    quick: values.quick,
  };
}

async function measureRow(row: BenchRow, cluster: BenchCluster, options: Options): Promise<RowReport> {
  const folder = benchFolder();
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const signal = AbortSignal.timeout(ROW_MS_MAX);
  const context: BenchContext = {
    runs: options.runs,
    quick: options.quick,
    createDatabase: () => cluster.createDatabase(),
    clusterUrl: cluster.url,
    postgresCpuSeconds: () => cluster.cpuSeconds(),
    folder,
    say: (text) => void process.stderr.write(`row ${row.id}: ${text}\n`),
    signal,
  };
  const tooLong = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new Error(`not done after ${ROW_MS_MAX / 1000} s`)), { once: true }),
  );
  try {
    return reportOf(row, await Promise.race([row.run(context), tooLong]), null, seconds());
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return reportOf(row, null, failure, seconds());
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await cluster.dropDatabases();
  }
}

const options = readOptions();
const cluster = await startBenchCluster();
const surroundings = describeSurroundings(root, cluster.settings);
console.log(surroundingsText(surroundings));
const reports: RowReport[] = [];
try {
  for (const row of options.rows) reports.push(await measureRow(row, cluster, options));
} finally {
  await cluster.stop();
}
console.log(`\n${tableText(reports)}\n\n${notesText(reports)}`);
if (options.quick) console.log('\nQuick sizes: the figures mean little.');
if (options.json !== null) {
  const file = path.resolve(root, options.json);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, jsonText(surroundings, reports, options.quick));
  console.log(`written to ${path.relative(process.cwd(), file)}`);
}
// Children that a given-up row left behind end with this process, whose channel they listen to.
process.exit(reports.some(({ failure }) => failure !== null) ? 1 : 0);
