/** What `npm start` promises about itself: ready addresses, a quick second start, a clean end however it ends, one sentence when it cannot. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { dataFolder, startCounterpart } from './support/counterpart.ts';
import { test } from './support/shared-counterpart.ts';

const root = path.resolve(import.meta.dirname, '../..');
const GONE_MS_MAX = 15_000;

/** Processes whose command line names this data folder: the database's among them. */
function processesNaming(folder: string): string[] {
  const text = path.basename(folder);
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !line.includes('ps -eo'));
}

async function expectNothingRunning(text: string): Promise<void> {
  await expect.poll(() => processesNaming(text), { timeout: GONE_MS_MAX }).toEqual([]);
}

test('npm start prints three addresses, stops cleanly on TERM, and the next start sets nothing up again', async () => {
  const dataDir = dataFolder();
  const first = await startCounterpart({ dataDir });
  expect(first.output().match(/http:\/\/(?:localhost|127\.0\.0\.1):\d+/g)?.length).toBeGreaterThanOrEqual(3);
  expect(processesNaming(dataDir).length).toBeGreaterThan(0);
  expect(await first.stop()).toBe(0);
  await expectNothingRunning(dataDir);

  const second = await startCounterpart({ dataDir });
  expect(second.output()).not.toMatch(/Installing|Generating|Building|Bundling/);
  expect(await second.stop()).toBe(0);
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test('kill -9 leaves nothing running, and the next start finds everything as it was', async () => {
  const dataDir = dataFolder();
  const running = await startCounterpart({ dataDir });
  running.process.kill('SIGKILL');
  await expectNothingRunning(dataDir);
  const again = await startCounterpart({ dataDir });
  const ready = await fetch(`${again.workspaceUrl}/readyz`);
  expect(ready.status).toBe(200);
  await again.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test('TERM to npm alone stops the server too', async () => {
  test.skip(process.platform === 'win32', 'Windows has no TERM');
  const dataDir = dataFolder();
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: '0', PRACTICE_PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  npm.stdout.on('data', (chunk) => (output += String(chunk)));
  await expect.poll(() => output, { timeout: 60_000 }).toContain('/record/');
  npm.kill('SIGTERM');
  await expectNothingRunning(dataDir);
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test('a busy PORT is one clear sentence', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const dataDir = dataFolder();
  const refused = await refusalOf({ PORT: String(port), PRACTICE_PORT: '0', DATA_DIR: dataDir });
  expect(refused).toContain(`${port}`);
  expect(refused.trim().split('\n')).toHaveLength(1);
  server.close();
  await expectNothingRunning(dataDir);
});

test('a data folder that cannot be written to is one clear sentence', async () => {
  const file = path.join(os.tmpdir(), `counterpart-not-a-folder-${process.pid}`);
  fs.writeFileSync(file, '');
  const refused = await refusalOf({ PORT: '0', PRACTICE_PORT: '0', DATA_DIR: path.join(file, 'data') });
  expect(refused).toContain('DATA_DIR');
  expect(refused.trim().split('\n')).toHaveLength(1);
  fs.rmSync(file);
});

test('half a configuration names the variable and what belongs in it, and never a secret', async () => {
  const secret = 'a-secret-that-must-not-be-printed';
  const refused = await refusalOf({ HUBSPOT_CLIENT_SECRET: secret, PORT: '0' });
  expect(refused).toMatch(/^[A-Z_]+ is missing/m);
  expect(refused).not.toContain(secret);
});

/** Runs the server with a setting it must refuse and gives back what it wrote. */
function refusalOf(env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'server/main.ts')], {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'silent', ...env },
    });
    let written = '';
    child.stdout.on('data', (chunk) => (written += String(chunk)));
    child.stderr.on('data', (chunk) => (written += String(chunk)));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`it did not refuse:\n${written}`));
    }, 30_000);
    child.once('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) reject(new Error(`it ended without an error:\n${written}`));
      else resolve(written);
    });
  });
}
