/** What becomes of a connection when Salesforce refuses it a new token: parked with a sentence for its administrator, or asked again. */
import { describe, expect, test } from 'vitest';
import { en } from '../../../app/web/src/messages/en.ts';
import { zhCN } from '../../../app/web/src/messages/zh-cn.ts';
import { parkedText } from '../../../app/web/src/pages/parked-reason.ts';
import type { Credential } from '../../../server/crm/credentials.ts';
import type { HostFailure } from '../../../server/crm/port.ts';
import { failureOfToken, TOKEN_REFUSALS } from '../../../server/crm/salesforce/oauth-failures.ts';
import { createSessionSource } from '../../../server/crm/salesforce/session-source.ts';
import { failureDetail, fateOf, NO_FAILURES, restMs } from '../../../server/sync/retry.ts';

const CONNECTION = { workspaceId: 'w', connectionId: 'c', host: 'salesforce', accountId: '00D' } as const;
const CREDENTIAL: Credential = {
  accessToken: 'a',
  refreshToken: 'r',
  expiresAt: 0,
  scopes: [],
  instanceUrl: 'https://x',
};

/** The failure that everything which needs the connection's token meets after this answer of the token endpoint. */
async function refusedWith(status: number, error: string): Promise<HostFailure> {
  const failure = failureOfToken({ status, headers: {}, body: { error, error_description: 'Text' } });
  const source = createSessionSource({
    vault: {
      read: () => Promise.resolve(CREDENTIAL),
      write: () => Promise.reject(new Error('there is nothing to keep')),
      delete: () => Promise.resolve(),
      withRefreshLock: (_connection, work) => work(),
    },
    oauth: { refresh: () => Promise.resolve({ kind: 'failed', failure }) },
    world: { clock: { now: () => 0, sleep: () => Promise.resolve() } },
  });
  const renewed = await source.renewed(CONNECTION, CREDENTIAL.accessToken);
  if (renewed.ok) throw new Error('the token is refused');
  return renewed.failure;
}

const PARKED = [
  'invalid_grant',
  'access_denied',
  'inactive_user',
  'inactive_org',
  'invalid_app_access',
  'OAUTH_APPROVAL_ERROR_GENERIC',
];
const RETRIED = [
  'invalid_client',
  'invalid_client_id',
  'invalid_client_credentials',
  'rate_limit_exceeded',
  'server_error',
  'temporarily_unavailable',
  'unknown_error',
];

const wordsOf =
  (catalogue: Readonly<Record<string, string>>) =>
  (group: string, value: string): string =>
    catalogue[`${group}.${value}`] ?? value;

describe('a token that Salesforce refuses', () => {
  test('every known refusal has its fate here', () => {
    expect([...PARKED, ...RETRIED].toSorted()).toEqual(Object.keys(TOKEN_REFUSALS).toSorted());
  });

  test.each(PARKED)(
    '%s: the connection rests until somebody acts, and the page says in both languages what happened',
    async (error) => {
      const failure = await refusedWith(400, error);
      expect(fateOf(failure, NO_FAILURES)).toBe('park_connection');
      const reason = `${failure.kind}: ${failureDetail(failure)}`;
      const [english, chinese] = [parkedText(wordsOf(en), reason), parkedText(wordsOf(zhCN), reason)];
      expect(english).toMatch(/^[A-Z].{20,}\.$/);
      expect(english).not.toContain(error);
      expect(chinese).toMatch(/^[^a-z]{2}.{8,}。$/u);
      expect(chinese).not.toContain(error);
    },
  );

  test.each(RETRIED)('%s: says nothing about this org, so that it is asked again later', async (error) => {
    const failure = await refusedWith(error === 'server_error' ? 503 : 400, error);
    expect(fateOf(failure, { failures: 50, refreshes: 0 })).toBe('retry_later');
    const waitMs = restMs(failure, NO_FAILURES, { next: () => 0, uuid: () => '', bytes: () => new Uint8Array() });
    expect(waitMs).toBeGreaterThanOrEqual(100);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  test('a refusal that nobody knows is asked again, and so is an answer that is none', async () => {
    expect(fateOf(await refusedWith(400, 'something_new'), NO_FAILURES)).toBe('retry_later');
    expect(fateOf(await refusedWith(502, ''), NO_FAILURES)).toBe('retry_later');
  });
});

describe('the sentence of a parked connection', () => {
  test('names what a CRM said where there are no words for it', () => {
    expect(parkedText(wordsOf(en), 'authRevoked: BAD_REFRESH_TOKEN')).toBe(
      `${en['parked.authRevoked']} (BAD_REFRESH_TOKEN)`,
    );
    expect(parkedText(wordsOf(en), 'authRevoked: ')).toBe(en['parked.authRevoked']);
    expect(parkedText(wordsOf(en), 'something: else')).toBe('something: else');
  });
});
