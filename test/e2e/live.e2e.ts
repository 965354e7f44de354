/**
 * The same server as a company runs it: a PostgreSQL of its own, HubSpot credentials in the environment, https outside. HubSpot is the practice
 * portal here, met over HTTP only; nothing is seeded, so the workspace begins with the first install.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import {
  APP_PUBLIC_ORIGIN,
  type RunningPortal,
  type RunningPractice,
  startPractice,
} from '../../extensions/practice/start.ts';
import { createLog } from '../../server/log.ts';
import { createRealWorld } from '../../server/real-world.ts';
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';
import { dataFolder } from './support/counterpart.ts';
import { test } from './support/shared-counterpart.ts';

const root = path.resolve(import.meta.dirname, '../..');
const PORT = 47_613;
const LOCAL = `http://127.0.0.1:${PORT}`;
const READY_MS_MAX = 30_000;

let folder: string;
let practice: RunningPractice;
let portal: RunningPortal;
let stopDatabase: () => Promise<void>;
let databaseUrl: string;
let server: ChildProcess;
let output = '';

function environment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    PORT: String(PORT),
    BIND_ADDRESS: '127.0.0.1',
    LOG_LEVEL: 'info',
    PUBLIC_URL: APP_PUBLIC_ORIGIN,
    DATABASE_URL: databaseUrl,
    HUBSPOT_CLIENT_ID: portal.app.clientId,
    HUBSPOT_CLIENT_SECRET: portal.app.clientSecret,
    HUBSPOT_APP_ID: portal.app.appId,
    HUBSPOT_API_BASE: portal.url,
    HUBSPOT_AUTHORIZE_URL: portal.authorizeUrl,
    COUNTERPART_MASTER_KEY: randomBytes(32).toString('base64'),
    SESSION_SECRET: randomBytes(32).toString('hex'),
  };
}

test.beforeAll(async () => {
  folder = dataFolder();
  const world = createRealWorld(createLog({ level: 'silent' }));
  const database = await startEmbeddedPostgres({ folder: path.join(folder, 'postgres') });
  if (!database.ok) throw new Error(database.failure.sentence);
  stopDatabase = database.value.stop;
  databaseUrl = database.value.urlOf('postgres');
  practice = await startPractice({
    port: 0,
    dataDir: null,
    appOrigin: LOCAL,
    browserOrigin: APP_PUBLIC_ORIGIN,
    ...world,
  });
  portal = practice.hubspot;
  server = spawn(process.execPath, [path.join(root, 'server/main.ts')], {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  await expect
    .poll(
      () =>
        fetch(`${LOCAL}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: READY_MS_MAX },
    )
    .toBe(200);
});
test.afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  expect(await ended).toBe(0);
  await practice.stop();
  await stopDatabase();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('an install through the consent page makes a workspace, prepares the portal, and no secret is written anywhere', async () => {
  const jar = new Map<string, string>();
  const visit = async (url: string): Promise<Response> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const pair = line.split(';')[0] ?? '';
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  };
  expect((await visit(`${LOCAL}/practice/sign-in`)).headers.getSetCookie()).toEqual([]);
  const consent = (await visit(`${LOCAL}/oauth/hubspot/start`)).headers.get('location') ?? '';
  expect(consent).toContain(encodeURIComponent(`${APP_PUBLIC_ORIGIN}/oauth/hubspot/callback`));
  const callback = new URL(await portal.approve(consent, portal.mainPortalId));
  expect((await visit(LOCAL + callback.pathname + callback.search)).status).toBe(302);

  const connections = async () =>
    (await (await visit(`${LOCAL}/v1/connections`)).json()) as {
      results: readonly { state: string; backfill: { phase: string; read: number } }[];
    };
  await expect
    .poll(async () => (await connections()).results[0]?.backfill?.phase, { timeout: READY_MS_MAX })
    .toBe('done');
  const [connection] = (await connections()).results;
  expect(connection).toMatchObject({ state: 'active', backfill: { read: 80 } });

  const answer = await fetch(`${portal.url}/practice/api/portals/${portal.mainPortalId}/properties/0-3`);
  const { properties } = (await answer.json()) as { properties: readonly { name: string }[] };
  expect(properties.filter(({ name }) => name.startsWith('counterpart_')).length).toBeGreaterThanOrEqual(18);
  expect(output).not.toContain(portal.app.clientSecret);
});

test('a signed event is taken, a forged one is refused, and neither says more than it must', async () => {
  const forged = await fetch(`${LOCAL}/webhooks/hubspot`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-hubspot-signature-v3': 'AAAA',
      'x-hubspot-request-timestamp': String(Date.now()),
    },
    body: '[]',
  });
  expect(forged.status).toBe(401);
  const record = `${portal.url}/practice/api/portals/${portal.mainPortalId}/objects/0-3/31000000110`;
  const edited = await fetch(record, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ properties: { dealname: 'Renamed by a person' } }),
  });
  expect(edited.status).toBe(200);
  const metrics = async () => (await fetch(`${LOCAL}/metrics`)).text();
  await expect.poll(metrics, { timeout: READY_MS_MAX }).toMatch(/counterpart_sync_total\{[^}]*deliveries[^}]*\} [1-9]/);
});
