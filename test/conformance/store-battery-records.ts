/** The store battery, second part: records, links, cursors and what the calendar brings. */
import { describe, expect, test } from 'vitest';
import type { QuestionChange, Questions } from '../../server/store/port.ts';
import {
  commitOf,
  day,
  deal,
  idsOf,
  linkedContract,
  markOf,
  mirrorNext,
  type StoreFixture,
  stageUpdate,
  T0,
  useFixture,
} from './store-battery-fixture.ts';

export function recordBattery(make: () => Promise<StoreFixture>): void {
  const use = useFixture(make);
  describe('records', () => {
    test('a commit is read back as it was written', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), linked.contract.id);
      const lane = await use.quietLane(connection);
      const mirror = mirrorNext({ leadContractId: linked.contract.id });
      const intent = {
        syncToken: 't2',
        contractId: linked.contract.id,
        values: { stage: 'active', endDate: null },
        createdAt: T0 + 1,
      };
      const results = await use.store.commitRecords(lane, [commitOf(deal('1'), { mirror, intent })]);
      expect(results).toEqual([{ ref: deal('1'), kind: 'committed' }]);
      const [state, nothing] = await use.store.loadRecords(connection, [deal('1'), deal('2')]);
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
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      const lane = await use.quietLane(connection);
      await use.store.commitRecords(lane, [commitOf(deal('1'))]);
      const late = commitOf(deal('1'), {
        updates: [stageUpdate(linked.contract.id, 1, 'terminated')],
        intent: { syncToken: 'late', contractId: null, values: {}, createdAt: T0 },
      });
      const results = await use.store.commitRecords(lane, [late, commitOf(deal('2'))]);
      expect(results).toEqual([
        { ref: deal('1'), kind: 'stale' },
        { ref: deal('2'), kind: 'committed' },
      ]);
      const [state] = await use.store.loadRecords(connection, [deal('1')]);
      expect(state).toMatchObject({ mirror: { revision: 1 }, intents: [] });
      expect(await use.fixture.fieldChanges(connection.workspaceId, linked.contract.id)).toEqual([]);
    });

    test('S2 two records that change one contract in one commit: the second judged on the old revision is stale', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      const lane = await use.quietLane(connection);
      const results = await use.store.commitRecords(lane, [
        commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'renewing')] }),
        commitOf(deal('2'), { updates: [stageUpdate(linked.contract.id, 1, 'terminated')] }),
      ]);
      expect(results).toMatchObject([{ kind: 'committed' }, { kind: 'stale' }]);
      expect(await use.fixture.fieldChanges(connection.workspaceId, linked.contract.id)).toMatchObject([
        { value: 'renewing' },
      ]);
    });

    test('S13 a changed field remembers who, where, through what, when, and what it replaced', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), linked.contract.id);
      const lane = await use.quietLane(connection);
      await use.store.commitRecords(lane, [
        commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'renewing')] }),
      ]);
      expect(await use.fixture.fieldChanges(connection.workspaceId, linked.contract.id)).toMatchObject([
        {
          field: 'stage',
          previous: 'active',
          value: 'renewing',
          provenance: { source: 'host', actor: 'user-7', eventId: 'event-1', at: T0 + 3 },
        },
      ]);
      const [state] = await use.store.loadRecords(connection, [deal('1')]);
      expect(state?.contracts[0]).toMatchObject({
        contract: { stage: 'renewing', revision: 2, term: { endDate: '2027-12-31' } },
        changedAt: { stage: T0 + 3, renewalDate: T0 },
      });
    });

    test('S1 a changed contract marks its other records, in other connections too, and not the one it came from', async () => {
      const connection = await use.fixture.addConnection();
      const other = await use.fixture.addConnection(connection.workspaceId);
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), linked.contract.id);
      await use.fixture.link(connection, deal('2'), linked.contract.id);
      await use.fixture.link(other, deal('3'), linked.contract.id);
      for (const leased of [await use.lease(), await use.lease()]) {
        const items = await use.take(leased);
        await use.store.settle(
          leased,
          items.map(({ ref, generation }) => ({ ref, generation, kind: 'done' as const })),
          T0,
        );
        await use.store.releaseLane(leased, null);
      }
      const lane = await use.quietLane(connection);
      await use.store.commitRecords(lane, [
        commitOf(deal('1'), { updates: [stageUpdate(linked.contract.id, 1, 'renewing')] }),
      ]);
      expect(await use.take(lane)).toMatchObject([{ ref: deal('2'), reason: 'ours' }]);
      const otherLane = await use.lease();
      expect(otherLane.connection).toEqual(other);
      expect(idsOf(await use.take(otherLane))).toEqual(['3']);
    });

    test('S2 conflicts are kept with the record they were found on', async () => {
      const connection = await use.fixture.addConnection();
      const lane = await use.quietLane(connection);
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
      await use.store.commitRecords(lane, [commitOf(deal('1'), { conflicts: [conflict] })]);
      expect(await use.fixture.conflicts(connection)).toMatchObject([
        { ref: deal('1'), field: 'stage', winner: 'ours', theirs: 'terminated' },
      ]);
    });

    test('S9 a question has one row, which follows its values and ends settled or kept', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      const lane = await use.quietLane(connection);
      const question = {
        contractId: linked.contract.id,
        base: 'active',
        ours: 'renewing',
        theirs: 'terminated',
        reason: 'both_changed' as const,
      };
      const other = { ...question, theirs: 'expired' };
      const change = { field: 'stage' as const, question, at: T0 };
      const commit = (expectedMirrorRevision: number | null, questions: readonly QuestionChange[], asked: Questions) =>
        use.store.commitRecords(lane, [
          commitOf(deal('1'), { expectedMirrorRevision, questions, mirror: mirrorNext({ asked }) }),
        ]);
      const rows = async () =>
        (await use.fixture.conflicts(connection)).map(({ winner, theirs }) => `${winner} ${theirs}`).toSorted();

      await commit(null, [{ ...change, kind: 'asked' }], { stage: question });
      await commit(1, [{ ...change, kind: 'asked', question: other }], { stage: other });
      const [state] = await use.store.loadRecords(connection, [deal('1')]);
      expect(state?.mirror?.asked).toEqual({ stage: other });
      expect(await rows()).toEqual(['undecided expired']);

      const kept = { kind: 'kept', reason: 'overwritten', detail: 'ask' } as const;
      await commit(
        2,
        [
          { ...change, ...kept, question: other },
          { ...change, kind: 'asked' },
        ],
        { stage: question },
      );
      expect(await rows(), 'one ends and another begins').toEqual(['ours expired', 'undecided terminated']);
      await commit(3, [{ ...change, kind: 'settled' }], {});
      await commit(4, [{ ...change, kind: 'asked' }], { stage: question });
      expect(await rows(), 'a settled row is not taken up again').toHaveLength(3);
    });

    test('S3 a retired intent is gone, the others stay, oldest first', async () => {
      const connection = await use.fixture.addConnection();
      const lane = await use.quietLane(connection);
      for (const [index, syncToken] of ['t1', 't2', 't3'].entries()) {
        const intent = { syncToken, contractId: null, values: { stage: 'active' }, createdAt: T0 + index };
        const expectedMirrorRevision = index === 0 ? null : index;
        await use.store.commitRecords(lane, [commitOf(deal('1'), { intent, expectedMirrorRevision })]);
      }
      await use.store.commitRecords(lane, [commitOf(deal('1'), { retireTokens: ['t2'], expectedMirrorRevision: 3 })]);
      const [state] = await use.store.loadRecords(connection, [deal('1')]);
      expect(state?.intents.map((intent) => intent.syncToken)).toEqual(['t1', 't3']);
    });

    test('S12 a tombstone shows also beside a link that was made meanwhile, so that it can be lifted', async () => {
      const connection = await use.fixture.addConnection();
      const [old, fresh] = [linkedContract(), linkedContract()];
      for (const linked of [old, fresh]) await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), old.contract.id);
      const lane = await use.quietLane(connection);
      const archived = mirrorNext({ state: 'archived' });
      await use.store.commitRecords(lane, [
        commitOf(deal('1'), { mirror: archived, linkChange: { kind: 'tombstone', reason: 'archived' } }),
      ]);
      await use.fixture.link(connection, deal('1'), fresh.contract.id);
      const [state] = await use.store.loadRecords(connection, [deal('1')]);
      expect(state).toMatchObject({ hasTombstones: true, contracts: [{ contract: { id: fresh.contract.id } }] });
    });

    test('S12 a tombstoned link hides its contract and comes back with the record', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), linked.contract.id);
      const lane = await use.quietLane(connection);
      const archived = mirrorNext({ state: 'archived' });
      await use.store.commitRecords(lane, [
        commitOf(deal('1'), { mirror: archived, linkChange: { kind: 'tombstone', reason: 'archived' } }),
      ]);
      const [gone] = await use.store.loadRecords(connection, [deal('1')]);
      expect(gone).toMatchObject({ contracts: [], hasTombstones: true, mirror: { state: 'archived' } });
      expect(await use.store.filterMirrored(connection, [deal('1')])).toEqual([
        { ref: deal('1'), awaitingConfirm: false },
      ]);
      expect(await use.store.listMirrored(connection, null, 10), 'it may come back unannounced').toEqual([deal('1')]);
      await use.store.commitRecords(lane, [
        commitOf(deal('1'), { expectedMirrorRevision: 1, linkChange: { kind: 'restore' } }),
      ]);
      const [back] = await use.store.loadRecords(connection, [deal('1')]);
      expect(back).toMatchObject({ hasTombstones: false, contracts: [{ contract: { id: linked.contract.id } }] });
    });

    test('S11 a merge moves links, mirror and intents to the record that carries on and leaves an alias', async () => {
      const connection = await use.fixture.addConnection();
      const [one, two] = [linkedContract(), linkedContract()];
      for (const linked of [one, two]) await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), one.contract.id);
      await use.fixture.link(connection, deal('2'), two.contract.id);
      await use.fixture.link(connection, deal('2'), one.contract.id);
      const lane = await use.quietLane(connection);
      const intent = { syncToken: 't1', contractId: one.contract.id, values: { stage: 'active' }, createdAt: T0 };
      await use.store.commitRecords(lane, [
        commitOf(deal('1'), { intent, linkChange: { kind: 'alias', into: deal('2') } }),
      ]);
      const [old, merged] = await use.store.loadRecords(connection, [deal('1'), deal('2')]);
      expect(old).toMatchObject({ mirror: null, intents: [], contracts: [] });
      expect(merged?.contracts.map((linked) => linked.contract.id).sort()).toEqual(
        [one.contract.id, two.contract.id].sort(),
      );
      expect(merged?.intents).toEqual([intent]);
      expect(merged?.mirror).toMatchObject({ revision: 1 });
      expect(await use.store.filterMirrored(connection, [deal('1')])).toEqual([
        { ref: deal('2'), awaitingConfirm: true },
      ]);
      expect(idsOf(await use.take(lane))).toContain('2');
    });

    test('records without a link need no attention', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      await use.fixture.link(connection, deal('1'), linked.contract.id);
      expect(await use.store.filterMirrored(connection, [deal('1'), deal('2')])).toEqual([
        { ref: deal('1'), awaitingConfirm: false },
      ]);
    });

    test('linked records are listed in pages, each once', async () => {
      const connection = await use.fixture.addConnection();
      const linked = linkedContract();
      await use.fixture.addContract(connection.workspaceId, linked);
      const refs = ['10', '2', '33'].map(deal);
      for (const ref of refs) await use.fixture.link(connection, ref, linked.contract.id);
      const first = await use.store.listMirrored(connection, null, 2);
      const second = await use.store.listMirrored(connection, first.at(-1) ?? null, 2);
      expect([...first, ...second].map((ref) => ref.recordId)).toEqual(['10', '2', '33']);
    });
  });

  describe('progress', () => {
    test('S5 a cursor and the marks it produced come together', async () => {
      const connection = await use.fixture.addConnection();
      expect(await use.store.readCursor(connection, 'changed:opportunity')).toBeNull();
      await use.store.advanceCursor(connection, { name: 'changed:opportunity', value: 'c1', at: T0 }, [
        markOf(connection, deal('1'), { reason: 'sweep' }),
      ]);
      expect(await use.store.readCursor(connection, 'changed:opportunity')).toBe('c1');
      expect(await use.take(await use.lease())).toMatchObject([{ reason: 'sweep' }]);
    });

    test('a side job has one worker until its lease ends', async () => {
      const { workspaceId } = await use.fixture.addConnection();
      const ask = (worker: string, now: number) =>
        use.store.leaseJob({ workspaceId, name: 'sweep', worker, now, leaseMs: 1000 });
      expect(await ask('a', T0)).toBe(true);
      expect(await ask('b', T0 + 999)).toBe(false);
      expect(await ask('a', T0 + 999)).toBe(true);
      expect(await ask('b', T0 + 1500)).toBe(false);
      expect(await ask('b', T0 + 1999)).toBe(true);
    });

    test('backfill progress is read back', async () => {
      const connection = await use.fixture.addConnection();
      expect(await use.store.readBackfill(connection)).toBeNull();
      const state = { phase: 'reading', read: 200, total: null, startedAt: T0, updatedAt: T0 + 1 } as const;
      await use.store.writeBackfill(connection, state);
      expect(await use.store.readBackfill(connection)).toEqual(state);
    });

    test('connections are listed by state', async () => {
      const connection = await use.fixture.addConnection();
      expect(await use.store.listConnections(['active'])).toEqual([connection]);
      await use.store.setConnectionState(connection, 'parked', 'forbidden');
      expect(await use.store.listConnections(['active'])).toEqual([]);
      expect(await use.store.listConnections(['active', 'parked'])).toEqual([connection]);
    });

    test('date events are due from their day on, applied once, and only on the revision they were decided on', async () => {
      const connection = await use.fixture.addConnection();
      const { workspaceId } = connection;
      const running = linkedContract();
      const starting = linkedContract({ stage: 'signed' });
      const ended = linkedContract({
        term: { ...running.contract.term, endDate: day('2026-11-19'), renewalKind: 'none' },
      });
      const rolling = linkedContract({ term: { ...running.contract.term, endDate: day('2026-11-19') } });
      for (const linked of [running, starting, ended, rolling]) await use.fixture.addContract(workspaceId, linked);
      const due = await use.store.listDueByDate(workspaceId, day('2026-11-20'), 10);
      const expected = [starting, ended, rolling].map((linked) => linked.contract.id);
      expect(due.map((linked) => linked.contract.id).sort()).toEqual(expected.sort());
      expect(await use.store.listDueByDate(workspaceId, day('2026-11-20'), 2)).toHaveLength(2);
      expect((await use.store.listDueByDate(workspaceId, day('2025-12-31'), 10)).length).toBe(0);
      const update = stageUpdate(ended.contract.id, 1, 'expired');
      await use.store.applySystemUpdates(workspaceId, [update]);
      await use.store.applySystemUpdates(workspaceId, [{ ...update, changes: { stage: 'terminated' } }]);
      expect(await use.fixture.fieldChanges(workspaceId, ended.contract.id)).toMatchObject([{ value: 'expired' }]);
    });
  });
}
