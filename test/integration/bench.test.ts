/** Runs the benchmark command for real with small sizes: what it measures is not judged here, only that it measures and says so. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { figureOf, isHeld, median, percentileOf } from '../bench/bench-row.ts';
import { BENCH_ROWS } from '../bench/rows.ts';

const BENCH = path.resolve(import.meta.dirname, '../../scripts/bench.ts');
const BENCH_MS_MAX = 180_000;

const finite = z.number().refine(Number.isFinite);
const writtenFile = z.object({
  quick: z.literal(true),
  surroundings: z.object({
    processor: z.string().min(1),
    cores: z.int().positive(),
    memoryMiB: z.int().positive(),
    system: z.string(),
    node: z.literal(process.version),
    postgres: z.object({
      server_version: z.string().startsWith('18'),
      fsync: z.literal('on'),
      synchronous_commit: z.literal('on'),
    }),
    commit: z.string().min(1),
    loadAverage: z.array(z.number()).length(3),
  }),
  rows: z.array(
    z.object({
      id: z.string(),
      failure: z.null(),
      limit: z.string().min(1),
      goal: z.string().min(1),
      result: z.object({
        figures: z
          .array(
            z.object({
              name: z.string(),
              value: finite,
              unit: z.string(),
              runs: z.array(finite).min(1),
              limit: finite.nullable(),
            }),
          )
          .min(1),
        notes: z.array(z.string()),
      }),
    }),
  ),
});

type Ended = { readonly pid: number | undefined; readonly code: number | null; readonly output: string };

function runBench(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [BENCH, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve({ pid: child.pid, code, output }));
  });
}

test('the command measures a row, prints it beside its limit and goal, and writes it as JSON', {
  timeout: BENCH_MS_MAX,
}, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'counterpart-bench-json-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'latest.json');
  const { pid, code, output } = await runBench(['--rows', '4', '--quick', '--runs', '1', '--json', file]);
  expect(code, output).toBe(0);
  const written = writtenFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(written.rows.map(({ id }) => id)).toEqual(['4']);
  const figures = written.rows[0]?.result.figures ?? [];
  for (const { name } of figures) expect(output).toContain(name);
  // Everything acknowledged is in the database: a figure of requests that were dropped would be worth nothing.
  const [, stored, sent] = /(\d+) of (\d+) acknowledged requests are in the database/.exec(output) ?? [];
  expect(stored).toBe(sent);
  expect(Number(stored)).toBeGreaterThan(0);
  expect(figures.find(({ name }) => name === 'refused requests')?.value).toBe(0);
  expect(output).toMatch(/fsync on/);
  expect(output).toMatch(/one event a request, per core +[\d,.]+ events\/s +[\d,.]+ +≥ 12,000/);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`counterpart-bench-${pid}-`))).toEqual([]);
});

test('a row that does not exist is refused by name', async () => {
  const { code, output } = await runBench(['--rows', '99']);
  expect(code).not.toBe(0);
  expect(output).toContain('no row 99');
});

test('each row has a number of its own, a goal and a limit in words', () => {
  expect(new Set(BENCH_ROWS.map(({ id }) => id)).size).toBe(BENCH_ROWS.length);
  for (const row of BENCH_ROWS) expect([row.title, row.goal, row.limit].every((text) => text.length > 0)).toBe(true);
});

test('a figure is the median of its runs, and held when it is on the right side of its goal', () => {
  const figure = figureOf('p99', [5, 1, 9], { unit: 'ms', goal: { kind: 'atMost', value: 5 }, limits: [2, 4] });
  expect([figure.value, figure.limit, isHeld(figure)]).toEqual([5, 3, true]);
  expect(isHeld({ goal: { kind: 'atMost', value: 4.9 }, value: 5 })).toBe(false);
  expect(isHeld({ goal: { kind: 'atLeast', value: 5 }, value: 4.9 })).toBe(false);
  expect(isHeld({ goal: null, value: 5 })).toBeNull();
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('a percentile is the smallest value that the share of all values does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0.5, 0.99, 1].map((share) => percentileOf(hundred, share))).toEqual([50, 99, 100]);
  expect(percentileOf([7], 0.99)).toBe(7);
});
