import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as card from '../../app/wire/card.ts';
import { PROBLEM_CODES } from '../../app/wire/problem.ts';
import * as recordMatch from '../../app/wire/record-match.ts';
import * as workspace from '../../app/wire/workspace.ts';
import { ROUTES } from '../../server/http/routes/routes.ts';
import { useDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { newKey, PORTAL, signedRequest, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);

beforeAll(async () => {
  await api.install();
});

describe('operators', () => {
  test('alive is the process, ready is the database and the lanes', async () => {
    expect((await api.raw('/healthz')).status).toBe(200);
    const ready = await api.raw('/readyz');
    expect([ready.status, at(ready.body, 'checks')]).toEqual([503, { database: true, lanes: false, accepting: true }]);
  });

  test('metrics name what waits and what was refused, and no workspace', async () => {
    await api.raw('/webhooks/hubspot', { method: 'POST', body: '[]' });
    const text = String((await api.raw('/metrics')).body);
    for (const name of [
      'dirty_records',
      'oldest_dirty_seconds',
      'dead_letters',
      'inbox_age_seconds',
      'host_calls_total',
      'budget_left_ratio',
      'sync_total',
    ]) {
      expect(text).toContain(`counterpart_${name}`);
    }
    expect(text).toContain('counterpart_signature_failures_total{reason="signature_missing"} 1');
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/);
  });

  test('behind a proxy, metrics are not for everybody', async () => {
    expect((await api.raw('/metrics', { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(403);
  });
});

describe('webhooks', () => {
  const deliver = (body: unknown, more: { readonly secret?: string } = {}) => {
    const { init } = signedRequest({ method: 'POST', path: '/webhooks/hubspot', body, ...more });
    const timestamp = new Headers(init.headers).get('x-hubspot-request-timestamp') ?? '';
    return { init, timestamp };
  };

  test('S5 a signed delivery is stored before it is acknowledged, and a replay is stored once', async () => {
    const request = signedRequest({
      method: 'POST',
      path: '/webhooks/hubspot',
      body: [{ eventId: 1, portalId: Number(PORTAL), subscriptionType: 'object.propertyChange' }],
    });
    const send = () => fetch(`${api.origin}${request.target}`, request.init);
    expect((await send()).status).toBe(204);
    const count = async () => (await database.admin.query('SELECT count(*)::int AS n FROM delivery')).rows[0];
    const stored = await count();
    expect((await send()).status).toBe(204);
    expect(await count()).toEqual(stored);
  });

  test('a delivery that HubSpot did not sign leaves nothing behind', async () => {
    const before = (await database.admin.query('SELECT count(*)::int AS n FROM delivery')).rows;
    const { init } = deliver([{ eventId: 2 }], { secret: 'wrong' });
    expect((await fetch(`${api.origin}/webhooks/hubspot`, init)).status).toBe(401);
    expect((await database.admin.query('SELECT count(*)::int AS n FROM delivery')).rows).toEqual(before);
  });

  test('a body beyond one megabyte is refused', async () => {
    const answer = await api.raw('/webhooks/hubspot', { method: 'POST', body: 'x'.repeat(1_000_001) });
    expect(answer.status).toBe(413);
  });
});

describe('the edge', () => {
  test('every answer carries the headers that keep a browser safe', async () => {
    const { headers } = await api.raw('/healthz');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('methods that nothing uses are refused', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS']) expect((await api.raw('/v1/me', { method })).status).toBe(405);
    expect(await rawExchange('TRACE / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 405/);
  });

  test('two lengths in one request are refused', async () => {
    const text = 'POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]';
    expect(await rawExchange(text)).toMatch(/^HTTP\/1\.1 400/);
  });

  test('JSON that is too deep, keys that are not known and bodies of another kind are refused', async () => {
    const write = (body: string, contentType = 'application/json') =>
      api.raw('/v1/me', {
        method: 'PATCH',
        body,
        headers: { 'content-type': contentType, origin: api.origin, 'x-counterpart-request': '1' },
      });
    expect(at((await write(`${'['.repeat(33)}${']'.repeat(33)}`)).body, 'reason')).toBe('too_deep');
    expect(at((await write('{"locale":"en"')).body, 'reason')).toBe('not_json');
    expect((await write('{"locale":"en","role":"admin"}')).status).toBe(422);
    expect((await write('{"locale":"en","__proto__":{"role":"admin"}}')).status).toBe(422);
    expect((await write('locale=en', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await write('{"locale":"zh-CN"}')).status).toBe(200);
  });

  test('what does not exist is a problem document, and so is what is malformed', async () => {
    const missing = await api.raw('/v1/nothing');
    expect([missing.status, missing.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
    expect((await api.raw('/v1/contracts/%E0%A4%A')).status).toBe(400);
    expect((await api.raw('/v1/contracts/not-a-uuid')).status).toBe(404);
  });
});

describe('rates', () => {
  const limited = useApi(database, { rateLimits: { perAddress: 1000, perUser: 3, perWorkspace: 1000 } });
  test('a caller beyond the rate is told when to come back; another user is not held up', async () => {
    const request = (userId: string) => limited.card({ path: '/v1/card/records/opportunity/1', userId });
    const answers = [];
    for (let sent = 0; sent < 4; sent += 1) answers.push(await request('1'));
    expect(answers.map(({ status }) => status).at(-1)).toBe(429);
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await request('2')).status).not.toBe(429);
  });
});

describe('the description of the API', () => {
  test('names every route there is and no other', async () => {
    const document = (await api.raw('/openapi.json')).body;
    const paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(document).paths;
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    const mounted = mountedRoutes().filter((route) => route.includes(' /v1/'));
    expect(mounted.length).toBe(ROUTES.length);
    expect(documented.toSorted()).toEqual(mounted.toSorted());
  });

  test('every problem code has its own status and title', async () => {
    expect(new Set(PROBLEM_CODES).size).toBe(PROBLEM_CODES.length);
    const schema = at(
      (await api.raw('/openapi.json')).body,
      'components',
      'schemas',
      'Problem',
      'properties',
      'code',
      'enum',
    );
    expect(schema).toEqual([...PROBLEM_CODES]);
  });

  test('wire shapes change on purpose only', () => {
    const shapes = Object.entries({ ...card, ...workspace, ...recordMatch })
      .flatMap(([name, value]) => (value instanceof z.ZodType ? [{ name, schema: value }] : []))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, schema }) => [name, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })]);
    const hash = createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
    // Cards and pages of an earlier release talk to this server: add, do not change. A new hash here says that the shapes were meant to grow.
    expect(hash).toBe(WIRE_HASH);
  });
});

const WIRE_HASH = '072593feb544591d';

/** `get /v1/contracts/{contractId}` for each handler that Express holds. */
function mountedRoutes(): readonly string[] {
  const layer = z.object({
    route: z
      .object({ path: z.union([z.string(), z.instanceof(RegExp)]), methods: z.record(z.string(), z.boolean()) })
      .optional(),
  });
  const router: unknown = Reflect.get(api.server.app, 'router');
  const stack = z.array(z.unknown()).parse(typeof router === 'function' ? Reflect.get(router, 'stack') : null);
  return stack.flatMap((each) => {
    const { route } = layer.parse(each);
    if (route === undefined || typeof route.path !== 'string') return [];
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    return Object.keys(route.methods).map((method) => `${method} ${path}`);
  });
}

function rawExchange(text: string): Promise<string> {
  const { port, hostname } = new URL(api.origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.once('data', (answer: string) => {
      socket.destroy();
      resolve(answer);
    });
    socket.once('error', reject);
  });
}

test('a request key has a shape', () => {
  expect(card.idempotencyKey.safeParse(newKey()).success).toBe(true);
  expect(card.idempotencyKey.safeParse('short').success).toBe(false);
});
