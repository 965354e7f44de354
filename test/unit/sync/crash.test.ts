/** S5: a process may die between any two effects. Every place in one run is tried in turn. */
import { expect, test } from 'vitest';
import { wantedValues } from '../../../server/domain/wanted-values.ts';
import { WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import { MIRROR_FIELD_NAMES } from '../../../server/domain/mirror.ts';
import { TEST_SETTINGS } from '../../support/engine-harness.ts';
import { createRig, type EngineRig } from '../../support/engine-rig.ts';
import { day, deal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';

const RECOVERY_MS = 180_000;

/** Two deals share a contract; a person edits one deal, illegally edits the other, and the contract is changed on a card. */
async function playScene(rig: EngineRig): Promise<void> {
  rig.host.edit(rig.connection.accountId, deal('1'), { renewalDate: '2027-12-24' });
  rig.host.edit(rig.connection.accountId, deal('2'), { stage: 'draft' });
  const { contract } = rig.store.contract('one');
  const at = rig.clock.now();
  rig.store.updateContract('w1', {
    contractId: 'one',
    expectedRevision: contract.revision,
    changes: { renewalDecision: 'renew' },
    provenance: { renewalDecision: { source: 'card', actor: 'u', connectionId: null, ref: null, eventId: null, at } },
  });
  await rig.advance(RECOVERY_MS);
}

async function prepare(): Promise<EngineRig> {
  const rig = createRig();
  rig.store.putContract('w1', sampleLinked(sampleContract('one'), rig.clock.now()));
  for (const id of ['1', '2']) {
    rig.host.create(rig.connection.accountId, deal(id));
    rig.store.link(rig.connection, deal(id), 'one');
  }
  const first = rig.start();
  await rig.advance(RECOVERY_MS);
  first.kill();
  rig.processes.pop();
  return rig;
}

/** Runs the scene and kills the process before its nth call of a port; another takes over a second later. Null: fewer calls were made. */
async function runWithCrash(
  nth: number,
): Promise<{ readonly rig: EngineRig; readonly crashed: boolean; readonly calls: number }> {
  const rig = await prepare();
  const state = { calls: 0, crashed: false };
  rig.start({
    beforeCall: (_name, kill) => {
      state.calls += 1;
      if (state.calls !== nth) return;
      state.crashed = true;
      kill();
      rig.processes.length = 0;
      rig.clock.at(rig.clock.now() + 1_000, () => void rig.start());
    },
  });
  await playScene(rig);
  for (const running of rig.processes) running.kill();
  return { rig, crashed: state.crashed, calls: state.calls };
}

function expectConverged(rig: EngineRig, where: string): void {
  const linked = rig.store.contract('one');
  expect(linked.contract.term.endDate, where).toBe('2027-12-23');
  expect(linked.contract.renewalDecision, where).toBe('renew');
  const wanted = wantedValues([linked], {
    asOf: day('2026-11-23'),
    calendarOf: () => WEEKENDS_CALENDAR,
    contractUrl: (id) => TEST_SETTINGS.contractUrl(rig.connection, id),
  }).values;
  for (const record of rig.host.recordsOf(rig.connection.accountId))
    for (const field of MIRROR_FIELD_NAMES)
      expect(record.values[field] ?? null, `${where} ${field}`).toBe(wanted[field] ?? null);
}

test('S5 killed before any call of any port, it loses nothing and does nothing twice', async () => {
  let tried = 0;
  for (let nth = 1; nth <= 150; nth += 1) {
    const { rig, crashed } = await runWithCrash(nth);
    if (!crashed) break;
    tried += 1;
    const where = `crash before call ${nth}`;
    expectConverged(rig, where);
    expect(rig.errors, where).toEqual([]);
    expect(rig.store.dirtyRows('conn-a'), where).toEqual([]);
    // Each edit took effect once, and the refused one was recorded once.
    expect(rig.store.fieldChanges.map((change) => change.field).toSorted(), where).toEqual([
      'renewalDate',
      'renewalDecision',
    ]);
    expect(
      rig.store.conflicts.map((conflict) => conflict.reason),
      where,
    ).toEqual(['illegal']);
  }
  expect(tried).toBeGreaterThan(60);
}, 120_000);

test('S5 two processes on one store share the work and do nothing twice', async () => {
  const rig = await prepare();
  rig.callsSince('write');
  rig.start();
  rig.start();
  await playScene(rig);
  expectConverged(rig, 'two processes');
  expect(rig.store.fieldChanges).toHaveLength(2);
  expect(rig.store.conflicts).toHaveLength(1);
  // One write each for what the other record and the card changed, and one to put the illegal stage back.
  expect(rig.callsSince('write')).toBeLessThanOrEqual(3);
});
