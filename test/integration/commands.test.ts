/** Commands that the documents name and that are neither the start nor the tests themselves: each is run as written there. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const RUN_MS_MAX = 60_000;

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
