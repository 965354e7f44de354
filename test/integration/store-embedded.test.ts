import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';

const folders: string[] = [];
const running: EmbeddedPostgres[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'counterpart-embedded-'));
  // Reachable for the unprivileged user that the server runs as when the tests run as root.
  chmodSync(folder, 0o755);
  folders.push(folder);
  return join(folder, 'store');
}

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(folder: string, durable = false): Promise<EmbeddedPostgres> {
  const started = await startEmbeddedPostgres({ folder, durable });
  if (!started.ok) throw new Error(started.failure.sentence);
  running.push(started.value);
  return started.value;
}

async function run(postgres: EmbeddedPostgres, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: postgres.urlOf('postgres') });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let poll = 0; poll < 300 && isAlive(pid); poll += 1) await delay(50);
  return !isAlive(pid);
}

const announcement = z.object({ serverPid: z.number(), supervisorPid: z.number() });

async function startInChild(
  folder: string,
): Promise<{ readonly child: ChildProcess; readonly serverPid: number; readonly supervisorPid: number }> {
  const child = fork(fileURLToPath(new URL('../support/embedded-parent.ts', import.meta.url)), [folder], {
    execArgv: [],
  });
  const [message] = await once(child, 'message');
  return { child, ...announcement.parse(message) };
}

describe('embedded PostgreSQL', () => {
  test('S5 data outlives a stop and a start; the server listens on loopback and asks for its password', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await run(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    expect(await run(first, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await run(first, 'SHOW timezone')).toEqual([{ TimeZone: 'UTC' }]);
    const url = new URL(first.urlOf('postgres'));
    url.password = 'wrong';
    await expect(new Client({ connectionString: url.href }).connect()).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(first.folder, 'password')).mode & 0o077).toBe(0);
    await first.stop();
    expect(await gone(first.serverPid)).toBe(true);
    const second = await start(folder);
    expect(second.adopted).toBe(false);
    expect(await run(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('S5 kill -9 of the application stops the server, cleanly', async () => {
    const folder = newFolder();
    const { child, serverPid, supervisorPid } = await startInChild(folder);
    child.kill('SIGKILL');
    expect(await gone(serverPid)).toBe(true);
    expect(await gone(supervisorPid)).toBe(true);
    expect(existsSync(join(folder, 'cluster', 'postmaster.pid'))).toBe(false);
  });

  test('S5 a server left behind, because its supervisor was killed too, is taken over', async () => {
    const folder = newFolder();
    const { child, serverPid, supervisorPid } = await startInChild(folder);
    process.kill(supervisorPid, 'SIGKILL');
    child.kill('SIGKILL');
    expect(await gone(supervisorPid)).toBe(true);
    expect(isAlive(serverPid)).toBe(true);
    const adopted = await start(folder);
    expect(adopted.adopted).toBe(true);
    expect(adopted.serverPid).toBe(serverPid);
    expect(await run(adopted, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await adopted.stop();
    expect(await gone(serverPid)).toBe(true);
  });

  test('S5 a lock file that nobody stands behind does not keep the server from starting', async () => {
    const folder = newFolder();
    const first = await start(folder);
    const lock = readFileSync(join(first.folder, 'cluster', 'postmaster.pid'), 'utf8');
    await first.stop();
    writeFileSync(join(first.folder, 'cluster', 'postmaster.pid'), lock.replace(/^\d+/, '4194303'));
    expect(await run(await start(folder), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a folder in use, a file in its place, and data of another version are each refused in one sentence', async () => {
    const used = newFolder();
    await start(used);
    const again = await startEmbeddedPostgres({ folder: used, durable: false });
    expect(again).toMatchObject({ ok: false, failure: { code: 'folder_in_use' } });
    const blocked = newFolder();
    writeFileSync(blocked, 'a file');
    const onFile = await startEmbeddedPostgres({ folder: join(blocked, 'below'), durable: false });
    expect(onFile).toMatchObject({ ok: false, failure: { code: 'folder_unwritable' } });
    const older = newFolder();
    mkdirSync(join(older, 'cluster'), { recursive: true });
    writeFileSync(join(older, 'cluster', 'PG_VERSION'), '15\n');
    const onOlder = await startEmbeddedPostgres({ folder: older, durable: false });
    expect(onOlder).toMatchObject({ ok: false, failure: { code: 'other_version' } });
    for (const result of [again, onFile, onOlder]) {
      const sentence = result.ok ? '' : result.failure.sentence;
      expect(sentence).toMatch(/^[A-Z][^\n]+\.$/);
    }
  });
});
