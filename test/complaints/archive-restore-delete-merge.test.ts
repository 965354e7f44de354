import { describe, expect, test } from 'vitest';
import { must } from '../../server/domain/assert.ts';
import { createRig, type EngineRig, type RigOptions } from '../support/engine-rig.ts';
import { deal, sampleContract, sampleLinked } from '../support/simulation-world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Looking for work without a hint once a minute, so that a day takes a moment. */
const CALM = { settings: { pollMs: MINUTE_MS, workerCount: 1 } } as const;

function rigWith(ids: readonly string[], options: RigOptions = {}): EngineRig {
  const rig = createRig({ delivers: () => false, ...options });
  for (const id of ids) {
    rig.host.create(rig.connection.accountId, deal(id));
    rig.store.putContract('w1', sampleLinked(sampleContract(id), rig.clock.now()));
    rig.store.link(rig.connection, deal(id), id);
  }
  rig.start(CALM);
  return rig;
}

const linkOf = (rig: EngineRig, contractId: string) =>
  rig.store
    .links()
    .filter((link) => link.contractId === contractId)
    .map((link) => `${link.ref.recordId} ${link.state}`);
const recordOf = (rig: EngineRig, id: string) => must(rig.host.recordOf(rig.connection.accountId, deal(id)), id);

describe('records that go and come back, and no event tells of it', () => {
  // airbytehq/airbyte#19838, #35017: archiving does not touch the modification date
  test('S12 archived without a new modification date: a tombstone within a quarter of an hour', async () => {
    const rig = rigWith(['0001', '0002']);
    await rig.advance(20 * MINUTE_MS);
    recordOf(rig, '0001').state = 'archived';
    await rig.advance(15 * MINUTE_MS);
    expect([linkOf(rig, '0001'), linkOf(rig, '0002')]).toEqual([['0001 tombstone'], ['0002 active']]);
  });

  // airbytehq/airbyte#19838 the other way about: nothing says that a restored record was touched
  test('S12 restored without a new modification date: linked again within a day, and equal', async () => {
    const rig = rigWith(['0001']);
    await rig.advance(20 * MINUTE_MS);
    recordOf(rig, '0001').state = 'archived';
    await rig.advance(15 * MINUTE_MS);
    expect(linkOf(rig, '0001')).toEqual(['0001 tombstone']);
    recordOf(rig, '0001').state = 'live';
    await rig.advance(DAY_MS + 10 * MINUTE_MS);
    expect(linkOf(rig, '0001')).toEqual(['0001 active']);
    expect(recordOf(rig, '0001').values.leadContractNumber).toBe('C-0001');
  });

  // airbytehq/airbyte#60787: after 90 days nothing tells that a record was ever there
  test('S12 deleted for good while we were down: the link ends, the contract stays, and nothing is asked for again', async () => {
    const rig = rigWith(['0001', '0002']);
    await rig.advance(20 * MINUTE_MS);
    rig.processes[0]?.kill();
    rig.host.purge(rig.connection.accountId, deal('0001'));
    await rig.advance(100 * DAY_MS);
    rig.start(CALM);
    await rig.advance(DAY_MS);
    expect(linkOf(rig, '0001')).toEqual(['0001 tombstone']);
    expect(rig.store.contract('0001').contract.archived).toBe(false);
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
    expect(rig.errors).toEqual([]);
  });

  // amp-labs/connectors#3487 (a merge mints a third id), fivetran/dbt_hubspot#134, margince/margince#2033
  test('S11 merged twice into new ids: both contracts follow to the last one, and old ids still lead there', async () => {
    const rig = rigWith(['0001', '0002', '0003']);
    await rig.advance(20 * MINUTE_MS);
    const first = rig.host.merge(rig.connection.accountId, deal('0001'), deal('0002'), '0101');
    rig.host.merge(rig.connection.accountId, deal('0003'), first, '0102');
    await rig.advance(DAY_MS + 20 * MINUTE_MS);
    expect(['0001', '0002', '0003'].map((id) => linkOf(rig, id))).toEqual([
      ['0102 active'],
      ['0102 active'],
      ['0102 active'],
    ]);
    expect(recordOf(rig, '0102').values.contractCount).toBe('3');
    expect(await rig.store.filterMirrored(rig.connection, [deal('0001')])).toMatchObject([{ ref: deal('0102') }]);
    rig.callsSince('write');
    await rig.advance(DAY_MS);
    expect(rig.callsSince('write')).toBe(0);
  });

  // simple-salesforce/simple-salesforce#34, #197: a loser that was in the bin before the merge
  test('S11 S12 archived, restored, merged and the survivor archived: the contract ends as a tombstone of the survivor', async () => {
    const rig = rigWith(['0001', '0002'], { delivers: () => true });
    await rig.advance(MINUTE_MS);
    const { accountId } = rig.connection;
    rig.host.archive(accountId, deal('0001'));
    await rig.advance(MINUTE_MS);
    rig.host.restore(accountId, deal('0001'));
    rig.host.edit(accountId, deal('0001'), { renewalDecision: 'exit' });
    rig.host.merge(accountId, deal('0001'), deal('0002'), '0101');
    await rig.advance(MINUTE_MS);
    // Nobody can say which of the two deals the edit in the merged one was meant for: it is kept for a person to decide.
    expect(rig.store.conflicts).toContainEqual(expect.objectContaining({ field: 'renewalDecision', theirs: 'exit' }));
    expect([linkOf(rig, '0001'), linkOf(rig, '0002')]).toEqual([['0101 active'], ['0101 active']]);
    rig.host.archive(accountId, deal('0101'));
    await rig.advance(MINUTE_MS);
    expect([linkOf(rig, '0001'), linkOf(rig, '0002')]).toEqual([['0101 tombstone'], ['0101 tombstone']]);
    rig.host.restore(accountId, deal('0101'));
    await rig.advance(MINUTE_MS);
    expect([linkOf(rig, '0001'), linkOf(rig, '0002')]).toEqual([['0101 active'], ['0101 active']]);
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
    expect(rig.errors).toEqual([]);
  });
});
