/** What the battery of all hosts cannot know of: versions, journals, permissions, sessions and the calls they cost in an org. */
import { afterEach, describe, expect, test } from 'vitest';
import type { HostRecordRef } from '../../server/crm/port.ts';
import { KEEP_ALIVE_AFTER_MS } from '../../server/crm/salesforce/session-source.ts';
import { CALL, expectOk, grantByPerson, installApp } from './salesforce-adapter-org.ts';
import type { InstalledOrg, InstallOptions } from './salesforce-adapter-org.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
async function install(options: InstallOptions = {}): Promise<InstalledOrg> {
  const installed = await installApp(options);
  stops.push(installed.stop);
  return installed;
}
const READ = { ...CALL, history: false };
const OPPORTUNITY = { Name: 'Deal', StageName: 'Prospecting', CloseDate: '2027-01-31', Amount: 120_000.5 };
const opportunity = (recordId: string): HostRecordRef => ({ objectType: 'opportunity', recordId });
const newOpportunity = ({ org }: InstalledOrg): HostRecordRef =>
  opportunity(org.people.create('Opportunity', OPPORTUNITY));
const pathsOf = ({ org }: InstalledOrg): readonly string[] =>
  org.apiCallCounts().flatMap(({ method, path, count }) => Array.from({ length: count }, () => `${method} ${path}`));

describe('reading', () => {
  test('200 records cost one call, when the fields are known', async () => {
    const app = await install();
    const refs = Array.from({ length: 200 }, () => newOpportunity(app));
    await app.adapter.readRecords(app.connection, refs.slice(0, 1), READ);
    const before = pathsOf(app).length;
    const reads = expectOk(await app.adapter.readRecords(app.connection, refs, { ...CALL, history: true }));
    expect(reads.map(({ kind }) => kind)).toEqual(refs.map(() => 'live'));
    expect(pathsOf(app).length - before).toBe(1);
  });

  test('facts are the org’s own: name, amount, day, stage, and the owner by e-mail', async () => {
    const app = await install();
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [newOpportunity(app)], READ));
    const owner = app.org.record('User', app.org.adminId);
    expect(read).toMatchObject({
      kind: 'live',
      record: {
        version: '0',
        syncToken: null,
        facts: {
          name: 'Deal',
          amount: '120000.5',
          closeDate: '2027-01-31',
          dealStage: 'Prospecting',
          ownerId: app.org.adminId,
          ownerEmail: owner?.['Email'],
        },
      },
    });
  });

  test('a case names its account, when it came and when it was first answered', async () => {
    const app = await install();
    const account = app.org.people.create('Account', { Name: 'Acme' });
    const id = app.org.people.create('Case', { Subject: 'Down', Priority: 'High', AccountId: account });
    app.org.people.edit('Case', id, { Status: 'Working' });
    const ref = { objectType: 'case', recordId: id } as const;
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [ref], { ...CALL, history: true }));
    if (read?.kind !== 'live') throw new Error('not live');
    expect(read.record.associations).toEqual({ account: [account] });
    expect(read.record.facts).toMatchObject({ subject: 'Down', priority: 'High', closedAt: null });
    expect(Number(read.record.facts['respondedAt'])).toBeGreaterThanOrEqual(Number(read.record.facts['openedAt']));
    expect(read.record).toMatchObject({ version: null, history: null });
  });

  test('what is no id never reaches the org and is missing; a short id is answered under the name asked for', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    const short = opportunity(ref.recordId.slice(0, 15));
    const asked = [short, opportunity("x' OR Name != '"), opportunity('')];
    const reads = expectOk(await app.adapter.readRecords(app.connection, asked, READ));
    expect(reads.map((read) => [read.kind, read.kind === 'live' ? read.record.ref : read.ref])).toEqual([
      ['live', short],
      ['missing', asked[1]],
      ['missing', asked[2]],
    ]);
  });
});

describe('writing', () => {
  test('S10 a value that Salesforce cannot hold stops its own record only', async () => {
    const app = await install();
    const [good, bad] = [newOpportunity(app), newOpportunity(app)];
    const write = (ref: HostRecordRef, contractValue: string) => ({
      ref,
      values: { contractValue, contractCurrency: 'KWD' },
      syncToken: 'token-1',
      baseVersion: '0',
    });
    const outcomes = expectOk(
      await app.adapter.writeRecords(app.connection, [write(bad, '1.234'), write(good, '1.230')], CALL),
    );
    expect(outcomes).toEqual(
      expect.arrayContaining([
        { kind: 'written', ref: good },
        {
          kind: 'failed',
          ref: bad,
          failure: {
            kind: 'rejected',
            code: 'TOO_MANY_DECIMALS',
            field: 'contractValue',
            detail: 'counterpart__Contract_Value__c',
          },
        },
      ]),
    );
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [good], READ));
    expect(read).toMatchObject({ record: { values: { contractValue: '1.230', contractCurrency: 'KWD' } } });
  });

  test('a row that others hold is tried again later, alone', async () => {
    const app = await install();
    const [free, held] = [newOpportunity(app), newOpportunity(app)];
    app.org.lockRows([held.recordId]);
    const writes = [free, held].map((ref) => ({
      ref,
      values: { stage: 'active' },
      syncToken: 'token-1',
      baseVersion: '0',
    }));
    const outcomes = expectOk(await app.adapter.writeRecords(app.connection, writes, CALL));
    expect(outcomes).toEqual([
      { kind: 'written', ref: free },
      {
        kind: 'failed',
        ref: held,
        failure: { kind: 'unavailable', retryAfterMs: 2_000, detail: 'UNABLE_TO_LOCK_ROW' },
      },
    ]);
  });

  test('S5 the same write twice changes nothing the second time', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    const writes = [{ ref, values: { stage: 'active' }, syncToken: 'token-1', baseVersion: '0' }];
    for (let time = 0; time < 2; time += 1)
      expect(expectOk(await app.adapter.writeRecords(app.connection, writes, CALL))).toEqual([
        { kind: 'written', ref },
      ]);
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [ref], { ...CALL, history: true }));
    expect(read).toMatchObject({ record: { version: '1' } });
    expect(read?.kind === 'live' ? read.record.history?.length : 0).toBe(2);
  });

  test('S9 the journal tells which contract the record showed when somebody edited it', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    const values = { leadContractNumber: 'C-2', leadContractTitle: 'Support', renewalDate: '2027-06-01' };
    const writes = [{ ref, values, syncToken: 'token-1', baseVersion: '0' }];
    expectOk(await app.adapter.writeRecords(app.connection, writes, CALL));
    app.org.people.edit('Opportunity', ref.recordId, { counterpart__Renewal_Date__c: '2027-07-01' });
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [ref], { ...CALL, history: true }));
    expect(read).toMatchObject({
      record: {
        history: [
          { field: 'leadContractNumber', value: 'C-2', author: 'us' },
          { field: 'renewalDate', value: '2027-06-01', author: 'us' },
          { field: 'syncToken', value: 'token-1', author: 'us' },
          { field: 'renewalDate', value: '2027-07-01', author: 'person' },
        ],
      },
    });
  });

  test('S2 an edit between reading and writing is kept, and the journal names who made it', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    app.org.people.edit('Opportunity', ref.recordId, { counterpart__Renewal_Date__c: '2027-06-01' });
    const writes = [{ ref, values: { renewalDate: '2028-01-01' }, syncToken: 'token-1', baseVersion: '0' }];
    expect(expectOk(await app.adapter.writeRecords(app.connection, writes, CALL))).toEqual([
      { kind: 'failed', ref, failure: { kind: 'stale' } },
    ]);
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [ref], { ...CALL, history: true }));
    const email = app.org.record('User', app.org.adminId)?.['Email'];
    expect(read).toMatchObject({
      record: {
        values: { renewalDate: '2027-06-01' },
        history: [{ field: 'renewalDate', value: '2027-06-01', author: 'person', authorId: email }],
      },
    });
  });
});

describe('permissions', () => {
  test('without the package rows have nowhere to go, which is said so', async () => {
    const app = await install();
    app.org.setBehaviour({ adminSeesPackageFields: false });
    const request = {
      object: 'counterpart__Contract_Record__c',
      externalIdField: 'counterpart__External_Id__c',
      rows: [{ externalId: 'contract-1', fields: {} }],
    };
    expect(await app.adapter.upsertRows(app.connection, request, CALL)).toEqual({
      ok: false,
      failure: { kind: 'forbidden', missing: ['counterpart__Contract_Record__c'] },
    });
  });

  test('without the package every field is named as missing, and nothing is taken for deleted', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    app.org.setBehaviour({ adminSeesPackageFields: false });
    const schema = await app.adapter.ensureSchema(app.connection, CALL);
    expect(schema).toMatchObject({ ok: false, failure: { kind: 'forbidden' } });
    const missing = !schema.ok && schema.failure.kind === 'forbidden' ? schema.failure.missing : [];
    expect(missing).toContain('Opportunity.counterpart__Edit_Journal__c');
    expect(missing).toContain('Opportunity.counterpart__Contract_Stage__c');
    const read = await app.adapter.readRecords(app.connection, [ref], READ);
    expect(read).toMatchObject({ ok: false, failure: { kind: 'forbidden' } });
  });

  test('once the fields are back, the next read works: what was known before is not held on to', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    expectOk(await app.adapter.readRecords(app.connection, [ref], READ));
    app.org.setBehaviour({ adminSeesPackageFields: false });
    expect(await app.adapter.readRecords(app.connection, [ref], READ)).toMatchObject({
      failure: { kind: 'unavailable' },
    });
    expect(await app.adapter.readRecords(app.connection, [ref], READ)).toMatchObject({
      failure: { kind: 'forbidden' },
    });
    app.org.setBehaviour({ adminSeesPackageFields: true });
    expectOk(await app.adapter.readRecords(app.connection, [ref], READ));
  });

  test('the package’s permission set for the integration user is enough for all of it', async () => {
    const userId = '005CP0000000int';
    const app = await install({
      seed: () => ({
        users: [
          {
            id: userId,
            firstName: 'Sync',
            lastName: 'User',
            email: 'sync@example.com',
            permissionSets: ['counterpart__Counterpart_Integration'],
          },
        ],
      }),
    });
    const grant = expectOk(await grantByPerson(app.org, app.oauth, idOfUser(app, 'sync@example.com')));
    expect(grant.user.email).toBe('sync@example.com');
    await app.vault.write(app.connection, grant.credential);
    expectOk(await app.adapter.ensureSchema(app.connection, CALL));
    const ref = newOpportunity(app);
    const writes = [{ ref, values: { stage: 'active' }, syncToken: 'token-1', baseVersion: '0' }];
    expect(expectOk(await app.adapter.writeRecords(app.connection, writes, CALL))).toEqual([{ kind: 'written', ref }]);
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [ref], { ...CALL, history: true }));
    expect(read).toMatchObject({ record: { version: '1', syncToken: 'token-1' } });
  });
});

function idOfUser({ org }: InstalledOrg, email: string): string {
  const id = ['005CP0000000intAAA', '005CP0000000int'].find((one) => org.record('User', one)?.['Email'] === email);
  return String(org.record('User', id ?? '')?.['Id'] ?? id);
}

describe('sessions', () => {
  test('S8 an ended session is renewed once, the rotated token stored, and the call made again', async () => {
    const app = await install();
    const ref = newOpportunity(app);
    app.org.expireSessions();
    const read = () => app.adapter.readRecords(app.connection, [ref], READ);
    const [first, second] = await Promise.all([read(), read()]);
    expectOk(first);
    expectOk(second);
    expect(app.vault.writes).toHaveLength(1);
    const again = await app.vault.read(app.connection);
    expect(again?.refreshToken).toBe(app.vault.writes[0]?.refreshToken);
    app.org.expireSessions();
    expectOk(await read());
    expect(app.vault.writes).toHaveLength(2);
  });

  test('S8 a grant that an administrator has ended parks the connection', async () => {
    const app = await install();
    app.org.revokeGrants();
    app.org.expireSessions();
    expect(await app.adapter.readRecords(app.connection, [newOpportunity(app)], READ)).toEqual({
      ok: false,
      failure: { kind: 'authRevoked', detail: 'invalid_grant' },
    });
  });

  test('S8 two processes that refresh at once end nothing', async () => {
    const app = await install({ behaviour: { tokenProcessingMs: 30 } });
    const stale = (await app.vault.read(app.connection))?.accessToken ?? '';
    const both = await Promise.all([1, 2].map(() => app.sessions.renewed(app.connection, stale)));
    expect(both[0]).toEqual(both[1]);
    app.org.expireSessions();
    expectOk(await app.adapter.readRecords(app.connection, [newOpportunity(app)], READ));
  });

  test('an idle grant is kept alive', async () => {
    const app = await install();
    expect(await app.sessions.keepAlive(app.connection)).toEqual({ ok: true, value: 'fresh' });
    const credential = await app.vault.read(app.connection);
    if (credential === null) throw new Error('installed');
    await app.vault.write(app.connection, { ...credential, expiresAt: credential.expiresAt - KEEP_ALIVE_AFTER_MS });
    expect(await app.sessions.keepAlive(app.connection)).toEqual({ ok: true, value: 'renewed' });
  });

  test('after it was ended, nothing works any more', async () => {
    const app = await install();
    const credential = await app.vault.read(app.connection);
    if (credential === null) throw new Error('installed');
    expect(await app.oauth.end(credential)).toBe('uninstalled');
    expect(await app.adapter.describeAccount(app.connection, CALL)).toMatchObject({
      failure: { kind: 'authRevoked' },
    });
  });
});

describe('S7 limits', () => {
  test('each answer tells the day’s count, and a spent day is a limit, not an outage', async () => {
    const app = await install({ behaviour: { dailyApiRequests: 4 } });
    expectOk(await app.adapter.describeAccount(app.connection, CALL));
    expect(app.gate.reports[0]).toMatchObject({ bucket: 'daily', max: 4, remaining: 3, intervalMs: 86_400_000 });
    for (let call = 0; call < 4; call += 1) await app.adapter.describeAccount(app.connection, CALL);
    expect(await app.adapter.describeAccount(app.connection, CALL)).toEqual({
      ok: false,
      failure: { kind: 'rateLimited', scope: 'daily', retryAfterMs: 900_000 },
    });
    expect(app.gate.reports.at(-1)).toMatchObject({ limited: { scope: 'daily' }, remaining: 0 });
  });

  test('a write whose answer is lost may have happened', async () => {
    const app = await install({ faults: { timeoutAfterCommitRate: 1 }, behaviour: { timeoutHoldMs: 10 } });
    const ref = newOpportunity(app);
    const writes = [{ ref, values: { stage: 'active' }, syncToken: 'token-1', baseVersion: '0' }];
    expect(await app.adapter.writeRecords(app.connection, writes, CALL)).toMatchObject({
      ok: false,
      failure: { kind: 'unknown' },
    });
    app.org.setFaults({ timeoutAfterCommitRate: 0 });
    const [read] = expectOk(await app.adapter.readRecords(app.connection, [ref], READ));
    expect(read).toMatchObject({ record: { syncToken: 'token-1' } });
  });
});

test('an org says who it is, when its day is and which money it counts in', async () => {
  const app = await install();
  expect(expectOk(await app.adapter.describeAccount(app.connection, CALL))).toEqual({
    accountId: app.org.orgId,
    name: 'Practice',
    uiOrigin: app.org.url,
    timeZone: 'Asia/Shanghai',
    currency: 'CNY',
  });
});

test('rows go in under our ids: a second time changes nothing, and a bad row stands alone', async () => {
  const app = await install();
  const row = (externalId: string, number: string, revision = '1') => ({
    externalId,
    fields: {
      Name: { kind: 'text', text: 'Lease' },
      counterpart__Revision__c: { kind: 'number', decimal: revision },
      counterpart__Contract_Number__c: { kind: 'text', text: number },
      counterpart__Title__c: { kind: 'text', text: 'Lease' },
      counterpart__Contract_Value__c: { kind: 'number', decimal: '1200.50' },
      counterpart__End_Date__c: { kind: 'date', day: '2027-12-31' },
    } as const,
  });
  const request = {
    object: 'counterpart__Contract_Record__c',
    externalIdField: 'counterpart__External_Id__c',
    rows: [row('contract-1', 'C-1'), row('contract-2', 'C-2')],
  };
  const first = expectOk(await app.adapter.upsertRows(app.connection, request, CALL));
  expect(first).toMatchObject([
    { kind: 'written', externalId: 'contract-1', created: true },
    { kind: 'written', externalId: 'contract-2', created: true },
  ]);
  const broken = {
    ...row('contract-2', 'C-2'),
    fields: { counterpart__Contract_Value__c: { kind: 'number', decimal: '1234567890123456.78' } as const },
  };
  const second = expectOk(
    await app.adapter.upsertRows(app.connection, { ...request, rows: [broken, row('contract-1', 'C-1b', '2')] }, CALL),
  );
  expect(second).toMatchObject([
    { kind: 'failed', externalId: 'contract-2', failure: { code: 'NOT_REPRESENTABLE' } },
    { kind: 'written', externalId: 'contract-1', created: false },
  ]);
  const recordId = first[0]?.kind === 'written' ? first[0].recordId : '';
  expect(app.org.record('counterpart__Contract_Record__c', recordId)).toMatchObject({
    counterpart__Contract_Number__c: 'C-1b',
    counterpart__Contract_Value__c: 1200.5,
    counterpart__End_Date__c: '2027-12-31',
  });
  const again = { ...request, rows: [row('contract-1', 'C-1'), row('contract-1', 'C-1')] };
  await expect(app.adapter.upsertRows(app.connection, again, CALL)).rejects.toThrow('once');
});
