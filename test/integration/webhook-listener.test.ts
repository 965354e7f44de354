/** Webhook deliveries as the port takes them: before Express, under the same rules. */
import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import { useDatabase } from '../support/database.ts';
import { at, CLIENT_SECRET, PUBLIC_ORIGIN } from '../support/practice.ts';
import { PORTAL, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);
const PATH = '/webhooks/hubspot';

let server: Server;
let origin = '';

beforeAll(async () => {
  server = createServer(api.server.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  origin = `http://127.0.0.1:${address.port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Signed as HubSpot signs a webhook: the address has no query. */
function delivery(secret = CLIENT_SECRET): RequestInit {
  const eventId = randomBytes(4).readUInt32BE();
  const body = Buffer.from(JSON.stringify([{ eventId, portalId: Number(PORTAL), subscriptionType: 'deal.creation' }]));
  const timestamp = String(Date.now());
  const signature = signV3(signatureSource({ method: 'POST', target: PATH, body }, PUBLIC_ORIGIN, timestamp), secret);
  const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': timestamp };
  return { method: 'POST', headers, body };
}

const stored = async (): Promise<unknown> =>
  (await database.admin.query('SELECT count(*)::int AS n FROM delivery')).rows[0];

test('S5 a delivery is in the database when it is acknowledged, and a replay is stored once', async () => {
  const before = Number(at(await stored(), 'n'));
  const init = delivery();
  const first = await fetch(`${origin}${PATH}`, init);
  expect([first.status, first.headers.get('x-request-id')]).toEqual([204, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect(await stored()).toEqual({ n: before + 1 });
  expect((await fetch(`${origin}${PATH}`, init)).status).toBe(204);
  expect(await stored()).toEqual({ n: before + 1 });
});

test('a delivery with a wrong signature is refused with a problem and leaves nothing behind', async () => {
  const before = await stored();
  const refused = await fetch(`${origin}${PATH}`, delivery('wrong'));
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    401,
    'application/problem+json; charset=utf-8',
  ]);
  expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
  const problem: unknown = await refused.json();
  expect([at(problem, 'code'), at(problem, 'reason')]).toEqual(['signature_refused', 'signature_mismatch']);
  expect(at(problem, 'instance')).toBe(`urn:uuid:${refused.headers.get('x-request-id') ?? ''}`);
  expect(await stored()).toEqual(before);
});

test('a body that says it is too large is refused, and one that does not say so is cut off', async () => {
  const said = await fetch(`${origin}${PATH}`, { method: 'POST', body: 'x'.repeat(1_000_001) });
  expect([said.status, at(await said.json(), 'code')]).toEqual([413, 'payload_too_large']);
  const before = await stored();
  expect(await streamed(1_200_000)).toBe('cut off');
  expect(await stored()).toEqual(before);
});

test('what is no delivery goes to the application', async () => {
  const alive = await fetch(`${origin}/healthz`);
  expect([alive.status, alive.headers.get('content-security-policy')]).toEqual([
    200,
    expect.stringContaining("'none'"),
  ]);
  const other = await Promise.all(['GET', 'PUT'].map((method) => fetch(`${origin}${PATH}`, { method })));
  expect(other.map(({ status }) => status)).toEqual([404, 405]);
  const withQuery = await fetch(`${origin}${PATH}?a=1`, delivery());
  expect([withQuery.status, at(await withQuery.json(), 'reason')]).toEqual([401, 'signature_mismatch']);
});

/** Sends a body of unknown length in pieces. */
function streamed(size: number): Promise<'cut off' | number> {
  return new Promise((resolve) => {
    const outgoing = httpRequest(`${origin}${PATH}`, { method: 'POST' }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('error', () => resolve('cut off'));
    for (let sent = 0; sent < size; sent += 100_000) outgoing.write(Buffer.alloc(100_000, 'x'));
    outgoing.end();
  });
}
