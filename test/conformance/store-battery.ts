/**
 * What every `SyncStore` promises, as tests: run on PostgreSQL and on the store in memory that the simulations use, so that what the
 * simulations show holds for the product.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import type { Contract, PlainDate } from '../../server/domain/contract.ts';
import { parsePlainDate } from '../../server/domain/dates.ts';
import type {
  ContractUpdate,
  DirtyItem,
  DirtyMark,
  Lane,
  LinkedContract,
  MirrorNext,
  Provenance,
  RecordCommit,
  SyncStore,
} from '../../server/store/port.ts';

export type StoreFixture = {
  readonly store: SyncStore;
  /** Sets the clock that the store was given. */
  readonly setNow: (at: number) => void;
  /** An active connection, in a workspace of its own unless one is named. */
  readonly addConnection: (workspaceId?: string) => Promise<ConnectionRef>;
  readonly addContract: (workspaceId: string, linked: LinkedContract) => Promise<void>;
  readonly link: (connection: ConnectionRef, ref: HostRecordRef, contractId: string) => Promise<void>;
  readonly conflicts: (
    connection: ConnectionRef,
  ) => Promise<
    readonly {
      readonly ref: HostRecordRef;
      readonly field: string;
      readonly winner: string;
      readonly theirs: string | null;
    }[]
  >;
  readonly fieldChanges: (
    workspaceId: string,
    contractId: string,
  ) => Promise<
    readonly {
      readonly field: string;
      readonly previous: string | null;
      readonly value: string | null;
      readonly provenance: Pick<Provenance, 'source' | 'actor' | 'eventId' | 'at'>;
    }[]
  >;
  readonly close: () => Promise<void>;
};

export const T0 = Date.UTC(2026, 10, 20, 12);
const LEASE_MS = 30_000;

export function day(text: string): PlainDate {
  const date = parsePlainDate(text);
  if (date === null) throw new Error(`${text} is no date`);
  return date;
}

export function linkedContract(overrides: Partial<Contract> = {}): LinkedContract {
  const contract: Contract = {
    id: randomUUID(),
    number: `C-${randomUUID().slice(0, 8)}`,
    title: 'Office lease',
    side: 'buy',
    stage: 'active',
    term: {
      effectiveDate: day('2026-01-01'),
      endDate: day('2027-12-31'),
      renewalKind: 'auto',
      renewalMonths: 12,
      renewalsLeft: null,
      notice: { count: 90, unit: 'days', countedFrom: 'before_expiry' },
      calendarId: 'weekends',
    },
    signedDate: day('2025-12-20'),
    value: { minor: 9_007_199_254_740_993n, currency: 'CNY' },
    renewalDecision: 'undecided',
    parties: [],
    ownerEmail: 'owner@example.com',
    archived: false,
    revision: 1,
    ...overrides,
  };
  return {
    contract,
    createdAt: T0,
    changedAt: { stage: T0, renewalDate: T0, renewalDecision: T0 },
    sla: {
      status: 'none',
      availabilityLastMonth: null,
      responseComplianceLastMonth: null,
      breachesTwelveMonths: 0,
      breachedLastTwoOfThree: false,
    },
  };
}

export const deal = (recordId: string): HostRecordRef => ({ objectType: 'opportunity', recordId });

export function mirrorNext(overrides: Partial<MirrorNext> = {}): MirrorNext {
  return {
    leadContractId: null,
    base: { stage: 'active', renewalDate: null },
    syncToken: 'token-1',
    historyCheckedAt: T0 - 5,
    hostUpdatedAt: T0 - 7,
    lastAgreedAt: T0,
    state: 'live',
    facts: { name: 'Deal', amount: null },
    ...overrides,
  };
}

export function commitOf(ref: HostRecordRef, overrides: Partial<RecordCommit> = {}): RecordCommit {
  return {
    ref,
    expectedMirrorRevision: null,
    mirror: mirrorNext(),
    updates: [],
    conflicts: [],
    retireTokens: [],
    intent: null,
    linkChange: null,
    ...overrides,
  };
}

export function stageUpdate(contractId: string, expectedRevision: number, stage: Contract['stage']): ContractUpdate {
  const provenance: Provenance = {
    source: 'host',
    actor: 'user-7',
    connectionId: null,
    ref: null,
    eventId: 'event-1',
    at: T0 + 3,
  };
  return { contractId, expectedRevision, changes: { stage }, provenance: { stage: provenance } };
}

export function markOf(connection: ConnectionRef, ref: HostRecordRef, overrides: Partial<DirtyMark> = {}): DirtyMark {
  return {
    workspaceId: connection.workspaceId,
    connectionId: connection.connectionId,
    ref,
    reason: 'event',
    ...overrides,
  };
}

/** Registers the battery; `make` gives an empty store each time. */
export function syncStoreBattery(name: string, make: () => Promise<StoreFixture>): void {
  describe(`sync store: ${name}`, () => {
    let fixture: StoreFixture;
    let store: SyncStore;
    beforeEach(async () => {
      fixture = await make();
      fixture.setNow(T0);
      store = fixture.store;
    });
    afterEach(async () => await fixture.close());

    const lease = async (now = T0, worker = 'worker-1'): Promise<Lane> => {
      const lane = await store.leaseLane({ worker, now, leaseMs: LEASE_MS });
      if (lane === null) throw new Error('no lane was due');
      return lane;
    };
    const take = (lane: Lane, now = T0, limit = 100): Promise<readonly DirtyItem[]> =>
      store.takeDirty(lane, { now, limit });
    /** A lane that is leased with nothing in its dirty set. */
    const quietLane = async (connection: ConnectionRef): Promise<Lane> => {
      await store.markDirty([markOf(connection, deal('quiet'))]);
      const lane = await lease();
      const settled = await take(lane);
      await store.settle(
        lane,
        settled.map(({ ref, generation }) => ({ ref, generation, kind: 'done' as const })),
        T0,
      );
      return lane;
    };
    const idsOf = (items: readonly { readonly ref: HostRecordRef }[]): readonly string[] =>
      items.map((item) => item.ref.recordId).sort();

    describe('inbox', () => {
      const delivery = (digest: string, receivedAt = T0) => ({
        host: 'hubspot' as const,
        digest,
        body: `[{"id":"${digest}"}]`,
        receivedAt,
      });

      test('S4 the same delivery twice is stored once', async () => {
        expect(await store.acceptDelivery(delivery('a'))).toBe('stored');
        expect(await store.acceptDelivery(delivery('a', T0 + 9))).toBe('duplicate');
        expect(await store.takeDeliveries({ limit: 10, now: T0, leaseMs: 1000 })).toHaveLength(1);
      });

      test('S4 of the same delivery sent many times at once exactly one is stored', async () => {
        const results = await Promise.all(Array.from({ length: 20 }, () => store.acceptDelivery(delivery('same'))));
        expect(results.filter((result) => result === 'stored')).toHaveLength(1);
      });

      test('a delivery keeps its body to the byte, whatever it holds', async () => {
        const body = '[{"值":"\u0000 \\u0000 🙂 é"}]';
        await store.acceptDelivery({ host: 'hubspot', digest: 'odd', body, receivedAt: T0 });
        const [taken] = await store.takeDeliveries({ limit: 1, now: T0, leaseMs: 1000 });
        expect(taken).toMatchObject({ host: 'hubspot', body, receivedAt: T0 });
      });

      test('S5 deliveries come oldest first, one worker each, and come back when that worker dies', async () => {
        for (const [index, digest] of ['a', 'b', 'c'].entries())
          await store.acceptDelivery(delivery(digest, T0 + index));
        const first = await store.takeDeliveries({ limit: 2, now: T0 + 10, leaseMs: 1000 });
        const second = await store.takeDeliveries({ limit: 2, now: T0 + 10, leaseMs: 1000 });
        expect(first.map(({ receivedAt }) => receivedAt)).toEqual([T0, T0 + 1]);
        expect(second.map(({ receivedAt }) => receivedAt)).toEqual([T0 + 2]);
        const again = await store.takeDeliveries({ limit: 5, now: T0 + 1010, leaseMs: 1000 });
        expect(again).toHaveLength(3);
      });

      test('S5 the end of a delivery and its marks come together, and a finished delivery is not taken again', async () => {
        const connection = await fixture.addConnection();
        await store.acceptDelivery(delivery('a'));
        const [taken] = await store.takeDeliveries({ limit: 1, now: T0, leaseMs: 1000 });
        await store.finishDelivery(taken?.deliveryId ?? '', [markOf(connection, deal('1'))], ['entry 2: unknown']);
        expect(idsOf(await take(await lease()))).toEqual(['1']);
        expect(await store.takeDeliveries({ limit: 1, now: T0 + 5000, leaseMs: 1000 })).toEqual([]);
        expect(await store.acceptDelivery(delivery('a'))).toBe('duplicate');
      });

      test('events find connections by host and account, except disconnected ones', async () => {
        const [a, b] = [await fixture.addConnection(), await fixture.addConnection()];
        await store.setConnectionState(b, 'disconnected', 'uninstalled');
        const found = await store.findConnections('hubspot', [a.accountId, b.accountId, 'unknown']);
        expect(found).toEqual([a]);
        expect(await store.findConnections('salesforce', [a.accountId])).toEqual([]);
      });
    });

    describe('dirty set', () => {
      test('S6 many marks on one record are one row with the strongest reason and the earliest instant', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([
          markOf(connection, deal('1'), { reason: 'sweep', notBefore: T0 + 50 }),
          markOf(connection, deal('1'), { reason: 'event', notBefore: T0 + 20, eventId: 'e1' }),
        ]);
        await store.markDirty([markOf(connection, deal('1'), { reason: 'backfill', notBefore: T0 + 90 })]);
        expect(await store.leaseLane({ worker: 'w', now: T0 + 19, leaseMs: 1 })).toBeNull();
        const items = await take(await lease(T0 + 20), T0 + 20);
        expect(items).toHaveLength(1);
        expect(items[0]).toMatchObject({ reason: 'event', attempts: 0, dirtySince: T0, eventId: 'e1' });
      });

      test('S7 interactive work comes before events, confirmations, sweeps and backfill', async () => {
        const connection = await fixture.addConnection();
        const reasons = ['backfill', 'sweep', 'confirm', 'event', 'ours'] as const;
        await store.markDirty(reasons.map((reason, index) => markOf(connection, deal(String(index)), { reason })));
        const items = await take(await lease(), T0, 3);
        expect(items.map((item) => item.reason)).toEqual(['ours', 'event', 'confirm']);
      });

      test('S5 a record marked again while it is worked on stays dirty', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([markOf(connection, deal('1'))]);
        const lane = await lease();
        const [item] = await take(lane);
        await store.markDirty([markOf(connection, deal('1'))]);
        const settlement = { ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' as const };
        expect(await store.settle(lane, [settlement], T0)).toBe('settled');
        const [left] = await take(lane);
        expect(left?.generation).toBeGreaterThan(item?.generation ?? 0);
      });

      test('S5 a stale settlement of a record marked again does not push it into the future or the grave', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([markOf(connection, deal('1')), markOf(connection, deal('2'))]);
        const lane = await lease();
        const items = await take(lane);
        await store.markDirty([markOf(connection, deal('1')), markOf(connection, deal('2'))]);
        const [one, two] = items;
        if (one === undefined || two === undefined) throw new Error('two items were marked');
        await store.settle(
          lane,
          [
            { ref: one.ref, generation: one.generation, kind: 'confirm', notBefore: T0 + 9999 },
            { ref: two.ref, generation: two.generation, kind: 'dead', failure: 'rejected', detail: 'no' },
          ],
          T0,
        );
        expect(idsOf(await take(lane))).toEqual(['1', '2']);
      });

      test('retries wait and count, confirmations wait and start anew, the dead rest until they are marked again', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty(['1', '2', '3'].map((id) => markOf(connection, deal(id))));
        const lane = await lease();
        const generation = new Map((await take(lane)).map((item) => [item.ref.recordId, item.generation]));
        const of = (id: string) => ({ ref: deal(id), generation: generation.get(id) ?? 0 });
        await store.settle(
          lane,
          [
            { ...of('1'), kind: 'retry', notBefore: T0 + 100, failure: 'unavailable', detail: '503' },
            { ...of('2'), kind: 'confirm', notBefore: T0 + 50 },
            { ...of('3'), kind: 'dead', failure: 'rejected', detail: 'INVALID' },
          ],
          T0,
        );
        expect(await take(lane)).toEqual([]);
        expect(await take(lane, T0 + 50)).toMatchObject([{ ref: deal('2'), reason: 'confirm', attempts: 0 }]);
        expect(await take(lane, T0 + 100)).toMatchObject([
          { ref: deal('1'), attempts: 1, dirtySince: T0 },
          { ref: deal('2') },
        ]);
        fixture.setNow(T0 + 200);
        await store.markDirty([markOf(connection, deal('3'), { reason: 'replay' })]);
        const revived = (await take(lane, T0 + 200)).find((item) => item.ref.recordId === '3');
        expect(revived).toMatchObject({ attempts: 0, reason: 'replay', dirtySince: T0 + 200 });
      });

      test('marks for a connection that does not exist are dropped', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([markOf({ ...connection, connectionId: randomUUID() }, deal('1'))]);
        expect(await store.nextDueAt(T0)).toBeNull();
      });
    });

    describe('lanes', () => {
      test('S5 a lane has one worker at a time; its lease ends by itself and the fence grows', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([markOf(connection, deal('1'))]);
        const first = await lease();
        expect(first.connection).toEqual(connection);
        expect(await store.leaseLane({ worker: 'w2', now: T0 + LEASE_MS - 1, leaseMs: LEASE_MS })).toBeNull();
        const second = await lease(T0 + LEASE_MS, 'w2');
        expect(second.fence).toBeGreaterThan(first.fence);
      });

      test('S5 a worker that lost its lease changes nothing', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), linked.contract.id);
        await store.markDirty([markOf(connection, deal('1'))]);
        const old = await lease();
        const [item] = await take(old);
        const fresh = await lease(T0 + LEASE_MS, 'w2');
        const commit = commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'terminated')] });
        expect(await store.commitRecords(old, [commit])).toBe('lease_lost');
        const settlement = { ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' as const };
        expect(await store.settle(old, [settlement], T0)).toBe('lease_lost');
        expect(await store.renewLane(old, T0 + LEASE_MS, LEASE_MS)).toBeNull();
        expect(await take(old, T0 + LEASE_MS)).toEqual([]);
        await store.releaseLane(old, T0 + 10 * LEASE_MS);
        expect(idsOf(await take(fresh, T0 + LEASE_MS))).toEqual(['1']);
        const [state] = await store.loadRecords(connection, [deal('1')]);
        expect(state).toMatchObject({ mirror: null, contracts: [{ contract: { stage: 'active', revision: 1 } }] });
      });

      test('S5 a released lane is no longer the worker’s', async () => {
        const connection = await fixture.addConnection();
        const lane = await quietLane(connection);
        await store.releaseLane(lane, null);
        expect(await store.commitRecords(lane, [commitOf(deal('1'))])).toBe('lease_lost');
      });

      test('S7 the least recently served connection comes first, however much the others have to do', async () => {
        const busy = await fixture.addConnection();
        const quiet = await fixture.addConnection();
        await store.markDirty(Array.from({ length: 50 }, (_, index) => markOf(busy, deal(String(index)))));
        const first = await lease(T0, 'w1');
        await store.releaseLane(first, null);
        await store.markDirty([markOf(quiet, deal('1')), markOf(busy, deal('x'))]);
        const served = [first.connection.connectionId];
        for (const now of [T0 + 1, T0 + 2, T0 + 3]) {
          const lane = await lease(now, 'w1');
          served.push(lane.connection.connectionId);
          await store.releaseLane(lane, null);
        }
        expect(served).toEqual([busy, quiet, busy, quiet].map((connection) => connection.connectionId));
      });

      test('S7 a lane at rest is not served before its time, others are', async () => {
        const limited = await fixture.addConnection();
        await store.markDirty([markOf(limited, deal('1'))]);
        await store.releaseLane(await lease(), T0 + 10_000);
        expect(await store.leaseLane({ worker: 'w', now: T0 + 9999, leaseMs: 1 })).toBeNull();
        expect(await store.nextDueAt(T0)).toBe(T0 + 10_000);
        const other = await fixture.addConnection();
        await store.markDirty([markOf(other, deal('1'))]);
        const lane = await lease();
        expect(lane.connection).toEqual(other);
        await store.releaseLane(lane, T0 + 20_000);
        expect((await lease(T0 + 10_000)).connection).toEqual(limited);
      });

      test('nextDueAt is the next instant at which some lane has work', async () => {
        expect(await store.nextDueAt(T0)).toBeNull();
        const connection = await fixture.addConnection();
        await store.markDirty([markOf(connection, deal('1'), { notBefore: T0 + 500 })]);
        expect(await store.nextDueAt(T0)).toBe(T0 + 500);
        expect(await store.nextDueAt(T0 + 900)).toBe(T0 + 900);
        const lane = await lease(T0 + 900);
        const [item] = await take(lane, T0 + 900);
        await store.settle(lane, [{ ref: deal('1'), generation: item?.generation ?? 0, kind: 'done' }], T0 + 900);
        await store.releaseLane(lane, null);
        expect(await store.nextDueAt(T0 + 900)).toBeNull();
      });

      test('work of a parked connection waits until it is active again', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([markOf(connection, deal('1'))]);
        await store.setConnectionState(connection, 'parked', 'authRevoked');
        expect(await store.leaseLane({ worker: 'w', now: T0, leaseMs: 1 })).toBeNull();
        expect(await store.nextDueAt(T0)).toBeNull();
        await store.setConnectionState(connection, 'active', null);
        expect((await lease()).connection).toEqual(connection);
      });

      test('a renewed lease lasts longer and keeps its fence', async () => {
        const connection = await fixture.addConnection();
        await store.markDirty([markOf(connection, deal('1'))]);
        const lane = await lease();
        const renewed = await store.renewLane(lane, T0 + 20_000, LEASE_MS);
        expect(renewed).toEqual({ ...lane, leasedUntil: T0 + 20_000 + LEASE_MS });
        expect(await store.leaseLane({ worker: 'w2', now: T0 + LEASE_MS, leaseMs: 1 })).toBeNull();
      });
    });

    describe('records', () => {
      test('a commit is read back as it was written', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), linked.contract.id);
        const lane = await quietLane(connection);
        const mirror = mirrorNext({ leadContractId: linked.contract.id });
        const intent = {
          syncToken: 't2',
          contractId: linked.contract.id,
          values: { stage: 'active', endDate: null },
          createdAt: T0 + 1,
        };
        const results = await store.commitRecords(lane, [commitOf(deal('1'), { mirror, intent })]);
        expect(results).toEqual([{ ref: deal('1'), kind: 'committed' }]);
        const [state, nothing] = await store.loadRecords(connection, [deal('1'), deal('2')]);
        expect(state).toEqual({
          ref: deal('1'),
          mirror: { ...mirror, revision: 1 },
          intents: [intent],
          contracts: [linked],
          hasTombstones: false,
        });
        expect(nothing).toEqual({ ref: deal('2'), mirror: null, intents: [], contracts: [], hasTombstones: false });
      });

      test('S2 a commit on a mirror that moved on is refused alone, with all that belongs to it', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        const lane = await quietLane(connection);
        await store.commitRecords(lane, [commitOf(deal('1'))]);
        const late = commitOf(deal('1'), {
          updates: [stageUpdate(linked.contract.id, 1, 'terminated')],
          intent: { syncToken: 'late', contractId: null, values: {}, createdAt: T0 },
        });
        const results = await store.commitRecords(lane, [late, commitOf(deal('2'))]);
        expect(results).toEqual([
          { ref: deal('1'), kind: 'stale' },
          { ref: deal('2'), kind: 'committed' },
        ]);
        const [state] = await store.loadRecords(connection, [deal('1')]);
        expect(state).toMatchObject({ mirror: { revision: 1 }, intents: [] });
        expect(await fixture.fieldChanges(connection.workspaceId, linked.contract.id)).toEqual([]);
      });

      test('S2 two records that change one contract in one commit: the second judged on the old revision is stale', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        const lane = await quietLane(connection);
        const results = await store.commitRecords(lane, [
          commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'renewing')] }),
          commitOf(deal('2'), { updates: [stageUpdate(linked.contract.id, 1, 'terminated')] }),
        ]);
        expect(results).toMatchObject([{ kind: 'committed' }, { kind: 'stale' }]);
        expect(await fixture.fieldChanges(connection.workspaceId, linked.contract.id)).toMatchObject([
          { value: 'renewing' },
        ]);
      });

      test('S13 a changed field remembers who, where, through what, when, and what it replaced', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), linked.contract.id);
        const lane = await quietLane(connection);
        await store.commitRecords(lane, [
          commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'renewing')] }),
        ]);
        expect(await fixture.fieldChanges(connection.workspaceId, linked.contract.id)).toMatchObject([
          {
            field: 'stage',
            previous: 'active',
            value: 'renewing',
            provenance: { source: 'host', actor: 'user-7', eventId: 'event-1', at: T0 + 3 },
          },
        ]);
        const [state] = await store.loadRecords(connection, [deal('1')]);
        expect(state?.contracts[0]).toMatchObject({
          contract: { stage: 'renewing', revision: 2, term: { endDate: '2027-12-31' } },
          changedAt: { stage: T0 + 3, renewalDate: T0 },
        });
      });

      test('S1 a changed contract marks its other records, in other connections too, and not the one it came from', async () => {
        const connection = await fixture.addConnection();
        const other = await fixture.addConnection(connection.workspaceId);
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), linked.contract.id);
        await fixture.link(connection, deal('2'), linked.contract.id);
        await fixture.link(other, deal('3'), linked.contract.id);
        for (const leased of [await lease(), await lease()]) {
          const items = await take(leased);
          await store.settle(
            leased,
            items.map(({ ref, generation }) => ({ ref, generation, kind: 'done' as const })),
            T0,
          );
          await store.releaseLane(leased, null);
        }
        const lane = await quietLane(connection);
        await store.commitRecords(lane, [
          commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'renewing')] }),
        ]);
        expect(await take(lane)).toMatchObject([{ ref: deal('2'), reason: 'ours' }]);
        const otherLane = await lease();
        expect(otherLane.connection).toEqual(other);
        expect(idsOf(await take(otherLane))).toEqual(['3']);
      });

      test('S2 conflicts are kept with the record they were found on', async () => {
        const connection = await fixture.addConnection();
        const lane = await quietLane(connection);
        const conflict = {
          contractId: null,
          field: 'stage' as const,
          base: 'active',
          ours: 'renewing',
          theirs: 'terminated',
          winner: 'ours' as const,
          reason: 'both_changed' as const,
          detail: '',
          at: T0,
        };
        await store.commitRecords(lane, [commitOf(deal('1'), { conflicts: [conflict] })]);
        expect(await fixture.conflicts(connection)).toMatchObject([
          { ref: deal('1'), field: 'stage', winner: 'ours', theirs: 'terminated' },
        ]);
      });

      test('S3 a retired intent is gone, the others stay, oldest first', async () => {
        const connection = await fixture.addConnection();
        const lane = await quietLane(connection);
        for (const [index, syncToken] of ['t1', 't2', 't3'].entries()) {
          const intent = { syncToken, contractId: null, values: { stage: 'active' }, createdAt: T0 + index };
          const expectedMirrorRevision = index === 0 ? null : index;
          await store.commitRecords(lane, [commitOf(deal('1'), { intent, expectedMirrorRevision })]);
        }
        await store.commitRecords(lane, [commitOf(deal('1'), { retireTokens: ['t2'], expectedMirrorRevision: 3 })]);
        const [state] = await store.loadRecords(connection, [deal('1')]);
        expect(state?.intents.map((intent) => intent.syncToken)).toEqual(['t1', 't3']);
      });

      test('S12 a tombstoned link hides its contract and comes back with the record', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), linked.contract.id);
        const lane = await quietLane(connection);
        const archived = mirrorNext({ state: 'archived' });
        await store.commitRecords(lane, [
          commitOf(deal('1'), { mirror: archived, linkChange: { kind: 'tombstone', reason: 'archived' } }),
        ]);
        const [gone] = await store.loadRecords(connection, [deal('1')]);
        expect(gone).toMatchObject({ contracts: [], hasTombstones: true, mirror: { state: 'archived' } });
        expect(await store.filterMirrored(connection, [deal('1')])).toEqual([
          { ref: deal('1'), awaitingConfirm: false },
        ]);
        expect(await store.listMirrored(connection, null, 10)).toEqual([]);
        await store.commitRecords(lane, [
          commitOf(deal('1'), { expectedMirrorRevision: 1, linkChange: { kind: 'restore' } }),
        ]);
        const [back] = await store.loadRecords(connection, [deal('1')]);
        expect(back).toMatchObject({ hasTombstones: false, contracts: [{ contract: { id: linked.contract.id } }] });
      });

      test('S11 a merge moves links, mirror and intents to the record that carries on and leaves an alias', async () => {
        const connection = await fixture.addConnection();
        const [one, two] = [linkedContract(), linkedContract()];
        for (const linked of [one, two]) await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), one.contract.id);
        await fixture.link(connection, deal('2'), two.contract.id);
        await fixture.link(connection, deal('2'), one.contract.id);
        const lane = await quietLane(connection);
        const intent = { syncToken: 't1', contractId: one.contract.id, values: { stage: 'active' }, createdAt: T0 };
        await store.commitRecords(lane, [
          commitOf(deal('1'), { intent, linkChange: { kind: 'alias', into: deal('2') } }),
        ]);
        const [old, merged] = await store.loadRecords(connection, [deal('1'), deal('2')]);
        expect(old).toMatchObject({ mirror: null, intents: [], contracts: [] });
        expect(merged?.contracts.map((linked) => linked.contract.id).sort()).toEqual(
          [one.contract.id, two.contract.id].sort(),
        );
        expect(merged?.intents).toEqual([intent]);
        expect(merged?.mirror).toMatchObject({ revision: 1 });
        expect(await store.filterMirrored(connection, [deal('1')])).toEqual([
          { ref: deal('2'), awaitingConfirm: true },
        ]);
        expect(idsOf(await take(lane))).toContain('2');
      });

      test('records without a link need no attention', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        await fixture.link(connection, deal('1'), linked.contract.id);
        expect(await store.filterMirrored(connection, [deal('1'), deal('2')])).toEqual([
          { ref: deal('1'), awaitingConfirm: false },
        ]);
      });

      test('linked records are listed in pages, each once', async () => {
        const connection = await fixture.addConnection();
        const linked = linkedContract();
        await fixture.addContract(connection.workspaceId, linked);
        const refs = ['10', '2', '33'].map(deal);
        for (const ref of refs) await fixture.link(connection, ref, linked.contract.id);
        const first = await store.listMirrored(connection, null, 2);
        const second = await store.listMirrored(connection, first.at(-1) ?? null, 2);
        expect([...first, ...second].map((ref) => ref.recordId)).toEqual(['10', '2', '33']);
      });
    });

    describe('progress', () => {
      test('S5 a cursor and the marks it produced come together', async () => {
        const connection = await fixture.addConnection();
        expect(await store.readCursor(connection, 'changed:opportunity')).toBeNull();
        await store.advanceCursor(connection, { name: 'changed:opportunity', value: 'c1', at: T0 }, [
          markOf(connection, deal('1'), { reason: 'sweep' }),
        ]);
        expect(await store.readCursor(connection, 'changed:opportunity')).toBe('c1');
        expect(await take(await lease())).toMatchObject([{ reason: 'sweep' }]);
      });

      test('a side job has one worker until its lease ends', async () => {
        const { workspaceId } = await fixture.addConnection();
        const ask = (worker: string, now: number) =>
          store.leaseJob({ workspaceId, name: 'sweep', worker, now, leaseMs: 1000 });
        expect(await ask('a', T0)).toBe(true);
        expect(await ask('b', T0 + 999)).toBe(false);
        expect(await ask('a', T0 + 999)).toBe(true);
        expect(await ask('b', T0 + 1500)).toBe(false);
        expect(await ask('b', T0 + 1999)).toBe(true);
      });

      test('backfill progress is read back', async () => {
        const connection = await fixture.addConnection();
        expect(await store.readBackfill(connection)).toBeNull();
        const state = { phase: 'reading', read: 200, total: null, startedAt: T0, updatedAt: T0 + 1 } as const;
        await store.writeBackfill(connection, state);
        expect(await store.readBackfill(connection)).toEqual(state);
      });

      test('connections are listed by state', async () => {
        const connection = await fixture.addConnection();
        expect(await store.listConnections(['active'])).toEqual([connection]);
        await store.setConnectionState(connection, 'parked', 'forbidden');
        expect(await store.listConnections(['active'])).toEqual([]);
        expect(await store.listConnections(['active', 'parked'])).toEqual([connection]);
      });

      test('date events are due from their day on, applied once, and only on the revision they were decided on', async () => {
        const connection = await fixture.addConnection();
        const { workspaceId } = connection;
        const running = linkedContract();
        const starting = linkedContract({ stage: 'signed' });
        const ended = linkedContract({
          term: { ...running.contract.term, endDate: day('2026-11-19'), renewalKind: 'none' },
        });
        const rolling = linkedContract({ term: { ...running.contract.term, endDate: day('2026-11-19') } });
        for (const linked of [running, starting, ended, rolling]) await fixture.addContract(workspaceId, linked);
        const due = await store.listDueByDate(workspaceId, day('2026-11-20'), 10);
        const expected = [starting, ended, rolling].map((linked) => linked.contract.id);
        expect(due.map((linked) => linked.contract.id).sort()).toEqual(expected.sort());
        expect(await store.listDueByDate(workspaceId, day('2026-11-20'), 2)).toHaveLength(2);
        expect((await store.listDueByDate(workspaceId, day('2025-12-31'), 10)).length).toBe(0);
        const update = stageUpdate(ended.contract.id, 1, 'expired');
        await store.applySystemUpdates(workspaceId, [update]);
        await store.applySystemUpdates(workspaceId, [{ ...update, changes: { stage: 'terminated' } }]);
        expect(await fixture.fieldChanges(workspaceId, ended.contract.id)).toMatchObject([{ value: 'expired' }]);
      });
    });
  });
}
