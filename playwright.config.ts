import { defineConfig } from '@playwright/test';
import { findBrowser } from './test/e2e/support/browser.ts';

const browser = await findBrowser();

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.e2e.ts',
  fullyParallel: false,
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  reporter: [['list']],
  outputDir: '.cache/e2e',
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
