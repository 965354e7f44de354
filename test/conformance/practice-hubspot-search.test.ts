/** The practice portal's search, limits and faults, fact by fact; each title or its group names the page that documents the fact. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiCall,
  type PracticeForTest,
  apiFor,
  at,
  install,
  pageFor,
  startPractice,
  textAt,
} from '../support/practice.ts';

const DEALS = '/crm/objects/2026-09/deals';
let practice: PracticeForTest;
let api: ApiCall;
let page: ApiCall;
beforeAll(async () => {
  practice = await startPractice();
  api = apiFor(practice, (await install(practice)).access_token);
  page = pageFor(practice);
  const properties = (dealname: string, amount: number, more: object = {}): object => ({
    properties: { dealname, amount, ...more },
  });
  await api('POST', `${DEALS}/batch/create`, {
    inputs: [
      properties('Alpha Cloud renewal', 10, { dealstage: 'closedwon', closedate: '2027-01-10T00:00:00Z' }),
      properties('Beta network', 20, { dealstage: 'contractsent', closedate: '2027-02-10T00:00:00Z' }),
      properties('Gamma Cloud', 30, { dealstage: 'contractsent' }),
      { properties: { dealname: 'Delta' } },
    ],
  });
});
afterAll(async () => practice.stop());

async function search(body: object): Promise<{ status: number; body: unknown }> {
  practice.clock.advance(1_000);
  return api('POST', `${DEALS}/search`, body);
}
const names = async (filters: readonly object[], more: object = {}): Promise<unknown> => {
  const { body } = await search({ filterGroups: [{ filters }], properties: ['dealname'], ...more });
  const results = at(body, 'results');
  return Array.isArray(results) ? results.map((_, index) => at(results, index, 'properties', 'dealname')) : body;
};
const filter = (propertyName: string, operator: string, more: object = {}): object => ({
  propertyName,
  operator,
  ...more,
});

describe('HubSpot docs, Search the CRM: filters', () => {
  test('comparison operators compare numbers as numbers', async () => {
    expect(await names([filter('amount', 'EQ', { value: '20' })])).toEqual(['Beta network']);
    expect(await names([filter('amount', 'GTE', { value: '20' })])).toEqual(['Beta network', 'Gamma Cloud']);
    expect(await names([filter('amount', 'LT', { value: 20 })])).toEqual(['Alpha Cloud renewal']);
    expect(await names([filter('amount', 'BETWEEN', { value: '15', highValue: '30' })])).toEqual([
      'Beta network',
      'Gamma Cloud',
    ]);
  });

  test('HAS_PROPERTY and NOT_HAS_PROPERTY split known from unknown', async () => {
    expect(await names([filter('amount', 'NOT_HAS_PROPERTY')])).toEqual(['Delta']);
    expect(await names([filter('closedate', 'HAS_PROPERTY')])).toEqual(['Alpha Cloud renewal', 'Beta network']);
  });

  test('dates compare as instants, whether given as milliseconds or ISO 8601', async () => {
    expect(await names([filter('closedate', 'GT', { value: String(Date.UTC(2027, 0, 31)) })])).toEqual([
      'Beta network',
    ]);
    expect(await names([filter('closedate', 'LTE', { value: '2027-01-10T00:00:00.000Z' })])).toEqual([
      'Alpha Cloud renewal',
    ]);
  });

  test('IN and NOT_IN take text values in lower case only', async () => {
    expect(await names([filter('dealname', 'IN', { values: ['delta'] })])).toEqual(['Delta']);
    expect(await names([filter('dealname', 'IN', { values: ['Delta'] })])).toEqual([]);
  });

  test('values of enumerations are case-sensitive', async () => {
    expect(await names([filter('dealstage', 'IN', { values: ['contractsent'] })])).toEqual([
      'Beta network',
      'Gamma Cloud',
    ]);
    expect(await names([filter('dealstage', 'EQ', { value: 'ContractSent' })])).toEqual([]);
  });

  test('CONTAINS_TOKEN finds whole words, or parts with a wildcard', async () => {
    expect(await names([filter('dealname', 'CONTAINS_TOKEN', { value: 'cloud' })])).toEqual([
      'Alpha Cloud renewal',
      'Gamma Cloud',
    ]);
    expect(await names([filter('dealname', 'CONTAINS_TOKEN', { value: 'clo' })])).toEqual([]);
    expect(await names([filter('dealname', 'CONTAINS_TOKEN', { value: 'clo*' })])).toEqual([
      'Alpha Cloud renewal',
      'Gamma Cloud',
    ]);
  });

  test('filters of a group hold together, groups are alternatives', async () => {
    const groups = [
      { filters: [filter('amount', 'GT', { value: 15 }), filter('dealname', 'CONTAINS_TOKEN', { value: 'cloud' })] },
      { filters: [filter('dealname', 'EQ', { value: 'Delta' })] },
    ];
    const { body } = await search({ filterGroups: groups });
    expect(at(body, 'total')).toBe(2);
  });
});

describe('HubSpot docs, Search the CRM: limits', () => {
  test('five groups, six filters in each, 18 in all', async () => {
    const group = (count: number): object => ({
      filters: Array.from({ length: count }, () => filter('amount', 'GT', { value: '1' })),
    });
    expect((await search({ filterGroups: Array.from({ length: 6 }, () => group(1)) })).status).toBe(400);
    expect((await search({ filterGroups: [group(7)] })).status).toBe(400);
    expect((await search({ filterGroups: [group(6), group(6), group(6)] })).status).toBe(200);
    expect((await search({ filterGroups: [group(6), group(6), group(6), group(1)] })).status).toBe(400);
  });

  test('a page has up to 200 records, and one sort orders it', async () => {
    expect((await search({ limit: 200 })).status).toBe(200);
    expect((await search({ limit: 201 })).status).toBe(400);
    expect(await names([], { sorts: [{ propertyName: 'amount', direction: 'DESCENDING' }] })).toEqual([
      'Gamma Cloud',
      'Beta network',
      'Alpha Cloud renewal',
      'Delta',
    ]);
    expect((await search({ sorts: ['amount', 'dealname'] })).status).toBe(400);
  });

  test('a body has at most 3 000 characters', async () => {
    expect((await search({ query: 'x'.repeat(3_000) })).status).toBe(400);
  });

  test('paging beyond 10 000 results is refused', async () => {
    expect((await search({ limit: 100, after: '9900' })).status).toBe(200);
    expect((await search({ limit: 100, after: '9901' })).status).toBe(400);
  });

  test('archived records are not found', async () => {
    const { body } = await api('POST', DEALS, { properties: { dealname: 'Epsilon' } });
    const gone = filter('dealname', 'EQ', { value: 'Epsilon' });
    expect(await names([gone])).toEqual(['Epsilon']);
    await api('DELETE', `${DEALS}/${textAt(body, 'id')}`);
    expect(await names([gone])).toEqual([]);
  });

  test('a write shows in search after a delay, in get at once', async () => {
    await page('PUT', '/practice/api/behaviour', { searchIndexDelayMs: 5_000 });
    const { body } = await api('POST', DEALS, { properties: { dealname: 'Zeta' } });
    await page('PUT', '/practice/api/behaviour', { searchIndexDelayMs: 0 });
    const zeta = [filter('dealname', 'EQ', { value: 'Zeta' })];
    expect((await api('GET', `${DEALS}/${textAt(body, 'id')}`)).status).toBe(200);
    expect(await names(zeta)).toEqual([]);
    practice.clock.advance(5_000);
    expect(await names(zeta)).toEqual(['Zeta']);
  });

  test('five searches a second per account, then 429; answers carry no rate headers', async () => {
    practice.clock.advance(2_000);
    const answers = await Promise.all(Array.from({ length: 6 }, async () => api('POST', `${DEALS}/search`, {})));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.body).toMatchObject({
      errorType: 'RATE_LIMIT',
      message: 'You have reached your secondly limit.',
    });
    expect(answers[0]?.headers.get('x-hubspot-ratelimit-remaining')).toBeNull();
  });
});

describe('HubSpot docs, Usage guidelines: request limits', () => {
  const details = '/account-info/2026-09/details';
  const burst = async (call: ApiCall, count: number): Promise<number[]> =>
    (await Promise.all(Array.from({ length: count }, async () => call('GET', details)))).map((answer) => answer.status);

  test('110 requests in ten seconds per app and account, with the documented headers and 429 body', async () => {
    practice.clock.advance(10_000);
    const first = await api('GET', details);
    expect(first.headers.get('x-hubspot-ratelimit-max')).toBe('110');
    expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('109');
    expect(first.headers.get('x-hubspot-ratelimit-interval-milliseconds')).toBe('10000');
    expect((await burst(api, 109)).every((status) => status === 200)).toBe(true);
    const refused = await api('GET', details);
    expect(refused).toMatchObject({
      status: 429,
      body: {
        status: 'error',
        errorType: 'RATE_LIMIT',
        policyName: 'TEN_SECONDLY_ROLLING',
        groupName: expect.any(String),
        correlationId: expect.any(String),
      },
    });
    expect(refused.headers.get('retry-after')).toBeNull();
  });

  test('the window belongs to one account: another goes on, and room returns as it rolls', async () => {
    const other = apiFor(practice, (await install(practice, '1002')).access_token);
    expect((await other('GET', details)).status).toBe(200);
    expect((await api('GET', details)).status).toBe(429);
    practice.clock.advance(10_001);
    expect((await api('GET', details)).status).toBe(200);
  });

  test('searches do not count in the ten-second window', async () => {
    practice.clock.advance(10_001);
    await api('POST', `${DEALS}/search`, {});
    expect((await api('GET', details)).headers.get('x-hubspot-ratelimit-remaining')).toBe('109');
  });

  test('where an account has a daily limit, spending it answers 429 with policy DAILY', async () => {
    practice.clock.advance(86_400_000);
    const fresh = apiFor(practice, (await install(practice)).access_token);
    await page('PUT', '/practice/api/behaviour', { dailyLimit: 2 });
    const statuses = [await fresh('GET', details), await fresh('GET', details), await fresh('GET', details)];
    await page('PUT', '/practice/api/behaviour', { dailyLimit: null });
    expect(statuses.map((answer) => answer.status)).toEqual([200, 200, 429]);
    expect(at(statuses[2]?.body, 'policyName')).toBe('DAILY');
    api = fresh;
  });
});

describe('HubSpot docs, Scopes and Error handling: refusals and troubles', () => {
  afterEach(async () => {
    const none = Object.fromEntries(Object.keys(practice.hubspot.practice.faults()).map((name) => [name, 0]));
    await page('PUT', '/practice/api/faults', none);
    practice.clock.advance(10_001);
  });

  test('a missing scope: 403 MISSING_SCOPES that names what is required', async () => {
    const narrow = apiFor(
      practice,
      (await install(practice, '1002', ['oauth', 'crm.objects.deals.read'])).access_token,
    );
    expect((await narrow('GET', DEALS)).status).toBe(200);
    const answer = await narrow('POST', DEALS, { properties: {} });
    expect(answer).toMatchObject({
      status: 403,
      body: {
        category: 'MISSING_SCOPES',
        errors: [{ context: { requiredGranularScopes: ['crm.objects.deals.write'] } }],
      },
    });
    expect((await narrow('GET', '/crm/objects/2026-09/tickets')).status).toBe(403);
    expect((await narrow('GET', '/crm/owners/2026-09')).status).toBe(403);
  });

  test.each([
    ['423, a lock', { lockedRate: 1 }, 423],
    ['477, an account migration', { migrationRate: 1 }, 477],
    ['429, out of turn', { rateLimitRate: 1 }, 429],
    ['401, a token that ended early', { tokenExpiryRate: 1 }, 401],
  ])('%s', async (_name, faults, status) => {
    await page('PUT', '/practice/api/faults', faults);
    const answer = await api('POST', DEALS, { properties: { dealname: 'Never made' } });
    expect(answer.status).toBe(status);
    if (status === 477) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    await page('PUT', '/practice/api/faults', Object.fromEntries(Object.keys(faults).map((name) => [name, 0])));
    expect(await names([filter('dealname', 'EQ', { value: 'Never made' })])).toEqual([]);
  });

  test('a passing 5xx does nothing', async () => {
    await page('PUT', '/practice/api/faults', { serverErrorRate: 1 });
    expect([500, 502, 503, 504, 521, 524]).toContain(
      (await api('POST', DEALS, { properties: { dealname: 'Eta' } })).status,
    );
  });

  test('a time-out after the commit answers nothing, although the work is done', async () => {
    await page('PUT', '/practice/api/faults', { timeoutAfterCommitRate: 1 });
    await expect(api('POST', DEALS, { properties: { dealname: 'Theta' } })).rejects.toThrow();
    await page('PUT', '/practice/api/faults', { timeoutAfterCommitRate: 0 });
    expect(await names([filter('dealname', 'EQ', { value: 'Theta' })])).toEqual(['Theta']);
  });

  test('every call is counted by method, path template and status', async () => {
    await page('DELETE', '/practice/api/portals/1001/calls');
    expect((await page('GET', '/practice/api/portals/1001/calls')).body).toEqual({ calls: [] });
    await api('GET', `${DEALS}?limit=1`);
    await api('GET', `${DEALS}?limit=2`);
    await api('GET', `${DEALS}/1`);
    expect((await page('GET', '/practice/api/portals/1001/calls')).body).toEqual({
      calls: [
        { method: 'GET', path: '/crm/objects/2026-09/{objectType}', status: 200, count: 2 },
        { method: 'GET', path: '/crm/objects/2026-09/{objectType}/{objectId}', status: 404, count: 1 },
      ],
    });
  });
});
