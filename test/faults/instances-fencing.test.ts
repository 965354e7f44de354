/**
 * A worker that was stopped for longer than its lease and goes on as if nothing had happened. What each method of the sync store still
 * does for it is a table by the port's own type, so that a new method cannot be forgotten.
 */
import { describe, expect, test } from 'vitest';
import type { ConnectionRef, CrmPort, HostRecordRef } from '../../server/crm/port.ts';
import { createEngine } from '../../server/sync/engine.ts';
import { LEASE_MS } from '../../server/sync/turn.ts';
import { feedJob, type Lane, type SyncStore } from '../../server/store/port.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { commitOf, deal, linkedContract, stageUpdate, T0 } from '../conformance/store-battery-fixture.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';
import { TEST_SETTINGS } from '../support/engine-harness.ts';
import { listTables } from '../support/filled-workspace.ts';
import { createMemoryHost } from '../support/memory-host.ts';
import { insertContract, insertLink } from '../support/store-rows.ts';

const database = useDatabase();
const CASE: HostRecordRef = { objectType: 'case', recordId: '900' };

type Scene = {
  readonly store: Store;
  readonly world: ReturnType<typeof testWorld>;
  readonly connection: ConnectionRef;
  readonly contractId: string;
  /** Taken by the worker that was stopped; another has the lane since. */
  readonly lost: Lane;
};

async function openScene(): Promise<Omit<Scene, 'lost'>> {
  const world = testWorld(T0);
  const store = database.openStore(world);
  const connection = await addConnection(store.database, await addWorkspace(store.database));
  const linked = linkedContract();
  await insertContract(store.database, connection.workspaceId, linked);
  await insertLink(store, connection, deal('1'), linked.contract.id);
  return { store, world, connection, contractId: linked.contract.id };
}

async function leaseOf({ store }: Pick<Scene, 'store'>, worker: string, now: number): Promise<Lane> {
  const lane = await store.sync.leaseLane({ worker, now, leaseMs: LEASE_MS });
  if (lane === null) throw new Error('no lane was due');
  return lane;
}

/** One line per table of everything that this workspace and the inbox hold. */
async function contents(): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for (const table of await listTables(database.admin)) {
    const { rows } = await database.admin.query<{ digest: string | null }>(
      `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM "${table}" t`,
    );
    digests.set(table, rows[0]?.digest ?? '');
  }
  return digests;
}

const changedTables = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] =>
  [...after.keys()].filter((table) => after.get(table) !== before.get(table));

type Late = {
  readonly call: (scene: Scene) => Promise<unknown>;
  /** The only tables that a worker without the lane may still change by it, and why that does no harm. */
  readonly changes: readonly string[];
  readonly because: string;
};
const FENCED = { changes: [], because: 'the fence is compared inside the transaction' } as const;
const READS = { changes: [], because: 'it reads' } as const;

const refOf = ({ connection }: Pick<Scene, 'connection'>) => ({
  workspaceId: connection.workspaceId,
  connectionId: connection.connectionId,
});
const provenance = (at: number) =>
  ({ source: 'system', actor: null, connectionId: null, ref: null, eventId: null, at }) as const;

const LATE: Record<keyof SyncStore, Late> = {
  takeDirty: {
    ...FENCED,
    call: async ({ store, lost }) => {
      expect(await store.sync.takeDirty(lost, { now: T0 + LEASE_MS, limit: 9 })).toEqual([]);
    },
  },
  renewLane: {
    ...FENCED,
    call: async ({ store, lost }) => {
      expect(await store.sync.renewLane(lost, T0 + LEASE_MS, LEASE_MS)).toBeNull();
    },
  },
  releaseLane: { ...FENCED, call: ({ store, lost }) => store.sync.releaseLane(lost, T0 + 3_600_000) },
  settle: {
    ...FENCED,
    call: async ({ store, lost }) => {
      const settlement = { ref: deal('1'), generation: 1, kind: 'done' } as const;
      expect(await store.sync.settle(lost, [settlement], T0)).toBe('lease_lost');
      expect(await store.sync.settle(lost, [], T0)).toBe('lease_lost');
    },
  },
  commitRecords: {
    ...FENCED,
    call: async ({ store, lost, contractId }) => {
      const commit = commitOf(deal('1'), {
        updates: [stageUpdate(contractId, 1, 'terminated')],
        intent: { syncToken: 'late', contractId, values: {}, createdAt: T0 },
        linkChange: { kind: 'tombstone', reason: 'missing' },
        conflicts: [
          {
            contractId,
            field: 'stage',
            base: null,
            ours: null,
            theirs: null,
            winner: 'ours',
            reason: 'both_changed',
            detail: 'late',
            at: T0,
          },
        ],
      });
      expect(await store.sync.commitRecords(lost, [commit])).toBe('lease_lost');
    },
  },
  leaseLane: {
    ...FENCED,
    call: async ({ store }) => {
      expect(await store.sync.leaseLane({ worker: 'stopped', now: T0 + LEASE_MS, leaseMs: LEASE_MS })).toBeNull();
    },
  },
  leaseJob: {
    ...FENCED,
    call: async ({ store, connection: { workspaceId } }) => {
      const lease = { workspaceId, name: 'sweep', now: T0 + LEASE_MS, leaseMs: LEASE_MS };
      expect(await store.sync.leaseJob({ ...lease, worker: 'stopped' })).toBe(false);
    },
  },
  acceptFeed: {
    changes: [],
    because: 'the lease of the feed is compared inside the transaction',
    call: async ({ store, connection }) => {
      const arrival = {
        deliveries: [{ digest: 'heard', body: '{}' }],
        cursors: [{ name: 'feed', value: 'old' }],
        at: T0,
      };
      const lease = { worker: 'stopped', leaseMs: LEASE_MS };
      expect(await store.sync.acceptFeed(connection, arrival, lease)).toBe('lease_lost');
    },
  },
  applySystemUpdates: {
    changes: [],
    because: 'each update names the revision it was made for',
    call: async ({ store, connection, contractId }) => {
      const changes = { stage: 'expired' } as const;
      const update = { contractId, expectedRevision: 0, changes, provenance: { stage: provenance(T0) } };
      await store.sync.applySystemUpdates(connection.workspaceId, [update]);
    },
  },
  linkByDomain: {
    changes: [],
    because: 'a link that is there, or was ended by somebody, is not made again',
    call: ({ store, connection }) => store.sync.linkByDomain(connection, T0),
  },
  markDirty: {
    changes: ['dirty', 'lane'],
    because: 'a mark says only that somebody should look',
    call: (scene) => scene.store.sync.markDirty([{ ...refOf(scene), ref: deal('7'), reason: 'event' }]),
  },
  advanceCursor: {
    changes: ['cursor', 'dirty', 'lane'],
    because: 'a cursor that goes back reads again what was read',
    call: (scene) =>
      scene.store.sync.advanceCursor(scene.connection, { name: 'changed:opportunity', value: 'old', at: T0 }, [
        { ...refOf(scene), ref: deal('8'), reason: 'sweep' },
      ]),
  },
  acceptDelivery: {
    changes: ['delivery'],
    because: 'a delivery is kept once by its digest, whoever took it in',
    call: ({ store }) => store.sync.acceptDelivery({ host: 'hubspot', digest: 'late', body: '[]', receivedAt: T0 }),
  },
  takeDeliveries: {
    changes: ['delivery'],
    because: 'it takes what nobody has',
    call: ({ store }) => store.sync.takeDeliveries({ limit: 5, now: T0, leaseMs: 1 }),
  },
  finishDeliveries: {
    changes: ['delivery', 'dirty', 'lane'],
    because: 'events of one delivery may be read twice',
    call: async (scene) => {
      const [taken] = await scene.store.sync.takeDeliveries({ limit: 1, now: T0 + 5, leaseMs: 1 });
      const end = { deliveryId: taken?.deliveryId ?? '', rejected: [] };
      await scene.store.sync.finishDeliveries([end], [{ ...refOf(scene), ref: deal('9'), reason: 'event' }]);
    },
  },
  setConnectionState: {
    changes: ['connection'],
    because: 'the engine renews the lane before it parks a connection (see below)',
    call: ({ store, connection }) => store.sync.setConnectionState(connection, 'active', 'late'),
  },
  writeBackfill: {
    changes: ['connection'],
    because: 'a first reading that goes back repeats pages, and each page may be repeated',
    call: ({ store, connection }) =>
      store.sync.writeBackfill(connection, { phase: 'reading', read: 1, total: null, startedAt: T0, updatedAt: T0 }),
  },
  saveFacts: {
    changes: ['host_record'],
    because: 'names and domains decide nothing by themselves, and the next reading replaces them',
    call: ({ store, connection }) =>
      store.sync.saveFacts(connection, [
        { ref: { objectType: 'account', recordId: '5' }, facts: { name: 'Late' }, associations: {} },
      ]),
  },
  saveCases: {
    changes: ['support_case'],
    because: 'the engine renews the lane between reading and saving (see below)',
    call: ({ store, connection }) => store.sync.saveCases(connection, [caseNow('late')]),
  },
  findConnections: {
    ...READS,
    call: ({ store, connection }) => store.sync.findConnections('hubspot', [connection.accountId]),
  },
  listUnknown: { ...READS, call: ({ store, connection }) => store.sync.listUnknown(connection, [deal('1')]) },
  filterMirrored: { ...READS, call: ({ store, connection }) => store.sync.filterMirrored(connection, [deal('1')]) },
  nextDueAt: { ...READS, call: ({ store }) => store.sync.nextDueAt(T0) },
  loadRecords: { ...READS, call: ({ store, connection }) => store.sync.loadRecords(connection, [deal('1')]) },
  listConnections: { ...READS, call: ({ store }) => store.sync.listConnections(['active']) },
  listOpenFeeds: {
    ...READS,
    call: ({ store }) => store.sync.listOpenFeeds({ hosts: ['hubspot'], worker: 'stopped', now: T0 }),
  },
  readCursor: { ...READS, call: ({ store, connection }) => store.sync.readCursor(connection, 'changed:opportunity') },
  readBackfill: { ...READS, call: ({ store, connection }) => store.sync.readBackfill(connection) },
  listMirrored: { ...READS, call: ({ store, connection }) => store.sync.listMirrored(connection, null, 9) },
  listDueByDate: {
    ...READS,
    call: ({ store, connection, world }) => {
      const today = linkedContract().contract.term.effectiveDate;
      if (today === null) throw new Error(`a day is needed at ${world.clock.now()}`);
      return store.sync.listDueByDate(connection.workspaceId, today, 9);
    },
  },
};

function caseNow(subject: string) {
  return {
    ref: CASE,
    accountIds: ['5'],
    subject,
    priority: null,
    openedAt: T0,
    respondedAt: null,
    closedAt: null,
  };
}

describe('S5 a worker that was stopped beyond its lease', () => {
  test('each method of the store refuses it, or changes nothing that a judgement stands on', async () => {
    const scene = await openScene();
    const lost = await leaseOf(scene, 'stopped', T0);
    const { workspaceId, connectionId } = scene.connection;
    const jobs = ['sweep', feedJob(connectionId)].map((name) => ({ workspaceId, name, leaseMs: LEASE_MS }));
    for (const job of jobs) await scene.store.sync.leaseJob({ ...job, worker: 'stopped', now: T0 });
    await leaseOf(scene, 'successor', T0 + LEASE_MS);
    for (const job of jobs)
      expect(await scene.store.sync.leaseJob({ ...job, worker: 'successor', now: T0 + LEASE_MS })).toBe(true);
    let before = await contents();
    for (const [name, late] of Object.entries(LATE)) {
      await late.call({ ...scene, lost });
      const after = await contents();
      expect(
        changedTables(before, after).filter((table) => !late.changes.includes(table)),
        name,
      ).toEqual([]);
      before = after;
    }
    const judged = ['contract', 'mirror', 'intent', 'conflict', 'field_change', 'contract_link'];
    expect(Object.values(LATE).flatMap(({ changes }) => changes.filter((table) => judged.includes(table)))).toEqual([]);
  });

  const lateAt = [
    ['the reading of a deal', { kind: 'read', ref: deal('1'), fails: false }],
    ['the reading of a case', { kind: 'read', ref: CASE, fails: false }],
    ['a refusal that would park the connection', { kind: 'read', ref: deal('1'), fails: true }],
    ['the answer to its write', { kind: 'write', ref: deal('1'), fails: false }],
  ] as const;
  test.each(lateAt)('S5 wakes up at %s and leaves everything as its successor made it', async (_name, stop) => {
    const scene = await openScene();
    const { store, world, connection } = scene;
    const host = createMemoryHost({ clock: { ...world.clock, at: () => undefined } });
    host.create(connection.accountId, deal('1'), { facts: { name: 'Deal' } });
    host.create(connection.accountId, CASE, { facts: { openedAt: String(T0), subject: 'as it was' } });
    await store.sync.markDirty([{ ...refOf(scene), ref: stop.ref, reason: 'ours' }]);

    let before: ReadonlyMap<string, string> = new Map();
    /** The process stands still; another takes the lane and does its work. */
    const sleepThrough = async (): Promise<void> => {
      world.setNow(T0 + 2 * LEASE_MS);
      await leaseOf(scene, 'successor', T0 + 2 * LEASE_MS);
      await store.sync.saveCases(connection, [caseNow('as it is')]);
      before = await contents();
    };
    const sleeper: CrmPort = {
      ...host,
      readRecords: async (...asked) => {
        const answer = await host.readRecords(...asked);
        if (stop.kind === 'read') await sleepThrough();
        return stop.fails ? { ok: false, failure: { kind: 'authRevoked', detail: 'long ago' } } : answer;
      },
      writeRecords: async (...asked) => {
        const answer = await host.writeRecords(...asked);
        if (stop.kind === 'write') await sleepThrough();
        return answer;
      },
    };
    const warnings: string[] = [];
    const engine = createEngine({
      store: store.sync,
      crm: { hubspot: sleeper },
      world: { ...world, log: { ...world.log, warn: (_fields, message) => void warnings.push(message) } },
      calendars: { find: () => Promise.resolve(null) },
      settings: TEST_SETTINGS,
    });
    await engine.turn();
    expect(changedTables(before, await contents())).toEqual([]);
    expect(warnings).toEqual(['lane lost to another worker']);
    expect(host.calls.filter(({ kind }) => kind === 'write')).toHaveLength(stop.kind === 'write' ? 1 : 0);
  });
});

describe('S5 a transaction whose process was stopped', () => {
  test('is ended by PostgreSQL within the length of a lease, and its locks with it', async () => {
    const { store, connection } = await openScene();
    const [row] = await store.database.inWorkspace(connection.workspaceId, (sql) =>
      sql.rows<{ setting: string }>(`SELECT current_setting('idle_in_transaction_session_timeout') AS setting`),
    );
    expect(row?.setting).toBe(`${LEASE_MS / 1000}s`);
  });
});
