import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHubSpotOAuth } from '../../server/crm/hubspot/oauth.ts';
import { createTokenSource } from '../../server/crm/hubspot/token-source.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import type { TokenSource } from '../../server/crm/transport.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { addConnection, addWorkspace, useDatabase } from '../support/database.ts';
import { CLIENT_SECRET, install, type PracticeForTest, silentLog, startPractice } from '../support/practice.ts';
import { createRealWorld } from '../../server/real-world.ts';
import { createLeapingClock } from './leaping-clock.ts';
import { type HostWire, startHostWire } from './host-wire.ts';

const database = useDatabase();
const clock = createLeapingClock();
const world = { ...createRealWorld(silentLog), clock };
const LIFE_MS = 1_800_000;
let practice: PracticeForTest;
let wire: HostWire;

beforeAll(async () => {
  practice = await startPractice({ clock, behaviour: { rotateRefreshTokens: true } });
  wire = await startHostWire(practice.hubspot.url);
});
afterAll(async () => {
  await wire.stop();
  await practice.stop();
});

/** One process: a store with its own connections, and its own token source. */
function startWorker(): { readonly store: Store; readonly tokens: TokenSource } {
  const store = database.openStore(world);
  const oauth = createHubSpotOAuth({
    clientId: practice.app.clientId,
    clientSecret: CLIENT_SECRET,
    redirectUri: practice.app.redirectUrls[0] ?? '',
    baseUrl: wire.origin,
    world,
  });
  return { store, tokens: createTokenSource({ vault: store.vault, oauth, world }) };
}

async function installed(store: Store): Promise<ConnectionRef> {
  const connection = await addConnection(store.database, await addWorkspace(store.database));
  const granted = await install(practice);
  await store.vault.write(connection, {
    accessToken: granted.access_token,
    refreshToken: granted.refresh_token,
    expiresAt: clock.now() + granted.expires_in * 1_000,
    scopes: granted.scopes,
  });
  return connection;
}

const refreshes = (): number => wire.requests.filter(({ body }) => body.includes('grant_type=refresh_token')).length;
const works = async (token: string): Promise<boolean> => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${practice.hubspot.url}/account-info/2026-09/details`, { headers })).status === 200;
};

describe('a refresh token that is spent by using it', () => {
  // jetstreamapp/jetstream#1726 (parallel refreshes logged people out), segmentio/action-destinations#2300
  test('two workers that find the token expired at once refresh it once, and both go on with one that works', async () => {
    const [first, second] = [startWorker(), startWorker()];
    const connection = await installed(first.store);
    clock.advance(LIFE_MS);
    const before = refreshes();
    const asked = [first, second, first, second].map(({ tokens }) => tokens.accessToken(connection));
    const given = await Promise.all(asked);
    expect(refreshes() - before).toBe(1);
    const tokens = given.map((result) => (result.ok ? result.value : result.failure.kind));
    expect(new Set(tokens).size).toBe(1);
    expect(await works(tokens[0] ?? '')).toBe(true);
  });

  // xorbitsai/xagent#1454, infusionsoft/infusionsoft-php#220: the slower one threw the good grant away
  test('a worker that held a stale token through a slow refresh of the other takes the new one and ends nothing', async () => {
    const [slow, late] = [startWorker(), startWorker()];
    const connection = await installed(slow.store);
    const stale = (await slow.store.vault.read(connection))?.accessToken ?? '';
    clock.advance(LIFE_MS);
    wire.rule = ({ body }) =>
      body.includes('grant_type=refresh_token')
        ? async (answered) => {
            await clock.reallySleep(300);
            return answered;
          }
        : 'pass';
    const before = refreshes();
    const slowly = slow.tokens.accessToken(connection);
    await clock.reallySleep(100);
    const lately = await late.tokens.refreshed(connection, stale);
    const slowResult = await slowly;
    wire.rule = () => 'pass';
    expect(refreshes() - before).toBe(1);
    expect(lately).toEqual(slowResult);
    expect(lately.ok && (await works(lately.value))).toBe(true);
    expect(await slow.store.vault.read(connection)).not.toBeNull();
  });

  // NangoHQ/nango#1016: what one process remembered stayed wrong until it was restarted
  test('a token that another worker stored is used at once, and the one replaced long ago brings it too', async () => {
    const [first, second] = [startWorker(), startWorker()];
    const connection = await installed(first.store);
    const stale = (await first.store.vault.read(connection))?.accessToken ?? '';
    clock.advance(LIFE_MS);
    const fresh = await second.tokens.accessToken(connection);
    const before = refreshes();
    expect(await first.tokens.accessToken(connection)).toEqual(fresh);
    expect(await first.tokens.refreshed(connection, stale)).toEqual(fresh);
    expect(refreshes()).toBe(before);
  });

  // airbytehq/airbyte#74726: a job that runs longer than a token died with it
  test('work that lasts for hours outlives every token', async () => {
    const { store, tokens } = startWorker();
    const connection = await installed(store);
    for (let half = 0; half < 6; half += 1) {
      const given = await tokens.accessToken(connection);
      expect(given.ok && (await works(given.value))).toBe(true);
      clock.advance(LIFE_MS / 2);
    }
  });
});
