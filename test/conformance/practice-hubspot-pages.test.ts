/** The practice portal's card proxy, page data, files and memory; facts about HubSpot name the page or package that documents them. */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../extensions/practice/hubspot/database.ts';
import { signVersion3 } from '../../extensions/practice/hubspot/signature.ts';
import {
  type ApiCall,
  CLIENT_SECRET,
  PUBLIC_ORIGIN,
  type PracticeForTest,
  type Receiver,
  apiFor,
  at,
  install,
  pageFor,
  practiceApp,
  practicePortal,
  startPractice,
  startReceiver,
  textAt,
  until,
} from '../support/practice.ts';

const folder = mkdtempSync(join(tmpdir(), 'practice-hubspot-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('HubSpot docs, UI extensions: fetching data (proxy of @hubspot/ui-extensions-dev-server 2.1.2)', () => {
  let practice: PracticeForTest;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    practice = await startPractice({
      publicToLocal: { [PUBLIC_ORIGIN]: receiver.origin },
      behaviour: { proxyTimeoutMs: 300 },
    });
    await install(practice);
  });
  afterAll(async () => {
    await practice.stop();
    await receiver.stop();
  });
  const call = (body: object, portalId = '1001'): ReturnType<ApiCall> =>
    pageFor(practice)('POST', `/api/crm-extensibility/execution/internal/v3/proxy?portalId=${portalId}`, body);
  const requestUri = `${PUBLIC_ORIGIN}/api/card?record=1`;
  const last = (): Receiver['requests'][number] | undefined => receiver.requests.at(-1);

  test('a success is wrapped with status, responseBody and appServerStatusCode', async () => {
    receiver.answer = () => ({ status: 200, body: '{"contracts":[]}' });
    const answer = await call({ requestUri, method: 'GET' });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'success',
        responseBody: { contracts: [] },
        context: { appServerStatusCode: ['200'], portalId: ['1001'] },
      },
    });
  });

  test('userId, portalId, userEmail and appId are added to the query, and the public URL is signed with version 3', async () => {
    receiver.answer = () => ({ status: 200 });
    await call({ requestUri, method: 'POST', requestBody: { note: 'é' } });
    expect(last()?.url).toBe('/api/card?record=1&userId=77&portalId=1001&userEmail=rep%40example.com&appId=4242');
    const timestamp = Number(last()?.headers['x-hubspot-request-timestamp']);
    const signed = { method: 'POST', uri: `${PUBLIC_ORIGIN}${last()?.url ?? ''}`, body: last()?.body ?? '' };
    expect(last()?.headers['x-hubspot-signature-v3']).toBe(signVersion3(CLIENT_SECRET, signed, timestamp));
    expect(last()?.body).toBe('{"note":"é"}');
  });

  test('an error of the app server reaches the card as HTTP 200 with BAD_GATEWAY and the real status in the body', async () => {
    receiver.answer = () => ({ status: 409, body: '{"code":"stale"}' });
    expect(await call({ requestUri, method: 'POST', requestBody: {} })).toMatchObject({
      status: 200,
      body: {
        status: 'error',
        category: 'BAD_GATEWAY',
        responseBody: { code: 'stale' },
        context: { appServerStatusCode: ['409'] },
      },
    });
  });

  test('a 5xx is tried once more, a 4xx is not', async () => {
    receiver.answer = () => ({ status: 503 });
    const before = receiver.requests.length;
    await call({ requestUri, method: 'POST', requestBody: {} });
    expect(receiver.requests.length - before).toBe(2);
    receiver.answer = () => ({ status: 400 });
    await call({ requestUri, method: 'POST', requestBody: {} });
    expect(receiver.requests.length - before).toBe(3);
  });

  test('only the Authorization header may be sent along', async () => {
    receiver.answer = () => ({ status: 200 });
    expect((await call({ requestUri, method: 'GET', requestHeaders: { 'X-Key': '1' } })).status).toBe(400);
    expect(
      (await call({ requestUri, method: 'GET', requestHeaders: { Authorization: 'a', 'X-Key': '1' } })).status,
    ).toBe(400);
    expect((await call({ requestUri, method: 'GET', requestHeaders: { Authorization: 'Bearer mine' } })).status).toBe(
      200,
    );
    expect(last()?.headers.authorization).toBe('Bearer mine');
  });

  test('addresses outside permittedUrls.fetch, plain http and accounts without the app are refused', async () => {
    const before = receiver.requests.length;
    expect((await call({ requestUri: 'https://elsewhere.example/x', method: 'GET' })).status).toBe(400);
    expect((await call({ requestUri: requestUri.replace('https:', 'http:'), method: 'GET' })).status).toBe(400);
    expect((await call({ requestUri, method: 'GET' }, '1002')).status).toBe(400);
    expect(receiver.requests.length).toBe(before);
  });

  test('bodies end at 1 MB both ways', async () => {
    expect((await call({ requestUri, method: 'POST', requestBody: { big: 'x'.repeat(1_000_001) } })).status).toBe(413);
    receiver.answer = () => ({ status: 200, body: `"${'x'.repeat(1_000_001)}"` });
    expect(at((await call({ requestUri, method: 'GET' })).body, 'category')).toBe('BAD_GATEWAY');
  });

  test('a slow app server is cut off at the time limit', async () => {
    receiver.answer = () => ({ status: 200, delayMs: 1_000 });
    expect(await call({ requestUri, method: 'GET' })).toMatchObject({
      status: 200,
      body: { category: 'BAD_GATEWAY', context: { appServerStatusCode: ['504'] } },
    });
  });

  test('more than 20 calls at a time per app and account: 429', async () => {
    // The first must still be on its way when the last is sent, on a busy machine too.
    receiver.answer = () => ({ status: 200, delayMs: 1500 });
    const answers = await Promise.all(Array.from({ length: 22 }, async () => call({ requestUri, method: 'GET' })));
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(2);
  });
});

describe('the data of the practice pages', () => {
  let practice: PracticeForTest;
  let page: ApiCall;
  let api: ApiCall;
  beforeAll(async () => {
    const pagesDir = join(folder, 'pages');
    const bundlesDir = join(folder, 'bundles');
    mkdirSync(pagesDir);
    mkdirSync(bundlesDir);
    writeFileSync(join(pagesDir, 'index.html'), '<title>Practice portal</title>');
    writeFileSync(join(folder, 'secret.txt'), 'not served');
    writeFileSync(join(bundlesDir, 'ContractsTab.js'), '(() => {})()');
    const app = practiceApp({
      extensions: [
        {
          uid: 'contracts_tab',
          title: 'Contracts',
          location: 'crm.record.tab',
          objectTypes: ['deals', 'companies'],
          bundle: 'ContractsTab.js',
        },
      ],
    });
    practice = await startPractice({ app, apps: [app], pagesDir, bundlesDir });
    page = pageFor(practice);
    api = apiFor(practice, (await install(practice)).access_token);
  });
  afterAll(async () => practice.stop());
  const deals = '/practice/api/portals/1001/objects/0-3';

  test('a list view filters by any property, sorts, searches and pages', async () => {
    for (const [dealname, amount] of [
      ['North', '10'],
      ['South', '20'],
      ['North-West', '30'],
    ])
      await page('POST', deals, { properties: { dealname, amount }, associations: [] });
    const filters = encodeURIComponent(JSON.stringify([{ property: 'amount', operator: 'GTE', value: '20' }]));
    expect((await page('GET', `${deals}?filters=${filters}&sort=amount&direction=desc`)).body).toMatchObject({
      total: 2,
      results: [{ properties: { dealname: 'North-West' } }, { properties: { dealname: 'South' } }],
    });
    expect(at((await page('GET', `${deals}?q=north`)).body, 'total')).toBe(2);
    const first = await page('GET', `${deals}?limit=2`);
    expect(
      at((await page('GET', `${deals}?limit=2&after=${textAt(first.body, 'after')}`)).body, 'results'),
    ).toHaveLength(1);
  });

  test('a record page shows its links by name and what it was merged from', async () => {
    const company = textAt(
      (await page('POST', '/practice/api/portals/1001/objects/0-2', { properties: { name: 'Vendor' } })).body,
      'id',
    );
    const make = async (): Promise<string> =>
      textAt(
        (
          await page('POST', deals, {
            properties: { dealname: 'D' },
            associations: [{ type: 'companies', id: company }],
          })
        ).body,
        'id',
      );
    const [primaryId, mergedId] = [await make(), await make()];
    const { body } = await page('POST', `${deals}/merge`, { primaryId, mergedId });
    expect(body).toMatchObject({
      type: '0-3',
      mergedIds: [primaryId, mergedId],
      associations: { deals: [], companies: [{ id: company, name: 'Vendor' }], tickets: [] },
    });
  });

  test('a person’s refused edit names the property and why', async () => {
    const id = textAt((await page('POST', deals, { properties: { dealname: 'D' } })).body, 'id');
    expect(await page('PATCH', `${deals}/${id}`, { properties: { amount: 'much' } })).toMatchObject({
      status: 400,
      body: { errors: [{ context: { propertyName: ['amount'] } }] },
    });
  });

  test('a refusal speaks Chinese to a person who reads Chinese, and English to the app', async () => {
    const id = textAt((await page('POST', deals, { properties: { dealname: 'D' } })).body, 'id');
    const refused = await page('PATCH', `${deals}/${id}?locale=zh-CN`, { properties: { amount: 'much' } });
    expect(at(refused.body, 'errors', 0)).toMatchObject({ code: 'INVALID_NUMBER', message: '请输入有效的数字。' });
    const unknown = await page('POST', `${deals}?locale=zh-CN`, { properties: { nothing_like_it: 'x' } });
    expect(at(unknown.body, 'errors', 0)).toMatchObject({ code: 'PROPERTY_DOESNT_EXIST', message: '该属性不存在。' });
    const told = await api('PATCH', `/crm/objects/2026-09/deals/${id}`, { properties: { amount: 'much' } });
    expect(textAt(told.body, 'errors', 0, 'message')).toMatch(/^[\x20-\x7e]+$/);
  });

  test('record addresses lead to this server where a portal names no domain', async () => {
    const own = await startPractice({ portals: [practicePortal('1001', { uiDomain: '' })] });
    const { body } = await apiFor(own, (await install(own)).access_token)('GET', '/account-info/2026-09/details');
    expect(at(body, 'uiDomain')).toBe(`localhost:${new URL(own.hubspot.url).port}`);
    await own.stop();
  });

  test('changes are told as they happen, those of the app included', async () => {
    const abort = new AbortController();
    const response = await fetch(`${practice.hubspot.url}/practice/api/portals/1001/events`, { signal: abort.signal });
    const reader = response.body?.getReader();
    let heard = '';
    const listening = (async () => {
      for (;;) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) return;
        heard += Buffer.from(chunk.value).toString('utf8');
      }
    })();
    const id = textAt(
      (await api('POST', '/crm/objects/2026-09/deals', { properties: { dealname: 'Told' } })).body,
      'id',
    );
    await until(() => heard.includes(`data: {"type":"record","objectType":"0-3","id":"${id}"}`), 'the change is heard');
    abort.abort();
    await expect(listening).rejects.toThrow();
  });

  test('cards show in accounts that installed the app only', async () => {
    expect((await page('GET', '/practice/api/portals/1001/extensions')).body).toEqual([
      {
        uid: 'contracts_tab',
        title: 'Contracts',
        location: 'crm.record.tab',
        objectTypes: ['deals', 'companies'],
        bundleUrl: '/bundles/ContractsTab.js',
        appId: 4242,
        appName: 'Counterpart',
      },
    ]);
    expect((await page('GET', '/practice/api/portals/1002/extensions')).body).toEqual([]);
  });

  test('pages answer under record addresses, bundles below /bundles/, and nothing outside', async () => {
    const get = async (path: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(practice.hubspot.url + path);
      return { status: response.status, text: await response.text() };
    };
    expect((await get('/contacts/1001/record/0-3/1')).text).toContain('Practice portal');
    expect((await get('/bundles/ContractsTab.js')).status).toBe(200);
    expect((await get('/bundles/%2e%2e%2fsecret.txt')).status).toBe(404);
    expect((await get('/no/such/page')).status).toBe(404);
  });

  test('reset brings back the first state and ends every token', async () => {
    await page('POST', '/practice/api/reset');
    expect(at((await page('GET', deals)).body, 'total')).toBe(0);
    expect((await api('GET', '/account-info/2026-09/details')).status).toBe(401);
  });
});

describe('memory between runs', () => {
  test('records, history, tokens and waiting webhooks survive a restart', async () => {
    const dataDir = join(folder, 'restart');
    const receiver = await startReceiver();
    receiver.answer = () => ({ status: 500 });
    const app = practiceApp({
      webhooks: { targetUrl: `${PUBLIC_ORIGIN}/hook`, subscriptions: [{ subscriptionType: 'deal.creation' }] },
    });
    const options = { app, apps: [app], dataDir, publicToLocal: { [PUBLIC_ORIGIN]: receiver.origin } };
    const first = await startPractice(options);
    const tokens = await install(first);
    const id = textAt(
      (
        await apiFor(first, tokens.access_token)('POST', '/crm/objects/2026-09/deals', {
          properties: { dealname: 'Kept' },
        })
      ).body,
      'id',
    );
    await until(() => receiver.requests.length > 0, 'a first attempt was made');
    await first.stop();
    receiver.answer = () => ({ status: 200 });
    const second = await startPractice(options);
    const { body } = await apiFor(second, tokens.access_token)(
      'GET',
      `/crm/objects/2026-09/deals/${id}?propertiesWithHistory=dealname`,
    );
    expect(at(body, 'propertiesWithHistory', 'dealname')).toMatchObject([{ value: 'Kept', sourceId: '4242' }]);
    await until(() => second.hubspot.webhooks.counts().delivered === 1, 'the waiting event is delivered');
    await second.stop();
    await receiver.stop();
  });

  test('what was written before a kill -9 is there afterwards, and a torn last line harms nothing', async () => {
    const dataDir = join(folder, 'killed');
    const module = new URL('../../extensions/practice/hubspot/database.ts', import.meta.url).href;
    const script = `const { openDatabase } = await import(${JSON.stringify(module)}); const db = openDatabase(${JSON.stringify(dataDir)});
      const t = db.table('t'); for (let i = 0; i < 1000; i += 1) t.put(String(i), { i }); db.flush(); process.stdout.write('written'); setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
    const journal = readdirSync(dataDir).find((name) => name.startsWith('journal'));
    appendFileSync(join(dataDir, journal ?? ''), '{"t":"t","k":"torn","v":{"i"');
    const once = openDatabase(dataDir);
    once.table('t').put('later', { i: -1 });
    once.close();
    const again = openDatabase(dataDir);
    expect(again.table('t').size).toBe(1_001);
    expect(again.table('t').get('999')).toEqual({ i: 999 });
    again.close();
  });

  test('the journal is folded into a snapshot when it has grown, and stays bounded', () => {
    const dataDir = join(folder, 'bounded');
    const database = openDatabase(dataDir);
    const table = database.table<string>('t');
    for (let round = 0; round < 40; round += 1) {
      table.put('same', 'x'.repeat(1_000_000));
      database.flush();
    }
    database.close();
    const reopened = openDatabase(dataDir);
    expect(reopened.table<string>('t').get('same')).toHaveLength(1_000_000);
    expect(readdirSync(dataDir).toSorted()).toEqual([
      expect.stringMatching(/^journal-[1-9]\d*\.jsonl$/),
      'snapshot.jsonl',
    ]);
    reopened.close();
  });
});
