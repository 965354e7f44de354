/** Commands that the documents name and that are neither the start nor the tests themselves: each is run as written there. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const RUN_MS_MAX = 120_000;

test('npm run crash kills the real server at the place named, and nothing is lost or doubled', {
  timeout: RUN_MS_MAX,
}, async () => {
  const given = ['run', '--silent', 'crash', '--', '--seeds', '1', '--point', 'undo.restored.before_answer'];
  const { stdout } = await run('npm', given, { cwd: root, timeout: RUN_MS_MAX });
  expect(stdout).toMatch(/killed 1, lost 0, doubled 0/);
});

test('npm run fuzz sends what it was asked to send, and nothing breaks the law of answers', {
  timeout: RUN_MS_MAX,
}, async () => {
  const given = ['run', '--silent', 'fuzz', '--', '--count', '200', '--seed', '1'];
  const { stdout } = await run('npm', given, { cwd: root, timeout: RUN_MS_MAX });
  expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ sent: 200, failureCount: 0 });
});

test('npm run sim reports schedules, faults and no broken seed', { timeout: RUN_MS_MAX }, async () => {
  const { stdout } = await run('npm', ['run', '--silent', 'sim', '--', '--seeds', '3', '--from', '1'], {
    cwd: root,
    timeout: RUN_MS_MAX,
  });
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    schedules?: number;
    broken?: number;
    calls?: number;
  };
  expect(report).toMatchObject({ schedules: 3, broken: 0 });
  expect(report.calls).toBeGreaterThan(0);
});
