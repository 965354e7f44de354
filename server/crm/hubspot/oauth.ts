/**
 * HubSpot's OAuth: sending an administrator to the consent page, turning the code into tokens, renewing, inspecting and ending them. The
 * portal's id is taken from the token endpoint, never from the callback. Tokens appear in request bodies only, never in an address, a log
 * line or an error (HubSpot docs, Manage OAuth tokens; RFC 6749 for errors).
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { World } from '../../world.ts';
import type { Credential } from '../credentials.ts';
import type { HostFailure, HostResult } from '../port.ts';
import { CALL_TIMEOUT_MS, failed } from '../transport.ts';
import type { HttpAnswer, SendResult } from '../transport.ts';
import { API_VERSION } from './api.ts';
import { createHubSpotClient } from './client.ts';
import type { HubSpotRequest } from './client.ts';
import { failureOf } from './failures.ts';
import { OPTIONAL_SCOPES, REQUIRED_SCOPES } from './scopes.ts';
import { INTROSPECTION, OAUTH_ERROR, TOKEN_ANSWER } from './wire.ts';

const HUBSPOT_AUTHORIZE_URL = 'https://app.hubspot.com/oauth/authorize';
/** RFC 7636 asks for at least 256 bits; 43 characters of base64url. */
const PKCE_VERIFIER_BYTES = 32;

export type HubSpotOAuthOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Exactly as the app manifest names it. */
  readonly redirectUri: string;
  readonly baseUrl?: string;
  readonly authorizeUrl?: string;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly timeoutMs?: number;
};

type Grant = Credential & { readonly accountId: string; readonly userId: string | null };
type Introspection = {
  readonly active: boolean;
  readonly accountId: string | null;
  readonly accountDomain: string | null;
  readonly userId: string | null;
  readonly userEmail: string | null;
  readonly scopes: readonly string[];
};

export interface HubSpotOAuth {
  /** A fresh PKCE verifier, to be kept with the state until the callback. */
  createVerifier(): string;
  /** Where to send the browser. `state` is the caller's, bound to its session and single use. */
  authorizeUrl(request: { readonly state: string; readonly verifier: string }): string;
  exchange(request: { readonly code: string; readonly verifier: string }): Promise<HostResult<Grant>>;
  /** `authRevoked` when the portal has uninstalled the app or the token was replaced. */
  refresh(credential: Credential): Promise<HostResult<Credential>>;
  introspect(accessToken: string): Promise<HostResult<Introspection>>;
  /** Ends the refresh token; access tokens already given out live until they expire. */
  revoke(refreshToken: string): Promise<HostResult<null>>;
  /** Removes the app from the portal; HubSpot tells its administrators by e-mail. */
  uninstall(accessToken: string): Promise<HostResult<null>>;
}

export function createHubSpotOAuth(options: HubSpotOAuthOptions): HubSpotOAuth {
  const client = createHubSpotClient(options.baseUrl);
  const secrets = { client_id: options.clientId, client_secret: options.clientSecret };
  const post = async (path: string, form: Readonly<Record<string, string>>): Promise<HostResult<HttpAnswer>> =>
    judge(await sendInTime(options, (signal) => client.send(formRequest(path, { ...form, ...secrets }), null, signal)));
  return {
    createVerifier: () => Buffer.from(options.world.random.bytes(PKCE_VERIFIER_BYTES)).toString('base64url'),
    authorizeUrl: (request) => authorizeUrl(options, request),
    async exchange({ code, verifier }) {
      const form = {
        grant_type: 'authorization_code',
        redirect_uri: options.redirectUri,
        code,
        code_verifier: verifier,
      };
      const answer = parse(await post('/token', form), TOKEN_ANSWER);
      if (!answer.ok) return answer;
      const { hub_id: accountId, user_id: userId } = answer.value;
      if (accountId === undefined) return failed({ kind: 'malformed', detail: 'token_without_hub_id' });
      return { ok: true, value: { ...toCredential(options, answer.value, []), accountId, userId: userId ?? null } };
    },
    async refresh(credential) {
      const form = { grant_type: 'refresh_token', refresh_token: credential.refreshToken };
      const answer = parse(await post('/token', form), TOKEN_ANSWER);
      return answer.ok ? { ok: true, value: toCredential(options, answer.value, credential.scopes) } : answer;
    },
    async introspect(accessToken) {
      const form = { token: accessToken, token_type_hint: 'access_token' };
      const answer = parse(await post('/token/introspect', form), INTROSPECTION);
      return answer.ok ? { ok: true, value: toIntrospection(answer.value) } : answer;
    },
    async revoke(refreshToken) {
      return withoutBody(await post('/token/revoke', { token: refreshToken, token_type_hint: 'refresh_token' }));
    },
    async uninstall(accessToken) {
      const request = { method: 'DELETE', path: `/appinstalls/${API_VERSION}/external-install` } as const;
      const sent = await sendInTime(options, (signal) => client.send(request, accessToken, signal));
      if (sent.kind !== 'answer') return failed(brokenOff(sent));
      const failure = failureOf(sent.answer, { effect: 'write', bucket: 'burst' });
      return failure === null ? { ok: true, value: null } : failed(failure);
    },
  };
}

/** The S256 challenge of RFC 7636. */
export function pkceChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function authorizeUrl(
  options: HubSpotOAuthOptions,
  { state, verifier }: { readonly state: string; readonly verifier: string },
): string {
  const url = new URL(options.authorizeUrl ?? HUBSPOT_AUTHORIZE_URL);
  url.searchParams.set('client_id', options.clientId);
  url.searchParams.set('redirect_uri', options.redirectUri);
  url.searchParams.set('scope', REQUIRED_SCOPES.join(' '));
  url.searchParams.set('optional_scope', OPTIONAL_SCOPES.join(' '));
  url.searchParams.set('state', state);
  url.searchParams.set('code_challenge', pkceChallenge(verifier));
  url.searchParams.set('code_challenge_method', 'S256');
  return url.href;
}

function formRequest(path: string, form: Readonly<Record<string, string>>): HubSpotRequest {
  return { method: 'POST', path: `/oauth/${API_VERSION}${path}`, form };
}

async function sendInTime(
  options: HubSpotOAuthOptions,
  send: (signal: AbortSignal) => Promise<SendResult>,
): Promise<SendResult> {
  const leave = new AbortController();
  const { clock } = options.world;
  const limit = clock.sleep(options.timeoutMs ?? CALL_TIMEOUT_MS, leave.signal).then(
    (): SendResult => ({ kind: 'broken', detail: 'timeout' }),
    (): SendResult => ({ kind: 'broken', detail: 'left' }),
  );
  try {
    return await Promise.race([send(leave.signal), limit]);
  } finally {
    leave.abort();
  }
}

/**
 * Refusals that end a grant for good. HubSpot names them in `status`, RFC 6749 in `error`. A wrong client id or secret is our own
 * misconfiguration and must not make every connection look uninstalled, so it is not among them.
 */
const REVOKED_CODES: ReadonlySet<string> = new Set([
  'BAD_REFRESH_TOKEN',
  'BAD_HUB',
  'BAD_AUTH_CODE',
  'BAD_CODE_VERIFIER',
  'invalid_grant',
  'access_denied',
]);

function judge(sent: SendResult): HostResult<HttpAnswer> {
  if (sent.kind !== 'answer') return failed(brokenOff(sent));
  const { answer } = sent;
  if (answer.status >= 200 && answer.status < 300) return { ok: true, value: answer };
  if (answer.status >= 500 || answer.status === 429) {
    return failed(
      failureOf(answer, { effect: 'read', bucket: 'burst' }) ?? { kind: 'malformed', detail: 'no_failure' },
    );
  }
  const error = OAUTH_ERROR.safeParse(answer.body);
  const codes = error.success ? [error.data.status, error.data.error].filter((code) => code !== undefined) : [];
  if (codes.some((code) => REVOKED_CODES.has(code))) return failed({ kind: 'authRevoked', detail: codes[0] ?? '' });
  return failed({ kind: 'rejected', code: codes[0] ?? `HTTP_${answer.status}`, field: null, detail: codes.join(', ') });
}

/** A lost answer may hide a rotated refresh token; trying again is right either way, and tells. */
function brokenOff(sent: Exclude<SendResult, { kind: 'answer' }>): HostFailure {
  if (sent.kind === 'garbled') return { kind: 'malformed', detail: sent.detail };
  return { kind: 'unavailable', retryAfterMs: null, detail: sent.detail };
}

function parse<T>(result: HostResult<HttpAnswer>, schema: z.ZodType<T>): HostResult<T> {
  if (!result.ok) return result;
  const parsed = schema.safeParse(result.value.body);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : failed({ kind: 'malformed', detail: `oauth: invalid at ${parsed.error.issues[0]?.path.join('.') ?? ''}` });
}

function withoutBody(result: HostResult<HttpAnswer>): HostResult<null> {
  return result.ok ? { ok: true, value: null } : result;
}

function toCredential(
  { world }: HubSpotOAuthOptions,
  answer: z.infer<typeof TOKEN_ANSWER>,
  formerScopes: readonly string[],
): Credential {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAt: world.clock.now() + answer.expires_in * 1_000,
    scopes: answer.scopes ?? formerScopes,
  };
}

function toIntrospection(answer: z.infer<typeof INTROSPECTION>): Introspection {
  return {
    active: answer.active,
    accountId: answer.hub_id ?? null,
    accountDomain: answer.hub_domain ?? null,
    userId: answer.user_id ?? null,
    userEmail: answer.user ?? null,
    scopes: answer.scopes ?? [],
  };
}
