/** What mutated requests have found, each as the request that showed it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../support/practice.ts';
import { createDatabase } from '../support/database.ts';
import { type Json, type RawRequest, render } from './request.ts';
import { type Scene, startScene } from './scene.ts';
import { contractDraft } from './tenant.ts';
import { createWireClient, type WireClient } from './wire-client.ts';

let scene: Scene;
let client: WireClient;
let database: Awaited<ReturnType<typeof createDatabase>>;

beforeAll(async () => {
  database = await createDatabase();
  scene = await startScene(database.url);
  client = createWireClient(scene.port);
});
afterAll(async () => {
  client.close();
  await scene.stop();
  await database.drop();
});

function request(method: string, path: string, body?: Json): RawRequest {
  const [tenant] = scene.tenants;
  const [route = '', query = ''] = path.split('?');
  const pairs = [...new URLSearchParams(query)];
  const contentType = body === undefined ? null : 'application/json';
  const cookie = tenant.cookies.admin;
  const draft = { access: 'session', method, path: route, query: pairs, body, contentType, cookie } as const;
  return render({ ...draft, portalId: tenant.portalId }, { origin: scene.origin });
}

async function send(method: string, path: string, body?: Json) {
  const answer = await client.send(request(method, path, body));
  const text = answer.body.toString();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

const created = (more: Readonly<Record<string, Json>>) =>
  send('POST', '/v1/contracts', { contract: contractDraft(more) });

describe('values that no column holds', () => {
  test.each(['9'.repeat(18), '9'.repeat(40), `-${'9'.repeat(20)}`, '1'.repeat(100_000)])(
    'an amount of too many digits is refused at its field',
    async (minor) => {
      const answer = await created({ value: { minor, currency: 'USD' } });
      expect([answer.status, at(answer.body, 'errors', 0, 'pointer')]).toEqual([422, '/contract/value/minor']);
    },
  );

  test.each(['١٢٣', 'usd', '\u0000AB', '<a>', 'US'])('a currency that is no code is refused: %j', async (currency) => {
    expect((await created({ value: { minor: '1', currency } })).status).toBe(422);
  });

  test('the largest amount that an import takes is taken from a form as well', async () => {
    expect((await created({ value: { minor: '9'.repeat(17), currency: 'USD' } })).status).toBe(201);
  });

  test.each(['2026-02-30', '2026-13-01', '0000-01-01', '9999-99-99'])(
    'the filter by the day %s is refused',
    async (day) => {
      for (const path of ['/v1/contracts?', '/v1/contracts/export?format=csv&']) {
        for (const name of ['noticeDueBefore', 'noticeDueFrom', 'renewalFrom', 'renewalTo']) {
          expect((await send('GET', `${path}${name}=${day}`)).status, `${path}${name}`).toBe(400);
        }
      }
    },
  );

  test.each([8.64e15, -8.64e15, -62_200_000_000_000, 253_402_300_800_000, 1.5])(
    'a place in a list at the instant %d is refused',
    async (key) => {
      const place = Buffer.from(JSON.stringify([key, scene.tenants[0].contractId])).toString('base64url');
      for (const path of ['/v1/audit', '/v1/conflicts']) {
        expect((await send('GET', `${path}?after=${place}`)).status, path).toBe(400);
      }
    },
  );

  test('an incident of the year 0, or one that was over before it began, is refused', async () => {
    const log = (startedAt: string, restoredAt: string | null) =>
      send('POST', `/v1/contracts/${scene.tenants[0].contractId}/incidents`, {
        title: 'Outage',
        severity: 'low',
        startedAt,
        restoredAt,
      });
    expect((await log('0000-01-01T00:00:00Z', null)).status).toBe(422);
    const reversed = await log('2026-10-02T01:00:00Z', '2026-10-02T00:00:00Z');
    expect([reversed.status, at(reversed.body, 'reason')]).toEqual([409, 'restored_before_started']);
    expect((await log('2026-10-02T01:00:00Z', '2026-10-02T01:00:00Z')).status).toBe(200);
  });

  test('half characters and NUL in any text are stored as the replacement character', async () => {
    const [tenant] = scene.tenants;
    const title = 'a\u0000b\ud800c';
    const contract = await created({ title, number: `n\u0000${Date.now()}`, counterparty: 'v\u0000w' });
    expect(at(contract.body, 'contract', 'contract', 'title')).toBe('a\uFFFDb\uFFFDc');
    const incident = { title, severity: 'low', startedAt: '2026-10-01T00:00:00Z', restoredAt: null };
    const logged = await send('POST', `/v1/contracts/${tenant.contractId}/incidents`, incident);
    expect(JSON.stringify(at(logged.body, 'contract', 'incidents'))).toContain('a\uFFFDb\uFFFDc');
    expect((await send('GET', '/v1/contracts?text=a%00b')).status).toBe(200);
  });
});

describe('what is not described', () => {
  test('a key beside an amount is refused, not left out', async () => {
    const answer = await created({ value: { minor: '1', currency: 'USD', role: 'admin' } });
    expect(answer.status).toBe(422);
  });

  test('a method that nothing uses is refused with a problem document', async () => {
    const answer = await send('TRACE', '/v1/me');
    expect([answer.status, at(answer.body, 'code')]).toEqual([405, 'method_not_allowed']);
    expect(String(at(answer.body, 'detail')).length).toBeGreaterThan(10);
  });
});

describe('at the same moment', () => {
  test('contracts without a number of their own are created together, each with another one', async () => {
    const clients = Array.from({ length: 12 }, () => createWireClient(scene.port));
    const answers = await Promise.all(
      clients.map((each) => each.send(request('POST', '/v1/contracts', { contract: contractDraft() }))),
    );
    for (const each of clients) each.close();
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const numbers = answers.map(({ body }) => at(JSON.parse(body.toString()), 'contract', 'contract', 'number'));
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
