/** The process as a whole: it ends with whoever started it and leaves nothing running; what keeps it from starting is said in one sentence. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MAIN = path.resolve(import.meta.dirname, '../../server/main.ts');
const PARENT = fileURLToPath(new URL('../support/process-parent.ts', import.meta.url));
const READY_MS_MAX = 90_000;
const GONE_MS_MAX = 20_000;
const POLL_MS = 50;

let folder = '';
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'counterpart-main-'));
  // Reachable for the unprivileged user that PostgreSQL runs as when the tests run as root.
  fs.chmodSync(folder, 0o755);
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'silent', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (written.out += String(chunk)));
  child.stderr.on('data', (chunk) => (written.err += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, written, ended };
}

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  const endsAt = Date.now() + withinMs;
  while (!holds() && Date.now() < endsAt) await delay(POLL_MS);
  return holds();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // What nobody has waited for yet is dead all the same; Linux tells.
    const status = `/proc/${pid}/status`;
    return !fs.existsSync(status) || !/^State:\s+Z/m.test(fs.readFileSync(status, 'utf8'));
  } catch {
    return false;
  }
}

const pidIn = (file: string): number =>
  Number(fs.readFileSync(path.join(folder, 'data/postgres', file), 'utf8').split('\n')[0]);

/** The server below a parent, ready, with every process that came of it. */
async function startBelowParent() {
  const { child, written, ended } = run([PARENT, MAIN], { DATA_DIR: path.join(folder, 'data') });
  if (!(await until(() => written.out.includes('The same in Salesforce'), READY_MS_MAX))) {
    throw new Error(`it did not start:\n${written.out}\n${written.err}`);
  }
  const server = Number(/server (\d+)/.exec(written.out)?.[1]);
  const all = [server, pidIn('owner.pid'), pidIn('cluster/postmaster.pid')];
  expect(all.map(isAlive)).toEqual([true, true, true]);
  return { parent: child, server, all, ended };
}

const allGone = (pids: readonly number[]): Promise<boolean> => until(() => !pids.some(isAlive), GONE_MS_MAX);
const stoppedCleanly = (): boolean => !fs.existsSync(path.join(folder, 'data/postgres/cluster/postmaster.pid'));

describe('S5 nothing is left running', () => {
  test('after kill -9 of whoever started the server', { timeout: READY_MS_MAX * 2 }, async () => {
    const { parent, all } = await startBelowParent();
    parent.kill('SIGKILL');
    expect(await allGone(all)).toBe(true);
    expect(stoppedCleanly()).toBe(true);
  });

  test('after kill -9 of the server itself', { timeout: READY_MS_MAX * 2 }, async () => {
    const { server, all, ended } = await startBelowParent();
    process.kill(server, 'SIGKILL');
    expect(await allGone(all)).toBe(true);
    expect(await ended).not.toBe(0);
    expect(stoppedCleanly()).toBe(true);
  });

  test('after SIGTERM, which ends with success', { timeout: READY_MS_MAX * 2 }, async () => {
    const { server, all, ended } = await startBelowParent();
    process.kill(server, 'SIGTERM');
    expect(await allGone(all)).toBe(true);
    expect(await ended).toBe(0);
    expect(stoppedCleanly()).toBe(true);
  });
});

describe('what keeps the server from starting is one sentence that names the setting', () => {
  async function refusal(env: Readonly<Record<string, string>>): Promise<string> {
    const { written, ended } = run([MAIN], env);
    expect(await ended).toBe(1);
    expect(written.out).toBe('');
    expect(written.err).toMatch(/^[A-Z][^\n]+\.\n$/);
    return written.err;
  }

  async function busyPort(): Promise<{ readonly port: number; readonly close: () => void }> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return { port: address.port, close: () => void server.close() };
  }

  test('a data folder below a file', async () => {
    const file = path.join(folder, 'a-file');
    fs.writeFileSync(file, '');
    expect(await refusal({ DATA_DIR: path.join(file, 'data') })).toContain('set DATA_DIR');
  });

  test('a port that is taken', async () => {
    const { port, close } = await busyPort();
    const said = await refusal({ PORT: String(port), DATA_DIR: path.join(folder, 'other') });
    close();
    expect(said).toMatch(new RegExp(`^Port ${port} is in use: set PORT`));
  });

  test('a port without two more for the practice CRMs', async () => {
    expect(await refusal({ PORT: '65535', DATA_DIR: path.join(folder, 'other') })).toMatch(/^PORT must be below 65534/);
  });

  test('a database that does not answer, whose password stays unsaid', async () => {
    const { port, close } = await busyPort();
    close();
    const said = await refusal({
      DATA_DIR: path.join(folder, 'other'),
      COUNTERPART_MODE: 'practice',
      DATABASE_URL: `postgresql://user:hunter2hunter2@127.0.0.1:${port}/counterpart`,
    });
    expect(said).toContain('check DATABASE_URL');
    expect(said).not.toContain('hunter2hunter2');
  });
});
