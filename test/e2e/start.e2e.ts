/** What `npm start` promises about itself: a quick second start, a clean end however it ends, one sentence when it cannot. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type APIRequestContext, expect } from '@playwright/test';
import { dataFolder, type Running, startCounterpart } from './support/counterpart.ts';
import { filledFolder } from './support/filled-folder.ts';
import { expectNothingRunning } from './support/processes.ts';
import { test } from './support/shared-counterpart.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SYNC_MS_MAX = 20_000;

test('the next start sets nothing up again', async () => {
  const dataDir = filledFolder();
  const second = await startCounterpart({ dataDir });
  expect(second.output()).not.toMatch(/Installing|Generating|Building|Bundling/);
  expect(await second.stop()).toBe(0);
  fs.rmSync(dataDir, { recursive: true, force: true });
});

/** The decision on the contract of that deal, as the workspace gives it. */
async function decisionAt({ workspaceUrl }: Running, request: APIRequestContext): Promise<string | undefined> {
  await request.get(`${workspaceUrl}/practice/sign-in`);
  const answer = await request.get(
    `${workspaceUrl}/v1/contracts?text=Product%20analytics&stage=active,renewing&limit=1`,
  );
  return /"renewalDecision":"(\w+)"/.exec(await answer.text())?.[1];
}

test('kill -9 leaves nothing running, and the next start finds everything as it was', async ({ request }) => {
  const dataDir = filledFolder();
  const running = await startCounterpart({ dataDir });
  const before = await decisionAt(running, request);
  const changed = before === 'exit' ? 'renew' : 'exit';
  const edited = await request.patch(`${running.practiceUrl}/practice/api/portals/4310077/objects/0-3/31000000110`, {
    data: { properties: { counterpart_renewal_decision: changed } },
  });
  expect(edited.status()).toBe(200);
  await expect.poll(() => decisionAt(running, request), { timeout: SYNC_MS_MAX }).toBe(changed);
  running.process.kill('SIGKILL');
  await expectNothingRunning(dataDir);
  const again = await startCounterpart({ dataDir });
  expect((await request.get(`${again.workspaceUrl}/readyz`)).status()).toBe(200);
  expect(await decisionAt(again, request)).toBe(changed);
  await again.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test('TERM to npm alone stops the server too', async () => {
  test.skip(process.platform === 'win32', 'Windows has no TERM');
  const dataDir = filledFolder();
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
