import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHubSpotOAuth, pkceChallenge } from '../../server/crm/hubspot/oauth.ts';
import type { HubSpotOAuth, HubSpotOAuthOptions } from '../../server/crm/hubspot/oauth.ts';
import { OPTIONAL_SCOPES, REQUIRED_SCOPES } from '../../server/crm/hubspot/scopes.ts';
import {
  CALL,
  PORTAL_ID,
  REDIRECT_URI,
  consentCode,
  expectOk,
  grantByPerson,
  installApp,
} from '../conformance/hubspot-adapter-portal.ts';
import type { Installed } from '../conformance/hubspot-adapter-portal.ts';

let portal: Installed;
beforeAll(async () => {
  portal = await installApp({ schema: false });
});
afterAll(() => portal.stop());

const oauthWith = (over: Partial<HubSpotOAuthOptions>): HubSpotOAuth =>
  createHubSpotOAuth({
    clientId: 'client-1',
    clientSecret: 'secret-1',
    redirectUri: REDIRECT_URI,
    baseUrl: portal.server.url,
    authorizeUrl: `${portal.server.url}/oauth/authorize`,
    world: portal.world,
    ...over,
  });

describe('the consent page', () => {
  test('is asked for exactly the scopes of the app, with state and an S256 challenge', () => {
    const url = new URL(
      createHubSpotOAuth({
        clientId: 'id',
        clientSecret: 's',
        redirectUri: REDIRECT_URI,
        world: portal.world,
      }).authorizeUrl({ state: 'abc', verifier: 'v' }),
    );
    expect(url.origin + url.pathname).toBe('https://app.hubspot.com/oauth/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'id',
      redirect_uri: REDIRECT_URI,
      scope: REQUIRED_SCOPES.join(' '),
      optional_scope: OPTIONAL_SCOPES.join(' '),
      state: 'abc',
      code_challenge: pkceChallenge('v'),
      code_challenge_method: 'S256',
    });
    expect(url.href).not.toContain('secret');
  });
  test('RFC 7636, appendix B: the challenge of the published verifier', () => {
    expect(pkceChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });
  test('verifiers are long enough and never repeat', () => {
    const verifiers = Array.from({ length: 20 }, () => portal.oauth.createVerifier());
    expect(new Set(verifiers).size).toBe(20);
    for (const verifier of verifiers) expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('exchange', () => {
  test('a code becomes tokens, and the portal is the one the token endpoint names', async () => {
    const grant = expectOk(await grantByPerson(portal.oauth, portal.server.url));
    expect(grant.accountId).toBe(PORTAL_ID);
    expect(grant.userId).toBe('77');
    expect(grant.scopes).toEqual(expect.arrayContaining([...REQUIRED_SCOPES]));
    expect(grant.expiresAt - Date.now()).toBeGreaterThan(1_790_000);
    expect(grant.expiresAt - Date.now()).toBeLessThanOrEqual(1_800_000);
  });
  test.each(['BAD_AUTH_CODE', 'BAD_CODE_VERIFIER', 'BAD_CLIENT_SECRET', 'BAD_REDIRECT_URI'])(
    '%s is named',
    async (status) => {
      const verifier = portal.oauth.createVerifier();
      const good = await consentCode(portal.oauth, { serverUrl: portal.server.url, verifier, state: 's' });
      const oauth =
        status === 'BAD_CLIENT_SECRET'
          ? oauthWith({ clientSecret: 'wrong' })
          : status === 'BAD_REDIRECT_URI'
            ? oauthWith({ redirectUri: 'https://evil.example' })
            : portal.oauth;
      const result = await oauth.exchange({
        code: status === 'BAD_AUTH_CODE' ? 'made-up' : good,
        verifier: status === 'BAD_CODE_VERIFIER' ? 'other' : verifier,
      });
      if (result.ok) throw new Error('must fail');
      const { failure } = result;
      expect(
        failure.kind === 'rejected' ? failure.code : failure.kind === 'authRevoked' ? failure.detail : failure.kind,
      ).toBe(status);
      expect(JSON.stringify(failure)).not.toContain(verifier);
    },
  );
  test('a code works once', async () => {
    const verifier = portal.oauth.createVerifier();
    const code = await consentCode(portal.oauth, { serverUrl: portal.server.url, verifier, state: 's' });
    expectOk(await portal.oauth.exchange({ code, verifier }));
    expect(await portal.oauth.exchange({ code, verifier })).toMatchObject({
      ok: false,
      failure: { kind: 'authRevoked', detail: 'BAD_AUTH_CODE' },
    });
  });
});

describe('refresh', () => {
  test('a rotated refresh token replaces the old one, which is dead', async () => {
    const first = expectOk(await grantByPerson(portal.oauth, portal.server.url));
    const second = expectOk(await portal.oauth.refresh(first));
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await portal.oauth.refresh(first)).toEqual({
      ok: false,
      failure: { kind: 'authRevoked', detail: 'BAD_REFRESH_TOKEN' },
    });
    expectOk(await portal.oauth.refresh(second));
  });
  test('a wrong client secret is our fault, not an uninstall', async () => {
    const grant = expectOk(await grantByPerson(portal.oauth, portal.server.url));
    expect(await oauthWith({ clientSecret: 'wrong' }).refresh(grant)).toMatchObject({
      failure: { kind: 'rejected', code: 'BAD_CLIENT_SECRET' },
    });
  });
  test('an unreachable endpoint is unavailable', async () => {
    const grant = expectOk(await grantByPerson(portal.oauth, portal.server.url));
    expect(await oauthWith({ baseUrl: 'http://127.0.0.1:9' }).refresh(grant)).toMatchObject({
      failure: { kind: 'unavailable' },
    });
  });
  test('calls go on over an expired token, with one refresh among many callers', async () => {
    const short = await installApp({ schema: false, behaviour: { accessTokenSeconds: 1 } });
    try {
      const calls = Array.from({ length: 8 }, () => short.adapter.describeAccount(short.connection, CALL));
      for (const result of await Promise.all(calls)) expectOk(result);
      expect(short.vault.writes).toHaveLength(1);
    } finally {
      await short.stop();
    }
  });
});

describe('introspection, revocation, uninstalling', () => {
  test('introspection tells the portal and its domain', async () => {
    const grant = expectOk(await grantByPerson(portal.oauth, portal.server.url));
    const told = expectOk(await portal.oauth.introspect(grant.accessToken));
    expect(told).toMatchObject({ active: true, accountId: PORTAL_ID, userId: '77' });
    expect(told.scopes).toEqual(expect.arrayContaining([...REQUIRED_SCOPES]));
    expect(expectOk(await portal.oauth.introspect('made-up')).active).toBe(false);
  });
  test('HubSpot docs, Manage OAuth tokens: revoking ends the refresh token', async () => {
    const grant = expectOk(await grantByPerson(portal.oauth, portal.server.url));
    expectOk(await portal.oauth.revoke(grant.refreshToken));
    expect(await portal.oauth.refresh(grant)).toMatchObject({ failure: { kind: 'authRevoked' } });
  });
  test('uninstalling ends everything', async () => {
    const own = await installApp({ schema: false });
    try {
      const token = (await own.vault.read(own.connection))?.accessToken ?? '';
      expectOk(await own.oauth.uninstall(token));
      expect(await own.adapter.describeAccount(own.connection, CALL)).toMatchObject({
        failure: { kind: 'authRevoked' },
      });
      expect(await own.oauth.uninstall(token)).toMatchObject({ failure: { kind: 'authExpired' } });
    } finally {
      await own.stop();
    }
  });
});
