/** The second sweep over what a feed left out: from where the first one had been, beside it, to the end. */
import { describe, expect, test } from 'vitest';
import type { SweepEnd } from '../../../server/sync/sweep.ts';
import { recheck, recheckRequest } from '../../../server/sync/recheck.ts';
import type { EngineParts } from '../../../server/sync/settings.ts';
import { TEST_SETTINGS } from '../../support/engine-harness.ts';
import { createRig, type EngineRig } from '../../support/engine-rig.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { deal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';

const HOUR_MS = 3_600_000;

function scene(
  pageSize = 10,
): EngineRig & { run(): Promise<SweepEnd>; ask(id: string, sinceAt: number): Promise<void> } {
  const rig = createRig({ pageSize, delivers: () => false });
  const { clock, store, connection, host } = rig;
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const parts: EngineParts = {
    store,
    crm: {},
    world: { clock, random: createSeededRandom(1), log },
    calendars: { find: () => Promise.resolve(null) },
    settings: TEST_SETTINGS,
  };
  return {
    ...rig,
    async run() {
      const running = recheck(parts, { connection, port: host });
      await rig.advance(10_000);
      return await running;
    },
    async ask(id, sinceAt) {
      const { name, value } = await recheckRequest(store, connection, { id, sinceAt });
      await store.advanceCursor(connection, { name, value, at: clock.now() }, []);
    },
  };
}

/** Deals one second apart, each with a contract. */
async function addDeals(rig: EngineRig, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    rig.host.create(rig.connection.accountId, deal(id));
    rig.store.putContract('w1', sampleLinked(sampleContract(id), rig.clock.now()));
    rig.store.link(rig.connection, deal(id), id);
    await rig.advance(1_000);
  }
}

/** What the ordinary sweep has behind it. */
async function sweepAll(rig: EngineRig): Promise<void> {
  for (const objectType of ['opportunity', 'account', 'case'] as const) {
    const answering = rig.host.listChanges(
      rig.connection,
      { objectType, stream: 'changed', cursor: null },
      { priority: 'sweep' },
    );
    await rig.advance(1_000);
    const answer = await answering;
    if (!answer.ok) throw new Error('the host lists');
    const at = rig.clock.now();
    const cursor = { name: `changed:${objectType}`, value: answer.value.cursor, at };
    await rig.store.advanceCursor(rig.connection, cursor, []);
  }
}

const swept = (rig: EngineRig): readonly string[] =>
  rig.store
    .dirtyRows(rig.connection.connectionId)
    .filter(({ generation }) => generation > 1)
    .map(({ ref }) => ref.recordId)
    .toSorted();

describe('S1 a recheck', () => {
  test('costs no call while nothing is asked for', async () => {
    const rig = scene();
    await addDeals(rig, ['1']);
    rig.callsSince('list');
    expect(await rig.run()).toEqual({ kind: 'done', marked: false });
    expect(rig.callsSince('list')).toBe(0);
  });

  test('marks what has changed since the place noted before the time asked for, once for each request', async () => {
    const rig = scene(100);
    await addDeals(rig, ['1', '2']);
    await rig.advance(HOUR_MS);
    await sweepAll(rig);
    await rig.run();
    const cursor = await rig.store.readCursor(rig.connection, 'changed:opportunity');
    await rig.advance(HOUR_MS);
    await addDeals(rig, ['3', '4']);
    await rig.ask('r1', rig.clock.now());
    expect(await rig.run()).toEqual({ kind: 'done', marked: true });
    expect(swept(rig)).toEqual(['3', '4']);
    expect(await rig.store.readCursor(rig.connection, 'changed:opportunity'), 'left alone').toBe(cursor);
    rig.callsSince('list');
    expect(await rig.run()).toEqual({ kind: 'done', marked: false });
    expect(rig.callsSince('list')).toBe(0);
  });

  test('begins at the beginning when no place that old is known', async () => {
    const rig = scene(100);
    await addDeals(rig, ['1', '2']);
    await sweepAll(rig);
    await rig.run();
    await rig.ask('r1', rig.clock.now() - HOUR_MS);
    await rig.run();
    expect(swept(rig)).toEqual(['1', '2']);
  });

  test('S5 goes on where it stopped, page by page', async () => {
    const rig = scene(1);
    await addDeals(
      rig,
      Array.from({ length: 45 }, (_, index) => String(100 + index)),
    );
    await rig.ask('r1', 0);
    expect((await rig.run()).kind).toBe('more');
    expect(swept(rig).length).toBeLessThan(45);
    expect((await rig.run()).kind).toBe('done');
    expect(swept(rig)).toHaveLength(45);
  });

  test('a request keeps the earlier time of one that is still open, and not of one that was served', async () => {
    const rig = scene();
    await rig.ask('r1', 1_000);
    await rig.ask('r2', 2_000);
    const wanted = async () => JSON.parse((await rig.store.readCursor(rig.connection, 'recheck-wanted')) ?? '');
    expect(await wanted()).toEqual({ id: 'r2', sinceAt: 1_000 });
    await rig.run();
    await rig.ask('r3', 3_000);
    expect(await wanted()).toEqual({ id: 'r3', sinceAt: 3_000 });
  });
});
