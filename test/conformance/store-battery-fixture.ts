/** What the store battery is given by each store, and what its tests are built from. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
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
  readonly conflicts: (connection: ConnectionRef) => Promise<
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
export const LEASE_MS = 30_000;

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
    asked: {},
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
    questions: [],
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

export const idsOf = (items: readonly { readonly ref: HostRecordRef }[]): readonly string[] =>
  items.map((item) => item.ref.recordId).sort();

export type FixtureInUse = {
  readonly fixture: StoreFixture;
  readonly store: SyncStore;
  readonly lease: (now?: number, worker?: string) => Promise<Lane>;
  readonly take: (lane: Lane, now?: number, limit?: number) => Promise<readonly DirtyItem[]>;
  /** A leased lane whose dirty set is empty. */
  readonly quietLane: (connection: ConnectionRef) => Promise<Lane>;
};

/** An empty store for each test of the describe block that calls this. */
export function useFixture(make: () => Promise<StoreFixture>): FixtureInUse {
  let made: StoreFixture | null = null;
  const current = (): StoreFixture => {
    if (made === null) throw new Error('the store is there while a test runs');
    return made;
  };
  beforeEach(async () => {
    made = await make();
    made.setNow(T0);
  });
  afterEach(async () => await made?.close());
  const lease = async (now = T0, worker = 'worker-1'): Promise<Lane> => {
    const lane = await current().store.leaseLane({ worker, now, leaseMs: LEASE_MS });
    if (lane === null) throw new Error('no lane was due');
    return lane;
  };
  const take = async (lane: Lane, now = T0, limit = 100): Promise<readonly DirtyItem[]> =>
    await current().store.takeDirty(lane, { now, limit });
  return {
    get fixture() {
      return current();
    },
    get store() {
      return current().store;
    },
    lease,
    take,
    quietLane: async (connection) => {
      await current().store.markDirty([markOf(connection, deal('quiet'))]);
      const lane = await lease();
      const done = (await take(lane)).map(({ ref, generation }) => ({ ref, generation, kind: 'done' as const }));
      await current().store.settle(lane, done, T0);
      return lane;
    },
  };
}
