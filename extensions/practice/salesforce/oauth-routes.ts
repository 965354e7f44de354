/**
 * Authorisation as an external client app meets it: the web server flow with PKCE and a secret, refresh with rotation, revocation and
 * discovery (Salesforce help, OAuth 2.0 Web Server Flow; Refresh Token Flow; Revoke OAuth Tokens). Errors are RFC 6749 bodies.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Call, type Reply, type Route, empty, html, json, redirect } from './exchange.ts';
import { endFamily, isIdle, newRefreshToken, openSession } from './grants.ts';
import { consentPage, refusalPage } from './oauth-page.ts';
import type { PracticeOrg } from './practice-org.ts';
import { textOf } from './record-store.ts';

/** Salesforce help: an authorization code is good for fifteen minutes. */
const CODE_LIFETIME_MS = 900_000;
const CODE_BYTES = 32;
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | null;
  readonly codeChallenge: string;
}
type Read =
  | { readonly kind: 'request'; readonly request: AuthorizationRequest }
  | { readonly kind: 'page'; readonly reply: Reply }
  | { readonly kind: 'back'; readonly location: string };

const words = (text: string | null): readonly string[] => (text ?? '').split(/[\s+]+/).filter((word) => word !== '');

/** Checks what the app sent the person here with; a fault is shown on the page unless the address is a registered one. */
export function readAuthorization(org: PracticeOrg, query: URLSearchParams): Read {
  const refusal = (error: string, description: string): Read => ({
    kind: 'page',
    reply: html(refusalPage(error, description), 400),
  });
  if (query.get('client_id') !== org.app.clientId) return refusal('invalid_client_id', 'client identifier invalid');
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!org.app.redirectUris.includes(redirectUri))
    return refusal('redirect_uri_mismatch', 'redirect_uri must match configuration');
  const state = query.get('state');
  const back = (error: string, description: string): Read => ({
    kind: 'back',
    location: withQuery(redirectUri, { error, error_description: description, ...(state === null ? {} : { state }) }),
  });
  if (query.get('response_type') !== 'code') return back('unsupported_response_type', 'response type not supported');
  if (org.installedPackage() === null && org.app.installedByPackage !== false)
    return back('OAUTH_APPROVAL_ERROR_GENERIC', 'app must be installed into org');
  const codeChallenge = query.get('code_challenge') ?? '';
  if (codeChallenge === '') return back('invalid_request', 'missing required code challenge');
  const method = query.get('code_challenge_method') ?? 'S256';
  if (method !== 'S256') return back('invalid_request', 'invalid code challenge method');
  const asked = words(query.get('scope'));
  const scopes = asked.length === 0 ? org.app.scopes : asked;
  const unknown = scopes.filter((scope) => !org.app.scopes.includes(scope));
  if (unknown.length > 0) return back('invalid_scope', 'the requested scope is not allowed');
  return { kind: 'request', request: { redirectUri, scopes, state, codeChallenge } };
}

function withQuery(address: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** Notes the approval and gives the address the browser is sent to. */
export function approveRequest(org: PracticeOrg, request: AuthorizationRequest, userId: string): string {
  const code = `aPrx${Buffer.from(org.random.bytes(CODE_BYTES)).toString('base64url')}==`;
  org.grants.codes.put(code, {
    userId,
    scopes: request.scopes,
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge,
    expiresAt: org.clock.now() + CODE_LIFETIME_MS,
  });
  return withQuery(request.redirectUri, { code, ...(request.state === null ? {} : { state: request.state }) });
}

/** The routes of `/services/oauth2` and the page's decision. */
export function oauthRoutes(org: PracticeOrg): readonly Route[] {
  const show = (call: Call): Reply => {
    const read = readAuthorization(org, call.query);
    if (read.kind === 'page') return read.reply;
    if (read.kind === 'back') return redirect(read.location);
    const language = call.query.get('language') ?? call.headers['accept-language'] ?? 'en';
    return html(
      consentPage({
        appName: org.app.name,
        orgName: org.profile.name,
        scopes: read.request.scopes,
        users: loginChoices(org),
        query: call.query,
        chinese: language.toLowerCase().startsWith('zh'),
      }),
    );
  };
  const decide = (call: Call): Reply => {
    const form = new URLSearchParams(call.body.toString('utf8'));
    const read = readAuthorization(org, new URLSearchParams(form.get('query') ?? ''));
    if (read.kind === 'page') return read.reply;
    if (read.kind === 'back') return redirect(read.location);
    const { redirectUri, state } = read.request;
    const userId = form.get('userId') ?? org.adminId;
    if (form.get('decision') === 'approve' && org.members.get(userId) !== undefined)
      return redirect(approveRequest(org, read.request, userId));
    const denied = { error: 'access_denied', error_description: 'end-user denied authorization' };
    return redirect(withQuery(redirectUri, { ...denied, ...(state === null ? {} : { state }) }));
  };
  return [
    { method: 'GET', path: '/services/oauth2/authorize', kind: 'open', handle: show },
    { method: 'POST', path: '/practice/oauth/decision', kind: 'open', handle: decide },
    { method: 'POST', path: '/services/oauth2/token', kind: 'open', handle: (call) => tokenReply(org, call) },
    { method: 'POST', path: '/services/oauth2/revoke', kind: 'open', handle: (call) => revoke(org, call) },
    { method: 'GET', path: '/.well-known/openid-configuration', kind: 'open', handle: () => json(discovery(org)) },
  ];
}

/** The administrator first, then whoever else works in the org. */
function loginChoices(
  org: PracticeOrg,
): readonly { readonly id: string; readonly name: string; readonly email: string }[] {
  return [...org.members.values()]
    .toSorted((a, b) => Number(b.isAdmin) - Number(a.isAdmin))
    .map(({ userId }) => {
      const row = org.records.get('User', userId);
      return { id: userId, name: textOf(row, 'Name') ?? '', email: textOf(row, 'Email') ?? '' };
    });
}

const oauthError = (error: string, description: string): Reply =>
  json({ error, error_description: description }, 400, { 'cache-control': 'no-store' });

async function tokenReply(org: PracticeOrg, call: Call): Promise<Reply> {
  if (org.random.next() < org.faults().tokenErrorRate)
    return json({ error: 'temporarily_unavailable', error_description: 'service unavailable' }, 503);
  const form = new URLSearchParams(call.body.toString('utf8'));
  const basic = /^Basic (.+)$/i.exec(call.headers.authorization ?? '')?.[1];
  const [basicId, basicSecret] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':');
  if ((form.get('client_id') ?? basicId) !== org.app.clientId)
    return oauthError('invalid_client_id', 'client identifier invalid');
  if (!sameText(form.get('client_secret') ?? basicSecret ?? '', org.app.clientSecret))
    return oauthError('invalid_client', 'invalid client credentials');
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return redeemCode(org, form);
    case 'refresh_token':
      return await refresh(org, form.get('refresh_token') ?? '');
    case null:
    default:
      return oauthError('unsupported_grant_type', 'grant type not supported');
  }
}

function sameText(given: string, expected: string): boolean {
  const [a, b] = [createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest()];
  return timingSafeEqual(a, b);
}

function redeemCode(org: PracticeOrg, form: URLSearchParams): Reply {
  const code = form.get('code') ?? '';
  const grant = org.grants.codes.get(code);
  org.grants.codes.delete(code);
  if (grant === undefined) return oauthError('invalid_grant', 'invalid authorization code');
  if (grant.expiresAt < org.clock.now()) return oauthError('invalid_grant', 'expired authorization code');
  if (grant.redirectUri !== form.get('redirect_uri'))
    return oauthError('redirect_uri_mismatch', 'redirect_uri must match configuration');
  const verifier = form.get('code_verifier') ?? '';
  if (!VERIFIER.test(verifier) || createHash('sha256').update(verifier).digest('base64url') !== grant.codeChallenge)
    return oauthError('invalid_grant', 'invalid code verifier');
  const familyId = org.random.uuid();
  const wantsRefresh = grant.scopes.some(
    (scope) => scope === 'refresh_token' || scope === 'offline_access' || scope === 'full',
  );
  const refreshToken = wantsRefresh ? newRefreshToken(org) : null;
  const { userId, scopes } = grant;
  if (refreshToken !== null)
    org.grants.refreshTokens.put(refreshToken, { userId, familyId, scopes, usedAt: org.clock.now(), spent: false });
  return issue(org, { userId, familyId, scopes }, refreshToken);
}

const EXPIRED = 'expired access/refresh token';

async function refresh(org: PracticeOrg, presented: string): Promise<Reply> {
  const grant = org.grants.refreshTokens.get(presented);
  if (grant === undefined || isIdle(org, grant.usedAt)) return oauthError('invalid_grant', EXPIRED);
  if (grant.spent) {
    // Salesforce help, Refresh Token Rotation: using a rotated token again invalidates the current one and its access tokens.
    endFamily(org, grant.familyId);
    return oauthError('invalid_grant', EXPIRED);
  }
  if (org.refreshing.has(presented)) return oauthError('invalid_grant', 'token request is already being processed');
  const { tokenProcessingMs, rotateRefreshTokens } = org.behaviour();
  if (tokenProcessingMs > 0) {
    org.refreshing.add(presented);
    try {
      await org.clock.sleep(tokenProcessingMs);
    } finally {
      org.refreshing.delete(presented);
    }
    if (org.grants.refreshTokens.get(presented) === undefined) return oauthError('invalid_grant', EXPIRED);
  }
  const used = { ...grant, usedAt: org.clock.now() };
  if (!rotateRefreshTokens) {
    org.grants.refreshTokens.put(presented, used);
    return issue(org, grant, null);
  }
  const next = newRefreshToken(org);
  org.grants.refreshTokens.put(presented, { ...used, spent: true });
  org.grants.refreshTokens.put(next, used);
  return issue(org, grant, next);
}

function issue(
  org: PracticeOrg,
  grant: { readonly userId: string; readonly familyId: string; readonly scopes: readonly string[] },
  refreshToken: string | null,
): Reply {
  const { userId, familyId, scopes } = grant;
  const id = identityUrl(org, userId);
  const issuedAt = String(org.clock.now());
  const signature = createHmac('sha256', org.app.clientSecret)
    .update(id + issuedAt)
    .digest('base64');
  return json(
    {
      access_token: openSession(org, { userId, familyId, scopes }),
      ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
      signature,
      scope: scopes.join(' '),
      instance_url: org.instanceUrl(),
      id,
      token_type: 'Bearer',
      issued_at: issuedAt,
    },
    200,
    { 'cache-control': 'no-store' },
  );
}

export const identityUrl = (org: PracticeOrg, userId: string): string =>
  `${org.instanceUrl()}/id/${org.orgId}/${userId}`;

/** A refresh token takes all its access tokens with it; an access token goes alone (Salesforce help, Revoke OAuth Tokens). */
function revoke(org: PracticeOrg, call: Call): Reply {
  const form = new URLSearchParams(call.body.toString('utf8'));
  const presented = form.get('token') ?? '';
  const grant = org.grants.refreshTokens.get(presented);
  if (grant !== undefined) {
    endFamily(org, grant.familyId);
    return empty(200);
  }
  if (org.grants.sessions.get(presented) === undefined)
    return oauthError('invalid_token', `invalid token: ${presented}`);
  org.grants.sessions.delete(presented);
  return empty(200);
}

function discovery(org: PracticeOrg): Readonly<Record<string, unknown>> {
  const base = org.instanceUrl();
  return {
    issuer: base,
    authorization_endpoint: `${base}/services/oauth2/authorize`,
    token_endpoint: `${base}/services/oauth2/token`,
    revocation_endpoint: `${base}/services/oauth2/revoke`,
    userinfo_endpoint: `${base}/services/oauth2/userinfo`,
    scopes_supported: org.app.scopes,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  };
}
