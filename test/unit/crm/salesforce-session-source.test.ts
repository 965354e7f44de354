import { describe, expect, test } from 'vitest';
import type { Credential, CredentialVault } from '../../../server/crm/credentials.ts';
import type { ConnectionRef, HostFailure } from '../../../server/crm/port.ts';
import { SESSION_GUESS_MS } from '../../../server/crm/salesforce/oauth.ts';
import type { RefreshAnswer } from '../../../server/crm/salesforce/oauth.ts';
import {
  BUSY_TRIES_MAX,
  BUSY_WAIT_MS,
  createSessionSource,
  KEEP_ALIVE_AFTER_MS,
} from '../../../server/crm/salesforce/session-source.ts';

const CONNECTION: ConnectionRef = { workspaceId: 'w', connectionId: 'c', host: 'salesforce', accountId: '00D' };
const START = 1_795_320_000_000;
const ORIGIN = 'https://acme.my.salesforce.com';
const credentialOf = (number: number, issuedAt = START): Credential => ({
  accessToken: `access-${number}`,
  refreshToken: `refresh-${number}`,
  expiresAt: issuedAt + SESSION_GUESS_MS,
  scopes: [],
  instanceUrl: ORIGIN,
});
const sessionOf = (number: number) => ({
  ok: true,
  value: { accessToken: `access-${number}`, instanceUrl: ORIGIN },
});

type OnRefresh = (credential: Credential, count: number) => RefreshAnswer;
const renews: OnRefresh = (_credential, count) => ({ kind: 'renewed', credential: credentialOf(count + 1) });

function setUp(onRefresh: OnRefresh = renews, first: Credential | null = credentialOf(1), failingWrites = 0) {
  let stored = first;
  let writesToFail = failingWrites;
  let now = START;
  let lock: Promise<unknown> = Promise.resolve();
  const log: string[] = [];
  const vault: CredentialVault = {
    read: async () => stored,
    write: async (_connection, credential) => {
      await Promise.resolve();
      if (writesToFail > 0) {
        writesToFail -= 1;
        throw new Error('the database is away');
      }
      log.push(`store ${credential.refreshToken}`);
      stored = credential;
    },
    delete: async () => void (stored = null),
    withRefreshLock: (_connection, work) => {
      const turn = lock.then(work, work);
      lock = turn;
      return turn;
    },
  };
  let count = 0;
  const oauth = {
    refresh: async (credential: Credential): Promise<RefreshAnswer> => {
      count += 1;
      log.push(`refresh ${credential.refreshToken}`);
      return onRefresh(credential, count);
    },
  };
  const clock = { now: () => now, sleep: async (delayMs: number) => void (now += delayMs) };
  return {
    make: () => createSessionSource({ vault, oauth, world: { clock } }),
    log,
    store: (credential: Credential) => void (stored = credential),
    pass: (ms: number) => void (now += ms),
    now: () => now,
  };
}
const failing =
  (failure: HostFailure): OnRefresh =>
  () => ({ kind: 'failed', failure });

describe('a session', () => {
  test('is used as stored, however old: only the org knows when it ends', async () => {
    const { make, log } = setUp(renews, credentialOf(1, START - 30 * 86_400_000));
    expect(await make().session(CONNECTION)).toEqual(sessionOf(1));
    expect(log).toEqual([]);
  });
  test('without a credential the connection has ended', async () => {
    const { make } = setUp(renews, null);
    const ended = { ok: false, failure: { kind: 'authRevoked', detail: 'no_credential' } };
    expect(await make().session(CONNECTION)).toEqual(ended);
    expect(await make().renewed(CONNECTION, 'access-1')).toEqual(ended);
    expect(await make().keepAlive(CONNECTION)).toEqual(ended);
  });
});

describe('renewal', () => {
  test('the rotated refresh token is stored before the session is handed out', async () => {
    const { make, log } = setUp();
    expect(await make().renewed(CONNECTION, 'access-1')).toEqual(sessionOf(2));
    expect(log).toEqual(['refresh refresh-1', 'store refresh-2']);
  });
  test('a database that is away for a moment does not cost the rotated token', async () => {
    const { make, log } = setUp(renews, credentialOf(1), 2);
    expect(await make().renewed(CONNECTION, 'access-1')).toEqual(sessionOf(2));
    expect(log).toEqual(['refresh refresh-1', 'store refresh-2']);
    await expect(setUp(renews, credentialOf(1), 3).make().renewed(CONNECTION, 'access-1')).rejects.toThrow('away');
  });
  test('many callers in many processes use a refresh token once', async () => {
    const { make, log } = setUp();
    const processes = [make(), make(), make()];
    const results = await Promise.all(
      processes.flatMap((source) => [1, 2, 3].map(() => source.renewed(CONNECTION, 'access-1'))),
    );
    expect(results).toEqual(Array.from({ length: 9 }, () => sessionOf(2)));
    expect(log).toEqual(['refresh refresh-1', 'store refresh-2']);
  });
  test('a request under way elsewhere is waited for, and what it stored is used', async () => {
    const scene = setUp((_credential, count) => {
      if (count === 2) scene.store(credentialOf(7));
      return { kind: 'busy' };
    });
    expect(await scene.make().renewed(CONNECTION, 'access-1')).toEqual(sessionOf(7));
    expect(scene.now() - START).toBe(2 * BUSY_WAIT_MS);
  });
  test('slow answers do not outlast the lock', async () => {
    const scene = setUp(() => {
      scene.pass(9_500);
      return { kind: 'busy' };
    });
    expect(await scene.make().renewed(CONNECTION, 'access-1')).toMatchObject({ failure: { kind: 'unavailable' } });
    expect(scene.log).toHaveLength(1);
  });
  test('waiting for it has an end, and ends no connection', async () => {
    const { make, log } = setUp(() => ({ kind: 'busy' }));
    expect(await make().renewed(CONNECTION, 'access-1')).toMatchObject({ failure: { kind: 'unavailable' } });
    expect(log).toHaveLength(BUSY_TRIES_MAX);
  });
  test('an ended grant parks the connection, a wrong secret or an odd answer does not', async () => {
    const revoked = { kind: 'authRevoked', detail: 'invalid_grant' } as const;
    expect(await setUp(failing(revoked)).make().renewed(CONNECTION, 'access-1')).toEqual({
      ok: false,
      failure: revoked,
    });
    const refused = failing({ kind: 'rejected', code: 'APP_NOT_INSTALLED', field: null, detail: 'invalid_client' });
    expect(await setUp(refused).make().renewed(CONNECTION, 'access-1')).toMatchObject({
      failure: { kind: 'unavailable', detail: 'token_endpoint: APP_NOT_INSTALLED' },
    });
    expect(
      await setUp(failing({ kind: 'malformed', detail: 'oauth' }))
        .make()
        .renewed(CONNECTION, 'access-1'),
    ).toMatchObject({ failure: { kind: 'unavailable' } });
  });
  test('S7 while sign-ins are limited, nobody asks again', async () => {
    const { make, log, pass } = setUp(failing({ kind: 'rateLimited', retryAfterMs: 60_000, scope: 'burst' }));
    const source = make();
    await source.renewed(CONNECTION, 'access-1');
    pass(20_000);
    expect(await source.renewed(CONNECTION, 'access-1')).toMatchObject({ failure: { retryAfterMs: 40_000 } });
    expect(log).toHaveLength(1);
    pass(40_001);
    await source.renewed(CONNECTION, 'access-1');
    expect(log).toHaveLength(2);
  });
});

describe('keeping a grant alive', () => {
  test('a week without renewal is long enough', async () => {
    const young = setUp(renews, credentialOf(1, START - KEEP_ALIVE_AFTER_MS + 1));
    expect(await young.make().keepAlive(CONNECTION)).toEqual({ ok: true, value: 'fresh' });
    expect(young.log).toEqual([]);
    const old = setUp(renews, credentialOf(1, START - KEEP_ALIVE_AFTER_MS));
    expect(await old.make().keepAlive(CONNECTION)).toEqual({ ok: true, value: 'renewed' });
    expect(old.log).toEqual(['refresh refresh-1', 'store refresh-2']);
  });
});
