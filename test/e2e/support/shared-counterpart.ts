/**
 * One start of the product for all files that can live with each other's changes: Playwright keeps a worker's fixture from file to file, and
 * makes it only for a test that asks for it. Every file takes `test` from here, since a file with other fixtures would get a worker of its own.
 */
import fs from 'node:fs';
import { test as base } from '@playwright/test';
import { dataFolder, type Running, startCounterpart } from './counterpart.ts';

const START_AND_STOP_MS_MAX = 120_000;

export const test = base.extend<object, { counterpart: Running }>({
  counterpart: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures it needs from this pattern
    async ({}, use) => {
      const dataDir = dataFolder();
      const counterpart = await startCounterpart({ dataDir });
      await use(counterpart);
      await counterpart.stop();
      fs.rmSync(dataDir, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: START_AND_STOP_MS_MAX },
  ],
});
