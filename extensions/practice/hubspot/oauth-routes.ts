/**
 * Authorisation as an app meets it: the consent page, then the token, introspection and revocation endpoints (HubSpot docs, Manage OAuth
 * tokens; published OAuth specification). Errors are RFC 6749 bodies with HubSpot's `status` and `message` beside them.
 */
import { createHash } from 'node:crypto';
import { consentPage, refusalPage } from './oauth-page.ts';
import { type Call, type Reply, type Route, json, redirect } from './exchange.ts';
import type { AppManifest } from './manifest.ts';
import { type AuthorizationCode, type Practice, type RefreshGrant, installKey } from './practice.ts';

const CODE_LIFETIME_MS = 60_000;
const TOKEN_BYTES = 24;

interface AuthorizationRequest {
  readonly app: AppManifest;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly optionalScopes: readonly string[];
  readonly state: string;
  readonly codeChallenge: string | null;
}

const words = (text: string | null): readonly string[] => (text ?? '').split(/[\s+]+/).filter((word) => word !== '');

const token = (practice: Practice): string => Buffer.from(practice.random.bytes(TOKEN_BYTES)).toString('base64url');

const isRefusal = (value: AuthorizationRequest | Reply): value is Reply => 'kind' in value;

/** Reads what the app sent the person here with; a fault is shown on the page, never sent to an address that was not registered. */
function readAuthorization(practice: Practice, query: URLSearchParams): AuthorizationRequest | Reply {
  const refusal = (message: string): Reply => ({ kind: 'html', status: 400, html: refusalPage(message) });
  const app = practice.apps.find((candidate) => candidate.clientId === query.get('client_id'));
  if (app === undefined) return refusal('The client ID is missing or unknown.');
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!app.redirectUrls.includes(redirectUri))
    return refusal(`The redirect URL ${redirectUri} does not match any registered redirect URL.`);
  const scopes = words(query.get('scope'));
  const missing = app.requiredScopes.filter((scope) => !scopes.includes(scope));
  const known = new Set([...app.requiredScopes, ...app.optionalScopes]);
  const optionalScopes = words(query.get('optional_scope'));
  const unknown = [...scopes, ...optionalScopes].filter((scope) => !known.has(scope));
  if (missing.length > 0) return refusal(`Scope mismatch: the app's configuration requires ${missing.join(', ')}.`);
  if (unknown.length > 0)
    return refusal(`Scope mismatch: the app's configuration does not list ${unknown.join(', ')}.`);
  const method = query.get('code_challenge_method');
  if (query.has('code_challenge') && method !== 'S256') return refusal('Only code_challenge_method=S256 is supported.');
  return {
    app,
    redirectUri,
    scopes,
    optionalScopes,
    state: query.get('state') ?? '',
    codeChallenge: query.get('code_challenge'),
  };
}

/** The routes of `/oauth`. */
export function oauthRoutes(practice: Practice): readonly Route[] {
  const show = (call: Call): Reply => {
    const request = readAuthorization(practice, call.query);
    if (isRefusal(request)) return request;
    const locale = call.query.get('locale') ?? call.headers['accept-language'] ?? 'en';
    return {
      kind: 'html',
      status: 200,
      html: consentPage({
        appName: request.app.name,
        scopes: request.scopes,
        optionalScopes: request.optionalScopes,
        portals: [...practice.portals.values()].map(({ profile }) => ({ id: profile.id, name: profile.name })),
        chosenPortalId: call.params.portalId ?? call.query.get('portalId') ?? undefined,
        query: call.query,
        chinese: locale.toLowerCase().startsWith('zh'),
      }),
    };
  };
  const decide = (call: Call): Reply => {
    const form = new URLSearchParams(call.body.toString('utf8'));
    const request = readAuthorization(practice, new URLSearchParams(form.get('query') ?? ''));
    if (isRefusal(request)) return request;
    return decision(practice, request, form);
  };
  return [
    { method: 'GET', path: '/oauth/authorize', kind: 'page', handle: show },
    { method: 'GET', path: '/oauth/{portalId}/authorize', kind: 'page', handle: show },
    { method: 'POST', path: '/oauth/authorize/decision', kind: 'page', handle: decide },
    { method: 'POST', path: '/oauth/2026-09/token', kind: 'oauth', handle: (call) => tokenReply(practice, call) },
    {
      method: 'POST',
      path: '/oauth/2026-09/token/introspect',
      kind: 'oauth',
      handle: (call) => introspect(practice, call),
    },
    { method: 'POST', path: '/oauth/2026-09/token/revoke', kind: 'oauth', handle: (call) => revoke(practice, call) },
  ];
}

function decision(practice: Practice, request: AuthorizationRequest, form: URLSearchParams): Reply {
  const back = new URL(request.redirectUri);
  if (request.state !== '') back.searchParams.set('state', request.state);
  const portal = practice.portals.get(form.get('portalId') ?? '');
  if (form.get('decision') !== 'approve' || portal === undefined) {
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', 'The user did not grant access.');
    return redirect(back.href);
  }
  const code = token(practice);
  practice.grants.codes.put(code, {
    portalId: portal.id,
    appId: request.app.appId,
    userId: portal.profile.user.id,
    scopes: [...new Set([...request.scopes, ...request.optionalScopes])],
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge,
    expiresAt: practice.clock.now() + CODE_LIFETIME_MS,
  });
  back.searchParams.set('code', code);
  return redirect(back.href);
}

const oauthError = (error: string, status: string, message: string): Reply =>
  json({ error, error_description: message, status, message }, 400);

function authenticate(practice: Practice, form: URLSearchParams): AppManifest | Reply {
  const app = practice.apps.find((candidate) => candidate.clientId === form.get('client_id'));
  if (app === undefined) return oauthError('invalid_client', 'BAD_CLIENT_ID', 'missing or unknown client id');
  if (app.clientSecret !== form.get('client_secret'))
    return oauthError('invalid_client', 'BAD_CLIENT_SECRET', 'missing or invalid client secret');
  return app;
}

function tokenReply(practice: Practice, call: Call): Reply {
  const form = new URLSearchParams(call.body.toString('utf8'));
  const app = authenticate(practice, form);
  if ('kind' in app) return app;
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return redeemCode(practice, app, form);
    case 'refresh_token':
      return refresh(practice, app, form);
    case null:
    default:
      return oauthError(
        'unsupported_grant_type',
        'BAD_GRANT_TYPE',
        'grant_type must be one of: authorization_code, refresh_token',
      );
  }
}

function redeemCode(practice: Practice, app: AppManifest, form: URLSearchParams): Reply {
  const code = form.get('code') ?? '';
  const grant = practice.grants.codes.get(code);
  practice.grants.codes.delete(code);
  if (grant === undefined || grant.appId !== app.appId || grant.expiresAt < practice.clock.now()) {
    return oauthError('invalid_grant', 'BAD_AUTH_CODE', 'missing or unknown auth code');
  }
  if (grant.redirectUri !== form.get('redirect_uri'))
    return oauthError('invalid_grant', 'BAD_REDIRECT_URI', 'redirect URI mismatch');
  if (!verifierFits(grant, form.get('code_verifier')))
    return oauthError('invalid_grant', 'BAD_CODE_VERIFIER', 'code verifier does not match');
  practice.grants.installs.put(installKey(grant.portalId, app.appId), {
    portalId: grant.portalId,
    appId: app.appId,
    userId: grant.userId,
    scopes: grant.scopes,
    installedAt: practice.clock.now(),
  });
  practice.announce({ type: 'install', portalId: grant.portalId });
  const refreshToken = token(practice);
  practice.grants.refreshTokens.put(refreshToken, {
    portalId: grant.portalId,
    appId: app.appId,
    userId: grant.userId,
    scopes: grant.scopes,
  });
  return issue(practice, grant, refreshToken);
}

function verifierFits(grant: AuthorizationCode, verifier: string | null): boolean {
  if (grant.codeChallenge === null) return true;
  return verifier !== null && createHash('sha256').update(verifier).digest('base64url') === grant.codeChallenge;
}

function refresh(practice: Practice, app: AppManifest, form: URLSearchParams): Reply {
  const presented = form.get('refresh_token') ?? '';
  const grant = practice.grants.refreshTokens.get(presented);
  if (grant === undefined || grant.appId !== app.appId)
    return oauthError('invalid_grant', 'BAD_REFRESH_TOKEN', 'missing or invalid refresh token');
  if (!practice.portals.has(grant.portalId))
    return oauthError('access_denied', 'BAD_HUB', 'the account no longer exists');
  if (!practice.behaviour().rotateRefreshTokens) return issue(practice, grant, presented);
  const next = token(practice);
  practice.grants.refreshTokens.delete(presented);
  practice.grants.refreshTokens.put(next, grant);
  return issue(practice, grant, next);
}

function issue(practice: Practice, grant: RefreshGrant, refreshToken: string): Reply {
  const expiresIn = practice.behaviour().accessTokenSeconds;
  const accessToken = token(practice);
  const { portalId, appId, userId, scopes } = grant;
  practice.grants.accessTokens.put(accessToken, {
    portalId,
    appId,
    userId,
    scopes,
    expiresAt: practice.clock.now() + expiresIn * 1_000,
  });
  dropExpired(practice);
  return json({
    token_type: 'bearer',
    token_use: 'access_token',
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
    hub_id: Number(portalId),
    user_id: Number(userId),
    scopes,
  });
}

/** Access tokens dead for a day are forgotten, so that the table stays as small as the traffic. */
function dropExpired(practice: Practice): void {
  const before = practice.clock.now() - 86_400_000;
  for (const [key, grant] of practice.grants.accessTokens.entries())
    if (grant.expiresAt < before) practice.grants.accessTokens.delete(key);
  for (const [key, grant] of practice.grants.codes.entries())
    if (grant.expiresAt < before) practice.grants.codes.delete(key);
}

function introspect(practice: Practice, call: Call): Reply {
  const form = new URLSearchParams(call.body.toString('utf8'));
  const app = authenticate(practice, form);
  if ('kind' in app) return app;
  const presented = form.get('token') ?? '';
  const access = practice.grants.accessTokens.get(presented);
  const refreshGrant = practice.grants.refreshTokens.get(presented);
  const grant = access ?? refreshGrant;
  if (grant === undefined || grant.appId !== app.appId) return json({ active: false });
  const portal = practice.portals.get(grant.portalId);
  const shared = {
    token: presented,
    client_id: app.clientId,
    app_id: app.appId,
    hub_id: Number(grant.portalId),
    hub_domain: portal?.profile.hubDomain ?? `portal-${grant.portalId}.example`,
    user_id: Number(grant.userId),
    user: portal?.profile.user.email ?? '',
    scopes: grant.scopes,
  };
  if (access === undefined) return json({ ...shared, active: true, token_use: 'refresh_token' });
  const expiresIn = Math.max(0, Math.floor((access.expiresAt - practice.clock.now()) / 1_000));
  return json({
    ...shared,
    active: expiresIn > 0,
    token_use: 'access_token',
    token_type: 'bearer',
    expires_in: expiresIn,
    is_private_distribution: false,
  });
}

/** Ends a refresh token; access tokens issued from it live on until they expire (HubSpot docs, Manage OAuth tokens). */
function revoke(practice: Practice, call: Call): Reply {
  const form = new URLSearchParams(call.body.toString('utf8'));
  const app = authenticate(practice, form);
  if ('kind' in app) return app;
  practice.grants.refreshTokens.delete(form.get('token') ?? '');
  return { kind: 'empty', status: 204 };
}
