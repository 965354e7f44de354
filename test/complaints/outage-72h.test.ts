import { describe, expect, test } from 'vitest';
import type { HostFailure } from '../../server/crm/port.ts';
import { createRig, type EngineRig } from '../support/engine-rig.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { deal, sampleContract, sampleLinked } from '../support/simulation-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DEALS = 60;
/** Looking for work without a hint once a minute, so that three days take a second. */
const CALM = { settings: { pollMs: MINUTE_MS, workerCount: 1 } } as const;
const DECISIONS = ['renew', 'exit', 'renegotiate', 'undecided'] as const;

const idOf = (index: number): string => String(index).padStart(4, '0');
const ALL = Array.from({ length: DEALS }, (_, index) => idOf(index + 1));

function seeded(options: Parameters<typeof createRig>[0]): EngineRig {
  const rig = createRig({ latencyMs: () => 0, ...options });
  for (const id of ALL) {
    rig.host.create(rig.connection.accountId, deal(id));
    rig.store.putContract('w1', sampleLinked(sampleContract(id), rig.clock.now()));
    rig.store.link(rig.connection, deal(id), id);
  }
  return rig;
}

const decisionOn = (rig: EngineRig, id: string): string | null | undefined =>
  rig.host.recordOf(rig.connection.accountId, deal(id))?.values.renewalDecision;
const differing = (rig: EngineRig): readonly string[] =>
  ALL.filter((id) => {
    const record = rig.host.recordOf(rig.connection.accountId, deal(id));
    return record?.state === 'live' && decisionOn(rig, id) !== rig.store.contract(id).contract.renewalDecision;
  });

/** Three days of work on the CRM's side, one edit every half hour, that nobody tells us of. */
async function threeDaysOfWork(rig: EngineRig): Promise<void> {
  const random = createSeededRandom(72);
  for (let half = 0; half < 144; half += 1) {
    rig.host.edit(rig.connection.accountId, deal(random.pick(ALL)), { renewalDecision: random.pick(DECISIONS) });
    await rig.advance(30 * MINUTE_MS);
  }
}

describe('three days without each other', () => {
  // mulesoft/docs-connectors#2444 (events are kept 72 hours at most), HubSpot gives a webhook up after 24
  test('S1 S5 our servers down for 72 hours and every webhook given up: all is equal within five minutes', async () => {
    const switched = { heard: true };
    const rig = seeded({ delivers: () => switched.heard });
    const before = rig.start(CALM);
    await rig.advance(5 * MINUTE_MS);
    before.kill();
    switched.heard = false;
    await threeDaysOfWork(rig);
    for (const id of ['0001', '0002', '0003']) rig.host.archive(rig.connection.accountId, deal(id));
    expect(differing(rig).length).toBeGreaterThan(20);

    switched.heard = true;
    rig.start(CALM);
    await rig.advance(5 * MINUTE_MS);
    expect(differing(rig)).toEqual([]);
    await rig.advance(10 * MINUTE_MS);
    const gone = rig.store.links().filter((link) => link.state === 'tombstone');
    expect(gone.map((link) => link.ref.recordId).toSorted()).toEqual(['0001', '0002', '0003']);
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
    expect(rig.store.conflicts).toEqual([]);
    expect(rig.errors).toEqual([]);
  });

  // airbytehq/airbyte#11448, jsforce/jsforce#857: what fails for days must neither give up nor knock without pause
  test('S1 S14 HubSpot down for 72 hours with changes waiting: no dead letter, few knocks, all written after it is back', async () => {
    const down: HostFailure = { kind: 'unavailable', retryAfterMs: null, detail: 'HTTP_503' };
    const host = { isDown: false };
    const rig = seeded({ fateOf: () => (host.isDown ? { kind: 'refused', failure: down } : { kind: 'normal' }) });
    rig.start(CALM);
    await rig.advance(5 * MINUTE_MS);
    host.isDown = true;
    for (const id of ALL.slice(0, 30)) {
      const { revision } = rig.store.contract(id).contract;
      const at = rig.clock.now();
      const provenance = { source: 'card', actor: 'mia', connectionId: null, ref: null, eventId: null, at } as const;
      const changes = { renewalDecision: 'exit' } as const;
      const given = {
        contractId: id,
        expectedRevision: revision,
        changes,
        provenance: { renewalDecision: provenance },
      };
      expect(rig.store.updateContract('w1', given)).toBe(true);
    }
    for (const id of ALL.slice(30)) rig.host.edit(rig.connection.accountId, deal(id), { renewalDecision: 'renew' });
    const calls = rig.host.calls.length;
    await rig.advance(72 * HOUR_MS);
    expect(rig.store.dirtyRows('conn-a').filter((row) => row.dead)).toEqual([]);
    expect(rig.store.connectionState('conn-a')).toBe('active');
    // Rests of up to a minute with full jitter: a lane and four side jobs knock some 30 times an hour each.
    expect((rig.host.calls.length - calls) / 72).toBeLessThan(5 * 150);

    host.isDown = false;
    // A record that was often tried alone waits up to nine minutes for its next try.
    await rig.advance(12 * MINUTE_MS);
    expect(differing(rig)).toEqual([]);
    expect(new Set(ALL.slice(0, 30).map((id) => decisionOn(rig, id)))).toEqual(new Set(['exit']));
    expect(new Set(ALL.slice(30).map((id) => decisionOn(rig, id)))).toEqual(new Set(['renew']));
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
    expect(rig.errors).toEqual([]);
  }, 60_000);
});
