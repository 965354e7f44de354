import { describe, expect, test } from 'vitest';
import type { ChangePage, ChangeStream, ConnectionRef, HostFailure, HostResult } from '../../../server/crm/port.ts';
import type { SalesforceApi } from '../../../server/crm/salesforce/api.ts';
import { listChanges } from '../../../server/crm/salesforce/changes.ts';
import { describeAccount } from '../../../server/crm/salesforce/describe-account.ts';
import { currencyOfLocale } from '../../../server/crm/salesforce/locale-currency.ts';
import { runQuery } from '../../../server/crm/salesforce/query.ts';
import { longId } from '../../../server/crm/salesforce/record-ids.ts';

const CONNECTION: ConnectionRef = { workspaceId: 'w', connectionId: 'c', host: 'salesforce', accountId: '00D' };
const NOW = Date.UTC(2026, 10, 22, 4, 0, 30);
const CALL = { priority: 'sweep' } as const;
const idOf = (index: number): string => longId(`001CP0000${String(index).padStart(6, '0')}`) ?? '';
const JOB_ID = longId('750CP0000000001') ?? '';

type Asked = { readonly operation: string; readonly path: string; readonly query: Readonly<Record<string, string>> };
type Answer = { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> } | HostFailure;

/** An org that answers by operation; what it was asked is kept. */
function orgOf(answer: (asked: Asked, count: number) => Answer) {
  const asked: Asked[] = [];
  const api: SalesforceApi = {
    async request(_connection, endpoint, schema) {
      const { operation, path, query = {} } = endpoint;
      asked.push({ operation, path, query });
      const given = answer({ operation, path, query }, asked.length);
      if ('kind' in given) return { ok: false, failure: given };
      return { ok: true, value: { status: 200, headers: given.headers ?? {}, value: schema.parse(given.body) } };
    },
  };
  let now = NOW;
  const clock = { now: () => now, sleep: async (delayMs: number) => void (now += delayMs) };
  const list = (stream: ChangeStream, cursor: unknown = null): Promise<HostResult<ChangePage>> => {
    const text = cursor === null ? null : JSON.stringify(cursor);
    return listChanges({ api, clock }, CONNECTION, { objectType: 'account', stream, cursor: text }, CALL);
  };
  return { api, asked, list, operations: () => asked.map(({ operation }) => operation), passed: () => now - NOW };
}
const rows = (ids: readonly string[], more: object = {}) => ({
  body: { totalSize: String(ids.length), done: true, records: ids.map((Id) => ({ Id })), ...more },
});
async function pageOf(result: Promise<HostResult<ChangePage>>) {
  const page = await result;
  if (!page.ok) throw new Error(JSON.stringify(page.failure));
  const { refs, cursor, ...rest } = page.value;
  const next = cursor === '' ? null : (JSON.parse(cursor) as unknown);
  return { ...rest, ids: refs.map(({ recordId }) => recordId), next };
}
const rejected = (code: string): HostFailure => ({ kind: 'rejected', code, field: null, detail: '' });

describe('archived', () => {
  const log = (ids: readonly string[], earliest: string): Answer => ({
    body: { deletedRecords: ids.map((id) => ({ id })), earliestDateAvailable: earliest },
  });
  test('the log of fifteen days is one call, up to the end of this minute', async () => {
    const org = orgOf(() => log([idOf(1)], '2026-01-01T00:00:00.000+0000'));
    expect(await pageOf(org.list('archived'))).toEqual({ ids: [idOf(1)], next: null, done: true, total: null });
    expect(org.asked[0]?.query).toEqual({ start: '2026-11-07T05:01:00+00:00', end: '2026-11-22T04:01:00+00:00' });
  });
  test('S12 a log that was cut short is made up for from the bin', async () => {
    const org = orgOf(({ operation }) =>
      operation === 'sobjects.deleted' ? log([idOf(1)], '2026-11-22T01:00:00.000+0000') : rows([idOf(1), idOf(2)]),
    );
    const first = await pageOf(org.list('archived'));
    expect(first).toMatchObject({ ids: [idOf(1)], done: false });
    expect(await pageOf(org.list('archived', first.next))).toMatchObject({ ids: [idOf(1), idOf(2)], done: true });
    expect(org.asked[1]).toMatchObject({ path: '/services/data/v68.0/queryAll' });
    expect(org.asked[1]?.query['q']).toContain('IsDeleted = true');
  });
  test.each<HostFailure>([
    rejected('INVALID_REPLICATION_DATE'),
    rejected('EXCEEDED_ID_LIMIT'),
    { kind: 'notFound' },
    { kind: 'malformed', detail: 'too_large' },
  ])('a log that is refused ($kind) is made up for from the bin', async (failure) => {
    const org = orgOf(() => failure);
    expect(await pageOf(org.list('archived'))).toMatchObject({ ids: [], done: false, next: { afterId: null } });
  });
  test('an outage is an outage', async () => {
    const failure = { kind: 'unavailable', retryAfterMs: null, detail: 'HTTP_503' } as const;
    expect(await orgOf(() => failure).list('archived')).toEqual({ ok: false, failure });
  });
  test('a full page of the bin is followed by what comes after it', async () => {
    const ids = Array.from({ length: 2_000 }, (_, index) => idOf(index));
    const org = orgOf(() => rows(ids));
    const first = await pageOf(org.list('archived', { stream: 'archived', afterId: null }));
    expect(first).toMatchObject({ done: false, next: { afterId: idOf(1_999) } });
    await org.list('archived', first.next);
    expect(org.asked[1]?.query['q']).toContain(`Id > '${idOf(1_999)}'`);
  });
});

describe('changed', () => {
  const DATE = { date: 'Sun, 22 Nov 2026 04:00:30 GMT' };
  const row = (index: number, second: number, version: string | null) => ({
    Id: idOf(index),
    SystemModstamp: `2026-11-22T04:00:${second}.000+0000`,
    counterpart__Mirror_Version__c: version,
  });
  const answerOf = (records: readonly object[], headers: Readonly<Record<string, string>>): Answer => ({
    body: { totalSize: String(records.length), done: true, records },
    headers,
  });
  const statesOf = async (answer: Answer): Promise<readonly (readonly [string, string])[]> => {
    const page = await orgOf(() => answer).list('changed');
    return page.ok ? [...(page.value.states ?? [])] : [];
  };

  test('S6 a state is named by stamp and version, so that a late commit with an old stamp has another name', async () => {
    const before = (await statesOf(answerOf([row(1, 10, '7')], DATE))).at(0)?.[1];
    const after = (await statesOf(answerOf([row(1, 10, '8')], DATE))).at(0)?.[1];
    const later = (await statesOf(answerOf([row(1, 11, '7')], DATE))).at(0)?.[1];
    expect(before).toBeTypeOf('string');
    expect(new Set([before, after, later]).size).toBe(3);
  });
  test('S6 the same state has the same name', async () => {
    const once = await statesOf(answerOf([row(1, 10, '7')], DATE));
    expect(await statesOf(answerOf([row(1, 10, '7')], { date: 'Sun, 22 Nov 2026 04:01:30 GMT' }))).toEqual(once);
    expect(once).toHaveLength(1);
  });
  test('S1 a state has no name while its second may see another change, nor without a version or the org’s clock', async () => {
    const records = [row(1, 28, '7'), row(2, 29, '7'), row(3, 30, '7'), row(4, 10, null)];
    expect((await statesOf(answerOf(records, DATE))).map(([id]) => id)).toEqual([idOf(1)]);
    expect(await statesOf(answerOf(records, {}))).toEqual([]);
  });
  test('S1 an org that shows no versions is listed without', async () => {
    const org = orgOf(({ query }) =>
      query['q']?.includes('Version') === true ? rejected('INVALID_FIELD') : answerOf([row(1, 10, null)], DATE),
    );
    expect(await pageOf(org.list('changed'))).toMatchObject({ ids: [idOf(1)], done: true });
    expect(org.asked).toHaveLength(2);
  });
  test('an outage is an outage, and asked about once', async () => {
    const failure = { kind: 'unavailable', retryAfterMs: null, detail: 'HTTP_503' } as const;
    const org = orgOf(() => failure);
    expect(await org.list('changed')).toEqual({ ok: false, failure });
    expect(org.asked).toHaveLength(1);
  });
});

describe('bulk jobs', () => {
  const count: Answer = { body: { totalSize: '50000', done: true, records: [] } };
  const job = (state: string): Answer => ({ body: { id: JOB_ID, state } });
  const waiting = (polls: number) => ({ stream: 'all', step: { kind: 'waiting', jobId: JOB_ID, polls } });
  const results = (locator: string | null) => ({ stream: 'all', step: { kind: 'results', jobId: JOB_ID, locator } });
  const fromTheStart = { stream: 'all', step: { kind: 'pages', afterId: null } };

  test('above a page of records a job is made, and its number told', async () => {
    const org = orgOf(({ operation }) => (operation === 'query.count' ? count : job('UploadComplete')));
    expect(await pageOf(org.list('all'))).toEqual({ ids: [], next: waiting(0), done: false, total: 50_000 });
  });
  test.each<HostFailure>([rejected('API_ERROR'), { kind: 'forbidden', missing: [] }, { kind: 'notFound' }])(
    'an org that will not have a job ($kind) is read in pages',
    async (failure) => {
      const org = orgOf(({ operation }) => (operation === 'query.count' ? count : failure));
      expect(await pageOf(org.list('all'))).toMatchObject({ ids: [], next: fromTheStart, total: 50_000 });
    },
  );
  test('a limit met while making a job is a limit', async () => {
    const failure = { kind: 'rateLimited', retryAfterMs: 900_000, scope: 'daily' } as const;
    const org = orgOf(({ operation }) => (operation === 'query.count' ? count : failure));
    expect(await org.list('all')).toEqual({ ok: false, failure });
  });
  test('a running job is waited for a little and asked about again', async () => {
    const org = orgOf(() => job('InProgress'));
    expect((await pageOf(org.list('all', waiting(3)))).next).toEqual(waiting(4));
    expect(org.passed()).toBe(2_000);
  });
  test.each(['Failed', 'Aborted'])('a job that is %s is made up for by pages', async (state) => {
    expect((await pageOf(orgOf(() => job(state)).list('all', waiting(0)))).next).toEqual(fromTheStart);
  });
  test('waiting for a job has an end', async () => {
    expect((await pageOf(orgOf(() => job('InProgress')).list('all', waiting(600)))).next).toEqual(fromTheStart);
  });
  test('results come piece by piece, the last names no other', async () => {
    const csv = `"Id"\n"${idOf(1)}"\n"${idOf(2)}"\n`;
    const more = orgOf(() => ({ body: csv, headers: { 'sforce-locator': 'MTAwMDA' } }));
    expect(await pageOf(more.list('all', results(null)))).toMatchObject({
      ids: [idOf(1), idOf(2)],
      done: false,
      next: results('MTAwMDA'),
    });
    await more.list('all', results('MTAwMDA'));
    expect(more.asked.map(({ query }) => query['locator'])).toEqual([undefined, 'MTAwMDA']);
    const last = orgOf(() => ({
      body: csv.replaceAll('"', '').replaceAll('\n', '\r\n'),
      headers: { 'sforce-locator': 'null' },
    }));
    expect(await pageOf(last.list('all', results('MTAwMDA')))).toMatchObject({ ids: [idOf(1), idOf(2)], done: true });
  });
  test.each(['"Name"\n"Acme"\n', '"Id"\n"not an id"\n', '<html>'])('%j is no list of ids', async (body) => {
    expect(await orgOf(() => ({ body })).list('all', results(null))).toMatchObject({
      ok: false,
      failure: { kind: 'malformed' },
    });
  });
  test('no records at all is an end', async () => {
    expect(await pageOf(orgOf(() => ({ body: '' })).list('all', results(null)))).toMatchObject({ ids: [], done: true });
  });
  test('a locator that is known no more starts over, in pages', async () => {
    const org = orgOf(() => rejected('INVALID_LOCATOR'));
    expect((await pageOf(org.list('all', results('x')))).next).toEqual(fromTheStart);
  });
});

describe('pages of a query', () => {
  const run = (org: ReturnType<typeof orgOf>) =>
    runQuery({ api: org.api, connection: CONNECTION }, { operation: 'test', soql: 'SELECT Id FROM Account' }, CALL);
  test('are followed to the end', async () => {
    const org = orgOf((_asked, count) =>
      count < 3
        ? rows([idOf(count)], { done: false, nextRecordsUrl: `/services/data/v68.0/query/01g-${count}` })
        : rows([idOf(3)]),
    );
    expect(await run(org)).toMatchObject({
      ok: true,
      value: { rows: [1, 2, 3].map((index) => ({ Id: idOf(index) })) },
    });
  });
  test.each(['https://evil.example/x', '/services/data/v68.0/sobjects', '//evil.example/services/data/v68.0/query'])(
    'are not followed to %s',
    async (nextRecordsUrl) => {
      const org = orgOf(() => rows([idOf(1)], { done: false, nextRecordsUrl }));
      expect(await run(org)).toEqual({ ok: false, failure: { kind: 'malformed', detail: 'foreign_query_locator' } });
      expect(org.asked).toHaveLength(1);
    },
  );
  test('S14 have an end', async () => {
    const org = orgOf(() => rows([idOf(1)], { done: false, nextRecordsUrl: '/services/data/v68.0/query/01g-1' }));
    expect(await run(org)).toEqual({ ok: false, failure: { kind: 'malformed', detail: 'query_without_end' } });
  });
  test('a locator that has expired midway is tried again from the start, later', async () => {
    const expired = { kind: 'unavailable', retryAfterMs: null, detail: 'INVALID_QUERY_LOCATOR' } as const;
    const org = orgOf((_asked, count) =>
      count === 1 ? rows([idOf(1)], { nextRecordsUrl: '/services/data/v68.0/query/01g-1' }) : expired,
    );
    expect(await run(org)).toEqual({ ok: false, failure: expired });
  });
});

describe('what an org says of itself', () => {
  const organization = {
    Id: '00DCP0000001prA2AQ',
    Name: 'Acme',
    TimeZoneSidKey: 'Europe/Berlin',
    DefaultLocaleSidKey: 'de_DE_EURO',
  };
  const describeOrg = (org: ReturnType<typeof orgOf>, instanceUrl: string) =>
    describeAccount({ api: org.api, connection: CONNECTION }, instanceUrl, CALL);
  const record = (row: object): Answer => ({ body: { totalSize: '1', done: true, records: [row] } });

  test('with several currencies it names its default', async () => {
    const org = orgOf(() => record({ ...organization, DefaultCurrencyIsoCode: 'CHF' }));
    expect(await describeOrg(org, 'https://acme.my.salesforce.com')).toEqual({
      ok: true,
      value: {
        accountId: '00DCP0000001prA2AQ',
        name: 'Acme',
        uiOrigin: 'https://acme.lightning.force.com',
        timeZone: 'Europe/Berlin',
        currency: 'CHF',
      },
    });
  });
  test('with one it does not know the question; its country answers', async () => {
    const org = orgOf(({ query }) =>
      query['q']?.includes('DefaultCurrencyIsoCode') === true ? rejected('INVALID_FIELD') : record(organization),
    );
    expect(await describeOrg(org, 'https://acme--dev.sandbox.my.salesforce.com')).toMatchObject({
      value: { currency: 'EUR', uiOrigin: 'https://acme--dev.sandbox.lightning.force.com' },
    });
  });
  test('an outage is not taken for a missing field', async () => {
    const org = orgOf(() => ({ kind: 'unavailable', retryAfterMs: null, detail: 'HTTP_503' }));
    expect(await describeOrg(org, 'https://acme.my.salesforce.com')).toMatchObject({
      failure: { kind: 'unavailable' },
    });
    expect(org.asked).toHaveLength(1);
  });
  test.each([
    ['zh_CN', 'CNY'],
    ['zh_Hans_CN', 'CNY'],
    ['en_GB', 'GBP'],
    ['de_AT', 'EUR'],
    ['ja_JP', 'JPY'],
    ['en_US', 'USD'],
    ['ar', 'USD'],
    [null, 'USD'],
  ])('%s counts in %s', (locale, currency) => {
    expect(currencyOfLocale(locale)).toBe(currency);
  });
});
