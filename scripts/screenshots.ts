/**
 * Takes the pictures of the README from a server of its own, so that they are of this build: `node scripts/screenshots.ts`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { findBrowser } from '../test/e2e/support/browser.ts';
import { dataFolder, startCounterpart } from '../test/e2e/support/counterpart.ts';
import { openBoth, openOpportunity } from '../test/e2e/support/two-windows.ts';

const folder = path.resolve(import.meta.dirname, '../docs/images');
const MAIN = '4310077';
const DEAL = '31000000110';
const SETTLE_MS = 1_500;

const dataDir = dataFolder();
const counterpart = await startCounterpart({ dataDir });
const found = await findBrowser();
const browser = await chromium.launch({ executablePath: found.executablePath, args: found.args, env: found.env });

async function shoot(
  name: string,
  options: { readonly dark?: boolean; readonly height?: number },
  visit: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: options.height ?? 900 },
    colorScheme: options.dark === true ? 'dark' : 'light',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  await visit(page);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  await context.close();
}

/** Both records in windows side by side. */
async function shootBoth(name: string): Promise<void> {
  const windows = await openBoth(browser, counterpart);
  const sides: string[] = [];
  for (const page of [windows.deal, windows.opportunity]) {
    await page.setViewportSize({ width: 1280, height: 1180 });
    await page.waitForTimeout(SETTLE_MS);
    sides.push((await page.screenshot()).toString('base64'));
  }
  await windows.close();
  const page = await browser.newPage({ viewport: { width: 1440, height: 672 } });
  const images = sides.map((side) => `<img style="width:712px" src="data:image/png;base64,${side}">`).join('');
  await page.setContent(`<body style="margin:0;display:flex;gap:16px;background:#fff">${images}</body>`);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  await page.close();
}

const record = (type: string, id: string, rest = '') =>
  `${counterpart.practiceUrl}/contacts/${MAIN}/record/${type}/${id}?tab=contracts_tab${rest}`;
const card = (page: Page) => page.locator('[data-card=contracts_tab]');
const workspace = (location: string) => async (page: Page) => {
  await page.goto(`${counterpart.workspaceUrl}/practice/sign-in`);
  await page.goto(counterpart.workspaceUrl + location);
  await page.getByRole('heading', { level: 1 }).waitFor();
};

fs.mkdirSync(folder, { recursive: true });
try {
  await shoot('card-on-a-deal', { height: 860 }, async (page) => {
    await page.goto(record('0-3', '31000000108'));
    await card(page).getByRole('button', { name: 'Attach contract' }).waitFor();
  });
  await shoot('card-on-an-opportunity', {}, (page) => openOpportunity(page, counterpart));
  await shoot('contract-in-the-card', { height: 1000, dark: true }, async (page) => {
    await page.goto(record('0-3', DEAL, '&lang=zh-CN&theme=dark'));
    await card(page).getByRole('link', { name: 'Product analytics platform' }).first().click();
    await card(page).getByRole('tab', { name: 'SLA' }).click();
  });
  await shoot('renewals-in-the-crm', {}, async (page) => {
    await page.goto(`${counterpart.practiceUrl}/contacts/${MAIN}/objects/0-3/views/all/list`);
    await page.getByRole('link', { name: /notice due in 90 days/i }).click();
    await page.locator('.record-table .row-link').first().waitFor();
  });
  await shootBoth('both-crms');
  await shoot('overview', { height: 1180 }, workspace('/'));
  await shoot('workspace', {}, workspace('/contracts'));
  await shoot('vendors', {}, workspace('/vendors'));
} finally {
  await browser.close();
  await counterpart.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
}
