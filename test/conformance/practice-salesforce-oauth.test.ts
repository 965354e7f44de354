/** The practice org's authorisation, fact by fact; each title names the page that documents the fact. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { at, textAt } from '../support/practice.ts';
import {
  type OrgAnswer,
  type OrgForTest,
  ORG_REDIRECT_URI,
  SECOND_USER_ID,
  authorizeUrl,
  challengeOf,
  logIn,
  orgOauthCall,
  restFor,
  startOrg,
  verifierOf,
} from '../support/practice-org.ts';

const DAY_MS = 86_400_000;

let practice: OrgForTest;
beforeEach(async () => {
  practice = await startOrg();
});
afterEach(async () => practice.stop());

const codeFor = (more: Readonly<Record<string, string>> = {}): string =>
  new URL(practice.org.approve(authorizeUrl(practice.org, more))).searchParams.get('code') ?? '';
const redeem = (code: string, more: Readonly<Record<string, string>> = {}): Promise<OrgAnswer> =>
  orgOauthCall(practice.org, 'token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: ORG_REDIRECT_URI,
    code_verifier: verifierOf('1'),
    ...more,
  });
const refresh = (token: string): Promise<OrgAnswer> =>
  orgOauthCall(practice.org, 'token', { grant_type: 'refresh_token', refresh_token: token });
const expectGrantError = (answer: OrgAnswer, description: string): void => {
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({ error: 'invalid_grant', error_description: description });
};

describe('Salesforce help, OAuth 2.0 Web Server Flow', () => {
  test('the page names app, org and users, and speaks Chinese to a Chinese reader', async () => {
    const english = await (await fetch(authorizeUrl(practice.org))).text();
    expect(english).toContain('Allow access to Counterpart?');
    expect(english).toContain('lin@practice-org.example');
    const chinese = await (await fetch(authorizeUrl(practice.org, { language: 'zh_CN' }))).text();
    expect(chinese).toContain('lang="zh-CN"');
  });

  test('what the query holds cannot become markup', async () => {
    const html = await (await fetch(authorizeUrl(practice.org, { state: '"><script>' }))).text();
    expect(html).not.toContain('<script>');
  });

  test('an unknown client or address is told on the page and never visited', async () => {
    for (const wrong of [{ client_id: 'other' }, { redirect_uri: 'https://elsewhere.example/' }]) {
      const answer = await fetch(authorizeUrl(practice.org, wrong), { redirect: 'manual' });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
    }
  });

  test('the decision sends the browser back with code and state; a denial with access_denied', async () => {
    const decide = async (decision: string): Promise<URL> => {
      const query = new URL(authorizeUrl(practice.org)).search.slice(1);
      const body = new URLSearchParams({ query, decision, userId: practice.org.adminId });
      const answer = await fetch(`${practice.org.url}/practice/oauth/decision`, {
        method: 'POST',
        body,
        redirect: 'manual',
      });
      return new URL(answer.headers.get('location') ?? '');
    };
    const allowed = await decide('approve');
    expect(allowed.searchParams.get('code')).not.toBeNull();
    expect(allowed.searchParams.get('state')).toBe('state-1');
    expect((await decide('cancel')).searchParams.get('error')).toBe('access_denied');
  });

  test('the token answer has the documented keys, and its signature is the HMAC of id and issued_at', async () => {
    const tokens = await logIn(practice.org);
    expect(Object.keys(tokens).sort()).toEqual(
      ['access_token', 'id', 'instance_url', 'issued_at', 'refresh_token', 'scope', 'signature', 'token_type'].sort(),
    );
    expect(tokens.token_type).toBe('Bearer');
    expect(tokens.instance_url).toBe(practice.org.url);
    expect(tokens.access_token.startsWith(`${practice.org.orgId.slice(0, 15)}!`)).toBe(true);
    const signature = createHmac('sha256', practice.org.app.clientSecret)
      .update(tokens.id + tokens.issued_at)
      .digest('base64');
    expect(tokens.signature).toBe(signature);
  });

  test('a code is good once, for its own address, and for fifteen minutes', async () => {
    const code = codeFor();
    expect((await redeem(code)).status).toBe(200);
    expectGrantError(await redeem(code), 'invalid authorization code');
    expect(at((await redeem(codeFor(), { redirect_uri: 'https://elsewhere.example/' })).body, 'error')).toBe(
      'redirect_uri_mismatch',
    );
    const late = codeFor();
    practice.clock.advance(901_000);
    expectGrantError(await redeem(late), 'expired authorization code');
  });

  test('a confidential app proves itself with its secret as well', async () => {
    const answer = await redeem(codeFor(), { client_secret: 'wrong' });
    expect(answer.status).toBe(400);
    expect(at(answer.body, 'error')).toBe('invalid_client');
  });
});

describe('Salesforce help, Proof Key for Code Exchange', () => {
  test('a request without a challenge is sent back', () => {
    const back = new URL(practice.org.approve(authorizeUrl(practice.org, { code_challenge: '' })));
    expect(back.searchParams.get('error')).toBe('invalid_request');
    expect(back.searchParams.get('error_description')).toBe('missing required code challenge');
  });

  test('only the verifier of the challenge, of 43 to 128 characters, redeems the code', async () => {
    expectGrantError(await redeem(codeFor(), { code_verifier: verifierOf('2') }), 'invalid code verifier');
    expectGrantError(await redeem(codeFor(), { code_verifier: '' }), 'invalid code verifier');
    const long = 'a'.repeat(171);
    expectGrantError(
      await redeem(codeFor({ code_challenge: challengeOf(long) }), { code_verifier: long }),
      'invalid code verifier',
    );
  });
});

describe('Salesforce help, Refresh Token Rotation', () => {
  test('each refresh gives a new token that works, and the access token before it stays good', async () => {
    const first = await logIn(practice.org);
    const second = await refresh(first.refresh_token);
    const rotated = textAt(second.body, 'refresh_token');
    expect(rotated).not.toBe(first.refresh_token);
    expect((await restFor(practice.org, textAt(second.body, 'access_token'))('GET', '/limits')).status).toBe(200);
    expect((await restFor(practice.org, first.access_token)('GET', '/limits')).status).toBe(200);
    expect((await refresh(rotated)).status).toBe(200);
  });

  test('using a rotated token again ends the whole family, access tokens included', async () => {
    const first = await logIn(practice.org);
    const second = await refresh(first.refresh_token);
    expectGrantError(await refresh(first.refresh_token), 'expired access/refresh token');
    expectGrantError(await refresh(textAt(second.body, 'refresh_token')), 'expired access/refresh token');
    expect((await restFor(practice.org, textAt(second.body, 'access_token'))('GET', '/limits')).status).toBe(401);
  });

  test('without rotation the refresh token stays and is not answered again', async () => {
    practice.org.setBehaviour({ rotateRefreshTokens: false });
    const first = await logIn(practice.org);
    const second = await refresh(first.refresh_token);
    expect(at(second.body, 'refresh_token')).toBeUndefined();
    expect((await refresh(first.refresh_token)).status).toBe(200);
  });

  test('a token that nobody used for thirty days is dead', async () => {
    const { refresh_token: token } = await logIn(practice.org);
    practice.clock.advance(31 * DAY_MS);
    expectGrantError(await refresh(token), 'expired access/refresh token');
  });
});

test('Salesforce release notes, Simultaneous Token Requests Are Blocked: of two refreshes at once one is turned away', async () => {
  practice.org.setBehaviour({ tokenProcessingMs: 40 });
  const { refresh_token: token } = await logIn(practice.org);
  const answers = await Promise.all([refresh(token), refresh(token)]);
  const refused = answers.filter(({ status }) => status === 400);
  expect(refused).toHaveLength(1);
  expect(at(refused[0]?.body, 'error_description')).toBe('token request is already being processed');
});

describe('Salesforce help, Revoke OAuth Tokens', () => {
  test('a refresh token takes its access tokens with it', async () => {
    const tokens = await logIn(practice.org);
    expect((await orgOauthCall(practice.org, 'revoke', { token: tokens.refresh_token })).status).toBe(200);
    expect((await restFor(practice.org, tokens.access_token)('GET', '/limits')).status).toBe(401);
    expectGrantError(await refresh(tokens.refresh_token), 'expired access/refresh token');
  });

  test('an access token goes alone, and an unknown one is invalid_token', async () => {
    const tokens = await logIn(practice.org);
    expect((await orgOauthCall(practice.org, 'revoke', { token: tokens.access_token })).status).toBe(200);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
    expect(at((await orgOauthCall(practice.org, 'revoke', { token: 'nothing' })).body, 'error')).toBe('invalid_token');
  });
});

describe('Salesforce help, Identity URLs', () => {
  test('the identity of the token answer names org and user by 18 characters', async () => {
    const tokens = await logIn(practice.org, SECOND_USER_ID);
    const answer = await restFor(practice.org, tokens.access_token)('GET', new URL(tokens.id).pathname);
    expect(answer.status).toBe(200);
    expect(at(answer.body, 'organization_id')).toBe(practice.org.orgId);
    expect(at(answer.body, 'user_id')).toBe(SECOND_USER_ID);
    expect(at(answer.body, 'email')).toBe('lin@practice-org.example');
    expect(at(answer.body, 'timezone')).toBe('Asia/Shanghai');
  });

  test('a missing or bad token is 403 in plain text', async () => {
    const { id } = await logIn(practice.org);
    expect(await (await fetch(id)).text()).toBe('Missing_OAuth_Token');
    const bad = await fetch(`${id}?oauth_token=nonsense`);
    expect([bad.status, await bad.text()]).toEqual([403, 'Bad_OAuth_Token']);
  });

  test('userinfo answers OpenID claims', async () => {
    const tokens = await logIn(practice.org);
    const answer = await restFor(practice.org, tokens.access_token)('GET', '/services/oauth2/userinfo');
    expect(at(answer.body, 'sub')).toBe(tokens.id);
    expect(at(answer.body, 'organization_id')).toBe(practice.org.orgId);
  });
});

describe('Salesforce help, Session settings: Timeout value', () => {
  test('a session ends after the time without a call, with INVALID_SESSION_ID, and calls keep it alive', async () => {
    const { access_token: token } = await logIn(practice.org);
    const rest = restFor(practice.org, token);
    practice.clock.advance(5_000_000);
    expect((await rest('GET', '/limits')).status).toBe(200);
    practice.clock.advance(5_000_000);
    expect((await rest('GET', '/limits')).status).toBe(200);
    practice.clock.advance(7_300_000);
    const answer = await rest('GET', '/limits');
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual([{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }]);
  });
});

describe('Salesforce help, Connected App Usage Restrictions: the app comes with the package', () => {
  test('an org without the package lets nobody authorise it', () => {
    practice.org.uninstallPackage();
    const back = new URL(practice.org.approve(authorizeUrl(practice.org)));
    expect(back.searchParams.get('error')).toBe('OAUTH_APPROVAL_ERROR_GENERIC');
    expect(back.searchParams.get('error_description')).toContain('app must be installed into org');
  });

  test('uninstalling ends every grant', async () => {
    const tokens = await logIn(practice.org);
    practice.org.uninstallPackage();
    expect((await restFor(practice.org, tokens.access_token)('GET', '/limits')).status).toBe(401);
    expectGrantError(await refresh(tokens.refresh_token), 'expired access/refresh token');
  });
});
