/** One contract on a HubSpot deal and a Salesforce opportunity at the same time. */
import { describe, expect, test } from 'vitest';
import type { HostFailure, RecordWrite } from '../../../server/crm/port.ts';
import type { SharedField } from '../../../server/domain/contract.ts';
import { sharedValue } from '../../../server/domain/wanted-values.ts';
import { applyEdit } from '../../../server/sync/apply-edit.ts';
import { changesBetween } from '../../../server/sync/contract-drafts.ts';
import type { TEST_SETTINGS } from '../../support/engine-harness.ts';
import { createRig, type EngineRig, type RigOptions } from '../../support/engine-rig.ts';
import { SALESFORCE_LIKE } from '../../support/host-traits.ts';
import { createMemoryHost, type MemoryHost } from '../../support/memory-host.ts';
import { day, deal, portal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';

const MINUTE_MS = 60_000;
const TODAY = day('2026-11-23');
const OPPORTUNITY = deal('006');

type Pair = EngineRig & {
  readonly org: MemoryHost;
  readonly orgConnection: ReturnType<typeof portal>;
  /** What deal, opportunity and contract show. */
  readonly shownOf: (field: SharedField) => readonly (string | null | undefined)[];
  readonly editBoth: (field: SharedField, onDeal: string, onOpportunity: string) => void;
};

/** A running engine and one contract that both hosts show already. */
async function createPair(
  settings: Partial<typeof TEST_SETTINGS> = {},
  orgOptions: Partial<Parameters<typeof createMemoryHost>[0]> = {},
): Promise<Pair> {
  const rig = createRig();
  const orgConnection = portal('w1', 'org', 'salesforce');
  const org = createMemoryHost({ clock: rig.clock, traits: SALESFORCE_LIKE, latencyMs: () => 20, ...orgOptions });
  rig.store.addConnection(orgConnection);
  rig.host.create(rig.connection.accountId, deal('1'));
  org.create(orgConnection.accountId, OPPORTUNITY);
  rig.store.putContract('w1', sampleLinked(sampleContract('one'), rig.clock.now()));
  rig.store.link(rig.connection, deal('1'), 'one');
  rig.store.link(orgConnection, OPPORTUNITY, 'one');
  rig.start({ otherHosts: [org], settings });
  await rig.advance(2 * MINUTE_MS);
  const today = TODAY;
  return {
    ...rig,
    org,
    orgConnection,
    shownOf: (field) => [
      rig.host.recordOf(rig.connection.accountId, deal('1'))?.values[field],
      org.recordOf(orgConnection.accountId, OPPORTUNITY)?.values[field],
      sharedValue(rig.store.contract('one').contract, field, today),
    ],
    editBoth(field, onDeal, onOpportunity) {
      rig.host.edit(rig.connection.accountId, deal('1'), { [field]: onDeal }, 'ann@example.com');
      org.edit(orgConnection.accountId, OPPORTUNITY, { [field]: onOpportunity }, 'bob@example.com');
    },
  };
}

describe('a contract on both hosts', () => {
  test('S1 S3 an edit on either reaches the other, costs it one write, and comes to rest', async () => {
    const pair = await createPair();
    const before = pair.org.calls.filter(({ kind }) => kind === 'write').length;
    pair.host.edit(pair.connection.accountId, deal('1'), { stage: 'renewing' });
    await pair.advance(3 * MINUTE_MS);
    expect(pair.shownOf('stage')).toEqual(['renewing', 'renewing', 'renewing']);
    expect(pair.org.calls.filter(({ kind }) => kind === 'write').length - before).toBe(1);
    pair.org.edit(pair.orgConnection.accountId, OPPORTUNITY, { renewalDecision: 'renew' });
    await pair.advance(3 * MINUTE_MS);
    expect(pair.shownOf('renewalDecision')).toEqual(['renew', 'renew', 'renew']);
    expect(pair.store.conflicts).toEqual([]);
    expect(pair.errors).toEqual([]);
  });

  test('S2 a stage moved on both at once becomes one explained conflict, and restoring it puts the loser on all three', async () => {
    const conflictPolicyOf = () =>
      Promise.resolve({ stage: 'ours', renewalDate: 'newest', renewalDecision: 'newest' } as const);
    const pair = await createPair({ conflictPolicyOf });
    pair.editBoth('stage', 'renewing', 'terminated');
    await pair.advance(3 * MINUTE_MS);
    const [first] = pair.shownOf('stage');
    expect(pair.shownOf('stage')).toEqual([first, first, first]);
    const [conflict, ...others] = pair.store.conflicts;
    expect(others).toEqual([]);
    expect(conflict).toMatchObject({
      contractId: 'one',
      field: 'stage',
      base: 'active',
      reason: 'both_changed',
      detail: 'ours',
    });
    expect(new Set([conflict?.ours, conflict?.theirs])).toEqual(new Set(['renewing', 'terminated']));
    expect(first).toBe(conflict?.winner === 'ours' ? conflict.ours : conflict?.theirs);

    const loser = conflict?.winner === 'ours' ? conflict.theirs : (conflict?.ours ?? null);
    const { contract } = pair.store.contract('one');
    const applied = applyEdit(contract, 'stage', loser ?? null, TODAY);
    if (!applied.ok) throw new Error(applied.code);
    const at = pair.clock.now();
    const provenance = { source: 'workspace', actor: 'eve', connectionId: null, ref: null, eventId: null, at } as const;
    pair.store.updateContract('w1', {
      contractId: 'one',
      expectedRevision: contract.revision,
      changes: changesBetween(contract, applied.contract),
      provenance: { stage: provenance },
    });
    await pair.advance(3 * MINUTE_MS);
    expect(pair.shownOf('stage')).toEqual([loser, loser, loser]);
    expect(pair.store.conflicts).toHaveLength(1);
  });

  test.each(['Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati'])(
    'S1 a date moves by no day between the hosts for a workspace in %s',
    async (zone) => {
      const pair = await createPair({ timeZoneOf: () => Promise.resolve(zone) });
      for (const [on, date] of [
        ['deal', '2027-03-14'],
        ['opportunity', '2028-02-29'],
        ['deal', '2027-12-31'],
      ] as const) {
        if (on === 'deal') pair.host.edit(pair.connection.accountId, deal('1'), { renewalDate: date });
        else pair.org.edit(pair.orgConnection.accountId, OPPORTUNITY, { renewalDate: date });
        await pair.advance(3 * MINUTE_MS);
        expect(pair.shownOf('renewalDate')).toEqual([date, date, date]);
      }
      expect(pair.store.conflicts).toEqual([]);
    },
  );

  test.each([
    ['a code that its picklist lacks', 'stage', 'BAD_VALUE_FOR_RESTRICTED_PICKLIST'],
    ['a text that is too long', 'leadContractTitle', 'STRING_TOO_LONG'],
    ['a currency that it does not have', 'contractCurrency', 'INVALID_CURRENCY_ISO'],
  ] as const)('S14 %s is refused by name on one host, and nothing else waits for it', async (_what, field, code) => {
    const failure: HostFailure = { kind: 'rejected', code, field, detail: 'refused' };
    const refuses = (write: RecordWrite): HostFailure | null => (write.values[field] === undefined ? null : failure);
    const pair = await createPair({}, { refuses });
    const values = pair.org.recordOf(pair.orgConnection.accountId, OPPORTUNITY)?.values;
    expect(values).toMatchObject({ leadContractNumber: 'C-one', renewalDate: '2027-06-01', [field]: null });
    expect(pair.host.recordOf(pair.connection.accountId, deal('1'))?.values).toMatchObject({
      stage: 'active',
      contractCurrency: 'EUR',
    });
    expect(pair.store.dirtyRows('conn-org')).toMatchObject([{ ref: OPPORTUNITY, dead: true }]);
    expect(pair.store.dirtyRows('conn-a')).toEqual([]);
    expect(pair.store.conflicts).toEqual([]);
    // The feed names the record again while it overlaps; then nobody tries any more.
    const writes = (): number => pair.org.calls.filter(({ kind }) => kind === 'write').length;
    await pair.advance(5 * MINUTE_MS);
    const tried = writes();
    await pair.advance(20 * MINUTE_MS);
    expect([writes() - tried, tried < 12]).toEqual([0, true]);
  });
});

describe('compare-and-set', () => {
  const salesforce = (options: RigOptions = {}): EngineRig => {
    const rig = createRig({ traits: SALESFORCE_LIKE, ...options });
    rig.host.create(rig.connection.accountId, deal('1'));
    rig.store.putContract('w1', sampleLinked(sampleContract('one'), rig.clock.now()));
    rig.store.link(rig.connection, deal('1'), 'one');
    return rig;
  };

  test('S2 a write that an edit overtook is refused; the edit is read, kept and no failure', async () => {
    const state = { edits: 1 };
    const rig: EngineRig = salesforce({
      latencyMs: () => 0,
      fateOf: (call) => {
        if (call.kind === 'write' && (state.edits -= 1) >= 0)
          rig.host.edit(rig.connection.accountId, deal('1'), { renewalDate: '2027-08-08' });
        return { kind: 'normal' };
      },
    });
    rig.start();
    await rig.advance(MINUTE_MS);
    expect(rig.host.staleRefusals()).toBe(1);
    expect(rig.counters.deadLetters ?? 0).toBe(0);
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
    const shown = rig.host.recordOf(rig.connection.accountId, deal('1'))?.values;
    const isKept =
      shown?.renewalDate === '2027-08-08' || rig.store.conflicts.some(({ theirs }) => theirs === '2027-08-08');
    expect(isKept).toBe(true);
    expect(shown?.stage).toBe('active');
  });

  test('S14 a record that keeps moving is never put aside, and tried less and less often', async () => {
    let edits = 0;
    const rig: EngineRig = salesforce({
      latencyMs: () => 0,
      fateOf: (call) => {
        if (call.kind === 'write')
          rig.host.edit(rig.connection.accountId, deal('1'), { stage: (edits += 1) % 2 === 0 ? 'renewing' : 'signed' });
        return { kind: 'normal' };
      },
      delivers: () => false,
    });
    rig.start();
    await rig.advance(10 * MINUTE_MS);
    expect(edits).toBeGreaterThan(8);
    expect(edits).toBeLessThan(200);
    expect(rig.store.dirtyRows('conn-a').some(({ dead }) => dead)).toBe(false);
  });

  /** The record has just come to show contract `two` instead of `one`, by a write of ours that nobody has read back yet. */
  const shownAnother = async (rig: EngineRig, change: Parameters<EngineRig['start']>[0] = {}): Promise<void> => {
    rig.start(change);
    await rig.advance(MINUTE_MS);
    const sooner = sampleContract('two');
    rig.store.putContract(
      'w1',
      sampleLinked({ ...sooner, term: { ...sooner.term, endDate: day('2027-03-31') } }, rig.clock.now()),
    );
    rig.store.link(rig.connection, deal('1'), 'two');
    const writes = (): number => rig.host.writesTaken.get(`${rig.connection.accountId}|opportunity:1`) ?? 0;
    const before = writes();
    for (let step = 0; step < 20_000 && writes() === before; step += 1) await rig.advance(5);
    expect(rig.host.recordOf(rig.connection.accountId, deal('1'))?.values.leadContractNumber).toBe('C-two');
  };

  const NO_NUMBERS = new Set([...SALESFORCE_LIKE.journalled].filter((field) => field !== 'leadContractNumber'));

  test('S9 an edit after our write showed another contract belongs to that one, though the journal keeps no numbers', async () => {
    const rig: EngineRig = salesforce({
      traits: { ...SALESFORCE_LIKE, journalled: NO_NUMBERS },
      delivers: () => false,
    });
    await shownAnother(rig);
    rig.host.edit(rig.connection.accountId, deal('1'), { renewalDecision: 'renew' });
    await rig.advance(3 * MINUTE_MS);
    expect(rig.store.contract('two').contract.renewalDecision).toBe('renew');
    expect(rig.store.contract('one').contract.renewalDecision).toBe('undecided');
    expect(rig.store.conflicts).toEqual([]);
  });

  test('S9 an edit belongs to the contract that the journal says was shown, though nobody remembers the write that showed it', async () => {
    const rig: EngineRig = salesforce({ delivers: () => false });
    const loadRecords: EngineRig['store']['loadRecords'] = async (...asked) =>
      (await rig.store.loadRecords(...asked)).map((state) => ({ ...state, intents: [] }));
    await shownAnother(rig, { store: { ...rig.store, loadRecords } });
    rig.host.edit(rig.connection.accountId, deal('1'), { renewalDecision: 'renew' });
    await rig.advance(3 * MINUTE_MS);
    expect(rig.store.contract('two').contract.renewalDecision).toBe('renew');
    expect(rig.store.contract('one').contract.renewalDecision).toBe('undecided');
  });

  test.each([
    ['numbers', SALESFORCE_LIKE.journalled],
    ['no numbers', NO_NUMBERS],
  ])(
    'S9 an edit belongs to the contract shown also when the recycle bin was read before our write was confirmed, and the rest is nobody’s: a journal with %s',
    async (_what, journalled) => {
      const rig: EngineRig = salesforce({ traits: { ...SALESFORCE_LIKE, journalled } });
      await shownAnother(rig);
      rig.host.edit(rig.connection.accountId, deal('1'), { renewalDecision: 'renew' });
      rig.host.archive(rig.connection.accountId, deal('1'));
      await rig.advance(MINUTE_MS);
      expect(rig.store.mirror('conn-a', deal('1'))?.state).toBe('archived');
      rig.host.restore(rig.connection.accountId, deal('1'));
      await rig.advance(3 * MINUTE_MS);
      expect(rig.store.contract('two').contract.renewalDecision).toBe('renew');
      expect(rig.store.contract('one').contract.renewalDecision).toBe('undecided');
      expect(rig.store.conflicts).toEqual([]);
    },
  );
});

test.each([1, 200, 500, 1_000])(
  'S6 %i records on Salesforce cost ⌈n/200⌉ reads, writes and confirming reads each',
  async (count) => {
    const rig = createRig({ traits: SALESFORCE_LIKE, latencyMs: () => 0, delivers: () => false });
    rig.start();
    await rig.advance(5_000);
    for (let index = 1; index <= count; index += 1) {
      const id = String(index).padStart(4, '0');
      rig.host.create(rig.connection.accountId, deal(id));
      rig.store.putContract('w1', sampleLinked(sampleContract(id), rig.clock.now()));
      rig.store.link(rig.connection, deal(id), id);
    }
    await rig.advance(20_000);
    const batches = Math.ceil(count / 200);
    expect([rig.callsSince('read'), rig.callsSince('write')]).toEqual([2 * batches, batches]);
  },
);

test('S6 a thousand changes that arrive in pieces cost one write and two reads more than at once', async () => {
  const rig = createRig({ traits: SALESFORCE_LIKE, latencyMs: () => 100, delivers: () => false });
  const { engine } = rig.start();
  await rig.advance(5_000);
  let count = 0;
  for (const piece of [100, 250, 250, 250, 150]) {
    const refs = Array.from({ length: piece }, (_, index) => deal(String(count + index + 1).padStart(4, '0')));
    for (const ref of refs) {
      rig.host.create(rig.connection.accountId, ref);
      rig.store.putContract('w1', sampleLinked(sampleContract(ref.recordId), rig.clock.now()));
      rig.store.link(rig.connection, ref, ref.recordId);
    }
    const { workspaceId, connectionId } = rig.connection;
    await rig.store.markDirty(refs.map((ref) => ({ workspaceId, connectionId, ref, reason: 'event' })));
    engine.wake('records');
    count += piece;
    // Less than a turn takes, so that each piece finds the one before it at work.
    await rig.advance(250);
  }
  await rig.advance(20_000);
  expect(rig.callsSince('write')).toBeLessThanOrEqual(Math.ceil(count / 200) + 1);
  expect(rig.callsSince('read')).toBeLessThanOrEqual(2 * (Math.ceil(count / 200) + 1));
});
