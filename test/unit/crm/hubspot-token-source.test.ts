import { describe, expect, test } from 'vitest';
import type { Credential, CredentialVault } from '../../../server/crm/credentials.ts';
import { RENEW_AHEAD_MS, RENEW_JITTER_MS_MAX, createTokenSource } from '../../../server/crm/hubspot/token-source.ts';
import type { ConnectionRef, HostFailure, HostResult } from '../../../server/crm/port.ts';

const CONNECTION: ConnectionRef = { workspaceId: 'w', connectionId: 'c', host: 'hubspot', accountId: '1' };
const NOW = 1_000_000_000;

function setUp(expiresInMs: number, answers: readonly HostResult<Credential>[] = [], jitter = 0) {
  let stored: Credential | null = {
    accessToken: 'access-1',
    refreshToken: 'refresh-1',
    expiresAt: NOW + expiresInMs,
    scopes: [],
  };
  let lock: Promise<unknown> = Promise.resolve();
  const log: string[] = [];
  const vault: CredentialVault = {
    read: async () => stored,
    write: async (_connection, credential) => {
      await Promise.resolve();
      log.push(`store ${credential.accessToken}`);
      stored = credential;
    },
    delete: async () => {
      stored = null;
    },
    withRefreshLock: (_connection, work) => {
      const turn = lock.then(work, work);
      lock = turn;
      return turn;
    },
  };
  let refreshes = 0;
  const oauth = {
    refresh: async (credential: Credential): Promise<HostResult<Credential>> => {
      refreshes += 1;
      log.push(`refresh ${credential.refreshToken}`);
      const next = {
        accessToken: `access-${refreshes + 1}`,
        refreshToken: `refresh-${refreshes + 1}`,
        expiresAt: NOW + 1_800_000,
        scopes: [],
      };
      return answers[refreshes - 1] ?? { ok: true, value: next };
    },
  };
  const world = {
    clock: { now: () => NOW, sleep: async () => undefined },
    random: { next: () => jitter, uuid: () => '', bytes: () => new Uint8Array() },
  };
  const make = () => createTokenSource({ vault, oauth, world });
  return { make, log, vault, refreshes: () => refreshes };
}
const failing = (failure: HostFailure): HostResult<Credential> => ({ ok: false, failure });

describe('ahead of time', () => {
  test('a young token is used as it is', async () => {
    const { make, refreshes } = setUp(RENEW_AHEAD_MS + RENEW_JITTER_MS_MAX + 1, [], 0.999);
    expect(await make().accessToken(CONNECTION)).toEqual({ ok: true, value: 'access-1' });
    expect(refreshes()).toBe(0);
  });
  test('five minutes before its end it is renewed, and stored before it is handed out', async () => {
    const { make, log } = setUp(RENEW_AHEAD_MS);
    const token = await make().accessToken(CONNECTION);
    log.push(`use ${token.ok ? token.value : ''}`);
    expect(log).toEqual(['refresh refresh-1', 'store access-2', 'use access-2']);
  });
  test('jitter moves the moment, so that portals do not renew together', async () => {
    const early = setUp(RENEW_AHEAD_MS + RENEW_JITTER_MS_MAX / 2, [], 0.9);
    await early.make().accessToken(CONNECTION);
    expect(early.refreshes()).toBe(1);
    const late = setUp(RENEW_AHEAD_MS + RENEW_JITTER_MS_MAX / 2, [], 0.1);
    await late.make().accessToken(CONNECTION);
    expect(late.refreshes()).toBe(0);
  });
  test('while the old token still lives, an outage of the token endpoint does no harm', async () => {
    const { make } = setUp(60_000, [failing({ kind: 'unavailable', retryAfterMs: null, detail: 'HTTP_503' })]);
    expect(await make().accessToken(CONNECTION)).toEqual({ ok: true, value: 'access-1' });
  });
});

describe('single flight', () => {
  test('fifty callers in one process cause one refresh', async () => {
    const { make, refreshes } = setUp(0);
    const source = make();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => source.accessToken(CONNECTION)));
    expect(new Set(tokens.map((token) => (token.ok ? token.value : '')))).toEqual(new Set(['access-2']));
    expect(refreshes()).toBe(1);
  });
  test('several processes cause one refresh, by the lock of the vault', async () => {
    const { make, refreshes } = setUp(0);
    const tokens = await Promise.all(Array.from({ length: 5 }, () => make().refreshed(CONNECTION, 'access-1')));
    expect(tokens).toEqual(Array.from({ length: 5 }, () => ({ ok: true, value: 'access-2' })));
    expect(refreshes()).toBe(1);
  });
  test('a caller whose refused token was replaced meanwhile gets the new one without a refresh', async () => {
    const { make, refreshes } = setUp(1_800_000);
    expect(await make().refreshed(CONNECTION, 'access-0')).toEqual({ ok: true, value: 'access-1' });
    expect(refreshes()).toBe(0);
  });
  test('after a failed refresh the next caller tries again', async () => {
    const { make, refreshes } = setUp(0, [failing({ kind: 'unavailable', retryAfterMs: null, detail: 'x' })]);
    const source = make();
    expect((await source.accessToken(CONNECTION)).ok).toBe(false);
    expect(await source.accessToken(CONNECTION)).toEqual({ ok: true, value: 'access-3' });
    expect(refreshes()).toBe(2);
  });
});

describe('failures', () => {
  test('a revoked grant parks the connection', async () => {
    const { make } = setUp(0, [failing({ kind: 'authRevoked', detail: 'BAD_REFRESH_TOKEN' })]);
    expect(await make().accessToken(CONNECTION)).toEqual({
      ok: false,
      failure: { kind: 'authRevoked', detail: 'BAD_REFRESH_TOKEN' },
    });
  });
  test('our own misconfiguration never dead-letters a record: it waits', async () => {
    const { make } = setUp(0, [failing({ kind: 'rejected', code: 'BAD_CLIENT_SECRET', field: null, detail: '' })]);
    expect(await make().accessToken(CONNECTION)).toMatchObject({
      failure: { kind: 'unavailable', detail: 'token_endpoint: BAD_CLIENT_SECRET' },
    });
  });
  test('a connection without credentials is revoked', async () => {
    const { make, vault } = setUp(0);
    await vault.delete(CONNECTION);
    expect(await make().accessToken(CONNECTION)).toMatchObject({
      failure: { kind: 'authRevoked', detail: 'no_credential' },
    });
    expect(await make().refreshed(CONNECTION, 'access-1')).toMatchObject({ failure: { kind: 'authRevoked' } });
  });
});
