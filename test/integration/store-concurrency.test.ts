import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { DIRTY_CHANNEL } from '../../server/store/prisma/dirty-marks.ts';
import { commitOf, day, deal, linkedContract, markOf, stageUpdate, T0 } from '../conformance/store-battery-fixture.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';
import { insertContract, insertLink } from '../support/store-rows.ts';

const database = useDatabase();
const world = testWorld(T0);
/** Longer than any statement here takes; a wait for a lock has no end. */
const BLOCKED_MS = 5_000;
/** Two instances with connection pools of their own. */
let first: Store;
let second: Store;

beforeAll(() => {
  first = database.openStore(world);
  second = database.openStore(world);
});

describe('several instances', () => {
  test('S5 instances that ask at once never lease one lane twice', async () => {
    const workspaceId = await addWorkspace(first.database);
    const connections: ConnectionRef[] = [];
    for (let index = 0; index < 6; index += 1) connections.push(await addConnection(first.database, workspaceId));
    await first.sync.markDirty(connections.map((connection) => markOf(connection, deal('1'))));
    const asks = Array.from({ length: 24 }, (_, index) =>
      (index % 2 === 0 ? first : second).sync.leaseLane({ worker: `w${index}`, now: T0, leaseMs: 60_000 }),
    );
    const lanes = (await Promise.all(asks)).flatMap((lane) => lane ?? []);
    const served = lanes.map((lane) => lane.connection.connectionId);
    expect(new Set(served).size).toBe(served.length);
    // A worker that met only locked rows was told that there was nothing; whatever is left is there for the next to ask.
    let next = await first.sync.leaseLane({ worker: 'last', now: T0, leaseMs: 60_000 });
    for (; next !== null; next = await first.sync.leaseLane({ worker: 'last', now: T0, leaseMs: 60_000 }))
      served.push(next.connection.connectionId);
    expect(served.sort()).toEqual(connections.map((connection) => connection.connectionId).sort());
  });

  test('S5 connections that change each other’s contracts at the same time neither block for ever nor lose a mark', async () => {
    const workspaceId = await addWorkspace(first.database);
    const pair = [
      await addConnection(first.database, workspaceId),
      await addConnection(first.database, workspaceId),
    ] as const;
    const contracts = Array.from({ length: 8 }, () => linkedContract());
    for (const linked of contracts) {
      await insertContract(first.database, workspaceId, linked);
      for (const connection of pair) await insertLink(first, connection, deal(linked.contract.id), linked.contract.id);
    }
    const lanes = await Promise.all(
      pair.map((_, index) => first.sync.leaseLane({ worker: `pair-${index}`, now: T0, leaseMs: 60_000 })),
    );
    const stages = ['renewing', 'active'] as const;
    let committed = 0;
    const work = lanes.map(async (lane, index) => {
      if (lane === null) throw new Error('both lanes were marked');
      const store = index === 0 ? first : second;
      for (let round = 0; round < 12; round += 1) {
        const refs = contracts.map((linked) => deal(linked.contract.id));
        const states = await store.sync.loadRecords(lane.connection, index === 0 ? refs : refs.toReversed());
        const commits = states.flatMap((state) => {
          const contract = state.contracts[0]?.contract;
          if (contract === undefined) return [];
          const update = stageUpdate(contract.id, contract.revision, stages[round % 2] ?? 'active');
          return [commitOf(state.ref, { expectedMirrorRevision: state.mirror?.revision ?? null, updates: [update] })];
        });
        const results = await store.sync.commitRecords(lane, commits);
        if (results === 'lease_lost') throw new Error('nobody else asked for this lane');
        committed += results.filter((result) => result.kind === 'committed').length;
      }
    });
    await Promise.all(work);
    // An attempt is stale only because the other side committed meanwhile, so at least every other one goes in.
    expect(committed).toBeGreaterThanOrEqual(12 * contracts.length);
    const { rows } = await database.admin.query<{ total: number }>(
      'SELECT sum(revision - 1)::int AS total FROM contract WHERE workspace_id = $1',
      [workspaceId],
    );
    expect(rows[0]?.total).toBe(committed);
    for (const lane of lanes) {
      if (lane === null) continue;
      expect(await first.sync.takeDirty(lane, { now: T0, limit: 100 })).toHaveLength(contracts.length);
    }
  });

  test('S5 marks made while a lane is being released are found by the next worker', async () => {
    const workspaceId = await addWorkspace(first.database);
    const connection = await addConnection(first.database, workspaceId);
    await first.sync.markDirty([markOf(connection, deal('0'))]);
    for (let round = 1; round <= 20; round += 1) {
      const lane = await first.sync.leaseLane({ worker: 'w', now: T0, leaseMs: 60_000 });
      if (lane === null) throw new Error(`the mark of round ${round - 1} was lost`);
      const items = await first.sync.takeDirty(lane, { now: T0, limit: 10 });
      await first.sync.settle(
        lane,
        items.map(({ ref, generation }) => ({ ref, generation, kind: 'done' as const })),
        T0,
      );
      await Promise.all([
        first.sync.releaseLane(lane, null),
        second.sync.markDirty([markOf(connection, deal(String(round)))]),
      ]);
    }
  });

  test('marks wake a listener, and only after they can be seen; a lost connection does not end the listening', async () => {
    const workspaceId = await addWorkspace(first.database);
    const connection = await addConnection(first.database, workspaceId);
    const stop = new AbortController();
    let wakings = 0;
    await second.database.listen(DIRTY_CHANNEL, () => (wakings += 1), stop.signal);
    const wokenBy = async (ref: HostRecordRef): Promise<boolean> => {
      const before = wakings;
      for (let poll = 0; poll < 100; poll += 1) {
        await first.sync.markDirty([markOf(connection, ref)]);
        await delay(50);
        if (wakings > before) return true;
      }
      return false;
    };
    expect(await wokenBy(deal('1'))).toBe(true);
    await database.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    expect(await wokenBy(deal('2'))).toBe(true);
    stop.abort();
  });
});

describe('a database that goes away', () => {
  test('S5 losing every connection fails the statements under way, not the process, and the next ones work', async () => {
    const workspaceId = await addWorkspace(first.database);
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    const slow = first.database.inWorkspace(workspaceId, (sql) => sql.run('SELECT pg_sleep(20)'));
    const outcome = slow.then(
      () => 'finished',
      () => 'failed',
    );
    for (let poll = 0; poll < 200; poll += 1) {
      const { rowCount } = await database.admin.query(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(20)%' AND state = 'active'`,
      );
      if (rowCount === 1) break;
      await delay(10);
    }
    await database.admin.query(cut);
    expect(await outcome).toBe('failed');
    const [row] = await first.database.inWorkspace(workspaceId, (sql) =>
      sql.rows<{ id: string }>('SELECT id FROM workspace'),
    );
    expect(row?.id).toBe(workspaceId);
    const viaPrisma = await first.database.withPrisma(workspaceId, (prisma) => prisma.workspace.findMany());
    expect(viaPrisma).toHaveLength(1);
  });
});

describe('deriving columns', () => {
  test('S14 a derivation that reads the store itself finds a connection, however many writers are at work', async () => {
    const narrow = database.openStore(world, {
      poolSize: 1,
      derive: async (workspaceId, contracts) => {
        const [row] = await narrow.database.inWorkspace(workspaceId, (sql) =>
          sql.rows<{ currency: string }>('SELECT currency FROM workspace'),
        );
        return contracts.map(({ contract, sla }) => ({
          contractId: contract.id,
          revision: contract.revision,
          sla,
          throughDate: day('2026-11-22'),
          currentStage: contract.stage,
          renewalDate: null,
          noticeDeadline: null,
          noticeLegalDate: null,
          decisionDueDate: null,
          health: 'good',
          riskFlags: [row?.currency ?? ''],
        }));
      },
    });
    const workspaceId = await addWorkspace(narrow.database);
    const linked = linkedContract();
    await insertContract(narrow.database, workspaceId, linked);
    const update = stageUpdate(linked.contract.id, 1, 'renewing');
    await Promise.all([1, 2, 3].map(() => narrow.sync.applySystemUpdates(workspaceId, [update])));
    const { rows } = await database.admin.query(
      'SELECT revision, stage, health, risk_flags FROM contract WHERE workspace_id = $1',
      [workspaceId],
    );
    expect(rows).toEqual([{ revision: 2, stage: 'renewing', health: 'good', risk_flags: ['USD'] }]);
  });
});

describe('marking and giving back', () => {
  test('a mark does not wait for a worker that is giving the lane back, who may be waiting for the mark', async () => {
    const connection = await addConnection(first.database, await addWorkspace(first.database));
    await first.sync.markDirty([markOf(connection, deal('1'))]);
    const worker = database.admin;
    await worker.query('BEGIN');
    try {
      await worker.query('UPDATE lane_lease SET leased_by = NULL, leased_until = NULL WHERE connection_id = $1', [
        connection.connectionId,
      ]);
      const marked = second.sync.markDirty([markOf(connection, deal('2'))]).then(() => 'marked');
      expect(await Promise.race([marked, delay(BLOCKED_MS).then(() => 'blocked')])).toBe('marked');
    } finally {
      await worker.query('ROLLBACK');
    }
  });
});
