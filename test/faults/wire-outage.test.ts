/**
 * A CRM that is away, or answers with pages instead of data, while a single record waits: the usual case of a small portal. On a virtual
 * clock, so that the outage can last.
 */
import { describe, expect, test } from 'vitest';
import type { HostFailure } from '../../server/crm/port.ts';
import { createRig, type EngineRig } from '../support/engine-rig.ts';
import { deal, sampleContract, sampleLinked } from '../support/simulation-world.ts';

const MINUTE_MS = 60_000;
/** The longest pause between two tries of a record, and a sweep. */
const RECOVERY_MS_MAX = 5 * MINUTE_MS;
const ID = '0001';
const OUTAGES: readonly HostFailure[] = [
  { kind: 'unavailable', retryAfterMs: null, detail: 'HTTP_503' },
  { kind: 'unavailable', retryAfterMs: null, detail: 'ECONNRESET' },
  { kind: 'malformed', detail: 'not_json' },
  { kind: 'malformed', detail: 'redirect_refused' },
  { kind: 'unknown', detail: 'timeout' },
];

function rigWith(failure: HostFailure): { readonly rig: EngineRig; readonly state: { down: boolean } } {
  const state = { down: false };
  const rig = createRig({ fateOf: () => (state.down ? { kind: 'refused', failure } : { kind: 'normal' }) });
  rig.host.create(rig.connection.accountId, deal(ID));
  rig.store.putContract('w1', sampleLinked(sampleContract(ID), rig.clock.now()));
  rig.store.link(rig.connection, deal(ID), ID);
  rig.start();
  return { rig, state };
}
function decideOnCard(rig: EngineRig): void {
  const provenance = { source: 'card', actor: 'u', connectionId: null, ref: null, eventId: null } as const;
  rig.store.updateContract('w1', {
    contractId: ID,
    expectedRevision: rig.store.contract(ID).contract.revision,
    changes: { renewalDecision: 'renew' },
    provenance: { renewalDecision: { ...provenance, at: rig.clock.now() } },
  });
}
const shown = (rig: EngineRig): string | null =>
  rig.host.recordOf(rig.connection.accountId, deal(ID))?.values.renewalDecision ?? null;

describe('S1 an outage of an hour that meets one waiting record', () => {
  test.each(OUTAGES)('leaves no dead letter and delivers the change soon after ($kind $detail)', async (failure) => {
    const { rig, state } = rigWith(failure);
    await rig.advance(MINUTE_MS);
    state.down = true;
    decideOnCard(rig);
    await rig.advance(60 * MINUTE_MS);
    expect(rig.store.dirtyRows('conn-a').filter((row) => row.dead)).toEqual([]);
    state.down = false;
    await rig.advance(RECOVERY_MS_MAX);
    expect([shown(rig), rig.store.dirtyRows('conn-a')]).toEqual(['renew', []]);
  });
});
