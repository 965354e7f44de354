import { defineConfig } from '@playwright/test';
import { findBrowser } from './test/e2e/support/browser.ts';

const browser = await findBrowser();

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.e2e.ts',
  fullyParallel: false,
  workers: 2,
  globalSetup: './test/e2e/support/filled-folder.ts',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  reporter: [['list']],
  outputDir: '.cache/e2e',
  projects: [
    { name: 'first start', testMatch: 'first-start.e2e.ts' },
    // Every later start there is a second one, on a copy of what the first start left.
    { name: 'start', testMatch: '**/start.e2e.ts', dependencies: ['first start'] },
    { name: 'practice', testIgnore: ['**/start.e2e.ts', '**/first-start.e2e.ts'] },
  ],
  use: {
    actionTimeout: 20_000,
    locale: 'en-US',
    timezoneId: 'Europe/London',
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: browser.executablePath, args: browser.args, env: browser.env },
    screenshot: 'only-on-failure',
    trace: 'off',
  },
});
