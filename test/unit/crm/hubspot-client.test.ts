import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { ANSWER_BYTES_MAX, createHubSpotClient, parseApiOrigin } from '../../../server/crm/hubspot/client.ts';

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
const get = (origin: string, signal: AbortSignal = new AbortController().signal) =>
  createHubSpotClient(origin).send({ method: 'GET', path: '/crm/objects/2026-09/deals' }, 'secret-token', signal);

describe('where calls may go', () => {
  test.each(['https://api.hubapi.com', 'http://127.0.0.1:4700', 'http://localhost:4700', 'https://api.hubapi.com/'])(
    '%s is taken',
    (url) => {
      expect(parseApiOrigin(url)).toBe(new URL(url).origin);
    },
  );
  test.each([
    'http://api.hubapi.com',
    'http://127.0.0.1.evil.example',
    'http://169.254.169.254',
    'ftp://api.hubapi.com',
    'https://user:pass@api.hubapi.com',
    'https://api.hubapi.com/path',
    'https://api.hubapi.com?x=1',
    'nonsense',
  ])('%s is refused', (url) => {
    expect(() => parseApiOrigin(url)).toThrow();
  });
  test.each(['//evil.example/x', 'https://evil.example/x', 'crm/x', '\\\\evil.example'])(
    'the path %s cannot leave the origin',
    async (path) => {
      const client = createHubSpotClient('https://api.hubapi.com');
      await expect(client.send({ method: 'GET', path }, 'secret-token', new AbortController().signal)).rejects.toThrow(
        'origin',
      );
    },
  );
});

describe('redirects', () => {
  test('a redirect is refused, and the token does not reach another origin', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{}');
    });
    const origin = await serve((_request, response) => {
      response.writeHead(307, { location: `${elsewhere}/steal` }).end();
    });
    expect(await get(origin)).toEqual({ kind: 'garbled', detail: 'redirect_refused' });
    expect(seen.filter((header) => header !== undefined)).toEqual([]);
  });
});

describe('answers', () => {
  test('status, headers in lower case and parsed JSON', async () => {
    const origin = await serve((_request, response) =>
      response.writeHead(207, { 'X-HubSpot-RateLimit-Remaining': '9' }).end('{"results":[]}'),
    );
    expect(await get(origin)).toMatchObject({
      kind: 'answer',
      answer: { status: 207, body: { results: [] }, headers: { 'x-hubspot-ratelimit-remaining': '9' } },
    });
  });
  test('204 has a null body', async () => {
    const origin = await serve((_request, response) => response.writeHead(204).end());
    expect(await get(origin)).toMatchObject({ kind: 'answer', answer: { status: 204, body: null } });
  });
  test('a success that is no JSON is garbled, an error that is no JSON keeps its status', async () => {
    const ok = await serve((_request, response) => response.end('<html>'));
    expect(await get(ok)).toEqual({ kind: 'garbled', detail: 'not_json' });
    const failing = await serve((_request, response) => response.writeHead(502).end('<html>bad gateway'));
    expect(await get(failing)).toMatchObject({ kind: 'answer', answer: { status: 502, body: null } });
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
    expect(await get(origin)).toEqual({ kind: 'garbled', detail: 'too_large' });
  });
});

describe('broken calls', () => {
  test('nobody listening: never sent', async () => {
    const origin = await serve(() => undefined);
    for (const stop of stops.splice(0)) stop();
    expect(await get(origin)).toEqual({ kind: 'unsent', detail: 'ECONNREFUSED' });
  });
  test('a connection cut before or within the answer: it may have had an effect', async () => {
    const cut = await serve((request) => request.socket.destroy());
    expect(await get(cut)).toMatchObject({ kind: 'broken' });
    const within = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"results":');
      setTimeout(() => request.socket.destroy(), 10);
    });
    expect(await get(within)).toMatchObject({ kind: 'broken' });
  });
  test('leaving while the body is still coming ends the reading', async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{');
    });
    const leave = new AbortController();
    setTimeout(() => leave.abort(), 30);
    expect(await get(origin, leave.signal)).toEqual({ kind: 'broken', detail: 'left' });
  });
});

test('the token travels in the header only, and OAuth forms carry none', async () => {
  const seen: { url: string | undefined; authorization: string | undefined; type: string | undefined; body: string }[] =
    [];
  const origin = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({
        url: request.url,
        authorization: request.headers.authorization,
        type: request.headers['content-type'],
        body,
      });
      response.end('{}');
    });
  });
  const client = createHubSpotClient(origin);
  const { signal } = new AbortController();
  await client.send({ method: 'POST', path: '/a', query: { x: '1 2' }, json: { b: 1 } }, 'secret-token', signal);
  await client.send({ method: 'POST', path: '/oauth', form: { code: 'a b&c' } }, null, signal);
  expect(seen).toEqual([
    { url: '/a?x=1+2', authorization: 'Bearer secret-token', type: 'application/json', body: '{"b":1}' },
    { url: '/oauth', authorization: undefined, type: 'application/x-www-form-urlencoded', body: 'code=a+b%26c' },
  ]);
});
