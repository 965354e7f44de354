/** What sweeps need not have read again, and what they must. */
import { describe, expect, test } from 'vitest';
import { createSweepMemory } from '../../../server/sync/sweep-memory.ts';
import { createRig, type EngineRig } from '../../support/engine-rig.ts';
import { SALESFORCE_LIKE } from '../../support/host-traits.ts';
import { deal, portal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';

const MINUTE_MS = 60_000;
const HERE = portal('w1', 'a', 'salesforce');
const refs = [deal('1'), deal('2')];
const page = (...states: readonly (readonly [string, string])[]) => ({ refs, states: new Map(states) });

describe('what a page names', () => {
  test('S1 is news until it was marked in this very state', () => {
    const memory = createSweepMemory();
    expect(memory.news(HERE, page(['1', 'a']))).toEqual(refs);
    memory.learn(HERE, page(['1', 'a']));
    expect(memory.news(HERE, page(['1', 'a'], ['2', 'a']))).toEqual([deal('2')]);
    expect(memory.news(HERE, page(['1', 'b']))).toEqual(refs);
    expect(memory.news(HERE, { refs })).toEqual(refs);
  });

  test('S1 a record that was marked in a state without a name since is news again', () => {
    const memory = createSweepMemory();
    memory.learn(HERE, page(['1', 'a']));
    memory.learn(HERE, page());
    expect(memory.news(HERE, page(['1', 'a']))).toEqual(refs);
  });

  test('S8 of one connection or kind says nothing about another', () => {
    const memory = createSweepMemory();
    memory.learn(HERE, page(['1', 'a'], ['2', 'a']));
    expect(memory.news(portal('w1', 'b', 'salesforce'), page(['1', 'a']))).toEqual(refs);
    const account = { objectType: 'account', recordId: '1' } as const;
    expect(memory.news(HERE, { refs: [account], states: new Map([['1', 'a']]) })).toEqual([account]);
  });

  test('S14 is forgotten, oldest first, beyond a bound', () => {
    const memory = createSweepMemory(2);
    memory.learn(HERE, page(['1', 'a'], ['2', 'a']));
    memory.learn(HERE, { refs: [deal('3')], states: new Map([['3', 'a']]) });
    expect(memory.news(HERE, page(['1', 'a'], ['2', 'a']))).toEqual([deal('1')]);
  });
});

/** An org that tells of nothing: sweeps alone find what changed. */
async function sweptOrg(): Promise<EngineRig> {
  const rig = createRig({ traits: SALESFORCE_LIKE, delivers: () => false });
  rig.host.create(rig.connection.accountId, deal('1'));
  rig.store.putContract('w1', sampleLinked(sampleContract('one'), rig.clock.now()));
  rig.store.link(rig.connection, deal('1'), 'one');
  rig.start();
  await rig.advance(10 * MINUTE_MS);
  rig.callsSince('read');
  rig.callsSince('list');
  return rig;
}

describe('an edit that only sweeps find', () => {
  test('S6 is read once, and again only for what we wrote', async () => {
    const rig = await sweptOrg();
    rig.host.edit(rig.connection.accountId, deal('1'), { renewalDecision: 'renew' });
    await rig.advance(10 * MINUTE_MS);
    expect(rig.store.contract('one').contract.renewalDecision).toBe('renew');
    const [reads, writes] = [rig.callsSince('read'), rig.callsSince('write')];
    // The edit's own reading, one to confirm what we wrote, and the sweep's own look at that.
    expect(reads).toBeLessThanOrEqual(writes === 0 ? 1 : 3);
    expect(rig.callsSince('list')).toBeGreaterThanOrEqual(30);
  });

  test('S1 within the overlap a further edit is found as well', async () => {
    const rig = await sweptOrg();
    rig.host.edit(rig.connection.accountId, deal('1'), { renewalDecision: 'renew' });
    await rig.advance(2 * MINUTE_MS);
    rig.host.edit(rig.connection.accountId, deal('1'), { renewalDecision: 'exit' });
    await rig.advance(2 * MINUTE_MS);
    expect(rig.store.contract('one').contract.renewalDecision).toBe('exit');
    expect(rig.errors).toEqual([]);
  });
});
