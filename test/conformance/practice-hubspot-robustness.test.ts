/** Whatever is sent to the practice portal, it answers with a status a client can act on, and never with a failure of its own. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PracticeForTest, at, install, pageFor, startPractice, textAt } from '../support/practice.ts';

let practice: PracticeForTest;
let token: string;
beforeAll(async () => {
  practice = await startPractice();
  token = (await install(practice)).access_token;
});
afterAll(async () => practice.stop());

const PATHS = [
  '/crm/objects/2026-09/deals',
  '/crm/objects/2026-09/deals/merge',
  '/crm/objects/2026-09/deals/search',
  '/crm/objects/2026-09/deals/batch/read',
  '/crm/objects/2026-09/deals/batch/create',
  '/crm/objects/2026-09/deals/batch/update',
  '/crm/objects/2026-09/deals/batch/upsert',
  '/crm/objects/2026-09/deals/batch/archive',
  '/crm/objects/2026-09/nothing',
  '/crm/properties/2026-09/deals',
  '/crm/properties/2026-09/deals/batch/create',
  '/crm/properties/2026-09/deals/groups',
  '/crm/associations/2026-09/deals/companies/batch/read',
  '/crm/associations/2026-09/deals/companies/batch/create',
  '/crm/associations/2026-09/deals/companies/batch/archive',
  '/crm/lists/2026-09',
  '/crm/lists/2026-09/search',
  '/oauth/2026-09/token',
  '/oauth/authorize/decision',
  '/practice/api/portals/1001/objects/0-3',
  '/practice/api/portals/1001/objects/0-3/merge',
  '/api/crm-extensibility/execution/internal/v3/proxy?portalId=1001',
] as const;

const KEYS = [
  'inputs',
  'id',
  'idProperty',
  'properties',
  'filterGroups',
  'filters',
  'propertyName',
  'operator',
  'value',
  'sorts',
  'after',
  'limit',
  'name',
  'type',
  'from',
  'to',
  'types',
  'requestUri',
  'method',
  'filterBranch',
] as const;

/** Values of the right words in the wrong places, which reach further than noise does. */
const plausible = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      null,
      '',
      '1',
      'EQ',
      'dealname',
      'amount',
      '__proto__',
      'constructor',
      '\u0000',
      '💥',
      -1,
      1e21,
      true,
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 4 }),
  ),
})).value;

async function status(path: string, body: string): Promise<number> {
  practice.clock.advance(1_000);
  const response = await fetch(practice.hubspot.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  await response.text();
  return response.status;
}

test('no JSON body makes the portal fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), plausible, async (path, value) => {
      expect(await status(path, JSON.stringify(value))).toBeLessThan(500);
    }),
    { numRuns: 400, seed: 7 },
  );
});

test('no broken body and no odd address makes the portal fail', async () => {
  for (const path of PATHS) expect(await status(path, '{"inputs": [')).toBeLessThan(500);
  for (const path of [
    '/%',
    '/crm/objects/2026-09/%E0%A4%A',
    '/bundles/%',
    '/oauth/authorize?%',
    '//',
    '/practice/api/portals/__proto__',
  ]) {
    const response = await fetch(practice.hubspot.url + path);
    expect(response.status).toBeLessThan(500);
  }
});

test('a property called like a part of JavaScript is an unknown property', async () => {
  const page = pageFor(practice);
  const { body } = await page('POST', '/practice/api/portals/1001/objects/0-3', { properties: { dealname: 'D' } });
  for (const name of ['constructor', 'toString']) {
    expect(await status('/crm/objects/2026-09/deals', `{"properties":{"${name}":"x"}}`)).toBe(400);
    const history = await page(
      'GET',
      `/practice/api/portals/1001/objects/0-3/${textAt(body, 'id')}/history?properties=${name}`,
    );
    expect(at(history.body, 'propertiesWithHistory')).toEqual({});
  }
});
