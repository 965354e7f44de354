/**
 * Access tokens for calls. A token is renewed before it expires, by one process at a time per connection, and the new one is stored before
 * anybody uses it: HubSpot may have replaced the refresh token with it, and losing that one would end the connection.
 */
import type { World } from '../../world.ts';
import type { Credential, CredentialVault } from '../credentials.ts';
import type { ConnectionRef, HostFailure, HostResult } from '../port.ts';
import type { TokenSource } from '../transport.ts';
import type { HubSpotOAuth } from './oauth.ts';

/** Access tokens live 30 minutes; renewal begins 5 minutes before the end, spread over one more so that portals do not renew together. */
export const RENEW_AHEAD_MS = 300_000;
export const RENEW_JITTER_MS_MAX = 60_000;
const TOKEN_RETRY_MS = 60_000;

export type TokenSourceDependencies = {
  readonly vault: CredentialVault;
  readonly oauth: Pick<HubSpotOAuth, 'refresh'>;
  readonly world: Pick<World, 'clock' | 'random'>;
};

export function createTokenSource(deps: TokenSourceDependencies): TokenSource {
  const running = new Map<string, Promise<HostResult<string>>>();
  const refusals = createRefusals(deps.world.clock);
  /** Callers in this process share one renewal; other processes are held off by the vault's lock. */
  const renewOnce = (connection: ConnectionRef, stale: string): Promise<HostResult<string>> => {
    const key = `${connection.workspaceId}/${connection.connectionId}/${stale}`;
    const refusal = refusals.get(key);
    if (refusal !== undefined) return Promise.resolve({ ok: false, failure: refusal });
    const current = running.get(key) ?? renew(deps, connection, stale).finally(() => running.delete(key));
    running.set(key, current);
    return current.then((result) => {
      if (!result.ok && result.failure.kind === 'rateLimited') refusals.keep(key, result.failure.retryAfterMs);
      return result;
    });
  };
  return {
    async accessToken(connection) {
      const credential = await deps.vault.read(connection);
      if (credential === null) return noCredential();
      const aheadMs = RENEW_AHEAD_MS + deps.world.random.next() * RENEW_JITTER_MS_MAX;
      if (!expiresWithin(deps, credential, aheadMs)) return { ok: true, value: credential.accessToken };
      const renewed = await renewOnce(connection, credential.accessToken);
      const stillGood = !expiresWithin(deps, credential, 0);
      const canWait = !renewed.ok && (renewed.failure.kind === 'unavailable' || renewed.failure.kind === 'rateLimited');
      return canWait && stillGood ? { ok: true, value: credential.accessToken } : renewed;
    },
    refreshed: renewOnce,
  };
}

type RateLimited = Extract<HostFailure, { readonly kind: 'rateLimited' }>;

/** The limits that the token endpoint set. Everything that works for a connection needs its token, and one refusal speaks for all of it. */
function createRefusals(clock: World['clock']): {
  readonly get: (key: string) => RateLimited | undefined;
  readonly keep: (key: string, retryAfterMs: number) => void;
} {
  const untils = new Map<string, number>();
  return {
    get(key) {
      const leftMs = (untils.get(key) ?? 0) - clock.now();
      if (leftMs > 0) return { kind: 'rateLimited', retryAfterMs: leftMs, scope: 'burst' };
      untils.delete(key);
      return undefined;
    },
    keep: (key, retryAfterMs) => void untils.set(key, clock.now() + retryAfterMs),
  };
}

/** Under the lock the credential is read again: another process may have renewed it while we waited. */
async function renew(
  deps: TokenSourceDependencies,
  connection: ConnectionRef,
  stale: string,
): Promise<HostResult<string>> {
  return deps.vault.withRefreshLock(connection, async () => {
    const latest = await deps.vault.read(connection);
    if (latest === null) return noCredential();
    if (latest.accessToken !== stale) return { ok: true, value: latest.accessToken };
    const renewed = await deps.oauth.refresh(latest);
    if (!renewed.ok) return { ok: false, failure: toTokenFailure(renewed.failure) };
    await deps.vault.write(connection, renewed.value);
    return { ok: true, value: renewed.value.accessToken };
  });
}

/**
 * Only a revoked grant parks the connection. Anything else (an outage, a wrong client secret) waits: a failure to get a token says
 * nothing about the record that was to be synced, so it must never dead-letter it.
 */
function toTokenFailure(failure: HostFailure): HostFailure {
  if (failure.kind === 'authRevoked' || failure.kind === 'rateLimited' || failure.kind === 'unavailable')
    return failure;
  const detail = failure.kind === 'rejected' ? failure.code : failure.kind;
  return { kind: 'unavailable', retryAfterMs: TOKEN_RETRY_MS, detail: `token_endpoint: ${detail}` };
}

function expiresWithin({ world }: TokenSourceDependencies, credential: Credential, ms: number): boolean {
  return credential.expiresAt - world.clock.now() <= ms;
}

function noCredential(): {
  readonly ok: false;
  readonly failure: { readonly kind: 'authRevoked'; readonly detail: string };
} {
  return { ok: false, failure: { kind: 'authRevoked', detail: 'no_credential' } };
}
