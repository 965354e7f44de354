/**
 * Acts in flight at the same time, interleaved by a scheduler that fast-check controls and shrinks. The law of the optimistic revision:
 * at most one change is accepted on each revision, whatever overlaps with it, and every other one is told to read again.
 */
import { array, assert, asyncProperty, constantFrom, type Scheduler, scheduler } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { doCommand } from './do-commands.ts';
import { answered, beginRun, deliver, newKey, PLURALS, rest, type Run } from './model-run.ts';
import { type ModelSystem, openModelSystem } from './model-system.ts';
import { recordAt } from './possible-world.ts';

const START_AT = Date.UTC(2026, 2, 10, 16);
const TIMEOUT_MS = 120_000;
const RUNS = Number(process.env['MODEL_RUNS'] ?? 6);
const SEED = 20_261_121;
/** No two of them next to each other are equal, so that each accepted one changes something. */
const DECISIONS = ['renew', 'exit', 'renegotiate'] as const;
type Decision = (typeof DECISIONS)[number];

const database = useDatabase();
const parts: { system: ModelSystem | null; run: Run | null } = { system: null, run: null };
const theRun = (): Run => {
  if (parts.run === null) throw new Error('the run is there once beforeAll has run');
  return parts.run;
};

beforeAll(async () => {
  const system = await openModelSystem(database, START_AT);
  parts.system = system;
  parts.run = await beginRun(system);
  await doCommand(parts.run, { act: 'create', record: 0, kind: 0, advance: 4 });
  await doCommand(parts.run, { act: 'settle' });
});
afterAll(async () => {
  await parts.system?.close();
});

type Reading = { readonly id: string; readonly revision: number; readonly decision: unknown };

async function read(run: Run): Promise<Reading> {
  const [id = ''] = run.contracts;
  const { body } = await run.page('GET', `/v1/contracts/${id}`);
  const contract = at(body, 'contract');
  return { id, revision: Number(at(contract, 'revision')), decision: at(contract, 'renewalDecision') };
}

type Door = 'page' | 'card';

async function decide(run: Run, door: Door, { id, revision }: Reading, decision: Decision): Promise<string> {
  if (door === 'page') {
    const body = { expectedRevision: revision, decision };
    return answered(await run.page('POST', `/v1/contracts/${id}/renewal-decision`, body));
  }
  const [key = ''] = run.records;
  const { type, id: recordId } = recordAt(run.worlds.any(), key);
  const body = {
    idempotencyKey: newKey(),
    record: { objectType: type, recordId },
    expectedRevision: revision,
    decision,
  };
  return answered(await run.card('POST', key, `/v1/card/contracts/${id}/renewal-decision`, body));
}

const other = (decision: unknown, offset: number): Decision => {
  const choices = DECISIONS.filter((each) => each !== decision);
  return choices[offset % choices.length] ?? 'renew';
};

describe('changes in flight', () => {
  test(
    'of changes sent at once on one reading exactly one is accepted, the others are told to read again',
    async () => {
      const doors = array(constantFrom<Door>('page', 'card'), { minLength: 2, maxLength: 5 });
      await assert(
        asyncProperty(doors, async (chosen) => {
          const run = theRun();
          run.tick();
          const reading = await read(run);
          const answers = await Promise.all(
            chosen.map((door, index) => decide(run, door, reading, other(reading.decision, index))),
          );
          expect(answers.toSorted()).toEqual(['ok', ...chosen.slice(1).map(() => 'revision_conflict')]);
          const after = await read(run);
          expect(after.revision).toBe(reading.revision + 1);
          expect(after.decision).toBe(other(reading.decision, answers.indexOf('ok')));
        }),
        { numRuns: RUNS, seed: SEED },
      );
    },
    TIMEOUT_MS,
  );

  test(
    'S1 S2 at most one change is accepted on each revision while the engine works, and all sides end equal',
    async () => {
      await assert(
        asyncProperty(scheduler(), async (order) => {
          const run = theRun();
          const before = await read(run);
          const accepted = await interleave(run, order);
          expect(new Set(accepted).size).toBe(accepted.length);
          await settle(run);
          const after = await read(run);
          const [key = ''] = run.records;
          expect(run.shown(key).shown.renewalDecision).toBe(after.decision);
          expect(after.revision).toBeGreaterThanOrEqual(before.revision + accepted.length);
        }),
        { numRuns: RUNS, seed: SEED },
      );
    },
    TIMEOUT_MS,
  );
});

/** Three clients, a person in the portal and the engine, in the scheduler's order; gives the revisions on which a change was accepted. */
async function interleave(run: Run, order: Scheduler): Promise<readonly number[]> {
  const { system } = run;
  const accepted: number[] = [];
  const client = (door: Door, offset: number) => {
    let reading: Reading | null = null;
    const look = { label: `${door} reads`, builder: async () => void (reading = await read(run)) };
    const change = {
      label: `${door} changes`,
      builder: async () => {
        const seen = reading ?? (await read(run));
        const answer = await decide(run, door, seen, other(seen.decision, offset));
        expect(['ok', 'revision_conflict']).toContain(answer);
        if (answer === 'ok') accepted.push(seen.revision);
      },
    };
    return [look, change, look, change];
  };
  const [key = ''] = run.records;
  const { portal, type, id } = recordAt(run.worlds.any(), key);
  const edit = (value: Decision) => ({
    label: `a person writes ${value}`,
    builder: async () => {
      run.tick();
      const properties = { counterpart_renewal_decision: value };
      await system.person('PATCH', run.portalIds[portal], `/objects/${PLURALS[type]}/${id}`, { properties });
      await deliver(run, 'reversed');
    },
  });
  const turn = {
    label: 'the engine turns',
    builder: async () => {
      await system.server().engine.turn();
      system.clock.advanceTo(system.clock.now() + 50);
    },
  };
  const sequences = [
    client('page', 0),
    client('card', 1),
    client('card', 0),
    [edit('renegotiate'), edit('renew')],
    [turn, turn, turn, turn, turn, turn],
  ].map((steps) => order.scheduleSequence(steps));
  await order.waitIdle();
  for (const { task } of sequences) expect((await task).faulty).toBe(false);
  return accepted;
}

async function settle(run: Run): Promise<void> {
  run.tick();
  await deliver(run, 'twice');
  await rest(run, 'due');
}
