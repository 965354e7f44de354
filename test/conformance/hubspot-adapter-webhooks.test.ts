import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PROPERTY_NAMES } from '../../server/crm/hubspot/properties.ts';
import { OPTIONAL_SCOPES, REQUIRED_SCOPES } from '../../server/crm/hubspot/scopes.ts';
import { verifySignature } from '../../server/crm/hubspot/verify.ts';
import { parseDelivery } from '../../server/crm/hubspot/webhook.ts';
import type { HostEvent } from '../../server/crm/port.ts';
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../server/domain/mirror.ts';
import { APP_ID, CALL, PORTAL_ID, expectOk, installApp } from './hubspot-adapter-portal.ts';
import type { Installed } from './hubspot-adapter-portal.ts';

const PUBLIC_URL = 'https://counterpart.example';
const EVENT_WAIT_MS_MAX = 10_000;
const readJson = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../extensions/hubspot/app/${path}`, import.meta.url), 'utf8'));
const SUBSCRIPTION = z.object({
  subscriptionType: z.string(),
  objectType: z.string().optional(),
  propertyName: z.string().optional(),
});
const WEBHOOKS_FILE = z.object({
  config: z.object({
    subscriptions: z.object({
      crmObjects: z.array(SUBSCRIPTION),
      legacyCrmObjects: z.array(SUBSCRIPTION).default([]),
      hubEvents: z.array(SUBSCRIPTION).default([]),
    }),
  }),
});
const APP_FILE = z.object({
  config: z.object({ auth: z.object({ requiredScopes: z.array(z.string()), optionalScopes: z.array(z.string()) }) }),
});
const { crmObjects, legacyCrmObjects, hubEvents } = WEBHOOKS_FILE.parse(readJson('webhooks/webhooks-hsmeta.json'))
  .config.subscriptions;
const subscriptions = [...crmObjects, ...legacyCrmObjects, ...hubEvents].map(
  ({ subscriptionType, objectType, propertyName }) => ({
    subscriptionType,
    ...(objectType === undefined ? {} : { objectType }),
    ...(propertyName === undefined ? {} : { propertyName }),
  }),
);

describe('the app project', () => {
  test('asks for exactly the scopes that the server asks for', () => {
    const { requiredScopes, optionalScopes } = APP_FILE.parse(readJson('app-hsmeta.json')).config.auth;
    expect(requiredScopes.toSorted()).toEqual([...REQUIRED_SCOPES].toSorted());
    expect(optionalScopes.toSorted()).toEqual([...OPTIONAL_SCOPES].toSorted());
  });
  test('subscribes to every property whose edit concerns us, on deals and companies', () => {
    for (const field of MIRROR_FIELD_NAMES.filter((name) => MIRROR_FIELDS[name].ownership === 'shared')) {
      for (const objectType of ['deal', 'company']) {
        expect(subscriptions).toContainEqual({
          subscriptionType: 'object.propertyChange',
          objectType,
          propertyName: PROPERTY_NAMES[field],
        });
      }
    }
  });
});

describe('deliveries of a practice portal', () => {
  let portal: Installed;
  const events: HostEvent[] = [];
  const refused: string[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const header = (name: string): string | undefined => [request.headers[name]].flat()[0];
      const verdict = verifySignature(
        {
          method: request.method ?? '',
          target: request.url ?? '',
          body,
          signature: header('x-hubspot-signature-v3'),
          timestamp: header('x-hubspot-request-timestamp'),
        },
        { publicBaseUrl: PUBLIC_URL, secrets: ['secret-1'], now: Date.now() },
      );
      const parsed = parseDelivery(body.toString(), String(APP_ID));
      if (verdict.valid) events.push(...parsed.events);
      else refused.push(verdict.reason);
      refused.push(...parsed.rejected.map((entry) => entry.reason));
      response.writeHead(verdict.valid ? 204 : 401).end();
    });
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    portal = await installApp({
      webhooks: { targetUrl: `${PUBLIC_URL}/webhooks/hubspot`, subscriptions },
      publicToLocal: { [PUBLIC_URL]: `http://127.0.0.1:${address.port}` },
      behaviour: { webhookBatchWindowMs: 10 },
    });
  });
  afterAll(async () => {
    await portal.stop();
    receiver.close();
  });
  async function waitFor(matches: (event: HostEvent) => boolean): Promise<HostEvent> {
    for (let waitedMs = 0; waitedMs < EVENT_WAIT_MS_MAX; waitedMs += 20) {
      const found = events.find(matches);
      if (found !== undefined) return found;
      await portal.world.clock.sleep(20);
    }
    throw new Error(`no such event among ${JSON.stringify(events)}; refused ${JSON.stringify(refused)}`);
  }
  async function create(): Promise<string> {
    return ((await portal.person('POST', '/objects/companies', { properties: { name: 'V' } })) as { id: string }).id;
  }

  test('a creation, an edit, an archive and a restore arrive signed and are understood', async () => {
    const id = await create();
    const of = (kind: HostEvent['kind']) => (event: HostEvent) => event.ref.recordId === id && event.kind === kind;
    expect(await waitFor(of('created'))).toMatchObject({
      accountId: PORTAL_ID,
      ref: { objectType: 'account' },
      byUs: false,
    });
    await portal.person('PATCH', `/objects/companies/${id}`, { properties: { counterpart_stage: 'active' } });
    expect(await waitFor(of('changed'))).toMatchObject({ byUs: false });
    await portal.person('POST', `/objects/companies/${id}/archive`);
    await waitFor(of('deleted'));
    await portal.person('POST', `/objects/companies/${id}/restore`);
    await waitFor(of('restored'));
  });

  test('S3 what the adapter wrote comes back marked as ours', async () => {
    const recordId = await create();
    const ref = { objectType: 'account', recordId } as const;
    expectOk(
      await portal.adapter.writeRecords(
        portal.connection,
        [{ ref, values: { stage: 'active' }, syncToken: 't', baseVersion: null }],
        CALL,
      ),
    );
    expect(
      await waitFor((event) => event.ref.recordId === recordId && event.eventId.includes('counterpart_stage')),
    ).toMatchObject({
      byUs: true,
    });
  });

  test('S11 a merge names the new record and the two it absorbed', async () => {
    const [first, second] = [await create(), await create()];
    const { id } = (await portal.person('POST', '/objects/companies/merge', {
      primaryId: first,
      mergedId: second,
    })) as { id: string };
    const event = await waitFor((one) => one.kind === 'merged' && one.ref.recordId === id);
    expect(event.mergedIds.toSorted()).toEqual([first, second].toSorted());
  });

  test('an association of a deal with a company names both', async () => {
    const company = await create();
    const deal = (await portal.person('POST', '/objects/deals', {
      properties: { dealname: 'D' },
      associations: [{ type: 'companies', id: company }],
    })) as { id: string };
    await waitFor((event) => event.kind === 'associated' && event.ref.recordId === company);
    await waitFor((event) => event.kind === 'associated' && event.ref.recordId === deal.id);
  });

  test('nothing was refused on the way', () => {
    expect(refused).toEqual([]);
    expect(events.length).toBeGreaterThan(8);
  });
});
