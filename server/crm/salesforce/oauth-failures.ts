/** What the token endpoint and the consent page refuse, and what follows from it (Salesforce help, OAuth authorization flows: errors). */
import { APP_NOT_INSTALLED } from '../oauth-host.ts';
import type { HostFailure } from '../port.ts';
import type { HttpAnswer } from '../transport.ts';
import { OAUTH_ERROR } from './wire.ts';

const LOGIN_RATE_WAIT_MS = 60_000;

/**
 * `revoked`: the grant has ended for good. `barred`: the org does not let the app in, or not for this user. `client`: the app is not installed
 * in the org, or its id or secret is wrong; our own mistake must not make every connection look uninstalled. `rate`: too many sign-ins of
 * this user. `outage`: try again.
 */
type RefusalClass = 'revoked' | 'barred' | 'client' | 'rate' | 'outage';
export const TOKEN_REFUSALS: Readonly<Record<string, RefusalClass>> = {
  invalid_grant: 'revoked',
  access_denied: 'revoked',
  inactive_user: 'revoked',
  inactive_org: 'revoked',
  invalid_client: 'client',
  invalid_client_id: 'client',
  invalid_client_credentials: 'client',
  invalid_app_access: 'barred',
  OAUTH_APPROVAL_ERROR_GENERIC: 'barred',
  rate_limit_exceeded: 'rate',
  server_error: 'outage',
  temporarily_unavailable: 'outage',
  unknown_error: 'outage',
};

const notInstalled = (code: string): HostFailure => ({
  kind: 'rejected',
  code: APP_NOT_INSTALLED,
  field: null,
  detail: code,
});
const FAILURES: Record<RefusalClass, (code: string) => HostFailure> = {
  revoked: (code) => ({ kind: 'authRevoked', detail: code }),
  barred: notInstalled,
  client: notInstalled,
  rate: () => ({ kind: 'rateLimited', retryAfterMs: LOGIN_RATE_WAIT_MS, scope: 'burst' }),
  outage: (code) => ({ kind: 'unavailable', retryAfterMs: null, detail: code }),
};

/** An answer of the token endpoint that is no success. */
export function failureOfToken(answer: HttpAnswer): HostFailure {
  const error = OAUTH_ERROR.safeParse(answer.body);
  if (error.success) return failureOfRefusal(error.data.error);
  if (answer.status >= 500) return { kind: 'unavailable', retryAfterMs: null, detail: `HTTP_${answer.status}` };
  if (answer.status === 429) return FAILURES.rate('');
  return { kind: 'rejected', code: `HTTP_${answer.status}`, field: null, detail: '' };
}

const classOf = (code: string): RefusalClass | undefined =>
  Object.hasOwn(TOKEN_REFUSALS, code) ? TOKEN_REFUSALS[code] : undefined;

/** An `error` of the consent page: the app has to be installed into the org before anybody signs in. */
export const saysNotInstalled = (error: string): boolean => ['client', 'barred'].includes(classOf(error) ?? '');

/** Whether the org alone can have caused this refusal, so that a connection that was well before waits for its administrator. */
export const isBarred = (code: string): boolean => classOf(code) === 'barred';

/** An `error` as the token endpoint or the consent page's callback names it. */
function failureOfRefusal(code: string): HostFailure {
  const known = classOf(code);
  return known === undefined ? { kind: 'rejected', code, field: null, detail: code } : FAILURES[known](code);
}

/**
 * Whether another request with the same refresh token is under way. The same code as for an ended grant comes with it, so here the words
 * decide: taking the one for the other would end a connection that is well.
 */
export function isBusy({ status, body }: HttpAnswer): boolean {
  const error = OAUTH_ERROR.safeParse(body);
  if (status < 400 || !error.success) return false;
  return (error.data.error_description ?? '').toLowerCase().includes('already being processed');
}
