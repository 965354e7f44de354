import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HostObjectType, HostRecord, HostRecordRef, RecordRead, WriteOutcome } from '../../server/crm/port.ts';
import { CALL, expectOk, installApp, PORTAL_ID } from './hubspot-adapter-portal.ts';
import type { Installed } from './hubspot-adapter-portal.ts';

let portal: Installed;
beforeAll(async () => {
  portal = await installApp();
});
afterAll(() => portal.stop());
beforeEach(async () => {
  await portal.faults({
    serverErrorRate: 0,
    timeoutAfterCommitRate: 0,
    rateLimitRate: 0,
    lockedRate: 0,
    migrationRate: 0,
    tokenExpiryRate: 0,
  });
  await portal.forgetCalls();
});

const PATHS: Record<HostObjectType, string> = { opportunity: 'deals', account: 'companies', case: 'tickets' };
async function create(
  objectType: HostObjectType,
  properties: Record<string, string>,
  associations: unknown[] = [],
): Promise<HostRecordRef> {
  const record = (await portal.person('POST', `/objects/${PATHS[objectType]}`, { properties, associations })) as {
    id: string;
  };
  return { objectType, recordId: record.id };
}
const edit = (ref: HostRecordRef, properties: Record<string, string>): Promise<unknown> =>
  portal.person('PATCH', `/objects/${PATHS[ref.objectType]}/${ref.recordId}`, { properties });
async function read(refs: readonly HostRecordRef[], history = false): Promise<readonly RecordRead[]> {
  return expectOk(await portal.adapter.readRecords(portal.connection, refs, { ...CALL, history }));
}
async function readLive(ref: HostRecordRef, history = false): Promise<HostRecord> {
  const [found] = await read([ref], history);
  if (found?.kind !== 'live') throw new Error(`not live: ${found?.kind}`);
  return found.record;
}
async function write(
  ref: HostRecordRef,
  values: HostRecord['values'],
  syncToken = 'token-1',
): Promise<readonly WriteOutcome[]> {
  return expectOk(
    await portal.adapter.writeRecords(portal.connection, [{ ref, values, syncToken, baseVersion: null }], CALL),
  );
}
const many = (count: number, objectType: HostObjectType = 'opportunity'): Promise<readonly HostRecordRef[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      create(objectType, { [objectType === 'account' ? 'name' : 'dealname']: `R${index}` }),
    ),
  );

describe('reading', () => {
  test('what was written is read back, with the token that was written with it', async () => {
    const ref = await create('opportunity', { dealname: 'ERP' });
    const values = {
      stage: 'active',
      renewalDate: '2027-03-01',
      riskFlags: 'no_sla;notice_unknown',
      contractValue: '99.90',
      contractCount: '2',
    } as const;
    expect(await write(ref, values, 'token-a')).toEqual([{ kind: 'written', ref }]);
    const record = await readLive(ref);
    expect(record.values).toMatchObject(values);
    expect(record.syncToken).toBe('token-a');
    expect(await write(ref, { stage: null, riskFlags: null }, 'token-b')).toEqual([{ kind: 'written', ref }]);
    expect((await readLive(ref)).values).toMatchObject({ ...values, stage: null, riskFlags: null });
  });

  test('facts are what the host owns', async () => {
    const deal = await create('opportunity', {
      dealname: 'ERP',
      amount: '12500.50',
      closedate: '2026-12-24T10:00:00Z',
      hubspot_owner_id: '977',
    });
    expect((await readLive(deal)).facts).toMatchObject({
      name: 'ERP',
      amount: '12500.50',
      closeDate: '2026-12-24',
      ownerId: '977',
      ownerEmail: 'mia.chen@example.com',
    });
    const company = await create('account', { name: 'Vendor', domain: 'vendor.example' });
    expect((await readLive(company)).facts).toMatchObject({
      name: 'Vendor',
      domain: 'vendor.example',
      ownerEmail: null,
    });
  });

  test('S6 a hundred records cost one call, and fifty with history one call', async () => {
    const refs = await many(100);
    await readLive(await create('opportunity', { dealname: 'warm' }));
    await portal.forgetCalls();
    expect((await read(refs)).filter((found) => found.kind === 'live')).toHaveLength(100);
    expect((await read(refs.slice(0, 50), true)).filter((found) => found.kind === 'live')).toHaveLength(50);
    const calls = await portal.calls();
    expect(calls.reduce((sum, call) => sum + call.count, 0)).toBe(2);
  });

  test('S14 more than a batch, or a mixed batch, is refused as a bug', async () => {
    const refs = Array.from(
      { length: 101 },
      (_, index): HostRecordRef => ({ objectType: 'opportunity', recordId: String(index) }),
    );
    await expect(read(refs)).rejects.toThrow(RangeError);
    await expect(read(refs.slice(0, 51), true)).rejects.toThrow(RangeError);
    await expect(
      read([
        { objectType: 'account', recordId: '1' },
        { objectType: 'case', recordId: '1' },
      ]),
    ).rejects.toThrow(TypeError);
    expect(await read([])).toEqual([]);
  });

  test('a case tells its facts and whose it is', async () => {
    const company = await create('account', { name: 'Vendor' });
    const ticket = await create('case', { subject: 'Down', hs_ticket_priority: 'HIGH' }, [
      { type: 'companies', id: company.recordId },
    ]);
    const record = await readLive(ticket);
    expect(record.associations).toEqual({ account: [company.recordId] });
    expect(record.facts).toMatchObject({ subject: 'Down', priority: 'HIGH', respondedAt: null, closedAt: null });
    expect(Number(record.facts['openedAt'])).toBeGreaterThan(1_700_000_000_000);
    expect(record.values).toEqual({});
  });
});

describe('S13 history says who wrote what', () => {
  test('oldest first, with us and a person told apart', async () => {
    const ref = await create('opportunity', { dealname: 'H' });
    await write(ref, { stage: 'draft' }, 'token-1');
    await edit(ref, { counterpart_stage: 'in_review' });
    await write(ref, { stage: 'approved' }, 'token-2');
    const { history } = await readLive(ref, true);
    const stages = (history ?? []).filter((entry) => entry.field === 'stage');
    expect(stages.map((entry) => [entry.value, entry.author])).toEqual([
      ['draft', 'us'],
      ['in_review', 'person'],
      ['approved', 'us'],
    ]);
    expect(stages[1]?.authorId).toBe('mia.chen@example.com');
    expect((history ?? []).filter((entry) => entry.field === 'syncToken').map((entry) => entry.value)).toEqual([
      'token-1',
      'token-2',
    ]);
    const instants = (history ?? []).map((entry) => entry.at);
    expect(instants).toEqual(instants.toSorted((left, right) => left - right));
  });

  test('S6 somebody who is on no list keeps the id, and the list is not read for each such edit', async () => {
    const own = await installApp();
    own.server.portals.get(PORTAL_ID)?.owners.delete('977');
    const made = (await own.person('POST', '/objects/deals', { properties: { dealname: 'U' } })) as { id: string };
    const ref = { objectType: 'opportunity', recordId: made.id } as const;
    await own.person('PATCH', `/objects/deals/${made.id}`, { properties: { counterpart_stage: 'in_review' } });
    await own.forgetCalls();
    const authors: unknown[] = [];
    for (let look = 0; look < 3; look += 1) {
      const read = expectOk(await own.adapter.readRecords(own.connection, [ref], { ...CALL, history: true }));
      const [found] = read;
      authors.push(
        found?.kind === 'live' ? found.record.history?.find(({ field }) => field === 'stage')?.authorId : found,
      );
    }
    expect(authors).toEqual(['77', '77', '77']);
    const lists = (await own.calls()).filter(({ path }) => path.startsWith('/crm/owners/'));
    expect(lists.reduce((sum, { count }) => sum + count, 0)).toBe(1);
    await own.stop();
  });

  test('history that was not asked for is null', async () => {
    const ref = await create('account', { name: 'N' });
    expect((await readLive(ref)).history).toBeNull();
  });
});

describe('S11 S12 records that are not there', () => {
  test('archived, missing and merged are told apart, and a merge names its new record', async () => {
    const [keep, archived, first, second] = await many(4, 'account');
    if (keep === undefined || archived === undefined || first === undefined || second === undefined)
      throw new Error('four');
    const missing: HostRecordRef = { objectType: 'account', recordId: '424242' };
    await portal.person('POST', `/objects/companies/${archived.recordId}/archive`);
    const merged = (await portal.person('POST', '/objects/companies/merge', {
      primaryId: first.recordId,
      mergedId: second.recordId,
    })) as { id: string };
    const into: HostRecordRef = { objectType: 'account', recordId: merged.id };
    const found = await read([keep, archived, missing, first, second], true);
    expect(found.find((one) => one.kind === 'live')).toMatchObject({ record: { ref: keep } });
    expect(found.filter((one) => one.kind !== 'live')).toEqual(
      expect.arrayContaining([
        { kind: 'archived', ref: archived },
        { kind: 'missing', ref: missing },
        { kind: 'merged', ref: first, into },
        { kind: 'merged', ref: second, into },
      ]),
    );
    expect(found).toHaveLength(5);
    expect((await readLive(into)).mergedIds.toSorted()).toEqual([first.recordId, second.recordId].toSorted());
  });

  test('a restored record is live again', async () => {
    const ref = await create('opportunity', { dealname: 'R' });
    await portal.person('POST', `/objects/deals/${ref.recordId}/archive`);
    expect(await read([ref])).toEqual([{ kind: 'archived', ref }]);
    await portal.person('POST', `/objects/deals/${ref.recordId}/restore`);
    expect((await read([ref]))[0]?.kind).toBe('live');
  });
});

describe('S14 many absent records', () => {
  test('attempts cut short by the budget go on where they stopped, and end', async () => {
    let left = 30;
    const gated = await installApp({
      adapter: {
        gate: {
          take: async () => {
            left -= 1;
            return left >= 0 ? { kind: 'granted' } : { kind: 'wait', waitMs: 5_000 };
          },
          report: async () => undefined,
        },
      },
      schema: false,
    });
    try {
      const refs = Array.from(
        { length: 100 },
        (_, index): HostRecordRef => ({ objectType: 'account', recordId: String(700_000 + index) }),
      );
      const ask = () => gated.adapter.readRecords(gated.connection, refs, { ...CALL, history: false });
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await ask()).toMatchObject({
          ok: false,
          failure: { kind: 'rateLimited', retryAfterMs: 5_000, scope: 'budget' },
        });
        left = 30;
      }
      const reads = expectOk(await ask());
      expect(reads).toEqual(refs.map((ref) => ({ kind: 'missing', ref })));
    } finally {
      await gated.stop();
    }
  });

  test('a host that answers a merged-away id with the record it became is understood as well', async () => {
    const lenient = await installApp({ behaviour: { batchReadResolvesMergedIds: true }, schema: false });
    try {
      const make = () =>
        lenient.person('POST', '/objects/deals', { properties: { dealname: 'm' } }) as Promise<{ id: string }>;
      const [first, second] = [await make(), await make()];
      const merged = (await lenient.person('POST', '/objects/deals/merge', {
        primaryId: first.id,
        mergedId: second.id,
      })) as { id: string };
      const ref: HostRecordRef = { objectType: 'opportunity', recordId: first.id };
      const reads = expectOk(await lenient.adapter.readRecords(lenient.connection, [ref], { ...CALL, history: false }));
      expect(reads).toEqual([{ kind: 'merged', ref, into: { ...ref, recordId: merged.id } }]);
    } finally {
      await lenient.stop();
    }
  });
});

describe('writing', () => {
  test('S6 a hundred records cost one call', async () => {
    const refs = await many(100);
    await portal.forgetCalls();
    const writes = refs.map((ref, index) => ({
      ref,
      values: { contractCount: String(index) },
      syncToken: `t${index}`,
      baseVersion: null,
    }));
    const outcomes = expectOk(await portal.adapter.writeRecords(portal.connection, writes, CALL));
    expect(outcomes.filter((outcome) => outcome.kind === 'written')).toHaveLength(100);
    expect((await portal.calls()).map((call) => call.count)).toEqual([1]);
  });

  test('a value HubSpot cannot hold is refused before the call, and the others are written', async () => {
    const [bad, good] = await many(2);
    if (bad === undefined || good === undefined) throw new Error('two');
    const outcomes = expectOk(
      await portal.adapter.writeRecords(
        portal.connection,
        [
          { ref: bad, values: { health: 'retired' }, syncToken: 'b', baseVersion: null },
          { ref: good, values: { health: 'good' }, syncToken: 'g', baseVersion: null },
        ],
        CALL,
      ),
    );
    expect(outcomes).toEqual(
      expect.arrayContaining([
        {
          kind: 'failed',
          ref: bad,
          failure: expect.objectContaining({ kind: 'rejected', code: 'UNKNOWN_OPTION', field: 'health' }),
        },
        { kind: 'written', ref: good },
      ]),
    );
  });

  test('a deleted and a merged-away record fail alone with notFound', async () => {
    const [a, b, c, gone] = await many(4, 'account');
    if (a === undefined || b === undefined || c === undefined || gone === undefined) throw new Error('four');
    await portal.person('POST', '/objects/companies/merge', { primaryId: a.recordId, mergedId: b.recordId });
    await portal.person('POST', `/objects/companies/${gone.recordId}/archive`);
    const writes = [a, b, c, gone].map((ref) => ({
      ref,
      values: { health: 'good' },
      syncToken: `t${ref.recordId}`,
      baseVersion: null,
    }));
    const outcomes = expectOk(await portal.adapter.writeRecords(portal.connection, writes, CALL));
    for (const ref of [a, b, gone])
      expect(outcomes).toContainEqual({ kind: 'failed', ref, failure: { kind: 'notFound' } });
    expect(outcomes).toContainEqual({ kind: 'written', ref: c });
  });
});

describe('a portal that refuses a batch as a whole', () => {
  let strict: Installed;
  beforeAll(async () => {
    strict = await installApp({ behaviour: { multiStatus: { create: false, update: false, upsert: false } } });
  });
  afterAll(() => strict.stop());

  test('one culprit among a hundred is found, and the others are written', async () => {
    const records = await Promise.all(
      Array.from(
        { length: 100 },
        () => strict.person('POST', '/objects/deals', { properties: { dealname: 'x' } }) as Promise<{ id: string }>,
      ),
    );
    const refs = records.map(({ id }): HostRecordRef => ({ objectType: 'opportunity', recordId: id }));
    const culprit = refs[63];
    if (culprit === undefined) throw new Error('a hundred');
    await strict.person('POST', `/objects/deals/${culprit.recordId}/archive`);
    await strict.forgetCalls();
    const writes = refs.map((ref, index) => ({
      ref,
      values: { stage: 'active' },
      syncToken: `t${index}`,
      baseVersion: null,
    }));
    const outcomes = expectOk(await strict.adapter.writeRecords(strict.connection, writes, CALL));
    expect(outcomes.filter((outcome) => outcome.kind === 'written')).toHaveLength(99);
    expect(outcomes.filter((outcome) => outcome.kind === 'failed')).toEqual([
      { kind: 'failed', ref: culprit, failure: { kind: 'notFound' } },
    ]);
    expect((await strict.calls()).reduce((sum, call) => sum + call.count, 0)).toBeLessThanOrEqual(15);
  });

  test('S14 a batch of culprits stops at the bound and leaves the rest for later', async () => {
    const refs = Array.from(
      { length: 100 },
      (_, index): HostRecordRef => ({ objectType: 'opportunity', recordId: String(900_000 + index) }),
    );
    await strict.forgetCalls();
    const writes = refs.map((ref, index) => ({
      ref,
      values: { stage: 'active' },
      syncToken: `t${index}`,
      baseVersion: null,
    }));
    const outcomes = expectOk(await strict.adapter.writeRecords(strict.connection, writes, CALL));
    expect(outcomes).toHaveLength(100);
    expect((await strict.calls()).reduce((sum, call) => sum + call.count, 0)).toBeLessThanOrEqual(41);
    expect(outcomes.some((outcome) => outcome.kind === 'failed' && outcome.failure.kind === 'unavailable')).toBe(true);
  });
});

describe('faults', () => {
  test('an answer lost after the work was done is unknown, and the next read shows our token', async () => {
    const ref = await create('opportunity', { dealname: 'U' });
    await portal.faults({ timeoutAfterCommitRate: 1 });
    const result = await portal.adapter.writeRecords(
      portal.connection,
      [{ ref, values: { stage: 'signed' }, syncToken: 'lost', baseVersion: null }],
      CALL,
    );
    expect(result).toMatchObject({ ok: false, failure: { kind: 'unknown' } });
    await portal.faults({ timeoutAfterCommitRate: 0 });
    expect(await readLive(ref)).toMatchObject({ syncToken: 'lost', values: { stage: 'signed' } });
  });

  test('a lost read is unavailable, a limit is rateLimited, a lock waits two seconds, a migration says how long', async () => {
    const ref = await create('opportunity', { dealname: 'F' });
    const attempt = () => portal.adapter.readRecords(portal.connection, [ref], { ...CALL, history: false });
    await portal.faults({ timeoutAfterCommitRate: 1 });
    expect(await attempt()).toMatchObject({ failure: { kind: 'unavailable' } });
    await portal.faults({ timeoutAfterCommitRate: 0, rateLimitRate: 1 });
    expect(await attempt()).toMatchObject({ failure: { kind: 'rateLimited', scope: 'burst' } });
    expect(portal.gate.reports.at(-1)?.limited?.scope).toBe('burst');
    await portal.faults({ rateLimitRate: 0, lockedRate: 1 });
    expect(await attempt()).toMatchObject({ failure: { kind: 'unavailable', retryAfterMs: 2_000 } });
    await portal.faults({ lockedRate: 0, migrationRate: 1 });
    expect(await attempt()).toMatchObject({ failure: { kind: 'unavailable', detail: 'account_migration' } });
    await portal.faults({ migrationRate: 0, serverErrorRate: 1 });
    expect(await attempt()).toMatchObject({ failure: { kind: 'unavailable' } });
  });

  test('S7 the budget hears what the headers say', async () => {
    await read([{ objectType: 'opportunity', recordId: '1' }]);
    expect(portal.gate.reports.at(-1)).toMatchObject({ bucket: 'burst', max: 110, intervalMs: 10_000 });
  });
});
