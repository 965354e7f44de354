import { describe, expect, test } from 'vitest';
import type { AccountDescription, HostResult } from '../../../server/crm/port.ts';
import { createAccountDetails } from '../../../server/services/account-details.ts';
import { portal } from '../../support/simulation-world.ts';

const HOUR_MS = 3_600_000;
const connection = portal('w1', 'a');
const London = {
  accountId: '1001',
  name: 'HubSpot 1001',
  uiOrigin: 'https://app.hubspot.com',
  timeZone: 'Europe/London',
  currency: 'GBP',
};

function accountThatSays(first: HostResult<AccountDescription>) {
  const state = { now: 0, says: first, asked: 0, kept: [] as unknown[] };
  const read = createAccountDetails({
    crm: {
      hubspot: {
        describeAccount: () => {
          state.asked += 1;
          return Promise.resolve(state.says);
        },
      },
    },
    workspaces: {
      describeConnection: (_connection, account) => {
        state.kept.push(account);
        return Promise.resolve();
      },
    },
    world: { clock: { now: () => state.now, sleep: () => Promise.resolve() } },
  });
  return { state, read };
}

describe('what an account says of itself', () => {
  test('is read again after a day, so that a new time zone arrives; the name it was connected under stays', async () => {
    const { state, read } = accountThatSays({ ok: true, value: London });
    await read(connection);
    state.now = 23 * HOUR_MS;
    await read(connection);
    expect(state.asked).toBe(1);
    state.now = 24 * HOUR_MS;
    state.says = { ok: true, value: { ...London, timeZone: 'Asia/Shanghai', currency: 'CNY' } };
    await read(connection);
    expect(state.kept).toEqual([
      { name: null, uiOrigin: London.uiOrigin, timeZone: 'Europe/London', currency: 'GBP', newWorkspace: false },
      { name: null, uiOrigin: London.uiOrigin, timeZone: 'Asia/Shanghai', currency: 'CNY', newWorkspace: false },
    ]);
  });

  test('keeps what is known when the account does not answer, and asks again at the next round', async () => {
    const { state, read } = accountThatSays({
      ok: false,
      failure: { kind: 'unavailable', retryAfterMs: null, detail: 'down' },
    });
    await read(connection);
    expect([state.asked, state.kept]).toEqual([1, []]);
    state.says = { ok: true, value: London };
    state.now = HOUR_MS / 6;
    await read(connection);
    expect([state.asked, state.kept.length]).toEqual([2, 1]);
  });
});
