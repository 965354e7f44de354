/** The first start, on an empty folder, and its clean end. What it leaves there is where the other files begin. */
import { expect, test } from '@playwright/test';
import { startCounterpart } from './support/counterpart.ts';
import { firstFolder } from './support/filled-folder.ts';
import { expectNothingRunning, processesNaming } from './support/processes.ts';

test('npm start prints three addresses and stops cleanly on TERM', async () => {
  const dataDir = firstFolder();
  const first = await startCounterpart({ dataDir });
  expect(first.output().match(/http:\/\/(?:localhost|127\.0\.0\.1):\d+/g)?.length).toBeGreaterThanOrEqual(3);
  expect(processesNaming(dataDir).length).toBeGreaterThan(0);
  expect(await first.stop()).toBe(0);
  await expectNothingRunning(dataDir);
});
