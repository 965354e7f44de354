import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { recordAdminEvent, verifyAuditChain } from '../../server/store/prisma/audit-chain.ts';
import type { AdminEvent } from '../../server/store/workspace-port.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { comparableDomain } from '../../server/store/prisma/web-domain.ts';
import {
  commitOf,
  day,
  deal,
  linkedContract,
  markOf,
  mirrorNext,
  stageUpdate,
  T0,
} from '../conformance/store-battery-fixture.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';
import { insertContract } from '../support/store-rows.ts';

const database = useDatabase();
const world = testWorld(T0);
let store: Store;
beforeAll(() => {
  store = database.openStore(world);
});

describe('values', () => {
  const reply = z.record(z.string(), z.unknown());

  test.each(['Asia/Shanghai', 'America/Los_Angeles', 'UTC'])(
    'days stay days and money stays exact on a server in %s',
    async (zone) => {
      const workspaceId = await addWorkspace(store.database);
      const program = fileURLToPath(new URL('../support/round-trip.ts', import.meta.url));
      const run = await promisify(execFile)(process.execPath, [program, database.url, workspaceId], {
        env: { ...process.env, TZ: zone },
      });
      const offsets: Readonly<Record<string, number>> = { 'Asia/Shanghai': -480, 'America/Los_Angeles': 480, UTC: 0 };
      expect(reply.parse(JSON.parse(run.stdout))).toEqual({
        offsetMinutes: offsets[zone],
        effectiveDate: '2026-01-01',
        endDate: '2027-12-31',
        prismaEndDate: '2027-12-31T00:00:00.000Z',
        minor: '9007199254740993',
        prismaMinor: '9007199254740993',
        createdAt: true,
      });
    },
  );

  test('text that PostgreSQL cannot hold arrives readable instead of failing the record', async () => {
    const connection = await addConnection(store.database, await addWorkspace(store.database));
    await store.sync.markDirty([markOf(connection, deal('1'))]);
    const lane = await store.sync.leaseLane({ worker: 'w', now: T0, leaseMs: 1000 });
    if (lane === null) throw new Error('a lane was due');
    const mirror = mirrorNext({ facts: { name: 'A\u0000B \uD800 🙂 甲方' } });
    expect(await store.sync.commitRecords(lane, [commitOf(deal('1'), { mirror })])).toMatchObject([
      { kind: 'committed' },
    ]);
    const [state] = await store.sync.loadRecords(connection, [deal('1')]);
    expect(state?.mirror?.facts).toEqual({ name: 'A\uFFFDB \uFFFD 🙂 甲方' });
    await store.sync.settle(
      lane,
      [{ ref: deal('1'), generation: 1, kind: 'dead', failure: 'rejected', detail: 'x\u0000' }],
      T0,
    );
    await store.sync.releaseLane(lane, null);
  });

  test('a renewal date, and whatever the product derives, follow a changed end date in the same commit', async () => {
    const workspaceId = await addWorkspace(store.database);
    const deriving = database.openStore(world, {
      derive: (_workspace, contracts) =>
        Promise.resolve(
          contracts.map(({ contract, sla }) => ({
            contractId: contract.id,
            revision: contract.revision,
            sla,
            throughDate: day('2026-11-22'),
            currentStage: contract.stage,
            renewalDate: contract.term.endDate,
            noticeDeadline: day('2026-12-01'),
            noticeLegalDate: day('2026-12-01'),
            decisionDueDate: null,
            health: 'at_risk',
            riskFlags: ['notice_window_soon', contract.stage],
          })),
        ),
    });
    const [plain, derived] = [linkedContract(), linkedContract()];
    for (const linked of [plain, derived]) await insertContract(store.database, workspaceId, linked);
    const update = (id: string) => {
      const base = stageUpdate(id, 1, 'renewing');
      return { ...base, changes: { ...base.changes, endDate: day('2028-02-29') } };
    };
    await store.sync.applySystemUpdates(workspaceId, [update(plain.contract.id)]);
    await deriving.sync.applySystemUpdates(workspaceId, [update(derived.contract.id)]);
    const read = async (id: string) =>
      (
        await database.admin.query(
          'SELECT end_date::text, renewal_date::text, notice_deadline::text, health, risk_flags FROM contract WHERE id = $1',
          [id],
        )
      ).rows[0];
    expect(await read(plain.contract.id)).toMatchObject({ end_date: '2028-02-29', renewal_date: '2028-03-01' });
    expect(await read(derived.contract.id)).toEqual({
      end_date: '2028-02-29',
      renewal_date: '2028-02-29',
      notice_deadline: '2026-12-01',
      health: 'at_risk',
      risk_flags: ['notice_window_soon', 'renewing'],
    });
  });
});

describe('accounts and contracts', () => {
  const account = (recordId: string, domain: string | null) => ({
    ref: { objectType: 'account' as const, recordId },
    facts: { name: `Account ${recordId}`, domain },
    associations: { opportunity: ['9'] },
  });

  async function contractWith(
    connection: ConnectionRef,
    domain: string,
    side: 'buy' | 'sell' = 'buy',
  ): Promise<string> {
    const role = side === 'buy' ? 'supplier' : 'buyer';
    const linked = linkedContract({
      side,
      parties: [{ organisationId: world.random.uuid(), legalName: 'Vendor Ltd', role, sideLabel: '乙方' }],
    });
    await insertContract(store.database, connection.workspaceId, linked);
    await database.admin.query('UPDATE organisation SET domain = $2 WHERE workspace_id = $3 AND id = $1', [
      linked.contract.parties[0]?.organisationId,
      domain,
      connection.workspaceId,
    ]);
    return linked.contract.id;
  }

  test.each([
    ['https://www.Vendor.example/contact?x=1', 'vendor.example'],
    ['vendor.example.', 'vendor.example'],
    ['  WWW.vendor.example:443 ', 'vendor.example'],
    ['供应商.example', '供应商.example'],
    ['', null],
    [null, null],
  ])('the domain %j compares as %j, in code and in SQL alike', async (written, expected) => {
    expect(comparableDomain(written)).toBe(expected);
    const connection = await addConnection(store.database, await addWorkspace(store.database));
    await store.sync.saveFacts(connection, [account('1', expected)]);
    if (written !== null) await contractWith(connection, written);
    expect(await store.sync.linkByDomain(connection, T0)).toBe(expected === null ? 0 : 1);
  });

  test('a record is known once its facts are kept, in its own CRM alone', async () => {
    const connection = await addConnection(store.database, await addWorkspace(store.database));
    const other = await addConnection(store.database, await addWorkspace(store.database));
    await store.sync.saveFacts(connection, [account('1', 'one.example')]);
    const refs = ['1', '2'].map((recordId) => ({ objectType: 'account' as const, recordId }));
    expect(await store.sync.listUnknown(connection, refs)).toEqual([refs[1]]);
    expect(await store.sync.listUnknown(connection, [])).toEqual([]);
    expect(await store.sync.listUnknown(other, refs)).toHaveLength(2);
  });

  test('a contract is linked to the one account with its counterparty’s domain, once, and not where several share it', async () => {
    const connection = await addConnection(store.database, await addWorkspace(store.database));
    await store.sync.saveFacts(connection, [
      account('1', 'one.example'),
      account('2', 'shared.example'),
      account('3', 'shared.example'),
    ]);
    const bought = await contractWith(connection, 'one.example');
    await contractWith(connection, 'one.example', 'sell');
    await contractWith(connection, 'shared.example');
    await contractWith(connection, 'nobody.example');
    expect(await store.sync.linkByDomain(connection, T0)).toBe(2);
    expect(await store.sync.linkByDomain(connection, T0)).toBe(0);
    const ref = { objectType: 'account' as const, recordId: '1' };
    const [state] = await store.sync.loadRecords(connection, [ref]);
    expect(state?.contracts.map((linked) => linked.contract.id)).toContain(bought);
    expect(state?.contracts[0]?.contract.parties).toMatchObject([{ legalName: 'Vendor Ltd', sideLabel: '乙方' }]);
    await database.admin.query(`UPDATE contract_link SET state = 'detached' WHERE contract_id = $1`, [bought]);
    expect(await store.sync.linkByDomain(connection, T0)).toBe(0);
  });

  test('S4 a support case saved again replaces itself', async () => {
    const connection = await addConnection(store.database, await addWorkspace(store.database));
    const supportCase = {
      ref: { objectType: 'case' as const, recordId: '77' },
      accountIds: ['1', '2'],
      subject: 'Down',
      priority: 'HIGH',
      openedAt: T0,
      respondedAt: null,
      closedAt: null,
    };
    expect(await store.sync.saveCases(connection, [supportCase])).toEqual(['1', '2']);
    expect(await store.sync.saveCases(connection, [supportCase, { ...supportCase, respondedAt: T0 + 60_000 }])).toEqual(
      ['1', '2'],
    );
    const { rows } = await database.admin.query(
      'SELECT account_ids, responded_at FROM support_case WHERE workspace_id = $1',
      [connection.workspaceId],
    );
    expect(rows).toEqual([{ account_ids: ['1', '2'], responded_at: new Date(T0 + 60_000) }]);
    const known = { ...supportCase, respondedAt: T0 + 60_000 };
    expect(await store.sync.saveCases(connection, [known])).toEqual([]);
    expect(await store.sync.saveCases(connection, [{ ...known, accountIds: ['3'] }])).toEqual(['1', '2', '3']);
  });
});

describe('audit chain', () => {
  const action = (workspaceId: string, name: string): AdminEvent => ({
    workspaceId,
    at: T0,
    actor: 'admin@example.com',
    action: name,
    subjectType: 'connection',
    subjectId: null,
    detail: { b: 1, a: 'x\u0000', c: null },
  });
  const verify = async (workspaceId: string) =>
    await store.database.inWorkspace(workspaceId, (sql) => verifyAuditChain(sql, workspaceId));

  test('events appended at once form one chain that verifies; a changed, removed or cut-off event shows', async () => {
    const workspaceId = await addWorkspace(store.database);
    expect(await verify(workspaceId)).toBeNull();
    const appends = Array.from({ length: 10 }, (_, index) =>
      store.database.inWorkspace(workspaceId, (sql) => recordAdminEvent(sql, action(workspaceId, `act ${index}`))),
    );
    await Promise.all(appends);
    expect(await verify(workspaceId)).toBeNull();
    const { rows } = await database.admin.query(
      'SELECT seq::int FROM audit_event WHERE workspace_id = $1 ORDER BY seq',
      [workspaceId],
    );
    expect(rows).toEqual(Array.from({ length: 10 }, (_, index) => ({ seq: index + 1 })));
    const tamper = async (statement: string) => await database.admin.query(statement, [workspaceId]);
    await tamper(`UPDATE audit_event SET detail = '{"a": "y"}' WHERE workspace_id = $1 AND seq = 4`);
    expect(await verify(workspaceId)).toBe('4');
    await tamper('DELETE FROM audit_event WHERE workspace_id = $1 AND seq = 3');
    expect(await verify(workspaceId)).not.toBeNull();
    await tamper('DELETE FROM audit_event WHERE workspace_id = $1 AND seq > 2');
    expect(await verify(workspaceId)).toBe('3');
  });
});
