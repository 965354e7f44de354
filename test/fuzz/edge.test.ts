/** Guarantees of the edge that no mutation of a single request shows: sessions at rest, cookies, headers, framing, and who may connect a portal. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { changedTables, readState } from './database-state.ts';
import { type Scene, startScene } from './scene.ts';
import { createWireClient } from './wire-client.ts';

let scene: Scene;
let database: Awaited<ReturnType<typeof createDatabase>>;
const doors: ReturnType<typeof createServer>[] = [];

beforeAll(async () => {
  database = await createDatabase();
  scene = await startScene(database.url);
});
afterAll(async () => {
  for (const door of doors) door.close();
  await scene.stop();
  await database.drop();
});

const me = (cookie: string) => fetch(`${scene.origin}/v1/me`, { headers: { cookie } });

/** The same server with other settings, on a port of its own. */
async function serverWith(change: Parameters<Scene['restarted']>[0]): Promise<string> {
  const door = createServer(scene.restarted(change).app);
  doors.push(door);
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = door.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

describe('sessions', () => {
  test('a copy of the database signs nobody in: no secret of a cookie and no state stands in it', async () => {
    const begun = await fetch(`${scene.origin}/oauth/hubspot/start`, { redirect: 'manual' });
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const browser = /=([^;]+)/.exec(begun.headers.getSetCookie()[0] ?? '')?.[1] ?? '';
    expect([state.length, browser.length]).toEqual([43, 43]);
    const { rows } = await scene.admin.query<{ row: string }>(
      'SELECT s::text AS row FROM session s UNION ALL SELECT o::text FROM oauth_state o',
    );
    const text = rows.map(({ row }) => row).join('\n');
    expect(rows.length).toBeGreaterThan(6);
    const cookies = scene.tenants.flatMap((tenant) =>
      Object.values(tenant.cookies).map((cookie) => cookie.split('.')[1]),
    );
    for (const secret of [state, browser, ...cookies]) expect(text.includes(secret ?? '-')).toBe(false);
  });

  test('a session that has ended, and one of somebody who was shut out, sign nobody in', async () => {
    const { workspaceId } = scene.tenants[0].connection;
    expect((await me(await scene.signIn(workspaceId, 'rep', 60_000))).status).toBe(200);
    expect((await me(await scene.signIn(workspaceId, 'rep', -1))).status).toBe(401);
    const cookie = await scene.signIn(workspaceId, 'manager');
    const user = at(await (await me(cookie)).json(), 'user', 'id');
    const { rowCount } = await scene.admin.query('UPDATE workspace_user SET disabled_at = now() WHERE id = $1', [user]);
    expect([rowCount, (await me(cookie)).status]).toEqual([1, 401]);
  });

  test('over https the cookie is bound to the host, unreadable for scripts, and the browser is told to stay on https', async () => {
    const origin = await serverWith({ publicUrl: 'https://contracts.example' });
    const begun = await fetch(`${origin}/oauth/hubspot/start`, { redirect: 'manual' });
    const [cookie = ''] = begun.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-counterpart-oauth=[\w-]{43}; /);
    for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(cookie).toContain(`; ${part}`);
    expect(cookie).not.toContain('Domain');
    expect(begun.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
    expect(begun.headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  });

  test('the practice sign-in does not exist on a live server', async () => {
    const answer = await fetch(`${scene.origin}/practice/sign-in`, { redirect: 'manual' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([404, []]);
  });
});

describe('headers and framing', () => {
  test('every answer forbids scripts of others, frames, sniffing and telling others where one came from', async () => {
    for (const path of [
      '/healthz',
      '/v1/me',
      '/v1/nothing',
      '/openapi.json',
      '/oauth/hubspot/callback?code=a&state=b',
    ]) {
      const { headers } = await fetch(`${scene.origin}${path}`, { redirect: 'manual' });
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, path).toContain("script-src 'self'");
      expect(policy, path).not.toMatch(/script-src[^;]*unsafe/);
      for (const part of ["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"])
        expect(policy, path).toContain(part);
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('x-frame-options'), path).toBe('DENY');
      expect(headers.get('referrer-policy'), path).toBe('same-origin');
      expect(headers.get('server'), path).toBeNull();
      expect(headers.get('access-control-allow-origin'), path).toBeNull();
    }
  });

  test('a request whose end can be read in two ways is refused, and nothing behind it is taken for another', async () => {
    const client = createWireClient(scene.port);
    const hidden = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const head = 'POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\n';
    const requests = [
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
      `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
      `${head}Content-Length : 2\r\n\r\n[]`,
      `${head}Content-Length: +2\r\n\r\n[]`,
      `${head}Content-Length: 2, 2\r\n\r\n[]`,
      `${head}Content-Length: -1\r\n\r\n[]`,
      `${head}Content-Length: 99999999999999999999\r\n\r\n[]`,
      `${head}X: a\r\n\tb\u0000c\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n`,
      `POST /webhooks/hubspot HTTP/1.1\nHost: x\n\n`,
      'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n',
      'BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /healthz HTTP/1.1\r\n\r\n',
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '\u0016\u0003\u0001\u0002\u0000\u0001',
    ];
    const before = await readState(scene.admin);
    for (const text of requests) {
      const bytes = Buffer.from(text, 'latin1');
      const answer = await client.sendBytes(Buffer.concat([bytes, Buffer.from('\r\n\r\n')]));
      expect([400, 401, 413, 431], JSON.stringify(text.slice(0, 120))).toContain(answer.status);
    }
    client.close();
    expect(changedTables(before, await readState(scene.admin))).toEqual([]);
  });

  test('requests per minute are limited by address before anything is read', async () => {
    const origin = await serverWith({ rateLimits: { perAddress: 3, perUser: 1e9, perWorkspace: 1e9 } });
    const statuses: number[] = [];
    for (let sent = 0; sent < 5; sent += 1) {
      // A claimed address counts for nothing when no proxy is trusted.
      const headers = { 'x-forwarded-for': `203.0.113.${sent}` };
      statuses.push((await fetch(`${origin}/v1/me`, { headers })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });
});

describe('who may connect a portal', () => {
  test('S8 a portal that another workspace has is refused, whoever authorises it, and stays as it was', async () => {
    const [mine, theirs] = scene.tenants;
    const begun = await fetch(`${scene.origin}/oauth/hubspot/start`, {
      redirect: 'manual',
      headers: { cookie: mine.cookies.admin },
    });
    const consent = new URL(begun.headers.get('location') ?? '');
    const approved = await fetch(`${scene.practice.hubspot.url}/oauth/authorize/decision`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ query: consent.search.slice(1), portalId: theirs.portalId, decision: 'approve' }),
    });
    const back = new URL(approved.headers.get('location') ?? '');
    const before = await readState(scene.admin, theirs.connection.workspaceId);
    const cookies = [mine.cookies.admin, ...begun.headers.getSetCookie().map((line) => line.split(';')[0])];
    const answer = await fetch(`${scene.origin}${back.pathname}${back.search}`, {
      redirect: 'manual',
      headers: { cookie: cookies.join('; ') },
    });
    expect([answer.status, at(await answer.json(), 'reason')]).toEqual([403, 'portal_of_another_workspace']);
    expect(changedTables(before, await readState(scene.admin, theirs.connection.workspaceId))).toEqual([]);
  });
});
