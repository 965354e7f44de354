/** The practice portal's webhooks, fact by fact; each title or its group names the page that documents the fact. */
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { signVersion2, signVersion3 } from '../../extensions/practice/hubspot/signature.ts';
import type { PracticeHubSpotOptions } from '../../extensions/practice/hubspot/server.ts';
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
  startPractice,
  startReceiver,
  textAt,
  until,
} from '../support/practice.ts';

const DEALS = '/crm/objects/2026-09/deals';
const TARGET = `${PUBLIC_ORIGIN}/webhooks/hubspot`;
const SUBSCRIPTIONS = [
  { subscriptionType: 'deal.creation' },
  { subscriptionType: 'deal.deletion' },
  { subscriptionType: 'deal.restore' },
  { subscriptionType: 'deal.merge' },
  { subscriptionType: 'deal.associationChange' },
  { subscriptionType: 'deal.propertyChange', propertyName: 'amount' },
  { subscriptionType: 'object.propertyChange', objectType: 'deal', propertyName: 'dealname' },
  { subscriptionType: 'object.associationChange', objectType: 'company' },
  { subscriptionType: 'deal.propertyChange', propertyName: 'hs_lastmodifieddate' },
];

interface Scene {
  readonly practice: PracticeForTest;
  readonly receiver: Receiver;
  readonly api: ApiCall;
  readonly page: ApiCall;
  events(): readonly unknown[];
  ofType(subscriptionType: string): readonly unknown[];
}

const open: Scene[] = [];
afterEach(async () => {
  for (const { practice, receiver } of open.splice(0)) {
    await practice.stop();
    await receiver.stop();
  }
});

async function scene(options: Partial<PracticeHubSpotOptions> = {}): Promise<Scene> {
  const receiver = await startReceiver();
  const app = practiceApp({ webhooks: { targetUrl: TARGET, subscriptions: SUBSCRIPTIONS } });
  const practice = await startPractice({
    apps: [app],
    app,
    publicToLocal: { [PUBLIC_ORIGIN]: receiver.origin },
    ...options,
  });
  const api = apiFor(practice, (await install(practice)).access_token);
  const events = (): readonly unknown[] =>
    receiver.requests.flatMap((request) => {
      const body: unknown = JSON.parse(request.body);
      return Array.isArray(body) ? body.map((_, index) => at(body, index)) : [];
    });
  const made: Scene = {
    practice,
    receiver,
    api,
    page: pageFor(practice),
    events,
    ofType: (type) => events().filter((event) => at(event, 'subscriptionType') === type),
  };
  open.push(made);
  return made;
}

const makeDeal = async ({ api }: Scene, properties: object = {}): Promise<string> =>
  textAt((await api('POST', DEALS, { properties: { dealname: 'Deal', ...properties } })).body, 'id');
const settled = async ({ practice }: Scene): Promise<void> =>
  until(() => practice.hubspot.webhooks.pendingCount() === 0, 'nothing is pending');

describe('HubSpot docs, Webhooks: payloads', () => {
  test('an app’s write: classic creation and property change, from INTEGRATION with the app’s id', async () => {
    const s = await scene();
    const id = Number(await makeDeal(s, { amount: '12' }));
    await settled(s);
    const common = {
      portalId: 1001,
      appId: 4242,
      objectId: id,
      attemptNumber: 0,
      changeSource: 'INTEGRATION',
      sourceId: '4242',
      eventId: expect.any(Number),
      subscriptionId: expect.any(Number),
      occurredAt: expect.any(Number),
    };
    expect(s.ofType('deal.creation')).toEqual([{ ...common, subscriptionType: 'deal.creation', changeFlag: 'NEW' }]);
    expect(s.ofType('deal.propertyChange')).toEqual([
      { ...common, subscriptionType: 'deal.propertyChange', propertyName: 'amount', propertyValue: '12' },
    ]);
  });

  test('the generic form adds objectTypeId and isSensitive', async () => {
    const s = await scene();
    await makeDeal(s);
    await settled(s);
    expect(s.ofType('object.propertyChange')).toMatchObject([
      { objectTypeId: '0-3', propertyName: 'dealname', propertyValue: 'Deal', isSensitive: false },
    ]);
  });

  test('a person’s edit comes from CRM_UI with userId:N', async () => {
    const s = await scene();
    const id = await makeDeal(s);
    await s.page('PATCH', `/practice/api/portals/1001/objects/0-3/${id}`, { properties: { amount: '5' } });
    await settled(s);
    expect(s.ofType('deal.propertyChange')).toMatchObject([
      { changeSource: 'CRM_UI', sourceId: 'userId:77', propertyValue: '5' },
    ]);
  });

  test('only named properties fire, hs_lastmodifieddate never', async () => {
    const s = await scene();
    const id = await makeDeal(s);
    await s.api('PATCH', `${DEALS}/${id}`, { properties: { closedate: '2027-01-01T00:00:00Z' } });
    await settled(s);
    expect(
      s
        .events()
        .map((event) => at(event, 'propertyName'))
        .filter((name) => name !== undefined),
    ).toEqual(['dealname']);
  });

  test('deletion, restore and merge', async () => {
    const s = await scene();
    const [primary, other] = [await makeDeal(s, { amount: '1' }), await makeDeal(s)];
    await s.api('DELETE', `${DEALS}/${other}`);
    await s.page('POST', `/practice/api/portals/1001/objects/0-3/${other}/restore`);
    const merged = textAt(
      (await s.api('POST', `${DEALS}/merge`, { primaryObjectId: primary, objectIdToMerge: other })).body,
      'id',
    );
    await settled(s);
    expect(s.ofType('deal.deletion')).toMatchObject([{ objectId: Number(other), changeFlag: 'DELETED' }]);
    expect(s.ofType('deal.restore')).toMatchObject([{ objectId: Number(other) }]);
    expect(s.ofType('deal.merge')).toMatchObject([
      {
        primaryObjectId: Number(primary),
        mergedObjectIds: [Number(other)],
        newObjectId: Number(merged),
        numberOfPropertiesMoved: 0,
      },
    ]);
  });

  test('one primary association yields two messages, in classic and generic form', async () => {
    const s = await scene();
    const deal = await makeDeal(s);
    const company = textAt(
      (await s.api('POST', '/crm/objects/2026-09/companies', { properties: { name: 'C' } })).body,
      'id',
    );
    await s.api('POST', '/crm/associations/2026-09/deals/companies/batch/create', {
      inputs: [
        {
          from: { id: deal },
          to: { id: company },
          types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 5 }],
        },
      ],
    });
    await settled(s);
    const ends = { fromObjectId: Number(deal), toObjectId: Number(company), associationRemoved: false };
    expect(s.ofType('deal.associationChange')).toHaveLength(2);
    expect(s.ofType('deal.associationChange')).toContainEqual(
      expect.objectContaining({ ...ends, associationType: 'DEAL_TO_COMPANY', isPrimaryAssociation: true }),
    );
    expect(s.ofType('object.associationChange')).toContainEqual(
      expect.objectContaining({
        fromObjectTypeId: '0-2',
        toObjectTypeId: '0-3',
        associationTypeId: 342,
        associationCategory: 'HUBSPOT_DEFINED',
        isPrimaryAssociation: false,
      }),
    );
  });

  test('seeded data fires nothing, and neither does an account without the app', async () => {
    const s = await scene();
    s.practice.hubspot.loadPortal('1001', {
      deals: [{ id: '900', properties: { dealname: 'Old', amount: '1' }, createdAt: '2024-01-01T00:00:00Z' }],
    });
    await s.page('POST', '/practice/api/portals/1002/objects/0-3', { properties: { dealname: 'Elsewhere' } });
    expect(s.practice.hubspot.webhooks.pendingCount()).toBe(0);
    expect((await s.api('GET', `${DEALS}/900`)).body).toMatchObject({ createdAt: '2024-01-01T00:00:00.000Z' });
  });
});

describe('HubSpot docs, Webhooks: delivery', () => {
  test('a JSON array of at most 100 events by POST', async () => {
    const s = await scene();
    await s.api('POST', `${DEALS}/batch/create`, {
      inputs: Array.from({ length: 100 }, () => ({ properties: { dealname: 'Many', amount: '1' } })),
    });
    await settled(s);
    const sizes = s.receiver.requests.map((request) => (JSON.parse(request.body) as unknown[]).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(300);
    expect(Math.max(...sizes)).toBe(100);
    expect(s.receiver.requests[0]).toMatchObject({ method: 'POST', url: '/webhooks/hubspot' });
  });

  test('any answer but 2xx is tried again with a higher attemptNumber and a fresh signature', async () => {
    const s = await scene();
    s.receiver.answer = (_request, index) => ({ status: index < 2 ? 500 : 204 });
    await makeDeal(s);
    await settled(s);
    expect(s.receiver.requests).toHaveLength(3);
    expect(s.receiver.requests.map((request) => at(JSON.parse(request.body), 0, 'attemptNumber'))).toEqual([0, 1, 2]);
    expect(new Set(s.receiver.requests.map((request) => request.headers['x-hubspot-signature-v3'])).size).toBe(3);
  });

  test('an answer after the time limit counts as none', async () => {
    const s = await scene({
      behaviour: { searchIndexDelayMs: 0, webhookBatchWindowMs: 10, webhookRetrySpanMs: 200, webhookTimeoutMs: 50 },
    });
    s.receiver.answer = (_request, index) => ({ status: 200, delayMs: index === 0 ? 300 : 0 });
    await makeDeal(s);
    await settled(s);
    expect(s.receiver.requests).toHaveLength(2);
  });

  test('after ten retries an event is given up', async () => {
    const s = await scene({ behaviour: { webhookBatchWindowMs: 10, webhookRetrySpanMs: 20 } });
    s.receiver.answer = () => ({ status: 404 });
    await makeDeal(s);
    await settled(s);
    expect(s.receiver.requests).toHaveLength(11);
    expect(s.practice.hubspot.webhooks.counts()).toMatchObject({ delivered: 0, failedAttempts: 11, givenUp: 2 });
  });

  test('at most ten requests at a time per account', async () => {
    const s = await scene();
    let running = 0;
    let most = 0;
    s.receiver.answer = () => {
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => (running -= 1), 60);
      return { status: 200, delayMs: 60 };
    };
    for (let count = 0; count < 6; count += 1) {
      await s.api('POST', `${DEALS}/batch/create`, {
        inputs: Array.from({ length: 100 }, () => ({ properties: { dealname: 'Many', amount: '1' } })),
      });
    }
    await settled(s);
    expect(s.receiver.requests.length).toBeGreaterThanOrEqual(18);
    expect(most).toBeLessThanOrEqual(10);
  });

  test('faults: an event can be lost, doubled or out of order', async () => {
    const lost = await scene({ faults: { webhookDropRate: 1 } });
    await makeDeal(lost);
    expect(lost.practice.hubspot.webhooks.counts().dropped).toBe(2);
    const doubled = await scene({ faults: { webhookDuplicateRate: 1 } });
    await makeDeal(doubled);
    await settled(doubled);
    expect(doubled.ofType('deal.creation')).toHaveLength(2);
    const shuffled = await scene({ faults: { webhookReorderRate: 1 } });
    await shuffled.api('POST', `${DEALS}/batch/create`, {
      inputs: Array.from({ length: 30 }, (_, index) => ({ properties: { dealname: `D${index}` } })),
    });
    await settled(shuffled);
    const order = shuffled.ofType('deal.creation').map((event) => Number(at(event, 'objectId')));
    expect(order).toHaveLength(30);
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });
});

describe('HubSpot docs, Request validation', () => {
  const secret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
  const request = (body: string): { method: string; uri: string; body: string } => ({
    method: 'POST',
    uri: 'https://www.example.com/webhook_uri',
    body,
  });

  test('version 3 gives the published vectors', () => {
    expect(signVersion3(secret, request("{'example_field':'example_value'}"), 1_693_657_560_000)).toBe(
      'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
    );
    expect(signVersion3(secret, request("{'example_field':'example_value'}"), 1_700_000_300_000)).toBe(
      'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=',
    );
  });

  test('version 2 gives the published vector', () => {
    expect(signVersion2(secret, request('{"example_field":"example_value"}'))).toBe(
      '9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900',
    );
  });

  test('only the listed escapes are decoded before signing', () => {
    const uri = 'https://www.example.com/a%2Fb?e=x%40y.z&s=a%20b%26c';
    const decoded = 'https://www.example.com/a/b?e=x@y.z&s=a%20b%26c';
    const expected = createHmac('sha256', secret).update(`GET${decoded}5`).digest('base64');
    expect(signVersion3(secret, { method: 'GET', uri, body: '' }, 5)).toBe(expected);
  });

  test('a delivery is signed over the public URL and the very bytes sent', async () => {
    const s = await scene();
    await makeDeal(s);
    await settled(s);
    const [received] = s.receiver.requests;
    const timestamp = Number(received?.headers['x-hubspot-request-timestamp']);
    expect(Math.abs(timestamp - Date.now())).toBeLessThan(10_000);
    expect(received?.headers['x-hubspot-signature-v3']).toBe(
      signVersion3(CLIENT_SECRET, { method: 'POST', uri: TARGET, body: received?.body ?? '' }, timestamp),
    );
  });
});
