/** When a piece of a burst waits for the rest, and what never waits. */
import { describe, expect, test } from 'vitest';
import type { HostRecordRef } from '../../../server/crm/port.ts';
import type { DirtyItem } from '../../../server/store/port.ts';
import { pieceOf } from '../../../server/sync/burst.ts';
import { createRig, type EngineRig } from '../../support/engine-rig.ts';
import { SALESFORCE_LIKE } from '../../support/host-traits.ts';
import { deal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';
import { dirtyItem } from '../../support/turn-fixture.ts';

const FULL = 200;

const items = (count: number, change: Partial<DirtyItem> = {}): readonly DirtyItem[] =>
  Array.from({ length: count }, (_, index) => dirtyItem({ ref: deal(`${index}`), ...change }));

/** How many of each are served, and until when the rest waits. */
function served(due: readonly DirtyItem[], now: number): readonly [number, number | null] {
  const { items: ready, waitsUntil } = pieceOf(due, { now, full: FULL });
  return [ready.length, waitsUntil];
}

describe('what is due', () => {
  test('fewer than fifty edits never wait, however fresh', () => {
    expect(served(items(49), 0)).toEqual([49, null]);
    expect(served([], 0)).toEqual([0, null]);
  });

  test('edits that come one by one never wait, however many', () => {
    const oneByOne = Array.from({ length: 150 }, (_, index) => dirtyItem({ ref: deal(`${index}`), dirtySince: index }));
    expect(served(oneByOne, 190)).toEqual([150, null]);
  });

  test('a piece waits until nothing has come for 250 ms, and is looked at every 50 ms', () => {
    const two = [...items(50), ...items(20, { dirtySince: 100 })];
    expect(served(items(50), 40)).toEqual([0, 90]);
    expect(served(items(50), 220)).toEqual([0, 250]);
    expect(served(two, 140)).toEqual([0, 190]);
    expect(served(two, 349)).toEqual([0, 350]);
    expect(served(two, 350)).toEqual([70, null]);
  });

  test('the first of a burst waits for three quarters of a second at most, however steadily the rest comes', () => {
    const steady = (newest: number): readonly DirtyItem[] => [...items(50), ...items(20, { dirtySince: newest })];
    expect(served(steady(700), 749)).toEqual([0, 750]);
    expect(served(steady(749), 750)).toEqual([70, null]);
  });

  test('what fills calls is served at once, and what is over waits', () => {
    expect(served(items(199), 40)).toEqual([0, 90]);
    expect(served(items(200), 40)).toEqual([200, null]);
    expect(served(items(405), 40)).toEqual([400, 250]);
    expect(served(items(405), 250)).toEqual([400, null]);
  });

  test.each(['ours', 'replay'] as const)(
    'one record marked %s, for which somebody waits, takes the others along',
    (reason) => {
      expect(served([dirtyItem({ reason }), ...items(50)], 40)).toEqual([51, null]);
      expect(served([dirtyItem({ reason }), ...items(200)], 40)).toEqual([200, null]);
    },
  );

  test.each(['sweep', 'backfill'] as const)('records marked %s come all at once and wait for nobody', (reason) => {
    expect(served(items(100, { reason }), 40)).toEqual([100, null]);
    expect(served(items(500, { reason }), 40)).toEqual([400, null]);
  });

  test('confirming readings fill calls of their own, and share the wait when they do not', () => {
    const confirming = (count: number): readonly DirtyItem[] => items(count, { reason: 'confirm' });
    expect(served(confirming(100), 40)).toEqual([100, null]);
    expect(served([...items(50), ...confirming(100)], 40)).toEqual([0, 90]);
    expect(served([...items(50), ...confirming(300)], 40)).toEqual([200, 90]);
    expect(served([...items(250), ...confirming(250)], 40)).toEqual([400, 250]);
    expect(served([...items(210), ...confirming(100)], 40)).toEqual([300, 250]);
  });

  test('outside of a burst records are taken in their order, and those over whole calls left for the next turn', () => {
    const due = [...items(49), ...items(200, { reason: 'confirm' })];
    expect(pieceOf(due, { now: 40, full: FULL }).items).toEqual(due.slice(0, 200));
    expect(served(due.slice(0, 199), 40)).toEqual([199, null]);
  });

  test('a second try waits for nobody', () => {
    expect(served(items(100, { attempts: 1 }), 40)).toEqual([100, null]);
  });
});

/** A running engine with so many records linked and at rest. */
async function atRest(records: number): Promise<{ readonly rig: EngineRig; readonly refs: readonly HostRecordRef[] }> {
  const rig = createRig({ traits: SALESFORCE_LIKE });
  rig.start();
  await rig.advance(5_000);
  const refs = Array.from({ length: records }, (_, index) => deal(String(index).padStart(4, '0')));
  for (const ref of refs) {
    rig.host.create(rig.connection.accountId, ref);
    rig.store.putContract('w1', sampleLinked(sampleContract(ref.recordId), rig.clock.now()));
    rig.store.link(rig.connection, ref, ref.recordId);
  }
  // The next sweep is half a minute away.
  await rig.advance(20_000);
  rig.callsSince('read');
  rig.callsSince('write');
  return { rig, refs };
}

function edit({ rig }: { readonly rig: EngineRig }, refs: readonly HostRecordRef[]): void {
  for (const ref of refs) rig.host.edit(rig.connection.accountId, ref, { endDate: '2027-10-31' });
}

test('S6 four hundred edits that are heard of in pieces cost two reads, two writes and two confirming reads', async () => {
  const scene = await atRest(400);
  const { rig, refs } = scene;
  for (let from = 0; from < refs.length; from += 50) {
    edit(scene, refs.slice(from, from + 50));
    await rig.advance(30);
  }
  await rig.advance(3_000);
  expect([rig.callsSince('write'), rig.callsSince('read')]).toEqual([2, 4]);
  expect(rig.errors).toEqual([]);
});

test('S6 a few edits do not wait for more', async () => {
  const scene = await atRest(49);
  edit(scene, scene.refs);
  // The linger of one edit's events and a reading.
  await scene.rig.advance(40 + 20 + 5);
  expect(scene.rig.callsSince('read')).toBe(1);
});

test('S6 whoever waits for a change does not wait for a burst', async () => {
  const scene = await atRest(60);
  const { rig, refs } = scene;
  edit(scene, refs.slice(0, 59));
  await rig.advance(20);
  const { workspaceId, connectionId } = rig.connection;
  const ref = refs.at(-1) ?? deal('');
  await rig.store.markDirty([{ workspaceId, connectionId, ref, reason: 'ours' }]);
  rig.processes[0]?.engine.wake('records');
  await rig.advance(20 + 5);
  expect(rig.callsSince('read')).toBe(1);
});
