/** jsforce's own Connection, unmodified and told nothing but address, token and version, walks through every endpoint the product uses. */
import jsforce from 'jsforce';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, textAt } from '../support/practice.ts';
import {
  ORG_REDIRECT_URI,
  type OrgForTest,
  challengeOf,
  logIn,
  startOrg,
  verifierOf,
} from '../support/practice-org.ts';

const VERSION = '68.0';
const STAGE = 'counterpart__Contract_Stage__c';
const KEY = 'counterpart__External_Id__c';
const RECORD = 'counterpart__Contract_Record__c';

let practice: OrgForTest;
let connection: jsforce.Connection;
beforeAll(async () => {
  practice = await startOrg({ behaviour: { queryBatchMax: 2 } });
  const tokens = await logIn(practice.org);
  connection = new jsforce.Connection({
    instanceUrl: tokens.instance_url,
    accessToken: tokens.access_token,
    version: VERSION,
    callOptions: { client: 'Counterpart' },
  });
});
afterAll(async () => practice.stop());

const codeOf = async (work: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return at(error, 'errorCode');
  }
};
const deal = (name: string) => ({ Name: name, StageName: 'Prospecting', CloseDate: '2027-01-31' });

describe('OAuth2', () => {
  test('authorisation, code, refresh, revocation', async () => {
    const verifier = verifierOf('walk');
    const oauth2 = new jsforce.OAuth2({
      loginUrl: practice.org.url,
      clientId: practice.org.app.clientId,
      clientSecret: practice.org.app.clientSecret,
      redirectUri: ORG_REDIRECT_URI,
    });
    const url = oauth2.getAuthorizationUrl({
      scope: 'api refresh_token',
      state: 's',
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
    });
    const back = new URL(practice.org.approve(url));
    const tokens = await oauth2.requestToken(back.searchParams.get('code') ?? '', { code_verifier: verifier });
    expect(tokens.id).toContain(practice.org.orgId);
    const renewed = await oauth2.refreshToken(tokens.refresh_token ?? '');
    expect(renewed.access_token).not.toBe(tokens.access_token);
    await oauth2.revokeToken(at(renewed, 'refresh_token') as string);
    await expect(oauth2.refreshToken(tokens.refresh_token ?? '')).rejects.toThrow('expired access/refresh token');
  });
});

describe('Connection', () => {
  test('identity, versions, global and object describe, limits', async () => {
    expect((await connection.identity()).organization_id).toBe(practice.org.orgId);
    expect(await connection.request<readonly { version: string }[]>('/services/data')).toContainEqual({
      label: "Winter '27",
      url: '/services/data/v68.0',
      version: VERSION,
    });
    expect((await connection.describeGlobal()).sobjects.map(({ name }) => name)).toContain(RECORD);
    const described = await connection.describe('Opportunity');
    expect(described.fields.find(({ name }) => name === STAGE)?.type).toBe('picklist');
    expect(described.childRelationships.map(({ relationshipName }) => relationshipName)).toContain(
      'counterpart__Contract_Links__r',
    );
    expect((await connection.limits()).DailyApiRequests?.Max).toBe(100_000);
    expect(connection.limitInfo.apiUsage?.limit).toBe(100_000);
  });

  test('create, retrieve, update, upsert and delete a row', async () => {
    const made = await connection.create('Account', { Name: 'Walk' });
    const id = String(at(made, 'id'));
    expect(await connection.retrieve('Account', id, { fields: ['Name'] })).toMatchObject({ Name: 'Walk' });
    expect(await connection.update('Account', { Id: id, Name: 'Walked' })).toMatchObject({ success: true });
    expect(await connection.upsert(RECORD, { [KEY]: 'w-1', counterpart__Revision__c: 1 }, KEY)).toMatchObject({
      success: true,
      created: true,
    });
    expect(await connection.upsert(RECORD, { [KEY]: 'w-1', counterpart__Revision__c: 2 }, KEY)).toMatchObject({
      success: true,
      created: false,
    });
    expect(await connection.destroy('Account', id)).toMatchObject({ success: true });
    expect(await codeOf(connection.retrieve('Account', id))).toBe('ENTITY_IS_DELETED');
    expect(await codeOf(connection.create('Opportunity', { Name: 'x' }))).toBe('REQUIRED_FIELD_MISSING');
  });

  test('collections: create, update, upsert, retrieve and delete many', async () => {
    const made = await connection.create('Opportunity', [deal('w1'), deal('w2'), deal('w3')]);
    const ids = made.map((one) => String(at(one, 'id')));
    const updated = await connection.update('Opportunity', [
      { Id: ids[0] ?? '', [STAGE]: 'active' },
      { Id: ids[1] ?? '', Name: 'x'.repeat(121) },
    ]);
    expect(updated.map(({ success }) => success)).toEqual([true, false]);
    expect(at(updated, 1, 'errors', 0, 'statusCode')).toBe('STRING_TOO_LONG');
    const upserted = await connection.upsert(
      RECORD,
      [
        { [KEY]: 'w-2', counterpart__Revision__c: 1 },
        { [KEY]: 'w-3', counterpart__Revision__c: 1 },
      ],
      KEY,
    );
    expect(upserted.map((one) => at(one, 'created'))).toEqual([true, true]);
    expect((await connection.retrieve('Opportunity', ids, { fields: ['Name'] })).map((one) => at(one, 'Name'))).toEqual(
      ['w1', 'w2', 'w3'],
    );
    expect((await connection.destroy('Opportunity', [ids[2] ?? ''])).map(({ success }) => success)).toEqual([true]);
  });

  test('query with pages, and queryAll with what was deleted', async () => {
    const soql =
      "SELECT Id, Name, Owner.Email, (SELECT Id FROM counterpart__Contract_Links__r) FROM Opportunity WHERE Name LIKE 'w%' ORDER BY Name";
    expect((await connection.query(soql)).records.map((one) => at(one, 'Name'))).toEqual(['w1', 'w2']);
    expect((await connection.query('SELECT Id FROM User')).done).toBe(true);
    const all = await connection.query(soql.replace(', (SELECT Id FROM counterpart__Contract_Links__r)', ''), {
      scanAll: true,
      autoFetch: true,
    });
    expect(all.records.map((one) => at(one, 'Name'))).toEqual(['w1', 'w2', 'w3']);
    const first = await connection.query('SELECT Id, IsDeleted FROM Opportunity', { scanAll: true });
    expect([first.done, first.totalSize]).toEqual([false, 3]);
    expect((await connection.queryMore(first.nextRecordsUrl ?? '')).done).toBe(true);
    expect(await codeOf(connection.query('SELECT Nonsense FROM Account'))).toBe('INVALID_FIELD');
  });

  test('updated and deleted records of a span', async () => {
    const [start, end] = [new Date(practice.clock.now() - 300_000), new Date(practice.clock.now() + 120_000)];
    expect((await connection.updated('Opportunity', start, end)).ids).toHaveLength(2);
    expect((await connection.deleted('Opportunity', start, end)).deletedRecords).toHaveLength(1);
  });

  test('bulk 2.0: query and ingest to the end', async () => {
    const rows = await (await connection.bulk2.query('SELECT Id, Name FROM Opportunity')).toArray();
    expect(rows.map((row) => textAt(row, 'Name')).toSorted()).toEqual(['w1', 'w2']);
    const loaded = await connection.bulk2.loadAndWaitForResults({
      object: 'Account',
      operation: 'insert',
      input: [
        { Name: 'Bulk, one', Website: 'https://one.example' },
        { Name: '', Website: 'https://two.example' },
      ],
      pollInterval: 5,
    });
    expect(loaded.successfulResults).toHaveLength(1);
    expect(at(loaded.failedResults, 0, 'sf__Error')).toContain('REQUIRED_FIELD_MISSING');
  });

  test('a session that ended is asked for anew once, and the call goes on', async () => {
    let refreshes = 0;
    const renewing = new jsforce.Connection({
      instanceUrl: practice.org.url,
      accessToken: 'expired',
      version: VERSION,
      refreshFn: (_, callback) => {
        refreshes += 1;
        logIn(practice.org).then(
          (tokens) => callback(null, tokens.access_token),
          (error: Error) => callback(error),
        );
      },
    });
    expect((await renewing.query('SELECT Id FROM User')).totalSize).toBe(2);
    expect(refreshes).toBe(1);
  });
});
