/**
 * Where an org's API answers and with which token: what every caller of an org needs, REST and Pub/Sub alike. Salesforce does not say how
 * long a token lives, so one is renewed when it is refused, and otherwise only to keep an idle grant alive. Refresh tokens are good for one
 * use, and using one twice ends the grant; so one process at a time renews, reads again under the lock, and stores before it uses.
 */
import type { Clock } from '../../world.ts';
import type { Credential, CredentialVault } from '../credentials.ts';
import type { ConnectionRef, HostFailure, HostResult } from '../port.ts';
import { isBarred } from './oauth-failures.ts';
import { SESSION_GUESS_MS } from './oauth.ts';
import type { RefreshAnswer } from './oauth.ts';

export type Session = {
  readonly accessToken: string;
  /** Origin, as the token endpoint last named it: an org that moves gets another one (validated, see `oauth.ts`). */
  readonly instanceUrl: string;
};

export interface SessionSource {
  /** The session as last stored. It may have ended: Salesforce says so only by refusing it. */
  session(connection: ConnectionRef): Promise<HostResult<Session>>;
  /** A session newer than the one with `staleToken`, which the org has just refused. One refresh at a time per connection, over all processes. */
  renewed(connection: ConnectionRef, staleToken: string): Promise<HostResult<Session>>;
}

export interface SessionKeeper extends SessionSource {
  /** Renews tokens that nobody had reason to renew for a week. To be called daily or weekly; `fresh` when there was nothing to do. */
  keepAlive(connection: ConnectionRef): Promise<HostResult<'fresh' | 'renewed'>>;
}

/** A refresh token that is not used for 30 days ends (Salesforce help, Refresh token policies for partner apps). */
export const KEEP_ALIVE_AFTER_MS = 7 * 86_400_000;
const TOKEN_RETRY_MS = 60_000;
/** "Token request is already being processed": somebody else is about to store the answer. */
export const BUSY_WAIT_MS = 1_000;
export const BUSY_TRIES_MAX = 5;
/** After this no further call is begun: with a call's own time limit it stays below the time for which the lock is held. */
const BUSY_MS_MAX = 10_000;
/** A rotated token that could not be stored is lost, and the grant with it. */
const STORE_TRIES_MAX = 3;
const STORE_WAIT_MS = 500;

export type SessionSourceDependencies = {
  readonly vault: CredentialVault;
  readonly oauth: { refresh(credential: Credential): Promise<RefreshAnswer> };
  readonly world: { readonly clock: Clock };
};

export function createSessionSource(deps: SessionSourceDependencies): SessionKeeper {
  const running = new Map<string, Promise<HostResult<Session>>>();
  const refusals = createRefusals(deps.world.clock);
  /** Callers in this process share one renewal; other processes are held off by the vault's lock. */
  const renewOnce = async (connection: ConnectionRef, stale: string): Promise<HostResult<Session>> => {
    const key = `${connection.workspaceId}/${connection.connectionId}/${stale}`;
    const refusal = refusals.get(key);
    if (refusal !== null) return { ok: false, failure: refusal };
    const current = running.get(key) ?? renew(deps, connection, stale).finally(() => running.delete(key));
    running.set(key, current);
    const result = await current;
    if (!result.ok) refusals.keep(key, result.failure);
    return result;
  };
  return {
    async session(connection) {
      const credential = await deps.vault.read(connection);
      return credential === null ? noCredential() : toSession(credential);
    },
    renewed: renewOnce,
    async keepAlive(connection) {
      const credential = await deps.vault.read(connection);
      if (credential === null) return noCredential();
      const issuedAt = credential.expiresAt - SESSION_GUESS_MS;
      if (deps.world.clock.now() - issuedAt < KEEP_ALIVE_AFTER_MS) return { ok: true, value: 'fresh' };
      const renewed = await renewOnce(connection, credential.accessToken);
      return renewed.ok ? { ok: true, value: 'renewed' } : renewed;
    },
  };
}

/**
 * What the token endpoint has refused for a while. Everything that works for a connection needs its token; one refusal speaks for all of it,
 * and an endpoint that is not asked again and again is well again sooner.
 */
function createRefusals(clock: Clock): {
  readonly get: (key: string) => HostFailure | null;
  readonly keep: (key: string, failure: HostFailure) => void;
} {
  const kept = new Map<string, { readonly until: number; readonly failure: HostFailure }>();
  return {
    get(key) {
      const entry = kept.get(key);
      const leftMs = (entry?.until ?? 0) - clock.now();
      if (entry === undefined || leftMs <= 0) {
        kept.delete(key);
        return null;
      }
      return entry.failure.kind === 'rateLimited' ? { ...entry.failure, retryAfterMs: leftMs } : entry.failure;
    },
    keep(key, failure) {
      if (failure.kind === 'rateLimited') kept.set(key, { until: clock.now() + failure.retryAfterMs, failure });
    },
  };
}

/** Under the lock the credential is read again: another process may have renewed it while we waited. */
async function renew(
  deps: SessionSourceDependencies,
  connection: ConnectionRef,
  stale: string,
): Promise<HostResult<Session>> {
  const { clock } = deps.world;
  return deps.vault.withRefreshLock(connection, async () => {
    const startedAt = clock.now();
    for (let tries = 0; tries < BUSY_TRIES_MAX && clock.now() - startedAt < BUSY_MS_MAX; tries += 1) {
      const latest = await deps.vault.read(connection);
      if (latest === null) return noCredential();
      if (latest.accessToken !== stale) return toSession(latest);
      const answer = await deps.oauth.refresh(latest);
      if (answer.kind === 'renewed') {
        await store(deps, connection, answer.credential);
        return toSession(answer.credential);
      }
      if (answer.kind === 'failed') return { ok: false, failure: toTokenFailure(answer.failure) };
      await clock.sleep(BUSY_WAIT_MS);
    }
    return { ok: false, failure: toTokenFailure({ kind: 'malformed', detail: 'token_request_busy' }) };
  });
}

/** The database may be away for a moment just now; nothing is worth more than this row. */
async function store(
  { vault, world }: SessionSourceDependencies,
  connection: ConnectionRef,
  credential: Credential,
): Promise<void> {
  for (let tries = 1; tries < STORE_TRIES_MAX; tries += 1) {
    const isStored = await vault.write(connection, credential).then(
      () => true,
      () => false,
    );
    if (isStored) return;
    await world.clock.sleep(STORE_WAIT_MS);
  }
  await vault.write(connection, credential);
}

/**
 * Only a revoked grant and an org that bars the app park the connection. Anything else (an outage, a wrong client secret) waits: a failure to get a token says
 * nothing about the record that was to be synced, so it must never dead-letter it.
 */
function toTokenFailure(failure: HostFailure): HostFailure {
  if (failure.kind === 'authRevoked' || failure.kind === 'rateLimited' || failure.kind === 'unavailable')
    return failure;
  if (failure.kind === 'rejected' && isBarred(failure.detail)) return { kind: 'authRevoked', detail: failure.detail };
  const detail = failure.kind === 'rejected' ? failure.code : 'detail' in failure ? failure.detail : failure.kind;
  return { kind: 'unavailable', retryAfterMs: TOKEN_RETRY_MS, detail: `token_endpoint: ${detail}` };
}

function toSession({ accessToken, instanceUrl }: Credential): HostResult<Session> {
  if (instanceUrl === undefined) return { ok: false, failure: { kind: 'authRevoked', detail: 'no_instance_url' } };
  return { ok: true, value: { accessToken, instanceUrl } };
}

function noCredential(): HostResult<never> {
  return { ok: false, failure: { kind: 'authRevoked', detail: 'no_credential' } };
}
