import { describe, expect, test } from 'vitest';
import type { HostFailure } from '../../../server/crm/port.ts';
import { laneTurn } from '../../../server/sync/lane-turn.ts';
import type { EngineParts } from '../../../server/sync/settings.ts';
import { TEST_SETTINGS } from '../../support/engine-harness.ts';
import { createRig, type EngineRig } from '../../support/engine-rig.ts';
import type { CallFate } from '../../support/memory-host.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { account, day, deal, portal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';

const MINUTE_MS = 60_000;

/** `count` deals, each with a contract of its own. */
function seedDeals(rig: EngineRig, count: number): void {
  for (let index = 1; index <= count; index += 1) {
    const id = String(index).padStart(4, '0');
    rig.host.create(rig.connection.accountId, deal(id));
    rig.store.putContract('w1', sampleLinked(sampleContract(id), rig.clock.now()));
    rig.store.link(rig.connection, deal(id), id);
  }
}

function shown(rig: EngineRig, id: string, field: 'stage' | 'renewalDate' | 'leadContractTitle'): string | null {
  return rig.host.recordOf(rig.connection.accountId, deal(id))?.values[field] ?? null;
}

/** Serves lanes alone, without sweeps, until nothing is due, moving the clock over each wait. */
async function drainLanes(rig: EngineRig): Promise<void> {
  const silent = (): void => undefined;
  const parts: EngineParts = {
    store: rig.store,
    crm: { hubspot: rig.host },
    world: {
      clock: rig.clock,
      random: createSeededRandom(9),
      log: { debug: silent, info: silent, warn: silent, error: (fields) => void rig.errors.push(fields) },
    },
    calendars: { find: () => Promise.resolve(null) },
    settings: TEST_SETTINGS,
  };
  const health = new Map();
  for (let turn = 0; turn < 200; turn += 1) {
    const dueAt = await rig.store.nextDueAt(rig.clock.now());
    if (dueAt === null) return;
    await rig.clock.runUntil(dueAt);
    await laneTurn(parts, health, 'worker');
  }
  throw new Error('lanes did not come to rest');
}

describe('the number of calls', () => {
  test.each([
    [1, { read: 1, write: 1, confirm: 1 }],
    [50, { read: 1, write: 1, confirm: 1 }],
    [100, { read: 1, write: 1, confirm: 2 }],
    [240, { read: 3, write: 3, confirm: 5 }],
    [500, { read: 5, write: 5, confirm: 10 }],
  ])(
    'S6 %i changed records cost ⌈n/100⌉ reads, ⌈n/100⌉ writes and ⌈n/50⌉ confirming reads',
    async (count, expected) => {
      const rig = createRig({ latencyMs: () => 0 });
      seedDeals(rig, count);
      await drainLanes(rig);
      expect(rig.callsSince('read')).toBe(expected.read + expected.confirm);
      expect(rig.callsSince('write')).toBe(expected.write);
      expect(rig.host.calls.filter((call) => call.kind === 'read' && call.history && call.size > 50)).toEqual([]);
      expect(rig.errors).toEqual([]);
    },
  );

  test('S6 a thousand edits in a burst cost a tenth of a read and no more writes than changed records', async () => {
    const rig = createRig({ latencyMs: () => 0 });
    seedDeals(rig, 300);
    await drainLanes(rig);
    rig.callsSince('read');
    rig.callsSince('write');
    for (let index = 1; index <= 300; index += 1) {
      const id = String(index).padStart(4, '0');
      rig.host.edit(rig.connection.accountId, deal(id), { renewalDecision: 'renew' });
      await rig.store.markDirty([{ workspaceId: 'w1', connectionId: 'conn-a', ref: deal(id), reason: 'event' }]);
    }
    await drainLanes(rig);
    expect(rig.callsSince('read')).toBe(3);
    expect(rig.callsSince('write')).toBe(0);
    expect(rig.store.contract('0300').contract.renewalDecision).toBe('renew');
  });

  test('S6 one contract on many records: an edit on one is written to the others in one call', async () => {
    const rig = createRig({ latencyMs: () => 0 });
    rig.store.putContract('w1', sampleLinked(sampleContract('one'), rig.clock.now()));
    for (let index = 1; index <= 20; index += 1) {
      rig.host.create(rig.connection.accountId, deal(String(index)));
      rig.store.link(rig.connection, deal(String(index)), 'one');
    }
    await drainLanes(rig);
    rig.callsSince('write');
    rig.host.edit(rig.connection.accountId, deal('7'), { renewalDecision: 'exit' });
    await rig.store.markDirty([{ workspaceId: 'w1', connectionId: 'conn-a', ref: deal('7'), reason: 'event' }]);
    await drainLanes(rig);
    expect(rig.callsSince('write')).toBe(1);
    const values = rig.host.recordsOf(rig.connection.accountId).map((record) => record.values.renewalDecision);
    expect(new Set(values)).toEqual(new Set(['exit']));
  });
});

describe('a quiet system', () => {
  test('S3 makes no read and no write for hours, only the sweeps', async () => {
    const rig = createRig();
    seedDeals(rig, 30);
    rig.start();
    await rig.advance(15 * MINUTE_MS);
    rig.callsSince('read');
    rig.callsSince('write');
    await rig.advance(5 * 60 * MINUTE_MS);
    expect([rig.callsSince('read'), rig.callsSince('write')]).toEqual([0, 0]);
    expect(rig.callsSince('list')).toBeGreaterThan(0);
  });

  test('S3 hears its own writes and does not answer them', async () => {
    const rig = createRig();
    seedDeals(rig, 3);
    rig.start();
    await rig.advance(MINUTE_MS);
    expect(rig.host.recordsOf(rig.connection.accountId).every((record) => record.values.stage === 'active')).toBe(true);
    expect(rig.callsSince('write')).toBe(1);
    expect(rig.store.conflicts).toEqual([]);
  });
});

describe('an edit in the CRM', () => {
  test('S1 reaches the store within a second, and the other portal too', async () => {
    const rig = createRig();
    const other = portal('w1', 'b');
    rig.store.addConnection(other);
    seedDeals(rig, 1);
    rig.host.create(other.accountId, account('5'));
    rig.store.link(other, account('5'), '0001');
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.host.edit(rig.connection.accountId, deal('0001'), { renewalDate: '2027-12-24' });
    await rig.advance(1_000);
    expect(rig.store.contract('0001').contract.term.endDate).toBe('2027-12-23');
    expect(rig.host.recordOf(other.accountId, account('5'))?.values.renewalDate).toBe('2027-12-24');
  });

  test('S10 that breaks a rule is put back within a second', async () => {
    const rig = createRig();
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.host.edit(rig.connection.accountId, deal('0001'), { stage: 'draft' });
    await rig.advance(1_000);
    expect(shown(rig, '0001', 'stage')).toBe('active');
    expect(rig.store.conflicts).toMatchObject([{ field: 'stage', theirs: 'draft', reason: 'illegal' }]);
  });

  test('S4 told of a hundred times in any order counts once', async () => {
    const rig = createRig();
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.host.edit(rig.connection.accountId, deal('0001'), { renewalDecision: 'renew' });
    const event = {
      accountId: rig.connection.accountId,
      ref: deal('0001'),
      kind: 'changed',
      mergedIds: [],
      byUs: false,
      at: 0,
    };
    for (let copy = 0; copy < 100; copy += 1) {
      const body = JSON.stringify({
        events: [{ ...event, eventId: `x${copy % 7}`, at: 1_000 - copy }],
        lifecycle: [],
        rejected: [],
      });
      await rig.store.acceptDelivery({ host: 'hubspot', digest: `x${copy}`, body, receivedAt: rig.clock.now() });
    }
    await rig.advance(MINUTE_MS / 2);
    expect(rig.store.fieldChanges.filter((change) => change.field === 'renewalDecision')).toHaveLength(1);
    expect(rig.store.conflicts).toEqual([]);
  });

  test('S1 that no event told of is found by the sweep', async () => {
    const rig = createRig({ delivers: () => false, feedLagMs: 10_000 });
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.host.edit(rig.connection.accountId, deal('0001'), { renewalDate: '2027-12-24' });
    await rig.advance(2 * MINUTE_MS + 15_000);
    expect(rig.store.contract('0001').contract.term.endDate).toBe('2027-12-23');
  });
});

describe('records that come and go', () => {
  test('S12 an archived record keeps its links as tombstones and goes on where it stopped when restored', async () => {
    const rig = createRig();
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.host.archive(rig.connection.accountId, deal('0001'));
    await rig.advance(5_000);
    expect(rig.store.links()).toMatchObject([{ state: 'tombstone' }]);
    rig.host.restore(rig.connection.accountId, deal('0001'));
    await rig.advance(5_000);
    expect(rig.store.links()).toMatchObject([{ state: 'active' }]);
    expect(rig.store.conflicts).toEqual([]);
  });

  test('S12 an archived record that no event told of is found in the recycle bin', async () => {
    const rig = createRig({ delivers: () => false });
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.host.archive(rig.connection.accountId, deal('0001'));
    await rig.advance(11 * MINUTE_MS);
    expect(rig.store.links()).toMatchObject([{ state: 'tombstone' }]);
  });

  test('S11 merged records hand their links to the one that carries on', async () => {
    const rig = createRig();
    seedDeals(rig, 2);
    rig.start();
    await rig.advance(MINUTE_MS);
    const into = rig.host.merge(rig.connection.accountId, deal('0001'), deal('0002'), '9');
    await rig.advance(10_000);
    expect(
      rig.store
        .links()
        .map((link) => [link.ref.recordId, link.contractId])
        .toSorted(([, left = ''], [, right = '']) => (left < right ? -1 : 1)),
    ).toEqual([
      ['9', '0001'],
      ['9', '0002'],
    ]);
    expect(rig.host.recordOf(rig.connection.accountId, into)?.values.contractCount).toBe('2');
    expect(rig.store.conflicts).toEqual([]);
  });

  test('S9 a record whose last contract is unlinked is cleared', async () => {
    const rig = createRig();
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.store.unlink(rig.connection, deal('0001'), '0001');
    await rig.advance(5_000);
    const values = rig.host.recordOf(rig.connection.accountId, deal('0001'))?.values ?? {};
    expect(Object.values(values).filter((value) => value !== null)).toEqual([]);
  });
});

describe('a host in trouble', () => {
  const refusing = (
    failure: HostFailure,
    when: () => boolean,
  ): ((call: { readonly kind: string; readonly accountId: string }) => CallFate) => {
    return (call) => (call.accountId === 'portal-a' && when() ? { kind: 'refused', failure } : { kind: 'normal' });
  };

  test('S7 a rate limit slows one connection and not the others', async () => {
    const state = { limited: true };
    const failure: HostFailure = { kind: 'rateLimited', retryAfterMs: 20_000, scope: 'burst' };
    const rig = createRig({ fateOf: refusing(failure, () => state.limited) });
    const other = portal('w2', 'b');
    rig.store.addConnection(other);
    seedDeals(rig, 1);
    rig.host.create(other.accountId, deal('1'));
    rig.store.putContract('w2', sampleLinked(sampleContract('other'), rig.clock.now()));
    rig.store.link(other, deal('1'), 'other');
    rig.start();
    await rig.advance(5_000);
    expect(rig.host.recordOf(other.accountId, deal('1'))?.values.stage).toBe('active');
    expect(shown(rig, '0001', 'stage')).toBeNull();
    state.limited = false;
    await rig.advance(30_000);
    expect(shown(rig, '0001', 'stage')).toBe('active');
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
  });

  test('S1 an hour of outage loses nothing and leaves no dead letter', async () => {
    const state = { down: false };
    const failure: HostFailure = { kind: 'unavailable', retryAfterMs: null, detail: '503' };
    const rig = createRig({ fateOf: refusing(failure, () => state.down) });
    seedDeals(rig, 120);
    rig.start();
    await rig.advance(MINUTE_MS);
    state.down = true;
    for (let index = 1; index <= 120; index += 1)
      rig.host.edit(rig.connection.accountId, deal(String(index).padStart(4, '0')), { renewalDecision: 'renew' });
    await rig.advance(10 * MINUTE_MS);
    state.down = false;
    await rig.advance(5 * MINUTE_MS);
    expect(rig.store.contract('0120').contract.renewalDecision).toBe('renew');
    expect(rig.store.dirtyRows('conn-a').filter((row) => row.dead)).toEqual([]);
  });

  test('a withdrawn authorisation parks the connection; work goes on when it is back', async () => {
    const state = { revoked: true };
    const rig = createRig({ fateOf: refusing({ kind: 'authRevoked', detail: 'app removed' }, () => state.revoked) });
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    expect(rig.store.connectionState('conn-a')).toBe('parked');
    const calls = rig.host.calls.length;
    await rig.advance(10 * MINUTE_MS);
    expect(rig.host.calls.length).toBe(calls);
    state.revoked = false;
    await rig.store.setConnectionState(rig.connection, 'active', null);
    await rig.advance(MINUTE_MS);
    expect(shown(rig, '0001', 'stage')).toBe('active');
  });

  test('S14 a record that the host refuses for good is put aside after one try, the others are written', async () => {
    const failure: HostFailure = { kind: 'rejected', code: 'INVALID', field: 'stage', detail: 'no such option' };
    const partial: CallFate = { kind: 'partial', fails: (index) => index === 0, failure };
    const rig = createRig({
      latencyMs: () => 0,
      fateOf: (call) => (call.kind === 'write' ? partial : { kind: 'normal' }),
    });
    seedDeals(rig, 3);
    await drainLanes(rig);
    expect(rig.store.dirtyRows('conn-a')).toMatchObject([{ ref: deal('0001'), dead: true }]);
    expect([shown(rig, '0002', 'stage'), shown(rig, '0003', 'stage')]).toEqual(['active', 'active']);
  });

  test('S14 a record that breaks every batch it is in is found and put aside', async () => {
    const rig = createRig({ latencyMs: () => 0 });
    seedDeals(rig, 60);
    const { host } = rig;
    const broken = host.readRecords.bind(host);
    const failure: HostFailure = { kind: 'malformed', detail: 'the answer made no sense' };
    Object.assign(host, {
      readRecords: (...given: Parameters<typeof broken>) =>
        given[1].some((ref) => ref.recordId === '0042') ? Promise.resolve({ ok: false, failure }) : broken(...given),
    });
    await drainLanes(rig);
    expect(rig.store.dirtyRows('conn-a')).toMatchObject([{ ref: deal('0042'), dead: true }]);
    expect([shown(rig, '0041', 'stage'), shown(rig, '0060', 'stage')]).toEqual(['active', 'active']);
  });

  test('S14 a record whose answers are cut off for a while is read again, and not put aside for it', async () => {
    const state = { cut: 4 };
    const rig = createRig({
      fateOf: (call) => (call.kind === 'read' && (state.cut -= 1) >= 0 ? { kind: 'truncated' } : { kind: 'normal' }),
    });
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(2 * MINUTE_MS);
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
    expect(shown(rig, '0001', 'stage')).toBe('active');
  });

  test('S5 a write whose answer was lost is recognised by its token and not repeated', async () => {
    const state = { losses: 1 };
    const rig = createRig({
      fateOf: (call) =>
        call.kind === 'write' && (state.losses -= 1) >= 0 ? { kind: 'answer_lost' } : { kind: 'normal' },
    });
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    expect(rig.callsSince('write')).toBe(1);
    expect(shown(rig, '0001', 'stage')).toBe('active');
    expect(rig.store.dirtyRows('conn-a')).toEqual([]);
  });

  test('S2 a write that lands minutes late over a person’s edit does not cost that edit', async () => {
    const state = { late: 0 };
    const rig = createRig({
      fateOf: (call) =>
        call.kind === 'write' && (state.late -= 1) >= 0 ? { kind: 'late', delayMs: 30_000 } : { kind: 'normal' },
    });
    seedDeals(rig, 1);
    rig.start();
    await rig.advance(MINUTE_MS);
    state.late = 1;
    const { contract } = rig.store.contract('0001');
    const at = rig.clock.now();
    const provenance = { source: 'card', actor: 'u', connectionId: null, ref: null, eventId: null, at } as const;
    rig.store.updateContract('w1', {
      contractId: '0001',
      expectedRevision: contract.revision,
      changes: { endDate: day('2027-09-30') },
      provenance: { renewalDate: provenance },
    });
    await rig.advance(20_000);
    rig.host.edit(rig.connection.accountId, deal('0001'), { renewalDate: '2028-01-01' });
    await rig.advance(5 * MINUTE_MS);
    expect(shown(rig, '0001', 'renewalDate')).toBe('2028-01-01');
    expect(rig.store.contract('0001').contract.term.endDate).toBe('2027-12-31');
  });
});
