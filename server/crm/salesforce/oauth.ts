/**
 * Salesforce's OAuth web server flow with PKCE, as an external client app has to do it: secret and verifier together, refresh tokens that
 * are good for one use. The org is who the identity URL in the token endpoint's answer says, never what the callback says. Tokens appear in
 * request bodies and one header only, never in an address, a log line or an error (Salesforce help, OAuth 2.0 web server flow; OAuth
 * authorization flows, error codes).
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { World } from '../../world.ts';
import type { Credential } from '../credentials.ts';
import type { ConsentTrip, HostGrant, OAuthHost } from '../oauth-host.ts';
import type { HostFailure, HostResult } from '../port.ts';
import { CALL_TIMEOUT_MS, failed } from '../transport.ts';
import type { HttpAnswer, SendResult } from '../transport.ts';
import { createSalesforceClient, maySpeakOfFormerAddress } from './client.ts';
import type { SalesforceClient, TokenRequest } from './client.ts';
import { failureOfToken, isBusy, saysNotInstalled } from './oauth-failures.ts';
import { acceptInstanceUrl, acceptLoginHost, parseLoginOrigin, SALESFORCE_LOGIN_URL } from './origins.ts';
import { longId } from './record-ids.ts';
import { REQUIRED_SCOPES } from './scopes.ts';
import { IDENTITY, TOKEN_ANSWER } from './wire.ts';

/** RFC 7636 asks for at least 256 bits; 43 characters of base64url. */
const PKCE_VERIFIER_BYTES = 32;
/**
 * An answer does not say how long its token lives; the org's session settings do, and they can be changed. A credential has to name an
 * instant all the same: two hours, the usual setting, after the token was issued. Nobody trusts it; it tells how old the token is.
 */
export const SESSION_GUESS_MS = 7_200_000;

export type SalesforceOAuthOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Exactly as the external client app names it. */
  readonly redirectUri: string;
  /** Origin of the usual sign-in page; a practice org's on this machine. */
  readonly loginUrl?: string;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly timeoutMs?: number;
};

export type RefreshAnswer =
  | { readonly kind: 'renewed'; readonly credential: Credential }
  /** Another request with the same refresh token is under way; its answer is the one that counts. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly failure: HostFailure };

export interface SalesforceOAuth extends OAuthHost {
  /** `authRevoked` when the grant has ended: revoked, idle for 30 days, or its refresh token used twice. */
  refresh(credential: Credential): Promise<RefreshAnswer>;
}

type TokenAnswer = z.infer<typeof TOKEN_ANSWER>;
type Flow = SalesforceOAuthOptions & { readonly client: SalesforceClient; readonly loginOrigin: string };

/** Throws for a sign-in address to which no secret may go. */
export function createSalesforceOAuth(options: SalesforceOAuthOptions): SalesforceOAuth {
  const loginOrigin = parseLoginOrigin(options.loginUrl ?? SALESFORCE_LOGIN_URL);
  const flow: Flow = { ...options, client: createSalesforceClient(), loginOrigin };
  return {
    host: 'salesforce',
    requiredScopes: REQUIRED_SCOPES,
    onlyAdminsAuthorise: false,
    createVerifier: () => Buffer.from(options.world.random.bytes(PKCE_VERIFIER_BYTES)).toString('base64url'),
    acceptLoginHost: (text) => {
      const origin = acceptLoginHost(text, loginOrigin);
      return origin === null ? null : new URL(origin).host;
    },
    authorizeUrl: (trip) => authorizeUrl(flow, trip),
    exchange: (trip) => exchange(flow, trip),
    refresh: (credential) => refresh(flow, credential),
    saysNotInstalled,
    mayReturnTo: (url) => mayReturnTo(url, loginOrigin),
    async end(credential) {
      const sent = await askAtHome(flow, credential, { kind: 'revoke', token: credential.refreshToken });
      // A token that is known no more has ended already.
      const isEnded = sent.kind === 'answer' && sent.answer.status < 500;
      return isEnded ? 'uninstalled' : 'unreachable';
    },
  };
}

/** The S256 challenge of RFC 7636. */
function pkceChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function authorizeUrl(flow: Flow, trip: ConsentTrip & { readonly state: string }): string {
  const url = new URL('/services/oauth2/authorize', loginOriginOf(flow, trip));
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('client_id', flow.clientId);
  url.searchParams.set('redirect_uri', flow.redirectUri);
  url.searchParams.set('scope', REQUIRED_SCOPES.join(' '));
  url.searchParams.set('state', trip.state);
  url.searchParams.set('code_challenge', pkceChallenge(trip.verifier));
  url.searchParams.set('code_challenge_method', 'S256');
  return url.href;
}

/** A host that was accepted when the trip began is checked again: it came back by way of a cookie or a row. */
function loginOriginOf({ loginOrigin }: Flow, { loginHost }: ConsentTrip): string {
  if (loginHost === null) return loginOrigin;
  const accepted = acceptLoginHost(loginHost, loginOrigin);
  if (accepted === null) throw new Error('nobody may be sent to this sign-in host');
  return accepted;
}

async function exchange(flow: Flow, trip: ConsentTrip & { readonly code: string }): Promise<HostResult<HostGrant>> {
  const request: TokenRequest = { kind: 'code', code: trip.code, verifier: trip.verifier };
  const answer = parse(judge(await ask(flow, loginOriginOf(flow, trip), request)), TOKEN_ANSWER);
  if (!answer.ok) return answer;
  const { refresh_token: refreshToken, instance_url: instance, id } = answer.value;
  if (refreshToken === undefined) return malformed('token_without_refresh');
  const instanceUrl = acceptInstanceUrl(instance, flow.loginOrigin);
  if (instanceUrl === null) return malformed('instance_url_refused');
  const who = parseIdentityUrl(id);
  if (who === null) return malformed('identity_url');
  const credential = toCredential(flow, answer.value, { refreshToken, instanceUrl, scopes: [] });
  const user = await readUser(flow, credential.accessToken, { ...who, instanceUrl });
  if (!user.ok) return user;
  return { ok: true, value: { credential, accountId: who.orgId, accountName: null, user: user.value } };
}

async function refresh(flow: Flow, credential: Credential): Promise<RefreshAnswer> {
  const sent = await askAtHome(flow, credential, { kind: 'refresh', refreshToken: credential.refreshToken });
  if (sent.kind === 'answer' && isBusy(sent.answer)) return { kind: 'busy' };
  const answer = parse(judge(sent), TOKEN_ANSWER);
  if (!answer.ok) return { kind: 'failed', failure: answer.failure };
  // The former refresh token is used up: what came instead is kept, whatever else is odd about the answer.
  const instanceUrl = acceptInstanceUrl(answer.value.instance_url, flow.loginOrigin) ?? credential.instanceUrl;
  const refreshToken = answer.value.refresh_token ?? credential.refreshToken;
  return {
    kind: 'renewed',
    credential: toCredential(flow, answer.value, { refreshToken, instanceUrl, scopes: credential.scopes }),
  };
}

/**
 * An org's own address has a token endpoint, which also serves sandboxes and orgs that have closed the common sign-in page. The former
 * address of an org that was moved has not looked at the request; then the common page knows.
 */
async function askAtHome(flow: Flow, { instanceUrl }: Credential, request: TokenRequest): Promise<SendResult> {
  const home = instanceUrl ?? flow.loginOrigin;
  const sent = await ask(flow, home, request);
  const mayHaveMoved = sent.kind !== 'answer' && maySpeakOfFormerAddress(sent.detail) && home !== flow.loginOrigin;
  return mayHaveMoved ? ask(flow, flow.loginOrigin, request) : sent;
}

async function ask(flow: Flow, origin: string, request: TokenRequest): Promise<SendResult> {
  const { clientId, clientSecret, redirectUri } = flow;
  const settings = { clientId, clientSecret, redirectUri };
  return sendInTime(flow, (signal) => flow.client.askToken(origin, request, { settings, signal }));
}

async function sendInTime(flow: Flow, send: (signal: AbortSignal) => Promise<SendResult>): Promise<SendResult> {
  const leave = new AbortController();
  const limit = flow.world.clock.sleep(flow.timeoutMs ?? CALL_TIMEOUT_MS, leave.signal).then(
    (): SendResult => ({ kind: 'broken', detail: 'timeout' }),
    (): SendResult => ({ kind: 'broken', detail: 'left' }),
  );
  try {
    return await Promise.race([send(leave.signal), limit]);
  } finally {
    leave.abort();
  }
}

type Identity = { readonly orgId: string; readonly userId: string };

/** `https://login.salesforce.com/id/<org>/<user>`; both ids in their long form. */
function parseIdentityUrl(address: string): Identity | null {
  const [, orgPart = '', userPart = ''] = /\/id\/([a-zA-Z0-9]{15,18})\/([a-zA-Z0-9]{15,18})$/.exec(address) ?? [];
  const [orgId, userId] = [longId(orgPart), longId(userPart)];
  return orgId === null || userId === null ? null : { orgId, userId };
}

/**
 * The identity service, asked at the org's own address, because the common one redirects there and no redirect is followed with a token.
 * Who signs in is worth little without a name; but an org is connected all the same.
 */
async function readUser(
  flow: Flow,
  accessToken: string,
  { orgId, userId, instanceUrl }: Identity & { readonly instanceUrl: string },
): Promise<HostResult<HostGrant['user']>> {
  const request = { method: 'GET', path: `/id/${orgId}/${userId}`, query: { format: 'json' } } as const;
  const sent = await sendInTime(flow, (signal) => flow.client.send(instanceUrl, request, { accessToken, signal }));
  const identity = parse(judge(sent), IDENTITY);
  if (!identity.ok) return { ok: true, value: { id: userId, email: null, name: null, locale: null } };
  const { organization_id: saidOrgId, user_id: saidUserId, email, display_name: name } = identity.value;
  if (longId(saidOrgId) !== orgId || longId(saidUserId) !== userId) return malformed('identity_of_another');
  return {
    ok: true,
    value: { id: userId, email: email ?? null, name: name ?? null, locale: localeOf(identity.value) },
  };
}

/** We speak two languages; Chinese is offered to whoever reads Salesforce in it. */
function localeOf({ language, locale }: z.infer<typeof IDENTITY>): 'en' | 'zh-CN' | null {
  const said = language ?? locale;
  if (said === null || said === undefined || said === '') return null;
  return said.startsWith('zh') ? 'zh-CN' : 'en';
}

function judge(sent: SendResult): HostResult<HttpAnswer> {
  if (sent.kind !== 'answer') return failed(brokenOff(sent));
  const { answer } = sent;
  return answer.status >= 200 && answer.status < 300 ? { ok: true, value: answer } : failed(failureOfToken(answer));
}

/** A lost answer may hide a rotated refresh token; trying again is right either way, and tells. */
function brokenOff(sent: Exclude<SendResult, { readonly kind: 'answer' }>): HostFailure {
  if (sent.kind === 'garbled') return { kind: 'malformed', detail: sent.detail };
  return { kind: 'unavailable', retryAfterMs: null, detail: sent.detail };
}

function parse<T>(result: HostResult<HttpAnswer>, schema: z.ZodType<T>): HostResult<T> {
  if (!result.ok) return result;
  const parsed = schema.safeParse(result.value.body);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : malformed(`oauth: invalid at ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
}

function malformed(detail: string): HostResult<never> {
  return failed({ kind: 'malformed', detail });
}

function toCredential(
  { world }: Flow,
  answer: TokenAnswer,
  kept: {
    readonly refreshToken: string;
    readonly instanceUrl: string | undefined;
    readonly scopes: readonly string[];
  },
): Credential {
  return {
    accessToken: answer.access_token,
    refreshToken: kept.refreshToken,
    expiresAt: world.clock.now() + SESSION_GUESS_MS,
    scopes: answer.scope === undefined ? kept.scopes : answer.scope.split(' '),
    ...(kept.instanceUrl === undefined ? {} : { instanceUrl: kept.instanceUrl }),
  };
}

/** Where an install that began in the CRM may send the browser back to. */
function mayReturnTo(address: string, loginOrigin: string): boolean {
  const url = URL.parse(address);
  if (url === null) return false;
  if (url.origin === loginOrigin) return true;
  const { hostname, protocol } = url;
  return (
    protocol === 'https:' && (hostname.endsWith('.my.salesforce.com') || hostname.endsWith('.lightning.force.com'))
  );
}
