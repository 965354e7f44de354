/**
 * Random histories of the whole system against a model of it. `MODEL_RUNS` sets how many (as many as fit into some seconds unless set),
 * `MODEL_SEED` and `MODEL_PATH` repeat one, as printed with a failure.
 */
import { asyncProperty, check as checkProperty, nat, tuple } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { doCommand } from './do-commands.ts';
import { type Command, commandsOf } from './model-commands.ts';
import { runCommands } from './model-run.ts';
import { type ModelSystem, openModelSystem } from './model-system.ts';
import { REGRESSIONS } from './regressions.ts';
import { verifyRest } from './verify-rest.ts';

const START_AT = Date.UTC(2026, 2, 10, 16);
const FIXED_SEED = 20_261_121;
const COMMANDS_MAX = 30;
/** Without `MODEL_RUNS`, a property ends after this time, whatever it has done by then. */
const PROPERTY_MS = 9_000;
const RUNS_MAX = 100;
const SHRINK_MS = 20_000;
const TIMEOUT_MS = 120_000;
const DEEP_TIMEOUT_MS = 6 * 3_600_000;

const runsAsked = process.env['MODEL_RUNS'];
const seedAsked = process.env['MODEL_SEED'];
const pathAsked = process.env['MODEL_PATH'];

/** Most histories begin with a contract on records of both portals; the rest begin with nothing. */
const LINKED_ALREADY: readonly Command[] = [
  { act: 'install', portal: 'B' },
  { act: 'create', record: 0, kind: 0, advance: 4 },
  { act: 'settle' },
  { act: 'attach', record: 2, contract: 0, repeat: false },
  { act: 'attach', record: 3, contract: 0, repeat: false },
];
const HISTORIES = tuple(nat({ max: 4 }), commandsOf(COMMANDS_MAX)).map(([start, commands]) =>
  start === 0 ? commands : [...LINKED_ALREADY, ...commands],
);

const database = useDatabase();
const parts: { system: ModelSystem | null } = { system: null };
beforeAll(async () => {
  parts.system = await openModelSystem(database, START_AT);
});
afterAll(async () => {
  await parts.system?.close();
});

const run = async (commands: readonly Command[]): Promise<void> => {
  if (parts.system === null) throw new Error('the system is there once beforeAll has run');
  await runCommands(parts.system, commands, { command: doCommand, verify: verifyRest });
};

async function check(seed: number): Promise<void> {
  const limit = { until: runsAsked === undefined ? Date.now() + PROPERTY_MS : Number.POSITIVE_INFINITY, done: 0 };
  const property = asyncProperty(HISTORIES, async (commands) => {
    if (Date.now() > limit.until) return;
    try {
      await run(commands);
      limit.done += 1;
      if (runsAsked !== undefined && limit.done % 10 === 0) console.log(`${limit.done} histories agree`);
    } catch (error) {
      // Told at once, because making it shorter may take long.
      console.log(`seed ${seed} after ${limit.done}: ${String(error)}\n${JSON.stringify(commands)}`);
      // A failure is worth some more time, in which it becomes shorter.
      if (limit.until < Number.POSITIVE_INFINITY) limit.until = Math.max(limit.until, Date.now() + SHRINK_MS);
      throw error;
    }
  });
  const result = await checkProperty(property, {
    seed,
    numRuns: Number(runsAsked ?? RUNS_MAX),
    ...(pathAsked === undefined ? {} : { path: pathAsked }),
  });
  const [commands] = result.counterexample ?? [];
  const repeat = `MODEL_SEED=${result.seed} MODEL_PATH=${result.counterexamplePath}`;
  expect(result.failed, `${repeat}\n${JSON.stringify(commands)}\n${String(result.errorInstance)}`).toBe(false);
  expect(limit.done).toBeGreaterThan(0);
}

describe('system and model agree', () => {
  for (const [title, commands] of Object.entries(REGRESSIONS))
    test(title, { timeout: TIMEOUT_MS }, async () => {
      await run(commands);
    });

  const seeds =
    seedAsked === undefined
      ? ([
          ['of a fixed seed', FIXED_SEED],
          ['of a seed of this run', Math.floor(Math.random() * 2 ** 31)],
        ] as const)
      : ([['of the seed asked for', Number(seedAsked)]] as const);
  for (const [title, seed] of seeds)
    test(`S1 S2 S3 S4 S9 S10 S11 S12 on histories ${title}`, {
      timeout: runsAsked === undefined ? TIMEOUT_MS : DEEP_TIMEOUT_MS,
    }, async () => {
      await check(seed);
    });
});
