import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { ConnectionRef } from '../../../server/crm/port.ts';
import { createSalesforceApi } from '../../../server/crm/salesforce/api.ts';
import { createSalesforceClient } from '../../../server/crm/salesforce/client.ts';
import type { Session } from '../../../server/crm/salesforce/session-source.ts';
import { closedOrigin } from '../../support/closed-origin.ts';

const CONNECTION: ConnectionRef = { workspaceId: 'w', connectionId: 'c', host: 'salesforce', accountId: '00D' };
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/** `sessions`: the first as stored, each further one as a refresh brings it; the last one stays. */
function makeApi(sessions: readonly Session[]) {
  let at = 0;
  const current = (): Session => {
    const session = sessions[Math.min(at, sessions.length - 1)];
    if (session === undefined) throw new Error('no session');
    return session;
  };
  const refreshes: string[] = [];
  const api = createSalesforceApi({
    client: createSalesforceClient(),
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    },
    gate: { take: async () => ({ kind: 'granted' }), report: async () => undefined },
    sessions: {
      session: async () => ({ ok: true, value: current() }),
      renewed: async (_connection, stale) => {
        refreshes.push(stale);
        at += 1;
        return { ok: true, value: current() };
      },
    },
  });
  const read = () =>
    api.request(
      CONNECTION,
      { operation: 'test', effect: 'read', method: 'GET', path: '/services/data/v68.0/limits' },
      z.object({ ok: z.boolean() }),
      { priority: 'pull' },
    );
  return { read, refreshes };
}
const answering =
  (status: number, body: unknown) =>
  (_request: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const elsewhere = (_request: IncomingMessage, response: ServerResponse): void =>
  void response.writeHead(302, { location: 'https://login.salesforce.com/' }).end();

test('S8 a refused token is renewed once, and the call goes to the address that came with the new one', async () => {
  const former = await serve(answering(401, [{ errorCode: 'INVALID_SESSION_ID', message: 'x' }]));
  const seen: (string | undefined)[] = [];
  const now = await serve((request, response) => {
    seen.push(request.headers.authorization);
    answering(200, { ok: true })(request, response);
  });
  const { read, refreshes } = makeApi([
    { accessToken: 'token-1', instanceUrl: former },
    { accessToken: 'token-2', instanceUrl: now },
  ]);
  expect(await read()).toMatchObject({ ok: true, value: { value: { ok: true } } });
  expect(refreshes).toEqual(['token-1']);
  expect(seen).toEqual(['Bearer token-2']);
});

test('S8 a token that is refused right after its renewal ends the grant: no second renewal', async () => {
  const org = await serve(answering(401, [{ errorCode: 'INVALID_SESSION_ID', message: 'x' }]));
  const { read, refreshes } = makeApi([
    { accessToken: 'token-1', instanceUrl: org },
    { accessToken: 'token-2', instanceUrl: org },
  ]);
  expect(await read()).toEqual({ ok: false, failure: { kind: 'authRevoked', detail: 'fresh_token_refused' } });
  expect(refreshes).toHaveLength(1);
});

test('an org that was moved is found where a refresh says it is', async () => {
  const former = await serve(elsewhere);
  const now = await serve(answering(200, { ok: true }));
  const { read, refreshes } = makeApi([
    { accessToken: 'token-1', instanceUrl: former },
    { accessToken: 'token-2', instanceUrl: now },
  ]);
  expect(await read()).toMatchObject({ ok: true });
  expect(refreshes).toEqual(['token-1']);
});

test('an org whose former address answers no more is found where a refresh says it is', async () => {
  const now = await serve(answering(200, { ok: true }));
  const { read, refreshes } = makeApi([
    { accessToken: 'token-1', instanceUrl: await closedOrigin() },
    { accessToken: 'token-2', instanceUrl: now },
  ]);
  expect(await read()).toMatchObject({ ok: true });
  expect(refreshes).toEqual(['token-1']);
});

test('a redirect from where the org still is says nothing, and is tried again later', async () => {
  const org = await serve(elsewhere);
  const { read, refreshes } = makeApi([
    { accessToken: 'token-1', instanceUrl: org },
    { accessToken: 'token-2', instanceUrl: org },
  ]);
  expect(await read()).toEqual({ ok: false, failure: { kind: 'malformed', detail: 'redirect_refused' } });
  expect(refreshes).toHaveLength(1);
});

test('an answer of another form than expected is malformed, never half understood', async () => {
  const org = await serve(answering(200, { ok: 'yes' }));
  expect(await makeApi([{ accessToken: 'token-1', instanceUrl: org }]).read()).toEqual({
    ok: false,
    failure: { kind: 'malformed', detail: 'test: invalid_type at ok' },
  });
});
