/**
 * kill -9 of the real server at twenty named places, once each; `node scripts/crash.ts --seeds 5` takes every place and several seeds, and
 * `KILL_EVERY_POINT=1` every place here. The kills run in a few chains side by side; each test waits for the outcome of its place.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { TWENTY_POINTS, KILL_CASES, KILL_POINTS, type KillPoint } from './kill-points.ts';
import { chainsOf, type KillOutcome, runKillChain } from './kill-run.ts';
import { type KillTemplate, makeKillTemplate } from './kill-scene.ts';

const POINTS = process.env['KILL_EVERY_POINT'] === undefined ? TWENTY_POINTS : KILL_POINTS;
const SEED = 2026;
const QUIET_MS = 400;
const AT_ONCE = 4;
/** How long the negative control may try to recover from what it cannot. */
const CONTROL_MS = 3_000;
/** For a machine that is busy with other things; alone it takes a minute or so. */
const MATRIX_MS_MAX = 600_000;

const awaited = new Map<KillPoint, PromiseWithResolvers<KillOutcome>>(
  POINTS.map((point) => [point, Promise.withResolvers()]),
);
let template: KillTemplate;
let running: Promise<unknown> | null = null;

beforeAll(async () => {
  template = await makeKillTemplate(inject('postgresUrl'));
}, MATRIX_MS_MAX);
afterAll(async () => {
  await running;
  await template.dispose();
}, MATRIX_MS_MAX);

/** All chains begin with the first test that asks for an outcome. */
function killEverywhere(): Promise<unknown> {
  const report = (outcome: KillOutcome): void => awaited.get(outcome.point)?.resolve(outcome);
  const chains = chainsOf(POINTS, SEED, AT_ONCE);
  return Promise.all(chains.map((points) => runKillChain(template, { points, seed: SEED, quietMs: QUIET_MS, report })));
}

describe('S5 kill -9 of the real server loses nothing acknowledged and does nothing twice', () => {
  test.for(POINTS)('at %s', { timeout: MATRIX_MS_MAX }, async (point) => {
    running ??= killEverywhere();
    const outcome = await awaited.get(point)?.promise;
    expect(outcome).toMatchObject({ point, reached: true, lost: [], doubled: [] });
  });
});

test('S5 a server that forgets what it acknowledged and writes twice is noticed', {
  timeout: MATRIX_MS_MAX,
}, async () => {
  await running;
  const outcomes: KillOutcome[] = [];
  const report = (outcome: KillOutcome): void => void outcomes.push(outcome);
  const points = ['lane.released.after'] as const;
  const control = { points, seed: SEED, quietMs: 0, report, sabotage: true, recoveredMsMax: CONTROL_MS };
  await runKillChain(template, control);
  const [outcome] = outcomes;
  expect(outcome?.reached).toBe(true);
  expect(outcome?.lost).toContainEqual(expect.stringContaining('lost: an acknowledged webhook'));
  expect(outcome?.doubled).toContainEqual(expect.stringContaining('a write at'));
});

test('twenty of more than forty places are killed at with every change, and no two of all of them are the same', () => {
  const places = KILL_POINTS.map((point) => JSON.stringify(KILL_CASES[point]));
  expect(new Set(places).size).toBe(KILL_POINTS.length);
  expect(TWENTY_POINTS).toHaveLength(20);
  expect(KILL_POINTS.length).toBeGreaterThanOrEqual(40);
});
