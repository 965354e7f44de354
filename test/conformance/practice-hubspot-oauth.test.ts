/** The practice portal's authorisation, fact by fact; each title names the page that documents the fact. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EVERY_SCOPE,
  type PracticeForTest,
  type Tokens,
  apiFor,
  authorizeQuery,
  decide,
  install,
  oauthCall,
  pageFor,
  startPractice,
  textAt,
} from '../support/practice.ts';

let practice: PracticeForTest;
beforeAll(async () => {
  practice = await startPractice();
});
afterAll(async () => practice.stop());

const redeem = (code: string, more: Record<string, string> = {}): ReturnType<typeof oauthCall> =>
  oauthCall(practice, '/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: practice.app.redirectUrls[0] ?? '',
    ...more,
  });

const approvedCode = async (query = authorizeQuery(practice.app)): Promise<string> =>
  (await decide(practice, query, { portalId: '1001', decision: 'approve' })).searchParams.get('code') ?? '';

describe('HubSpot docs, OAuth: authorising an app', () => {
  const consent = async (query: URLSearchParams): Promise<{ status: number; html: string }> => {
    const response = await fetch(`${practice.hubspot.url}/oauth/authorize?${query.toString()}`);
    return { status: response.status, html: await response.text() };
  };

  test('the consent page names the app, its scopes and the accounts to choose from', async () => {
    const { status, html } = await consent(authorizeQuery(practice.app, ['oauth', 'crm.objects.deals.read']));
    expect(status).toBe(200);
    expect(html).toContain('Counterpart');
    expect(html).toContain('crm.objects.deals.read');
    expect(html).toContain('Portal 1001');
    expect(html).not.toContain('crm.objects.companies.read');
  });

  test('the consent page speaks Chinese to a Chinese reader', async () => {
    const query = authorizeQuery(practice.app);
    query.set('locale', 'zh-CN');
    const { html } = await consent(query);
    expect(html).toContain('lang="zh-CN"');
    expect(html).toContain('连接应用');
  });

  test('what the query holds cannot become markup', async () => {
    const query = authorizeQuery(practice.app);
    query.set('state', '"><script>alert(1)</script>');
    expect((await consent(query)).html).not.toContain('<script>');
  });

  test('the redirect URL must equal a registered one, and a foreign one is never visited', async () => {
    const query = authorizeQuery(practice.app);
    query.set('redirect_uri', 'https://elsewhere.example/callback');
    expect((await consent(query)).status).toBe(400);
    const back = await decide(practice, query, { portalId: '1001', decision: 'approve' });
    expect(back.href).toBe('about:blank');
  });

  test('all required scopes must be asked for, and no scope that the app configuration does not list', async () => {
    expect((await consent(authorizeQuery(practice.app, ['crm.objects.deals.read']))).status).toBe(400);
    expect((await consent(authorizeQuery(practice.app, ['oauth', 'crm.objects.contacts.read']))).status).toBe(400);
  });

  test('state comes back unchanged with the code', async () => {
    const back = await decide(practice, authorizeQuery(practice.app), { portalId: '1001', decision: 'approve' });
    expect(back.searchParams.get('state')).toBe('state-1');
    expect(back.searchParams.get('code')).not.toBeNull();
  });

  test('cancelling sends the person back with access_denied and no code (RFC 6749, 4.1.2.1)', async () => {
    const back = await decide(practice, authorizeQuery(practice.app), { portalId: '1001', decision: 'cancel' });
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe('state-1');
    expect(back.searchParams.has('code')).toBe(false);
  });
});

describe('HubSpot docs, Manage OAuth tokens: the token endpoint', () => {
  test('a code buys a bearer token of 1800 seconds with account, user and scopes', async () => {
    const answer = await redeem(await approvedCode());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      token_type: 'bearer',
      token_use: 'access_token',
      expires_in: 1800,
      hub_id: 1001,
      user_id: 77,
      scopes: [...EVERY_SCOPE],
      access_token: expect.any(String),
      refresh_token: expect.any(String),
    });
  });

  test('a code works once', async () => {
    const code = await approvedCode();
    expect((await redeem(code)).status).toBe(200);
    expect(await redeem(code)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', status: 'BAD_AUTH_CODE' },
    });
  });

  test('the redirect URI of the exchange must be the one of the request: BAD_REDIRECT_URI', async () => {
    const answer = await redeem(await approvedCode(), { redirect_uri: 'https://elsewhere.example' });
    expect(answer).toMatchObject({ status: 400, body: { status: 'BAD_REDIRECT_URI' } });
  });

  test('PKCE: the verifier must hash to the S256 challenge, else BAD_CODE_VERIFIER', async () => {
    const verifier = 'v'.repeat(43);
    const query = authorizeQuery(practice.app);
    query.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
    query.set('code_challenge_method', 'S256');
    expect(await redeem(await approvedCode(query))).toMatchObject({
      status: 400,
      body: { status: 'BAD_CODE_VERIFIER' },
    });
    expect((await redeem(await approvedCode(query), { code_verifier: 'x'.repeat(43) })).status).toBe(400);
    expect((await redeem(await approvedCode(query), { code_verifier: verifier })).status).toBe(200);
  });

  test('wrong client credentials: BAD_CLIENT_ID and BAD_CLIENT_SECRET', async () => {
    const code = await approvedCode();
    expect(await redeem(code, { client_id: 'nobody' })).toMatchObject({
      status: 400,
      body: { status: 'BAD_CLIENT_ID' },
    });
    expect(await redeem(code, { client_secret: 'wrong' })).toMatchObject({
      status: 400,
      body: { status: 'BAD_CLIENT_SECRET' },
    });
  });

  const refresh = (token: string): ReturnType<typeof oauthCall> =>
    oauthCall(practice, '/token', { grant_type: 'refresh_token', refresh_token: token });

  test('a refresh gives a fresh access token; with rotation on, the former refresh token ends', async () => {
    const tokens = await install(practice);
    const answer = await refresh(tokens.refresh_token);
    expect(answer.status).toBe(200);
    expect(textAt(answer.body, 'access_token')).not.toBe(tokens.access_token);
    expect(textAt(answer.body, 'refresh_token')).not.toBe(tokens.refresh_token);
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' },
    });
  });

  test('with rotation off, the refresh token stays', async () => {
    const tokens = await install(practice);
    await pageFor(practice)('PUT', '/practice/api/behaviour', { rotateRefreshTokens: false });
    const answer = await refresh(tokens.refresh_token);
    await pageFor(practice)('PUT', '/practice/api/behaviour', { rotateRefreshTokens: true });
    expect(textAt(answer.body, 'refresh_token')).toBe(tokens.refresh_token);
  });

  test('an access token answers 401 EXPIRED_AUTHENTICATION after its 30 minutes, and not before', async () => {
    const tokens = await install(practice);
    const api = apiFor(practice, tokens.access_token);
    practice.clock.advance(1_790_000);
    expect((await api('GET', '/account-info/2026-09/details')).status).toBe(200);
    practice.clock.advance(11_000);
    expect(await api('GET', '/account-info/2026-09/details')).toMatchObject({
      status: 401,
      body: { status: 'error', category: 'EXPIRED_AUTHENTICATION' },
    });
  });

  test('no token or an invented one: 401 INVALID_AUTHENTICATION', async () => {
    const answer = await apiFor(practice, 'invented')('GET', '/account-info/2026-09/details');
    expect(answer).toMatchObject({ status: 401, body: { category: 'INVALID_AUTHENTICATION' } });
    expect((await pageFor(practice)('GET', '/account-info/2026-09/details')).status).toBe(401);
  });
});

describe('HubSpot API specification, OAuth: introspection and revocation', () => {
  const introspect = (token: string): ReturnType<typeof oauthCall> =>
    oauthCall(practice, '/token/introspect', { token, token_type_hint: 'access_token' });
  let tokens: Tokens;
  beforeAll(async () => {
    tokens = await install(practice);
  });

  test('a live token is active, with app, account, user, scopes and time left', async () => {
    const { body } = await introspect(tokens.access_token);
    expect(body).toMatchObject({
      active: true,
      app_id: 4242,
      hub_id: 1001,
      user_id: 77,
      scopes: [...EVERY_SCOPE],
      token_use: 'access_token',
      is_private_distribution: false,
    });
  });

  test('an unknown token is inactive and says nothing else', async () => {
    expect((await introspect('unknown')).body).toEqual({ active: false });
  });

  test('revoking a refresh token leaves access tokens already issued alive', async () => {
    await oauthCall(practice, '/token/revoke', { token: tokens.refresh_token, token_type_hint: 'refresh_token' });
    expect((await apiFor(practice, tokens.access_token)('GET', '/account-info/2026-09/details')).status).toBe(200);
    const answer = await oauthCall(practice, '/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
    });
    expect(answer).toMatchObject({ status: 400, body: { status: 'BAD_REFRESH_TOKEN' } });
  });
});

describe('HubSpot API specification, Account information and App uninstalls', () => {
  test('account details carry the time zone, currency, offset and UI domain of the token’s account', async () => {
    const tokens = await install(practice, '1002');
    const { body } = await apiFor(practice, tokens.access_token)('GET', '/account-info/2026-09/details');
    expect(body).toMatchObject({
      portalId: 1002,
      accountType: 'STANDARD',
      timeZone: 'America/New_York',
      companyCurrency: 'USD',
      uiDomain: 'app.hubspot.com',
    });
    expect(textAt(body, 'utcOffset')).toMatch(/^-0[45]:00$/);
  });

  test('uninstalling answers 204; the refresh token then fails with BAD_REFRESH_TOKEN', async () => {
    const tokens = await install(practice, '1002');
    const api = apiFor(practice, tokens.access_token);
    expect((await api('DELETE', '/appinstalls/2026-09/external-install')).status).toBe(204);
    expect(await pageFor(practice)('GET', '/practice/api/portals')).toMatchObject({
      body: [{ id: '1001' }, { id: '1002', installed: false }],
    });
    const answer = await oauthCall(practice, '/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' } });
  });

  test('a token reaches its own account only', async () => {
    const first = apiFor(practice, (await install(practice, '1001')).access_token);
    const second = apiFor(practice, (await install(practice, '1002')).access_token);
    const { body } = await first('POST', '/crm/objects/2026-09/deals', { properties: { dealname: 'Ours' } });
    expect((await second('GET', `/crm/objects/2026-09/deals/${textAt(body, 'id')}`)).status).toBe(404);
  });
});
