/** Rows of the practice org: single, by external id, in collections and composites; each title names the page that documents the fact. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { longId, readId } from '../../extensions/practice/salesforce/record-id.ts';
import { at, textAt } from '../support/practice.ts';
import { type OrgForTest, type RestCall, SECOND_USER_ID, logIn, restFor, startOrg } from '../support/practice-org.ts';

let practice: OrgForTest;
let rest: RestCall;
beforeAll(async () => {
  practice = await startOrg();
  rest = restFor(practice.org, (await logIn(practice.org)).access_token);
});
afterAll(async () => practice.stop());

const STAGE = 'counterpart__Contract_Stage__c';
const RECORD = 'counterpart__Contract_Record__c';
const KEY = 'counterpart__External_Id__c';
const contract = { counterpart__Contract_Number__c: 'C-1', counterpart__Revision__c: 1 };
let serial = 0;
const account = (values = {}): string =>
  practice.org.people.create('Account', { Name: `Account ${(serial += 1)}`, ...values });
const opportunity = (values = {}): string =>
  practice.org.people.create('Opportunity', {
    Name: `Deal ${(serial += 1)}`,
    StageName: 'Prospecting',
    CloseDate: '2027-01-31',
    ...values,
  });
const firstError = (body: unknown): readonly unknown[] => [
  at(body, 0, 'errorCode'),
  at(body, 0, 'message'),
  at(body, 0, 'fields'),
];

describe('Object reference, ID field type', () => {
  test('18 characters are 15 and a checksum of their upper-case letters', () => {
    expect(longId('00130000000Abcd')).toBe('00130000000AbcdAAC');
    expect(longId('0013000000DTVN2')).toBe('0013000000DTVN2AAP');
    expect(readId('00130000000AbcdAAC')).toBe('00130000000AbcdAAC');
    expect(readId('00130000000AbcdAAA')).toBeNull();
    expect(readId('0013')).toBeNull();
  });

  test('both forms name the same record', async () => {
    const id = account();
    expect(at((await rest('GET', `/sobjects/Account/${id.slice(0, 15)}`)).body, 'Id')).toBe(id);
  });
});

describe('REST guide, sObject Rows', () => {
  test('POST creates with 201, id, success and errors', async () => {
    const answer = await rest('POST', '/sobjects/Account', { Name: 'New', Website: 'https://new.example' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: textAt(answer.body, 'id'), success: true, errors: [] });
    expect(answer.headers.get('location')).toContain('/sobjects/Account/001');
  });

  test('GET answers attributes and fields, all or those asked for', async () => {
    const id = account();
    const all = await rest('GET', `/sobjects/Account/${id}`);
    expect(at(all.body, 'attributes')).toEqual({ type: 'Account', url: `/services/data/v68.0/sobjects/Account/${id}` });
    expect(at(all.body, 'CreatedDate')).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.000\+0000$/);
    const few = await rest('GET', `/sobjects/Account/${id}?fields=Name,website`);
    expect(Object.keys(few.body ?? {}).sort()).toEqual(['Name', 'Website', 'attributes']);
    expect((await rest('GET', `/sobjects/Account/${id}?fields=Nonsense`)).status).toBe(400);
  });

  test('PATCH answers 204 and changes only what is named; DELETE answers 204', async () => {
    const id = account({ Website: 'https://a.example' });
    expect((await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'Renamed' })).status).toBe(204);
    expect(practice.org.record('Account', id)).toMatchObject({ Name: 'Renamed', Website: 'https://a.example' });
    expect((await rest('DELETE', `/sobjects/Account/${id}`)).status).toBe(204);
    expect(practice.org.record('Account', id)?.IsDeleted).toBe(true);
  });

  test('what is not there is 404: NOT_FOUND, or ENTITY_IS_DELETED in the bin', async () => {
    expect(firstError((await rest('GET', `/sobjects/Account/${longId('001CP0000099999')}`)).body)[0]).toBe('NOT_FOUND');
    const id = account();
    practice.org.people.delete('Account', id);
    const gone = await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' });
    expect([gone.status, at(gone.body, 0, 'errorCode')]).toEqual([404, 'ENTITY_IS_DELETED']);
    expect((await rest('GET', '/sobjects/Nonsense')).status).toBe(404);
    expect((await rest('GET', '/services/data/v12.0/sobjects')).status).toBe(404);
  });
});

describe('REST guide, Status codes and error responses', () => {
  const refused = async (body: unknown, object = 'Opportunity'): Promise<readonly unknown[]> => {
    const answer = await rest('POST', `/sobjects/${object}`, body);
    expect(answer.status).toBe(400);
    return firstError(answer.body);
  };
  const whole = { Name: 'x', StageName: 'Prospecting', CloseDate: '2027-01-31' };

  test('a missing required field', async () => {
    expect(await refused({ Name: 'x' })).toEqual([
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [StageName, CloseDate]',
      ['StageName', 'CloseDate'],
    ]);
  });

  test('a text that is too long', async () => {
    expect(await refused({ ...whole, Name: 'x'.repeat(121) })).toEqual([
      'STRING_TOO_LONG',
      `Name: data value too large: ${'x'.repeat(121)} (max length=120)`,
      ['Name'],
    ]);
  });

  test('a value that a restricted picklist does not have, while a shared one takes any', async () => {
    const [code, , fields] = await refused({ ...whole, counterpart__Contract_Health__c: 'splendid' });
    expect([code, fields]).toEqual(['INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', ['counterpart__Contract_Health__c']]);
    expect((await rest('POST', '/sobjects/Opportunity', { ...whole, [STAGE]: 'Signed by all' })).status).toBe(201);
  });

  test('a name that is no field, and a field that only the org writes', async () => {
    expect(await refused({ ...whole, Nonsense__c: 1 })).toEqual([
      'INVALID_FIELD',
      "No such column 'Nonsense__c' on sobject of type Opportunity",
      undefined,
    ]);
    const [code, message] = await refused({ ...whole, CreatedDate: '2026-01-01T00:00:00Z' });
    expect(code).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
    expect(message).toContain('Unable to create/update fields: CreatedDate');
  });

  test('a reference to nothing, to another kind, to the bin, and no id at all', async () => {
    const gone = account();
    practice.org.people.delete('Account', gone);
    expect((await refused({ ...whole, AccountId: longId('001CP0000099999') }))[0]).toBe('INVALID_CROSS_REFERENCE_KEY');
    expect((await refused({ ...whole, AccountId: practice.org.adminId }))[0]).toBe('FIELD_INTEGRITY_EXCEPTION');
    expect((await refused({ ...whole, AccountId: gone }))[0]).toBe('ENTITY_IS_DELETED');
    expect((await refused({ ...whole, AccountId: 'abc' }))[0]).toBe('MALFORMED_ID');
  });

  test('numbers, days and booleans of another kind, and a number with too many places', async () => {
    expect((await refused({ ...whole, Amount: 'much' }))[0]).toBe('INVALID_TYPE_ON_FIELD_IN_RECORD');
    expect((await refused({ ...whole, CloseDate: '31.01.2027' }))[0]).toBe('INVALID_TYPE_ON_FIELD_IN_RECORD');
    expect((await refused({ ...whole, CloseDate: '2027-02-30' }))[0]).toBe('INVALID_TYPE_ON_FIELD_IN_RECORD');
    expect((await refused({ ...whole, counterpart__Contract_Value__c: 10 ** 15 }))[0]).toBe(
      'NUMBER_OUTSIDE_VALID_RANGE',
    );
  });

  test('a validation rule of the package', async () => {
    const answer = await refused(
      {
        ...contract,
        [KEY]: 'late',
        counterpart__Effective_Date__c: '2026-02-01',
        counterpart__End_Date__c: '2026-01-01',
      },
      RECORD,
    );
    expect(answer).toEqual([
      'FIELD_CUSTOM_VALIDATION_EXCEPTION',
      'The last day of the term is before the effective date.',
      ['counterpart__End_Date__c'],
    ]);
  });

  test('a method that a path does not take, and a body of another type', async () => {
    const method = await rest('PUT', '/sobjects/Account', {});
    expect([method.status, at(method.body, 0, 'errorCode')]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    const type = await rest('POST', '/sobjects/Account', '<Account/>', { 'content-type': 'application/xml' });
    expect([type.status, at(type.body, 0, 'errorCode')]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test('a body that is no JSON', async () => {
    const answer = await rest('POST', '/sobjects/Account', '{"Name":');
    expect([answer.status, at(answer.body, 0, 'errorCode')]).toEqual([400, 'JSON_PARSER_ERROR']);
  });

  test('a row that somebody holds', async () => {
    const id = account();
    practice.org.lockRows([id]);
    const answer = await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' });
    practice.org.unlockRows();
    expect([answer.status, at(answer.body, 0, 'errorCode')]).toEqual([400, 'UNABLE_TO_LOCK_ROW']);
    expect((await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' })).status).toBe(204);
  });
});

describe('REST guide, Conditional requests', () => {
  const http = (offsetMs: number): string => new Date(practice.clock.now() + offsetMs).toUTCString();

  test('If-Unmodified-Since lets an update through or answers 412, to the second', async () => {
    const id = opportunity();
    expect(
      (await rest('PATCH', `/sobjects/Opportunity/${id}`, { Name: 'a' }, { 'if-unmodified-since': http(-60_000) }))
        .status,
    ).toBe(412);
    expect(
      (await rest('PATCH', `/sobjects/Opportunity/${id}`, { Name: 'b' }, { 'if-unmodified-since': http(1_000) }))
        .status,
    ).toBe(204);
    expect(practice.org.record('Opportunity', id)?.Name).toBe('b');
  });

  test('If-Modified-Since answers 304 when nothing changed', async () => {
    const id = opportunity();
    expect(
      (await rest('GET', `/sobjects/Opportunity/${id}`, undefined, { 'if-modified-since': http(1_000) })).status,
    ).toBe(304);
    expect(
      (await rest('GET', `/sobjects/Opportunity/${id}`, undefined, { 'if-modified-since': http(-60_000) })).status,
    ).toBe(200);
  });

  test('entity tags exist for accounts only', async () => {
    const id = account();
    const etag = (await rest('GET', `/sobjects/Account/${id}`)).headers.get('etag') ?? '';
    expect((await rest('GET', `/sobjects/Account/${id}`, undefined, { 'if-none-match': etag })).status).toBe(304);
    expect((await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' }, { 'if-match': etag })).status).toBe(204);
    expect((await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'y' }, { 'if-match': etag })).status).toBe(412);
    expect((await rest('GET', `/sobjects/Opportunity/${opportunity()}`)).headers.get('etag')).toBeNull();
  });
});

describe('REST guide, sObject Rows by External ID', () => {
  test('201 when made, 200 when changed, without regard to case', async () => {
    const made = await rest('PATCH', `/sobjects/${RECORD}/${KEY}/c-100`, contract);
    expect([made.status, at(made.body, 'created')]).toEqual([201, true]);
    const changed = await rest('PATCH', `/sobjects/${RECORD}/${KEY}/C-100`, {
      ...contract,
      counterpart__Revision__c: 2,
    });
    expect([changed.status, at(changed.body, 'created'), at(changed.body, 'id')]).toEqual([
      200,
      false,
      at(made.body, 'id'),
    ]);
    expect(at((await rest('GET', `/sobjects/${RECORD}/${KEY}/c-100`)).body, 'counterpart__Revision__c')).toBe(2);
  });

  test('a parent is named by its own external id', async () => {
    await rest('PATCH', `/sobjects/${RECORD}/${KEY}/c-101`, contract);
    const link = await rest('PATCH', `/sobjects/counterpart__Contract_Link__c/${KEY}/l-101`, {
      counterpart__Contract_Record__r: { [KEY]: 'c-101' },
      counterpart__Account__c: account(),
    });
    expect(link.status).toBe(201);
    const lost = await rest('PATCH', `/sobjects/counterpart__Contract_Link__c/${KEY}/l-102`, {
      counterpart__Contract_Record__r: { [KEY]: 'nobody' },
      counterpart__Account__c: account(),
    });
    expect(at(lost.body, 0, 'errorCode')).toBe('INVALID_FIELD');
  });

  test('a field that is no external id is not found', async () => {
    expect((await rest('PATCH', '/sobjects/Account/Name/x', {})).status).toBe(404);
  });
});

describe('REST guide, sObject Collections', () => {
  const record = (values: object, type = 'Account'): object => ({ attributes: { type }, ...values });

  test('results come in the order of the records, each with its own fate, and the rest is kept', async () => {
    const id = account();
    const answer = await rest('PATCH', '/composite/sobjects', {
      records: [
        record({ id, Name: 'kept' }),
        record({ id: longId('001CP0000099999'), Name: 'x' }),
        record({ id: 'zz', Name: 'x' }),
        record({ Name: 'x' }),
      ],
    });
    expect(answer.status).toBe(200);
    expect(at(answer.body, 0)).toEqual({ id, success: true, errors: [] });
    const codes = [1, 2, 3].map((index) => at(answer.body, index, 'errors', 0, 'statusCode'));
    expect(codes).toEqual(['INVALID_CROSS_REFERENCE_KEY', 'MALFORMED_ID', 'MISSING_ARGUMENT']);
    expect(practice.org.record('Account', id)?.Name).toBe('kept');
  });

  test('allOrNone undoes everything', async () => {
    const id = account({ Name: 'before' });
    const answer = await rest('PATCH', '/composite/sobjects', {
      allOrNone: true,
      records: [record({ id, Name: 'after' }), record({ id, Name: 'x'.repeat(256) })],
    });
    const codes = [0, 1].map((index) => at(answer.body, index, 'errors', 0, 'statusCode'));
    expect(codes).toEqual(['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'STRING_TOO_LONG']);
    expect(practice.org.record('Account', id)?.Name).toBe('before');
  });

  test('more than 200 records are refused as a whole', async () => {
    const records = Array.from({ length: 201 }, () => record({ Name: 'x' }));
    const answer = await rest('POST', '/composite/sobjects', { records });
    expect([answer.status, at(answer.body, 0, 'errorCode')]).toEqual([400, 'EXCEEDED_ID_LIMIT']);
  });

  test('a list of more than ten runs of one type is refused', async () => {
    const records = Array.from({ length: 11 }, (_, index) =>
      record({ Name: 'x' }, index % 2 === 0 ? 'Account' : 'Contact'),
    );
    expect((await rest('POST', '/composite/sobjects', { records })).status).toBe(400);
    expect((await rest('POST', '/composite/sobjects', { records: records.slice(1) })).status).toBe(200);
  });

  test('upsert tells made from changed, and refuses a key that the list names twice', async () => {
    const send = (keys: readonly string[]) =>
      rest('PATCH', `/composite/sobjects/${RECORD}/${KEY}`, {
        records: keys.map((key) => record({ ...contract, [KEY]: key }, RECORD)),
      });
    expect(at((await send(['u-1', 'u-2'])).body, 0, 'created')).toBe(true);
    const again = await send(['u-1', 'u-3', 'u-3']);
    expect(at(again.body, 0, 'created')).toBe(false);
    expect(at(again.body, 1, 'errors', 0, 'statusCode')).toBe('DUPLICATE_VALUE');
  });

  test('retrieve answers records in order and null for what is not there; delete one result each', async () => {
    const [a, b] = [account(), account()];
    const read = await rest('POST', '/composite/sobjects/Account', {
      ids: [b, longId('001CP0000099999'), a],
      fields: ['Id'],
    });
    expect([at(read.body, 0, 'Id'), at(read.body, 1), at(read.body, 2, 'Id')]).toEqual([b, null, a]);
    const gone = await rest('DELETE', `/composite/sobjects?ids=${a},${b},zz`);
    expect([0, 1, 2].map((index) => at(gone.body, index, 'success'))).toEqual([true, true, false]);
  });
});

describe('REST guide, Composite', () => {
  test('later requests use earlier answers', async () => {
    const answer = await rest('POST', '/composite', {
      compositeRequest: [
        { method: 'POST', url: '/services/data/v68.0/sobjects/Account', referenceId: 'a', body: { Name: 'Composite' } },
        {
          method: 'POST',
          url: '/services/data/v68.0/sobjects/Opportunity',
          referenceId: 'o',
          body: { Name: 'Deal', StageName: 'Prospecting', CloseDate: '2027-01-31', AccountId: '@{a.id}' },
        },
        { method: 'GET', url: '/services/data/v68.0/sobjects/Opportunity/@{o.id}?fields=AccountId', referenceId: 'r' },
      ],
    });
    expect([0, 1, 2].map((index) => at(answer.body, 'compositeResponse', index, 'httpStatusCode'))).toEqual([
      201, 201, 200,
    ]);
    expect(at(answer.body, 'compositeResponse', 2, 'body', 'AccountId')).toBe(
      at(answer.body, 'compositeResponse', 0, 'body', 'id'),
    );
  });

  test('allOrNone: one failure undoes the others, which answer PROCESSING_HALTED', async () => {
    const count = async (): Promise<unknown> =>
      at((await rest('GET', '/query?q=SELECT+COUNT()+FROM+Account')).body, 'totalSize');
    const accounts = await count();
    const answer = await rest('POST', '/composite', {
      allOrNone: true,
      compositeRequest: [
        { method: 'POST', url: '/services/data/v68.0/sobjects/Account', referenceId: 'a', body: { Name: 'Undone' } },
        { method: 'POST', url: '/services/data/v68.0/sobjects/Opportunity', referenceId: 'o', body: { Name: 'Deal' } },
      ],
    });
    expect(at(answer.body, 'compositeResponse', 0, 'body', 0, 'errorCode')).toBe('PROCESSING_HALTED');
    expect(at(answer.body, 'compositeResponse', 1, 'body', 0, 'errorCode')).toBe('REQUIRED_FIELD_MISSING');
    expect(await count()).toBe(accounts);
  });

  test('at most 25 requests', async () => {
    const compositeRequest = Array.from({ length: 26 }, (_, index) => ({
      method: 'GET',
      url: '/services/data/v68.0/limits',
      referenceId: `r${index}`,
    }));
    expect((await rest('POST', '/composite', { compositeRequest })).status).toBe(400);
  });
});

describe('SOAP guide, delete() and merge(); Salesforce help, Recycle bin', () => {
  test('an account takes its opportunities along and brings them back', () => {
    const parent = account();
    const child = opportunity({ AccountId: parent });
    practice.org.people.delete('Account', parent);
    expect(practice.org.record('Opportunity', child)?.IsDeleted).toBe(true);
    practice.org.people.undelete('Account', parent);
    expect(practice.org.record('Opportunity', child)).toMatchObject({ IsDeleted: false, AccountId: parent });
  });

  test('an account with cases cannot be deleted', async () => {
    const parent = account();
    practice.org.people.create('Case', { Subject: 'Slow', AccountId: parent });
    const answer = await rest('DELETE', `/sobjects/Account/${parent}`);
    expect([answer.status, at(answer.body, 0, 'errorCode')]).toEqual([400, 'DELETE_FAILED']);
    expect(practice.org.record('Account', parent)?.IsDeleted).toBe(false);
  });

  test('a lookup to what is deleted is emptied; SystemModstamp moves on, LastModifiedDate stays', async () => {
    const parent = account();
    const record = await rest('PATCH', `/sobjects/counterpart__Sla_Result__c/${KEY}/s-1`, {
      counterpart__Account__c: parent,
    });
    const id = textAt(record.body, 'id');
    const before = practice.org.record('counterpart__Sla_Result__c', id);
    practice.clock.advance(60_000);
    practice.org.people.delete('Account', parent);
    const after = practice.org.record('counterpart__Sla_Result__c', id);
    expect(after).toMatchObject({ counterpart__Account__c: null, LastModifiedDate: before?.LastModifiedDate });
    expect(after?.SystemModstamp).not.toBe(before?.SystemModstamp);
  });

  test('a merged account is deleted with MasterRecordId, and its children move', () => {
    const [master, loser] = [account(), account()];
    const child = opportunity({ AccountId: loser });
    practice.org.people.merge('Account', master, [loser]);
    expect(practice.org.record('Account', loser)).toMatchObject({ IsDeleted: true, MasterRecordId: master });
    expect(practice.org.record('Opportunity', child)?.AccountId).toBe(master);
    expect(() => practice.org.people.undelete('Account', loser)).toThrow(/merged/);
  });
});

describe('Salesforce help, Field-level security', () => {
  test('without its permission set the package’s fields are not there for a user', async () => {
    const as = restFor(practice.org, (await logIn(practice.org, SECOND_USER_ID)).access_token);
    const described = await as('GET', '/sobjects/Opportunity/describe');
    expect(JSON.stringify(described.body)).not.toContain(STAGE);
    expect(at((await as('GET', `/query?q=SELECT+${STAGE}+FROM+Opportunity`)).body, 0, 'errorCode')).toBe(
      'INVALID_FIELD',
    );
    expect((await as('GET', `/sobjects/${RECORD}/describe`)).status).toBe(404);
    const answer = await as('PATCH', `/sobjects/Opportunity/${opportunity()}`, { [STAGE]: 'active' });
    expect(at(answer.body, 0, 'errorCode')).toBe('INVALID_FIELD');
  });

  test('permission sets give sight and hand: a rep edits what is shared, the integration user everything but the journal', async () => {
    const as = restFor(practice.org, (await logIn(practice.org, SECOND_USER_ID)).access_token);
    const write = async (values: object): Promise<unknown> => {
      const answer = await as('PATCH', `/sobjects/Opportunity/${opportunity()}`, values);
      return answer.status === 204 ? 'written' : at(answer.body, 0, 'errorCode');
    };
    practice.org.assignPermissionSets(SECOND_USER_ID, ['counterpart__Counterpart_Rep']);
    expect(await write({ [STAGE]: 'active' })).toBe('written');
    expect(await write({ counterpart__Contract_Health__c: 'good' })).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
    expect(await write({ counterpart__Sync_Token__c: 'mine' })).not.toBe('written');
    expect((await as('PATCH', `/sobjects/${RECORD}/${KEY}/c-900`, contract)).status).not.toBe(201);
    practice.org.assignPermissionSets(SECOND_USER_ID, ['counterpart__Counterpart_Integration']);
    expect(
      await write({
        counterpart__Sync_Token__c: 't',
        counterpart__Base_Version__c: 0,
        counterpart__Contract_Health__c: 'good',
      }),
    ).toBe('written');
    expect(await write({ counterpart__Edit_Journal__c: '[]' })).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
    expect((await as('PATCH', `/sobjects/${RECORD}/${KEY}/c-900`, contract)).status).toBe(201);
    practice.org.assignPermissionSets(SECOND_USER_ID, []);
  });

  test('an administrator for whom the package was not opened needs the sets as well', async () => {
    practice.org.setBehaviour({ adminSeesPackageFields: false });
    const id = opportunity();
    const refused = await rest('PATCH', `/sobjects/Opportunity/${id}`, { counterpart__Contract_Health__c: 'good' });
    expect(at(refused.body, 0, 'errorCode')).toBe('INVALID_FIELD');
    practice.org.setBehaviour({ adminSeesPackageFields: true });
    expect(
      (await rest('PATCH', `/sobjects/Opportunity/${id}`, { counterpart__Contract_Health__c: 'good' })).status,
    ).toBe(204);
  });
});

test('REST guide, Describe: keys and facts of a field', async () => {
  const { body } = await rest('GET', '/sobjects/Opportunity/describe');
  const fields = Object.values(at(body, 'fields') ?? {});
  const field = (name: string): unknown => fields.find((one) => at(one, 'name') === name);
  expect(field('StageName')).toMatchObject({
    type: 'picklist',
    nillable: false,
    restrictedPicklist: false,
    updateable: true,
  });
  expect(field('AccountId')).toMatchObject({
    type: 'reference',
    referenceTo: ['Account'],
    relationshipName: 'Account',
  });
  expect(field('counterpart__Contract_Health__c')).toMatchObject({
    custom: true,
    restrictedPicklist: true,
    label: 'Contract health',
  });
  expect(field('CreatedDate')).toMatchObject({ createable: false, updateable: false, type: 'datetime' });
  expect(at((await rest('GET', '/sobjects')).body, 'maxBatchSize')).toBe(200);
});
