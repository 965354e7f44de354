import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { ANSWER_BYTES_MAX, createSalesforceClient } from '../../../server/crm/salesforce/client.ts';
import type { SalesforceRequest } from '../../../server/crm/salesforce/client.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}
const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' };
const client = createSalesforceClient();
const forever = new AbortController().signal;
const GET: SalesforceRequest = { method: 'GET', path: '/services/data/v68.0/query' };
const send = (origin: string, request: SalesforceRequest = GET, signal: AbortSignal = forever) =>
  client.send(origin, request, { accessToken: 'secret-token', signal });
const SETTINGS = { clientId: 'client-1', clientSecret: 'secret-1', redirectUri: 'https://app.example/callback' };
const ask = (origin: string, request: Parameters<typeof client.askToken>[1]) =>
  client.askToken(origin, request, { settings: SETTINGS, signal: forever });

type Seen = { readonly method?: string; readonly url?: string; readonly body: string } & Record<string, unknown>;
/** Answers everything with `{}` and tells what came. */
async function recorder(): Promise<{ readonly origin: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const origin = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, body, headers });
      response.writeHead(200, JSON_TYPE).end('{}');
    });
  });
  return { origin, seen };
}

describe('where a call goes', () => {
  test.each(['//evil.example/x', 'https://evil.example/x', 'services/data', '\\\\evil.example'])(
    'the path %s cannot leave the org',
    async (path) => {
      await expect(send('https://acme.my.salesforce.com', { method: 'GET', path })).rejects.toThrow('org');
    },
  );

  test('the token travels in one header, we are named, and JSON says what it is', async () => {
    const { origin, seen } = await recorder();
    await send(origin, { method: 'PATCH', path: '/services/data/v68.0/composite/sobjects', json: { a: '文' } });
    await send(origin, { ...GET, query: { q: "SELECT Id FROM Account WHERE Name = 'a+b'" } });
    expect(seen[0]).toMatchObject({
      method: 'PATCH',
      body: '{"a":"文"}',
      headers: {
        authorization: 'Bearer secret-token',
        'sforce-call-options': 'client=Counterpart',
        'content-type': 'application/json; charset=UTF-8',
      },
    });
    expect(new URL(String(seen[1]?.url), origin).searchParams.get('q')).toBe(
      "SELECT Id FROM Account WHERE Name = 'a+b'",
    );
    expect(JSON.stringify(seen.map(({ url }) => url))).not.toContain('secret-token');
  });
});

describe('jsforce does nothing of its own', () => {
  test.each([301, 302, 303, 307, 308])(
    'a %i is refused, and the token does not reach another origin',
    async (status) => {
      const elsewhere = await recorder();
      const origin = await serve((_request, response) => {
        response.writeHead(status, { location: `${elsewhere.origin}/steal` }).end();
      });
      expect(await send(origin)).toEqual({ kind: 'garbled', detail: 'redirect_refused' });
      expect(await ask(origin, { kind: 'refresh', refreshToken: 'secret-refresh' })).toEqual({
        kind: 'garbled',
        detail: 'redirect_refused',
      });
      expect(elsewhere.seen).toEqual([]);
    },
  );

  test('S7 a refused token is asked with once: no refresh and no second request', async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests += 1;
      response
        .writeHead(401, JSON_TYPE)
        .end('[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]');
    });
    expect(await send(origin)).toMatchObject({
      kind: 'answer',
      answer: { status: 401, body: [{ errorCode: 'INVALID_SESSION_ID' }] },
    });
    expect(requests).toBe(1);
  });

  test.each([420, 429, 500, 502, 503, 504])('S7 a %i is handed on at once, not tried again', async (status) => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests += 1;
      response.writeHead(status, JSON_TYPE).end('[]');
    });
    expect(await send(origin)).toMatchObject({ kind: 'answer', answer: { status, body: [] } });
    expect(requests).toBe(1);
  });

  test('S7 a cut connection is not tried again', async () => {
    let requests = 0;
    const origin = await serve((request) => {
      requests += 1;
      request.socket.destroy();
    });
    expect(await send(origin)).toMatchObject({ kind: 'broken' });
    expect(requests).toBe(1);
  });
});

describe('answers', () => {
  const answering = (status: number, headers: Record<string, string>, body: string) =>
    serve((_request, response) => void response.writeHead(status, headers).end(body));

  test('status and headers come along, for successes and failures alike', async () => {
    const headers = { ...JSON_TYPE, 'Sforce-Limit-Info': 'api-usage=7/15000' };
    for (const status of [200, 201, 300, 400, 403, 404]) {
      expect(await send(await answering(status, headers, '[]'))).toMatchObject({
        kind: 'answer',
        answer: { status, headers: { 'sforce-limit-info': 'api-usage=7/15000' } },
      });
    }
  });

  test('numbers arrive with every digit, as text', async () => {
    const body = '{"a":12345678901234567.89,"b":1.20E7,"c":[0,-0.10],"d":"5","e":true,"f":null}';
    expect(await send(await answering(200, JSON_TYPE, body))).toMatchObject({
      answer: { body: { a: '12345678901234567.89', b: '1.20E7', c: ['0', '-0.10'], d: '5', e: true, f: null } },
    });
  });

  test('CSV stays text', async () => {
    const origin = await answering(200, { 'content-type': 'text/csv' }, '"Id"\n"001"\n');
    expect(await send(origin, { ...GET, answer: 'text' })).toMatchObject({ answer: { body: '"Id"\n"001"\n' } });
  });

  test('204 has a null body', async () => {
    expect(await send(await answering(204, {}, ''))).toMatchObject({
      kind: 'answer',
      answer: { status: 204, body: null },
    });
  });

  test('a success that is no JSON is garbled, an error that is no JSON keeps its status', async () => {
    expect(await send(await answering(200, { 'content-type': 'text/html' }, '<html>'))).toEqual({
      kind: 'garbled',
      detail: 'not_json',
    });
    expect(await send(await answering(502, { 'content-type': 'text/html' }, '<html>'))).toMatchObject({
      kind: 'answer',
      answer: { status: 502, body: null },
    });
  });

  test('S14 an answer that nests too deep is not parsed', async () => {
    const origin = await answering(200, JSON_TYPE, '['.repeat(100_000));
    expect(await send(origin)).toEqual({ kind: 'garbled', detail: 'too_deep' });
  });

  test('S14 an answer beyond the size limit is left unread', async () => {
    const origin = await serve((_request, response) => {
      const chunk = Buffer.alloc(1_048_576, 0x20);
      const pump = (left: number): void => {
        if (left === 0 || response.destroyed) return void response.end();
        response.write(chunk, () => pump(left - 1));
      };
      pump(ANSWER_BYTES_MAX / chunk.length + 8);
    });
    expect(await send(origin)).toEqual({ kind: 'garbled', detail: 'too_large' });
  });
});

describe('broken calls', () => {
  test('nobody listening: never sent', async () => {
    const origin = await serve(() => undefined);
    for (const stop of stops.splice(0)) stop();
    expect(await send(origin)).toEqual({ kind: 'unsent', detail: 'ECONNREFUSED' });
  });

  test('a connection cut within the answer: it may have had an effect', async () => {
    const within = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"records":', () => request.socket.destroy());
    });
    expect(await send(within)).toMatchObject({ kind: 'broken' });
  });

  test('leaving while the body is still coming ends the reading', async () => {
    const leave = new AbortController();
    const origin = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{', () => leave.abort());
    });
    expect(await send(origin, GET, leave.signal)).toEqual({ kind: 'broken', detail: 'left' });
  });

  test('whoever has left before sends nothing', async () => {
    const { origin, seen } = await recorder();
    expect(await send(origin, GET, AbortSignal.abort())).toEqual({ kind: 'unsent', detail: 'aborted' });
    expect(seen).toEqual([]);
  });
});

test('the token endpoint gets secret and verifier in the body, and no Authorization', async () => {
  const { origin, seen } = await recorder();
  await ask(origin, { kind: 'code', code: 'a b&c', verifier: 'verifier-1' });
  await ask(origin, { kind: 'refresh', refreshToken: 'refresh-1' });
  await ask(origin, { kind: 'revoke', token: 'refresh-1' });
  const forms = seen.map(({ url, body }) => [url, Object.fromEntries(new URLSearchParams(body))]);
  const secrets = { client_id: 'client-1', client_secret: 'secret-1' };
  expect(forms).toEqual([
    [
      '/services/oauth2/token',
      {
        grant_type: 'authorization_code',
        code: 'a b&c',
        code_verifier: 'verifier-1',
        redirect_uri: 'https://app.example/callback',
        ...secrets,
      },
    ],
    ['/services/oauth2/token', { grant_type: 'refresh_token', refresh_token: 'refresh-1', ...secrets }],
    ['/services/oauth2/revoke', { token: 'refresh-1' }],
  ]);
  for (const { headers } of seen) expect(headers).not.toHaveProperty('authorization');
});
