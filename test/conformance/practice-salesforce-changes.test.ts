/** What changes in the practice org lead to: triggers of the package, change events, replication and bulk; each title names its page. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OrgChange } from '../../extensions/practice/salesforce/org-change.ts';
import { at, textAt } from '../support/practice.ts';
import { type OrgForTest, type RestCall, SECOND_USER_ID, logIn, restFor, startOrg } from '../support/practice-org.ts';

const own = (name: string): string => `counterpart__${name}`;
const [STAGE, TOKEN, BASE, VERSION, JOURNAL] = [
  'Contract_Stage__c',
  'Sync_Token__c',
  'Base_Version__c',
  'Mirror_Version__c',
  'Edit_Journal__c',
].map(own);
const MINUTE_MS = 60_000;

let practice: OrgForTest;
let rest: RestCall;
let changes: OrgChange[] = [];
beforeEach(async () => {
  practice = await startOrg();
  rest = restFor(practice.org, (await logIn(practice.org)).access_token);
  changes = [];
  practice.org.onChange((change) => changes.push(change));
});
afterEach(async () => practice.stop());

const deal = (values = {}): string =>
  practice.org.people.create('Opportunity', {
    Name: 'Deal',
    StageName: 'Prospecting',
    CloseDate: '2027-01-31',
    ...values,
  });
const write = (id: string, values: object, headers = {}) =>
  rest('PATCH', `/sobjects/Opportunity/${id}`, values, headers);
const ours = (token: string, base: number, values = {}): object => ({
  [TOKEN ?? '']: token,
  [BASE ?? '']: base,
  ...values,
});
const stored = (id: string): Readonly<Record<string, unknown>> => practice.org.record('Opportunity', id) ?? {};
const journal = (id: string): readonly unknown[] => {
  const kept = stored(id)[JOURNAL ?? ''] ?? '[]';
  if (typeof kept !== 'string') throw new Error('the journal is no text');
  return JSON.parse(kept);
};

describe('The package’s trigger MirrorJournal', () => {
  test('a write of ours on the stored version raises it; on an older one it is refused alone', async () => {
    const id = deal();
    expect((await write(id, ours('t1', 0, { [STAGE ?? '']: 'active' }))).status).toBe(204);
    expect(stored(id)).toMatchObject({ [VERSION ?? '']: 1, [STAGE ?? '']: 'active' });
    const stale = await write(id, ours('t2', 0, { [STAGE ?? '']: 'expired' }));
    expect([stale.status, at(stale.body, 0, 'errorCode')]).toEqual([400, 'FIELD_CUSTOM_VALIDATION_EXCEPTION']);
    expect(textAt(stale.body, 0, 'message')).toMatch(/^STALE_BASE_VERSION: /);
    expect(stored(id)[STAGE ?? '']).toBe('active');
  });

  test('a person’s edit of any mirrored value raises the version too, other edits do not', async () => {
    const id = deal();
    practice.org.people.edit('Opportunity', id, { [STAGE ?? '']: 'signed' });
    practice.org.people.edit('Opportunity', id, { [own('Lead_Contract_Title__c')]: 'Typed by hand' });
    practice.org.people.edit('Opportunity', id, { Name: 'Renamed' });
    expect(stored(id)[VERSION ?? '']).toBe(2);
    expect(journal(id)).toHaveLength(1);
    expect((await write(id, ours('t1', 1))).status).toBe(400);
    expect((await write(id, ours('t1', 2))).status).toBe(204);
  });

  test('the journal tells who set what when, oldest first, twenty entries a field', async () => {
    const id = deal();
    await write(id, ours('t1', 0, { [STAGE ?? '']: 'active' }));
    practice.org.people.edit('Opportunity', id, { [STAGE ?? '']: null }, { userId: practice.org.adminId });
    expect(journal(id)).toMatchObject([
      { f: 'Contract_Stage__c', v: 'active', o: true, u: 'admin@practice-org.example' },
      { f: 'Sync_Token__c', v: 't1', o: true },
      { f: 'Contract_Stage__c', v: null, o: false },
    ]);
    for (let round = 0; round < 25; round += 1)
      practice.org.people.edit('Opportunity', id, { [STAGE ?? '']: round % 2 === 0 ? 'signed' : 'active' });
    expect(journal(id).filter((entry) => at(entry, 'f') === 'Contract_Stage__c')).toHaveLength(20);
    expect(journal(id).filter((entry) => at(entry, 'f') === 'Sync_Token__c')).toHaveLength(1);
  });

  test('the journal tells which contract the record showed, and of our other fields nothing', async () => {
    const id = deal();
    const shown = { [own('Lead_Contract_Number__c')]: 'C-2', [own('Lead_Contract_Title__c')]: 'Support' };
    await write(id, ours('t1', 0, { ...shown, [STAGE ?? '']: 'active' }));
    practice.org.people.edit('Opportunity', id, { [STAGE ?? '']: 'signed' });
    expect(journal(id)).toMatchObject([
      { f: 'Lead_Contract_Number__c', v: 'C-2', o: true },
      { f: 'Contract_Stage__c', v: 'active', o: true },
      { f: 'Sync_Token__c', v: 't1', o: true },
      { f: 'Contract_Stage__c', v: 'signed', o: false },
    ]);
  });

  test('version and journal are put back whoever writes them', async () => {
    const id = deal({ [STAGE ?? '']: 'active' });
    expect((await write(id, { [VERSION ?? '']: 99, [JOURNAL ?? '']: 'nonsense' })).status).toBe(204);
    expect(stored(id)[VERSION ?? '']).toBe(1);
    expect(journal(id)).toHaveLength(1);
    expect(() => practice.org.people.edit('Opportunity', id, { [TOKEN ?? '']: 'mine' })).toThrow(
      /Unable to create\/update fields/,
    );
  });
});

describe('The package’s trigger CaseFirstResponse', () => {
  const responded = (id: string): unknown => practice.org.record('Case', id)?.[own('First_Response_At__c')];
  const open = (): string => practice.org.people.create('Case', { Subject: 'Slow' });

  test('the first departure from New answers the case, once', () => {
    const id = open();
    practice.org.people.edit('Case', id, { Priority: 'High' });
    expect(responded(id) ?? null).toBeNull();
    practice.org.people.edit('Case', id, { Status: 'Working' });
    const first = responded(id);
    expect(first).toMatch(/^\d{4}-/);
    practice.clock.advance(MINUTE_MS);
    practice.org.people.edit('Case', id, { Status: 'New' });
    practice.org.people.edit('Case', id, { Status: 'Closed' });
    expect(responded(id)).toBe(first);
    expect(practice.org.record('Case', id)?.ClosedDate).toMatch(/^\d{4}-/);
  });

  test('a public comment answers it, a private one does not', () => {
    const id = open();
    practice.org.people.create('CaseComment', { ParentId: id, CommentBody: 'internal', IsPublished: false });
    expect(responded(id) ?? null).toBeNull();
    practice.org.people.create('CaseComment', { ParentId: id, CommentBody: 'hello', IsPublished: true });
    expect(responded(id)).toMatch(/^\d{4}-/);
  });
});

test('The package’s trigger ContractRecordGuard: a late write of an older revision is refused', async () => {
  const path = `/sobjects/counterpart__Contract_Record__c/${own('External_Id__c')}/c-1`;
  const revision = (number: number) => rest('PATCH', path, { [own('Revision__c')]: number });
  expect((await revision(2)).status).toBe(201);
  expect(textAt((await revision(1)).body, 0, 'message')).toMatch(/^STALE_REVISION: /);
  expect((await revision(2)).status).toBe(200);
});

describe('Change Data Capture guide, Change event header and body fields', () => {
  test('an update names changed fields, LastModifiedDate among them, and the values of those alone', async () => {
    const id = deal();
    practice.clock.advance(2_000);
    await write(id, { Name: 'Other', Amount: 5 }, { 'sforce-call-options': 'client=Counterpart' });
    expect(changes.at(-1)).toMatchObject({
      orgId: practice.org.orgId,
      entityName: 'Opportunity',
      changeType: 'UPDATE',
      recordIds: [id],
      commitUser: practice.org.adminId,
      changeOrigin: 'com/salesforce/api/rest/68.0;client=Counterpart',
    });
    expect(changes.at(-1)?.changedFields.toSorted()).toEqual(['Amount', 'LastModifiedDate', 'Name']);
    expect(Object.keys(changes.at(-1)?.values ?? {}).sort()).toEqual(['Amount', 'LastModifiedDate', 'Name']);
    await write(id, { Amount: null });
    expect(changes.at(-1)?.nulledFields).toEqual(['Amount']);
  });

  test('people come through the internal client, and creating, deleting and undeleting have types of their own', () => {
    const id = deal();
    practice.org.people.delete('Opportunity', id);
    practice.org.people.undelete('Opportunity', id);
    expect(changes.map(({ changeType }) => changeType)).toEqual(['CREATE', 'DELETE', 'UNDELETE']);
    expect(new Set(changes.map(({ changeOrigin }) => changeOrigin))).toEqual(
      new Set(['com/salesforce/api/soap/68.0;client=SfdcInternalAPI/']),
    );
    expect(changes[0]?.values.Name).toBe('Deal');
  });

  test('one transaction has one key, numbers in sequence, and equal changes in one event', async () => {
    const [a, b, c] = [deal(), deal(), deal()];
    changes = [];
    const records = [a, b, c].map((id, index) => ({
      attributes: { type: 'Opportunity' },
      id,
      Amount: index === 2 ? 7 : 5,
    }));
    await rest('PATCH', '/composite/sobjects', { records });
    expect(changes.map(({ recordIds }) => recordIds)).toEqual([[a, b], [c]]);
    expect(changes.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 2]);
    expect(new Set(changes.map(({ transactionKey }) => transactionKey)).size).toBe(1);
    expect(changes[0]?.commitNumber ?? 0n).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
  });

  test('with the other readings: no client on collections, no event for an equal value, one event for each record', async () => {
    practice.org.setBehaviour({
      clientIdOnCollections: false,
      sameValueTouchesRecord: false,
      mergeChangeEvents: false,
    });
    const [a, b] = [deal(), deal()];
    changes = [];
    const records = [a, b].map((id) => ({ attributes: { type: 'Opportunity' }, id, Amount: 5 }));
    const send = () =>
      rest('PATCH', '/composite/sobjects', { records }, { 'sforce-call-options': 'client=Counterpart' });
    await send();
    expect(changes.map(({ changeOrigin }) => changeOrigin)).toEqual([
      'com/salesforce/api/rest/68.0',
      'com/salesforce/api/rest/68.0',
    ]);
    await send();
    expect(changes).toHaveLength(2);
    practice.org.setBehaviour({ sameValueTouchesRecord: true });
    await send();
    expect(changes.at(-1)?.changedFields).toEqual(['LastModifiedDate']);
  });

  test('what was refused or rolled back is no event', async () => {
    const id = deal();
    changes = [];
    await write(id, { StageName: null });
    const records = [
      { attributes: { type: 'Opportunity' }, id, Amount: 5 },
      { attributes: { type: 'Opportunity' }, id, Name: '' },
    ];
    await rest('PATCH', '/composite/sobjects', { allOrNone: true, records });
    expect(changes).toEqual([]);
  });

  test('a record that a trigger touches again yields one event', () => {
    const id = practice.org.people.create('Case', { Subject: 'Slow' });
    changes = [];
    practice.org.people.create('CaseComment', { ParentId: id, CommentBody: 'hello', IsPublished: true });
    expect(changes.map(({ entityName, changeType }) => `${changeType} ${entityName}`).sort()).toEqual([
      'CREATE CaseComment',
      'UPDATE Case',
    ]);
  });
});

describe('REST guide, sObject Get Updated and Get Deleted', () => {
  const span = (fromMs: number, untilMs: number): string => {
    const instant = (offset: number): string =>
      encodeURIComponent(new Date(practice.clock.now() + offset).toISOString());
    return `start=${instant(fromMs)}&end=${instant(untilMs)}`;
  };

  test('names what changed in the span, and how far the answer is complete', async () => {
    const id = deal();
    const answer = await rest('GET', `/sobjects/Opportunity/updated?${span(-5 * MINUTE_MS, 2 * MINUTE_MS)}`);
    expect(at(answer.body, 'ids')).toEqual([id]);
    expect(textAt(answer.body, 'latestDateCovered')).toMatch(/:00\.000\+0000$/);
    practice.org.setBehaviour({ latestDateCoveredLagMs: 3 * MINUTE_MS });
    const behind = await rest('GET', `/sobjects/Opportunity/updated?${span(-5 * MINUTE_MS, 2 * MINUTE_MS)}`);
    expect(Date.parse(textAt(behind.body, 'latestDateCovered'))).toBeLessThanOrEqual(
      practice.clock.now() - 3 * MINUTE_MS,
    );
  });

  test('deleted records move from one list to the other', async () => {
    const id = deal();
    practice.org.people.delete('Opportunity', id);
    expect(
      at((await rest('GET', `/sobjects/Opportunity/updated?${span(-MINUTE_MS, 2 * MINUTE_MS)}`)).body, 'ids'),
    ).toEqual([]);
    const { body } = await rest('GET', `/sobjects/Opportunity/deleted?${span(-MINUTE_MS, 2 * MINUTE_MS)}`);
    expect(at(body, 'deletedRecords', 0, 'id')).toBe(id);
    expect(Object.keys(body ?? {}).sort()).toEqual(['deletedRecords', 'earliestDateAvailable', 'latestDateCovered']);
  });

  test('seconds are ignored, the start comes before the end, and 30 or 15 days is as far as it goes', async () => {
    const code = async (path: string): Promise<unknown> =>
      at((await rest('GET', `/sobjects/Opportunity/${path}`)).body, 0, 'errorCode');
    const day = 86_400_000;
    expect(await code(`updated?${span(0, 0)}`)).toBe('INVALID_REPLICATION_DATE');
    expect(await code(`updated?${span(-31 * day, 0)}`)).toBe('INVALID_REPLICATION_DATE');
    expect(await code(`updated?${span(-29 * day, 0)}`)).toBeUndefined();
    expect(await code(`deleted?${span(-16 * day, 0)}`)).toBe('INVALID_REPLICATION_DATE');
  });

  test('a commit that lands late carries its earlier stamp', () => {
    const id = deal();
    practice.org.people.edit('Opportunity', id, { Name: 'Late' }, { stampedAt: Date.parse('2026-01-05T08:00:00Z') });
    expect(stored(id).SystemModstamp).toBe('2026-01-05T08:00:00.000+0000');
  });
});

describe('Bulk API guide, Bulk API 2.0', () => {
  test('a query job goes from UploadComplete over InProgress to JobComplete and pages by locator', async () => {
    practice.org.setBehaviour({ bulkPollsInProgress: 1 });
    const ids = [deal(), deal(), deal({ AccountId: practice.org.people.create('Account', { Name: 'A, "quoted"' }) })];
    const made = await rest('POST', '/jobs/query', {
      operation: 'query',
      query: 'SELECT Id, Account.Name FROM Opportunity',
    });
    const job = `/jobs/query/${textAt(made.body, 'id')}`;
    const state = async (): Promise<unknown> => at((await rest('GET', job)).body, 'state');
    expect([at(made.body, 'state'), await state(), await state()]).toEqual([
      'UploadComplete',
      'InProgress',
      'JobComplete',
    ]);
    const first = await rest('GET', `${job}/results?maxRecords=2`);
    expect(first.headers.get('sforce-numberofrecords')).toBe('2');
    const last = await rest('GET', `${job}/results?maxRecords=2&locator=${first.headers.get('sforce-locator') ?? ''}`);
    expect(last.headers.get('sforce-locator')).toBe('null');
    expect(last.body).toBe(`"Id","Account.Name"\n"${ids[2] ?? ''}","A, ""quoted"""\n`);
  });

  test('an ingest job works each line off alone and tells what became of it', async () => {
    const made = await rest('POST', '/jobs/ingest', { object: 'Account', operation: 'insert' });
    const job = `/jobs/ingest/${textAt(made.body, 'id')}`;
    expect(at(made.body, 'state')).toBe('Open');
    const upload = await rest('PUT', `${job}/batches`, 'Name,Website\nGood,https://a.example\n,https://b.example\n', {
      'content-type': 'text/csv',
    });
    expect(upload.status).toBe(201);
    expect(at((await rest('PATCH', job, { state: 'UploadComplete' })).body, 'state')).toBe('UploadComplete');
    expect((await rest('GET', job)).body).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 2,
      numberRecordsFailed: 1,
    });
    expect((await rest('GET', `${job}/successfulResults`)).body).toContain('"true","Good"');
    expect((await rest('GET', `${job}/failedResults`)).body).toContain('REQUIRED_FIELD_MISSING');
    expect(changes.at(-1)?.changeOrigin).toBe('com/salesforce/api/bulkapi/68.0');
  });

  test('an unknown column fails the job, an empty cell leaves a field alone, #N/A empties it', async () => {
    const id = practice.org.people.create('Account', { Name: 'A', Website: 'https://a.example', Phone: '1' });
    const run = async (csv: string): Promise<unknown> => {
      const job = `/jobs/ingest/${textAt((await rest('POST', '/jobs/ingest', { object: 'Account', operation: 'update' })).body, 'id')}`;
      await rest('PUT', `${job}/batches`, csv, { 'content-type': 'text/csv' });
      await rest('PATCH', job, { state: 'UploadComplete' });
      return at((await rest('GET', job)).body, 'state');
    };
    expect(await run('Id,Nonsense\n1,2\n')).toBe('Failed');
    expect(await run(`Id,Website,Phone\n${id},,#N/A\n`)).toBe('JobComplete');
    expect(practice.org.record('Account', id)).toMatchObject({ Website: 'https://a.example', Phone: null });
  });

  test('a job is its creator’s, and has no results before it is complete', async () => {
    practice.org.setBehaviour({ bulkPollsInProgress: 5 });
    const made = await rest('POST', '/jobs/query', { operation: 'query', query: 'SELECT Id FROM Account' });
    const job = `/jobs/query/${textAt(made.body, 'id')}`;
    expect(at((await rest('GET', `${job}/results`)).body, 0, 'errorCode')).toBe('INVALIDJOBSTATE');
    const other = restFor(practice.org, (await logIn(practice.org, SECOND_USER_ID)).access_token);
    expect((await other('GET', job)).status).toBe(404);
    expect(at((await rest('PATCH', job, { state: 'Aborted' })).body, 'state')).toBe('Aborted');
  });
});
