/** How results are shown: what they were measured on, a table, and the same as JSON. */
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { type BenchResult, type BenchRow, type Figure, isHeld } from './bench-row.ts';

const MEBIBYTE = 2 ** 20;

export type Surroundings = {
  readonly processor: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: Readonly<Record<string, string>>;
  readonly commit: string;
  /** Over one, five and fifteen minutes, before anything was measured. */
  readonly loadAverage: readonly number[];
};

export type RowReport = {
  readonly id: string;
  readonly title: string;
  readonly goal: string;
  readonly limit: string;
  readonly seconds: number;
  readonly result: BenchResult | null;
  readonly failure: string | null;
};

export function describeSurroundings(root: string, postgres: Readonly<Record<string, string>>): Surroundings {
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryMiB: Math.round(os.totalmem() / MEBIBYTE),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    postgres,
    commit: commitOf(root),
    loadAverage: os.loadavg().map((value) => Number(value.toFixed(2))),
  };
}

function commitOf(root: string): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch (error) {
    // An unpacked archive has no history.
    if (error instanceof Error) return 'unknown';
    throw error;
  }
}

export function surroundingsText(told: Surroundings): string {
  const postgres = Object.entries(told.postgres)
    .filter(([name]) => name !== 'server_version')
    .map(([name, setting]) => `${name} ${setting}`);
  return [
    `machine     ${told.processor}, ${told.cores} cores, ${told.memoryMiB} MiB, ${told.system}`,
    `versions    Node ${told.node}, PostgreSQL ${told.postgres['server_version'] ?? 'unknown'} (${postgres.join(', ')}), Counterpart ${told.commit}`,
    `load        ${told.loadAverage.join(' ')} (1, 5, 15 minutes) at the start`,
  ].join('\n');
}

const COLUMNS = ['row', 'figure', 'median', 'spread', 'limit here', 'goal', ''] as const;

/** One line a figure. */
export function tableText(rows: readonly RowReport[]): string {
  const lines = rows.flatMap(({ id, title, result, failure }) => [
    [id, title, '', '', '', '', failure === null ? '' : 'failed'],
    ...(result?.figures ?? []).map((figure) => lineOf(figure)),
  ]);
  const all = [[...COLUMNS], ...lines];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) =>
          column < 2 || column > 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function lineOf(figure: Figure): string[] {
  const { name, value, unit, goal, limit, runs } = figure;
  const held = isHeld(figure);
  return [
    '',
    name,
    `${numberText(value)} ${unit}`,
    runs.length < 2 ? '' : `${numberText(Math.min(...runs))} – ${numberText(Math.max(...runs))}`,
    limit === null ? '' : numberText(limit),
    goal === null ? '' : `${goal.kind === 'atMost' ? '≤' : '≥'} ${numberText(goal.value)}`,
    held === null ? '' : held ? 'held' : 'MISSED',
  ];
}

/** Three digits that count; thousands apart. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits =
    Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 4;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

export function notesText(rows: readonly RowReport[]): string {
  return rows
    .map(({ id, limit, result, failure, seconds }) =>
      [
        `row ${id} (${Math.round(seconds)} s). Limit: ${limit}.`,
        ...(result?.notes ?? []),
        ...(failure === null ? [] : [`FAILED: ${failure}`]),
      ].join('\n  '),
    )
    .join('\n');
}

/** Rows of the table that say what a benchmark run is for; kept apart from the rows' own types so that a reader of the file needs none. */
export function jsonText(surroundings: Surroundings, rows: readonly RowReport[], quick: boolean): string {
  return `${JSON.stringify({ quick, surroundings, rows }, null, 2)}\n`;
}

export const reportOf = (
  row: BenchRow,
  result: BenchResult | null,
  failure: string | null,
  seconds: number,
): RowReport => ({
  id: row.id,
  title: row.title,
  goal: row.goal,
  limit: row.limit,
  seconds: Number(seconds.toFixed(1)),
  result,
  failure,
});
