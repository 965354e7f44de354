/** The practice org as a server: limits, troubles on demand, what it remembers, its pages’ data, credentials and Apex. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApexCall, ApexHandler } from '../../extensions/practice/salesforce/apex-bridge.ts';
import { at, startReceiver, textAt, until } from '../support/practice.ts';
import { type OrgForTest, type RestCall, SECOND_USER_ID, logIn, restFor, startOrg } from '../support/practice-org.ts';

const STAGE = 'counterpart__Contract_Stage__c';
const CREDENTIAL = '/named-credentials/credential';

let practice: OrgForTest;
let rest: RestCall;
const open = async (options: Parameters<typeof startOrg>[0] = {}): Promise<void> => {
  practice = await startOrg(options);
  rest = restFor(practice.org, (await logIn(practice.org)).access_token);
};
beforeEach(() => open());
afterEach(async () => practice.stop());

const account = (values = {}): string => practice.org.people.create('Account', { Name: 'Account', ...values });

describe('Salesforce developer limits, API request limits', () => {
  test('every answer tells the use of the day, and beyond it comes 403 REQUEST_LIMIT_EXCEEDED', async () => {
    practice.org.setBehaviour({ dailyApiRequests: 2 });
    expect((await rest('GET', '/sobjects')).headers.get('sforce-limit-info')).toBe('api-usage=1/2');
    expect((await rest('GET', '/sobjects/Nonsense')).headers.get('sforce-limit-info')).toBe('api-usage=2/2');
    const over = await rest('GET', '/sobjects');
    expect([over.status, over.body]).toEqual([
      403,
      [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
    ]);
    expect(over.headers.get('retry-after')).toBeNull();
    practice.clock.advance(86_400_000 + 60_000);
    rest = restFor(practice.org, (await logIn(practice.org)).access_token);
    expect((await rest('GET', '/sobjects')).status).toBe(200);
  });

  test('limits tells what is left', async () => {
    const { body } = await rest('GET', '/limits');
    expect(at(body, 'DailyApiRequests')).toEqual({ Max: 100_000, Remaining: 99_999 });
  });
});

describe('Troubles on demand', () => {
  test('server trouble strikes before anything is done', async () => {
    const id = account();
    practice.org.setFaults({ serverErrorRate: 1 });
    expect((await rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' })).status).toBeGreaterThanOrEqual(500);
    expect(practice.org.record('Account', id)?.Name).toBe('Account');
  });

  test('a lost answer comes after the work', async () => {
    const id = account();
    practice.org.setFaults({ timeoutAfterCommitRate: 1 });
    await expect(rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' })).rejects.toThrow();
    expect(practice.org.record('Account', id)?.Name).toBe('x');
  });

  test('a reset connection leaves nothing behind', async () => {
    const id = account();
    practice.org.setFaults({ resetRate: 1 });
    await expect(rest('PATCH', `/sobjects/Account/${id}`, { Name: 'x' })).rejects.toThrow();
    expect(practice.org.record('Account', id)?.Name).toBe('Account');
  });

  test('an expired session stays expired', async () => {
    practice.org.setFaults({ sessionExpiryRate: 1 });
    expect((await rest('GET', '/limits')).status).toBe(401);
    practice.org.setFaults({ sessionExpiryRate: 0 });
    expect((await rest('GET', '/limits')).status).toBe(401);
  });

  test('a locked row fails alone in a collection', async () => {
    const [a, b] = [account(), account()];
    practice.org.lockRows([a]);
    const records = [a, b].map((id) => ({ attributes: { type: 'Account' }, id, Name: 'x' }));
    const { body } = await rest('PATCH', '/composite/sobjects', { records });
    expect([at(body, 0, 'errors', 0, 'statusCode'), at(body, 1, 'success')]).toEqual(['UNABLE_TO_LOCK_ROW', true]);
  });

  test('the levers are reachable over HTTP too, and count calls', async () => {
    const put = (target: string, body: object) =>
      fetch(`${practice.org.url}/practice/api${target}`, { method: 'PUT', body: JSON.stringify(body) });
    expect((await put('/faults', { requestLimitRate: 1 })).status).toBe(200);
    expect((await rest('GET', '/limits')).status).toBe(403);
    expect((await put('/behaviour', { queryBatchMax: 'many' })).status).toBe(400);
    expect(practice.org.apiCallCounts()).toContainEqual({
      method: 'GET',
      path: '/services/data/{version}/limits',
      status: 403,
      count: 1,
    });
  });
});

test('what was answered is there after the process is gone, sessions and switches included', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'practice-org-'));
  const first = await startOrg({ dataDir });
  const { access_token: token } = await logIn(first.org);
  const made = await restFor(first.org, token)('POST', '/sobjects/Account', { Name: 'Kept' });
  first.org.setBehaviour({ queryBatchMax: 7 });
  // Not stopped: a process that is killed closes nothing.
  const second = await startOrg({ dataDir });
  const answer = await restFor(second.org, token)('GET', `/sobjects/Account/${textAt(made.body, 'id')}`);
  expect(at(answer.body, 'Name')).toBe('Kept');
  const next = second.org.people.create('Account', { Name: 'Next' });
  expect(next).not.toBe(at(made.body, 'id'));
  await first.stop();
  await second.stop();
  rmSync(dataDir, { recursive: true });
});

test('uninstalling takes the package’s fields, objects and secrets; installing again starts without them', async () => {
  const id = account({ [STAGE]: 'active' });
  practice.org.uninstallPackage();
  expect(practice.org.record('Account', id)).not.toHaveProperty(STAGE);
  expect(practice.org.schema().findObject('counterpart__Contract_Record__c')).toBeUndefined();
  practice.org.installPackage();
  expect(practice.org.record('Account', id)?.[STAGE] ?? null).toBeNull();
  practice.org.people.edit('Account', id, { [STAGE]: 'signed' });
  expect(practice.org.record('Account', id)?.counterpart__Mirror_Version__c).toBe(1);
});

describe('Connect REST guide, Named Credentials: Credential', () => {
  const input = (value: string): object => ({
    externalCredential: 'counterpart__Counterpart',
    principalName: 'Counterpart',
    principalType: 'NamedPrincipal',
    authenticationProtocol: 'Custom',
    credentials: { Secret: { value, encrypted: true } },
  });

  test('POST fills in, PUT replaces, and nothing reads a secret back', async () => {
    expect((await rest('POST', CREDENTIAL, input('one'))).status).toBe(201);
    expect((await rest('POST', CREDENTIAL, input('two'))).status).toBe(400);
    expect((await rest('PUT', CREDENTIAL, input('two'))).status).toBe(200);
    expect(practice.org.credential('counterpart__Counterpart', 'Secret')).toBe('two');
    const read = await rest(
      'GET',
      `${CREDENTIAL}?externalCredential=counterpart__Counterpart&principalName=Counterpart&principalType=NamedPrincipal`,
    );
    expect(at(read.body, 'authenticationStatus')).toBe('Configured');
    expect(JSON.stringify(read.body)).not.toContain('two');
  });

  test('only an administrator manages them, and only what the package brought', async () => {
    const other = restFor(practice.org, (await logIn(practice.org, SECOND_USER_ID)).access_token);
    expect((await other('POST', CREDENTIAL, input('x'))).status).toBe(403);
    expect((await rest('POST', CREDENTIAL, { ...input('x'), externalCredential: 'Elsewhere' })).status).toBe(404);
  });

  test('a callout of Apex carries the secret, and is an exception without one', async () => {
    await practice.stop();
    const receiver = await startReceiver();
    receiver.answer = () => ({ status: 200, body: '{"ok":true}' });
    const seen: ApexCall[] = [];
    const apex: ApexHandler = async (call, org) => {
      seen.push(call);
      if (call.method !== 'load') return undefined;
      const answer = await org.callout({
        endpoint: 'callout:counterpart__Counterpart/v1/card?x=1',
        method: 'GET',
        headers: { 'x-one': '1' },
        body: '',
      });
      return answer.kind === 'answer'
        ? { kind: 'value', value: answer.body }
        : { kind: 'exception', message: answer.message };
    };
    await open({
      apex,
      namedCredentials: { counterpart__Counterpart: 'https://counterpart.example' },
      publicToLocal: { 'https://counterpart.example': receiver.origin },
    });
    const call = (method: string): Promise<Response> =>
      fetch(`${practice.org.url}/apex/ContractCardController/${method}`, {
        method: 'POST',
        body: '{"recordId":"1"}',
        headers: { 'x-practice-user': SECOND_USER_ID },
      });
    const without = await call('load');
    expect([without.status, textAt(await without.json(), 'body', 'message')]).toEqual([
      500,
      expect.stringContaining("couldn't access the credential"),
    ]);
    await rest('POST', CREDENTIAL, input('s3cret'));
    expect(await (await call('load')).json()).toBe('{"ok":true}');
    expect(receiver.requests[0]).toMatchObject({
      url: '/v1/card?x=1',
      headers: { authorization: 'Bearer s3cret', 'x-one': '1' },
    });
    expect(seen[0]).toEqual({
      className: 'ContractCardController',
      method: 'load',
      params: { recordId: '1' },
      userId: SECOND_USER_ID,
    });
    expect((await call('nonsense')).status).toBe(404);
    await receiver.stop();
  });
});

describe('The pages’ data', () => {
  const page = async (method: string, target: string, body?: object, userId?: string) => {
    const response = await fetch(`${practice.org.url}/practice/api${target}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: userId === undefined ? {} : { 'x-practice-user': userId },
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  const records = '/objects/Account/records';

  test('a person creates, edits, deletes and brings back, with history', async () => {
    const made = await page('POST', records, { values: { Name: 'By hand' } });
    expect(made.status).toBe(201);
    const one = `${records}/${textAt(made.body, 'id')}`;
    await page('PATCH', one, { values: { [STAGE]: 'active' } });
    const read = await page('GET', one);
    expect(at(read.body, 'values', STAGE)).toEqual({ value: 'active', display: 'Active' });
    expect(at(read.body, 'history', 0)).toMatchObject({
      field: STAGE,
      oldValue: null,
      newValue: 'active',
      userName: 'Ada Admin',
      client: null,
    });
    expect((await page('DELETE', one)).status).toBe(204);
    expect(at((await page('GET', `${records}?deleted=true`)).body, 'total')).toBe(1);
    expect((await page('POST', `${one}/undelete`)).status).toBe(204);
    expect(at((await page('GET', records)).body, 'total')).toBe(1);
  });

  test('a refusal says why, and an edit over somebody else’s change is stale', async () => {
    const id = account();
    const refused = await page('PATCH', `${records}/${id}`, { values: { Name: '' } });
    expect([refused.status, at(refused.body, 'code'), at(refused.body, 'fields')]).toEqual([
      400,
      'REQUIRED_FIELD_MISSING',
      ['Name'],
    ]);
    const stale = await page('PATCH', `${records}/${id}`, {
      values: { Name: 'x' },
      ifUnmodifiedSince: practice.clock.now() - 60_000,
    });
    expect([stale.status, at(stale.body, 'code')]).toEqual([400, 'STALE']);
    expect((await page('GET', `${records}/001CP0000099999ZZZ`)).status).toBe(404);
  });

  test('the package’s list views select by their filters, and one’s own come beside them', async () => {
    const day = (offset: number): string =>
      new Date(practice.clock.now() + offset * 86_400_000).toISOString().slice(0, 10);
    account({ Name: 'Soon', counterpart__Notice_Deadline__c: day(20) });
    account({ Name: 'Later', counterpart__Notice_Deadline__c: day(120) });
    account({ Name: 'Also soon', counterpart__Notice_Deadline__c: day(40) });
    const view = `${records}?view=counterpart__Counterpart_Notice_Due_90_Days&sort=Name`;
    const rows = at((await page('GET', view)).body, 'rows');
    expect(Object.values(rows ?? {}).map((row) => at(row, 'name'))).toEqual(['Also soon', 'Soon']);
    const filters = encodeURIComponent(JSON.stringify([{ field: 'Name', operator: 'startsWith', value: 'also' }]));
    expect(at((await page('GET', `${view}&filters=${filters}`)).body, 'total')).toBe(1);
    expect(at((await page('GET', `${records}?search=later`)).body, 'total')).toBe(1);
  });

  test('words come in the reader’s language, and fields by the reader’s permissions', async () => {
    expect(at((await page('PATCH', '/me', { language: 'zh_CN' })).body, 'user', 'language')).toBe('zh_CN');
    const objects = Object.values(at((await page('GET', '/objects')).body, 'objects') ?? {});
    const opportunity = objects.find((one) => at(one, 'name') === 'Opportunity');
    expect(at(opportunity, 'label')).toBe('业务机会');
    const stage = Object.values(at(opportunity, 'fields') ?? {}).find((one) => at(one, 'name') === STAGE);
    expect([at(stage, 'label'), at(stage, 'picklistValues', 4, 'label')]).toEqual(['合同阶段', '履行中']);
    const other = await page('GET', '/objects', undefined, SECOND_USER_ID);
    expect(JSON.stringify(other.body)).not.toContain(STAGE);
    expect((await page('POST', '/package', { installed: false }, SECOND_USER_ID)).status).toBe(400);
  });

  test('the machinery stands on no page', async () => {
    const id = account({ [STAGE]: 'active' });
    expect(JSON.stringify((await page('GET', `${records}/${id}`)).body)).not.toContain('Edit_Journal__c');
    expect((await page('PATCH', `${records}/${id}`, { values: { counterpart__Sync_Token__c: 'x' } })).status).toBe(400);
  });

  test('news of changes stream to the pages', async () => {
    const abort = new AbortController();
    const response = await fetch(`${practice.org.url}/practice/api/events`, { signal: abort.signal });
    const reader = response.body?.getReader();
    let text = '';
    const pump = async (): Promise<void> => {
      for (;;) {
        const part = await reader?.read();
        if (part === undefined || part.done) return;
        text += Buffer.from(part.value).toString('utf8');
      }
    };
    const pumped = pump().catch((error: unknown) => expect(String(error)).toContain('Abort'));
    await until(() => text.includes(': open'), 'the stream is open');
    const id = account();
    await until(() => text.includes(JSON.stringify({ type: 'record', object: 'Account', ids: [id] })), 'the news came');
    abort.abort();
    await pumped;
  });
});
