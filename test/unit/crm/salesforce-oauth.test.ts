import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Credential } from '../../../server/crm/credentials.ts';
import { createSalesforceOAuth, SESSION_GUESS_MS } from '../../../server/crm/salesforce/oauth.ts';
import { acceptInstanceUrl, acceptLoginHost, parseLoginOrigin } from '../../../server/crm/salesforce/origins.ts';
import { closedOrigin } from '../../support/closed-origin.ts';

const NOW = 1_795_320_000_000;
const ORG_ID = '00D000000000062EAA';
const USER_ID = '005000000000001AAA';
const REDIRECT_URI = 'https://app.example/oauth/salesforce/callback';

type Answer = { readonly status: number; readonly body: unknown };
type Handle = (call: { readonly path: string; readonly form: Readonly<Record<string, string>> }) => Answer;
type Call = Parameters<Handle>[0] & { readonly authorization: string | undefined };

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A sign-in page and an org in one, on this machine. */
async function startOrg(handle: Handle) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const call = { path: request.url ?? '', form: Object.fromEntries(new URLSearchParams(body)) };
      calls.push({ ...call, authorization: request.headers.authorization });
      const { status, body: answer } = handle(call);
      const more = status === 302 ? { location: 'https://login.salesforce.com/' } : {};
      response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin = `http://127.0.0.1:${address.port}`;
  return { origin, calls, oauth: makeOAuth(origin) };
}

function makeOAuth(loginUrl?: string) {
  return createSalesforceOAuth({
    clientId: 'client-1',
    clientSecret: 'secret-1',
    redirectUri: REDIRECT_URI,
    ...(loginUrl === undefined ? {} : { loginUrl }),
    world: {
      clock: {
        now: () => NOW,
        sleep: (_delayMs, signal) =>
          new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('left')))),
      },
      random: { next: () => 0, uuid: () => '', bytes: (count) => new Uint8Array(count).fill(7) },
    },
  });
}

const tokenAnswer = (instanceUrl: string, more: object = {}): Answer => ({
  status: 200,
  body: {
    access_token: '00D!access-2',
    refresh_token: 'refresh-2',
    instance_url: instanceUrl,
    id: `https://login.salesforce.com/id/${ORG_ID}/${USER_ID}`,
    issued_at: String(NOW),
    scope: 'api refresh_token id',
    token_type: 'Bearer',
    ...more,
  },
});
const identity = (orgId = ORG_ID): Answer => ({
  status: 200,
  body: { organization_id: orgId, user_id: USER_ID, email: 'mia@example.com', display_name: 'Mia', locale: 'zh_CN' },
});
const TRIP = { verifier: 'v'.repeat(43), loginHost: null, code: 'code-1' };
const CREDENTIAL: Credential = { accessToken: 'a-1', refreshToken: 'refresh-1', expiresAt: NOW, scopes: ['api'] };

describe('where tokens may go', () => {
  const LOGIN = 'https://login.salesforce.com';
  test.each([
    'https://acme.my.salesforce.com',
    'https://acme--dev.sandbox.my.salesforce.com/',
    'https://na139.salesforce.com',
    'https://acme.develop.my.salesforce.com',
    'https://acme.my.site.force.com',
    LOGIN,
  ])('%s is an org', (url) => {
    expect(acceptInstanceUrl(url, LOGIN)).toBe(new URL(url).origin);
  });
  test.each([
    'http://acme.my.salesforce.com',
    'https://acme.my.salesforce.com:8443',
    'https://user:pass@acme.my.salesforce.com',
    'https://acme.my.salesforce.com.evil.example',
    'https://evilsalesforce.com',
    'https://acme.lightning.force.com',
    'http://127.0.0.1:4000',
    'http://169.254.169.254',
    'nonsense',
    '',
  ])('%s is not', (url) => {
    expect(acceptInstanceUrl(url, LOGIN)).toBeNull();
  });
  test('a practice org on this machine is one only when its own address is configured', () => {
    expect(acceptInstanceUrl('http://127.0.0.1:4000', 'http://127.0.0.1:4000')).toBe('http://127.0.0.1:4000');
    expect(acceptInstanceUrl('http://127.0.0.1:4001', 'http://127.0.0.1:4000')).toBeNull();
  });
  test.each([
    ['acme.my.salesforce.com', 'https://acme.my.salesforce.com'],
    [' ACME--dev.sandbox.my.salesforce.com ', 'https://acme--dev.sandbox.my.salesforce.com'],
    ['test.salesforce.com', 'https://test.salesforce.com'],
    ['login.salesforce.com', LOGIN],
    ['evil.example', null],
    ['evil.example/.my.salesforce.com', null],
    ['evil.example#.my.salesforce.com', null],
    ['user@acme.my.salesforce.com', null],
    ['acme.my.salesforce.com:444', null],
    ['https://acme.my.salesforce.com', null],
    ['my.salesforce.com', null],
    ['.my.salesforce.com', null],
    ['', null],
  ])('the sign-in host %s', (host, origin) => {
    expect(acceptLoginHost(host, LOGIN)).toBe(origin);
  });
  test.each(['http://login.salesforce.com', 'https://login.salesforce.com/path', 'https://a:b@login.salesforce.com'])(
    'no secret goes to %s',
    (url) => {
      expect(() => parseLoginOrigin(url)).toThrow('sign-in address');
    },
  );
});

describe('consent', () => {
  test('the verifier stays here, its S256 challenge goes', () => {
    const oauth = makeOAuth();
    const verifier = oauth.createVerifier();
    expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const url = new URL(oauth.authorizeUrl({ state: 'state-1', verifier, loginHost: 'acme.my.salesforce.com' }));
    expect(`${url.origin}${url.pathname}`).toBe('https://acme.my.salesforce.com/services/oauth2/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: REDIRECT_URI,
      scope: 'api refresh_token id',
      state: 'state-1',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(url.href).not.toContain(verifier);
    expect(url.href).not.toContain('secret-1');
  });
  test('nobody is sent to a foreign sign-in page, even if a cookie says so', () => {
    const oauth = makeOAuth();
    expect(oauth.acceptLoginHost('evil.example')).toBeNull();
    expect(() => oauth.authorizeUrl({ state: 's', verifier: 'v', loginHost: 'evil.example' })).toThrow('sign-in host');
  });
});

describe('the code’s exchange', () => {
  test('secret and verifier go together; the org is who the identity URL says', async () => {
    const org = await startOrg(({ path }) => (path.startsWith('/id/') ? identity() : tokenAnswer(org.origin)));
    expect(await org.oauth.exchange(TRIP)).toEqual({
      ok: true,
      value: {
        accountId: ORG_ID,
        accountName: null,
        user: { id: USER_ID, email: 'mia@example.com', name: 'Mia', locale: 'zh-CN' },
        credential: {
          accessToken: '00D!access-2',
          refreshToken: 'refresh-2',
          expiresAt: NOW + SESSION_GUESS_MS,
          scopes: ['api', 'refresh_token', 'id'],
          instanceUrl: org.origin,
        },
      },
    });
    expect(org.calls[0]?.form).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1',
      code_verifier: TRIP.verifier,
      client_id: 'client-1',
      client_secret: 'secret-1',
      redirect_uri: REDIRECT_URI,
    });
    expect(org.calls[1]).toMatchObject({
      path: `/id/${ORG_ID}/${USER_ID}?format=json`,
      authorization: 'Bearer 00D!access-2',
    });
  });
  test('a token that names a foreign address goes nowhere', async () => {
    const foreign = await startOrg(() => identity());
    const org = await startOrg(() => tokenAnswer(foreign.origin));
    expect(await org.oauth.exchange(TRIP)).toEqual({
      ok: false,
      failure: { kind: 'malformed', detail: 'instance_url_refused' },
    });
    expect(foreign.calls).toEqual([]);
  });
  test('the identity of another org, an answer without refresh token or without identity is no grant', async () => {
    const other = await startOrg(({ path }) =>
      path.startsWith('/id/') ? identity('00D000000000063EAA') : tokenAnswer(other.origin),
    );
    expect(await other.oauth.exchange(TRIP)).toMatchObject({ ok: false });
    const short = await startOrg(() => tokenAnswer(short.origin, { refresh_token: undefined }));
    expect(await short.oauth.exchange(TRIP)).toMatchObject({ failure: { detail: 'token_without_refresh' } });
    const nameless = await startOrg(() => tokenAnswer(nameless.origin, { id: 'https://login.salesforce.com/id/x' }));
    expect(await nameless.oauth.exchange(TRIP)).toMatchObject({ failure: { detail: 'identity_url' } });
  });
  test('an org is connected also when its identity service is silent', async () => {
    const org = await startOrg(({ path }) =>
      path.startsWith('/id/') ? { status: 403, body: 'Bad_OAuth_Token' } : tokenAnswer(org.origin),
    );
    expect(await org.oauth.exchange(TRIP)).toMatchObject({
      ok: true,
      value: { accountId: ORG_ID, user: { id: USER_ID, email: null } },
    });
  });
  test.each([
    ['invalid_grant', { kind: 'authRevoked', detail: 'invalid_grant' }],
    ['invalid_client', { kind: 'rejected', code: 'APP_NOT_INSTALLED', field: null, detail: 'invalid_client' }],
  ])('%s', async (error, failure) => {
    const org = await startOrg(() => ({ status: 400, body: { error, error_description: 'words' } }));
    expect(await org.oauth.exchange(TRIP)).toEqual({ ok: false, failure });
  });
});

describe('a refresh', () => {
  test('brings the rotated refresh token and the address at which the org is now', async () => {
    const org = await startOrg(() => tokenAnswer(org.origin));
    const renewed = await org.oauth.refresh({ ...CREDENTIAL, instanceUrl: org.origin });
    expect(renewed).toMatchObject({
      kind: 'renewed',
      credential: { accessToken: '00D!access-2', refreshToken: 'refresh-2', instanceUrl: org.origin },
    });
    expect(org.calls.map(({ form }) => form)).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'client-1', client_secret: 'secret-1' },
    ]);
  });
  test('is asked for at the org’s own address, and at the sign-in page only when the org has moved away', async () => {
    const home = await startOrg(() => tokenAnswer(home.origin));
    const page = await startOrg(() => tokenAnswer(page.origin));
    await page.oauth.refresh({ ...CREDENTIAL, instanceUrl: home.origin });
    expect([home.calls.length, page.calls.length]).toEqual([1, 0]);
    const former = await startOrg(() => ({ status: 302, body: null }));
    const moved = await page.oauth.refresh({ ...CREDENTIAL, instanceUrl: former.origin });
    expect(moved).toMatchObject({ kind: 'renewed', credential: { instanceUrl: page.origin } });
    expect([former.calls.length, page.calls.length]).toEqual([1, 1]);
    const gone = await page.oauth.refresh({ ...CREDENTIAL, instanceUrl: await closedOrigin() });
    expect(gone).toMatchObject({ kind: 'renewed', credential: { instanceUrl: page.origin } });
  });
  test('keeps what an answer leaves out, where refresh tokens do not rotate', async () => {
    const org = await startOrg(() => tokenAnswer(org.origin, { refresh_token: undefined, scope: undefined }));
    const renewed = await org.oauth.refresh({ ...CREDENTIAL, instanceUrl: org.origin });
    expect(renewed).toMatchObject({ credential: { refreshToken: 'refresh-1', scopes: ['api'] } });
  });
  test('keeps the rotated token even when the answer names an address that is refused', async () => {
    const org = await startOrg(() => tokenAnswer('https://evil.example'));
    const renewed = await org.oauth.refresh({ ...CREDENTIAL, instanceUrl: org.origin });
    expect(renewed).toMatchObject({ credential: { refreshToken: 'refresh-2', instanceUrl: org.origin } });
  });
  test('tells a request under way from an ended grant', async () => {
    const busy = await startOrg(() => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Token request is already being processed' },
    }));
    expect(await busy.oauth.refresh(CREDENTIAL)).toEqual({ kind: 'busy' });
    const ended = await startOrg(() => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'expired access/refresh token' },
    }));
    expect(await ended.oauth.refresh(CREDENTIAL)).toEqual({
      kind: 'failed',
      failure: { kind: 'authRevoked', detail: 'invalid_grant' },
    });
  });
});

test('ending a grant revokes the refresh token, and with it all access tokens', async () => {
  const org = await startOrg(() => ({ status: 200, body: null }));
  expect(await org.oauth.end({ ...CREDENTIAL, instanceUrl: org.origin })).toBe('uninstalled');
  expect(org.calls).toMatchObject([{ path: '/services/oauth2/revoke', form: { token: 'refresh-1' } }]);
  const known = await startOrg(() => ({ status: 400, body: { error: 'invalid_token' } }));
  expect(await known.oauth.end(CREDENTIAL)).toBe('uninstalled');
  const down = await startOrg(() => ({ status: 503, body: null }));
  expect(await down.oauth.end(CREDENTIAL)).toBe('unreachable');
});

test('a browser goes back to Salesforce’s pages only', () => {
  const oauth = makeOAuth();
  expect(oauth.mayReturnTo('https://acme.lightning.force.com/lightning/r/x')).toBe(true);
  expect(oauth.mayReturnTo('https://acme.my.salesforce.com/x')).toBe(true);
  for (const url of ['https://evil.example', 'http://acme.my.salesforce.com', 'javascript:alert(1)', 'x'])
    expect(oauth.mayReturnTo(url)).toBe(false);
});
