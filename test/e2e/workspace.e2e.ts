/** The workspace as a manager and an admin meet it: every page in both languages and both themes, readable and without a fault that axe sees. */
import fs from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { violationsOf } from './support/axe.ts';
import { dataFolder, type Running, startCounterpart } from './support/counterpart.ts';

const PAGES = ['/', '/contracts', '/vendors', '/import', '/connections', '/matches', '/conflicts', '/audit'] as const;
const HAN = /\p{Script=Han}/u;
/** What a reader would see where a message is missing. */
const MESSAGE_KEY =
  /\b(nav|matches|overview|contracts?|connections|conflicts|audit|import|vendors|stage|sla|health|decision|field|source|metric)\.\w/;

let counterpart: Running;
let dataDir: string;

test.beforeAll(async () => {
  dataDir = dataFolder();
  counterpart = await startCounterpart({ dataDir });
});
test.afterAll(async () => {
  await counterpart.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

async function open(page: Page, path: string): Promise<void> {
  await page.goto(counterpart.workspaceUrl + path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
}

async function signIn(page: Page, language: 'EN' | '中文' = 'EN'): Promise<void> {
  await page.goto(`${counterpart.workspaceUrl}/practice/sign-in`);
  await page.getByText(language, { exact: true }).click();
  await expect(page.getByRole('link', { name: language === 'EN' ? 'Contracts' : '合同', exact: true })).toBeVisible();
}

async function contractPath(page: Page): Promise<string> {
  const answer = await page.request.get(
    `${counterpart.workspaceUrl}/v1/contracts?text=Product%20analytics&stage=active,renewing&limit=1`,
  );
  const { results } = (await answer.json()) as { results: readonly { id: string }[] };
  expect(results).toHaveLength(1);
  return `/contracts/${results[0]?.id}`;
}

for (const [locale, colorScheme] of [
  ['en', 'light'],
  ['zh-CN', 'dark'],
] as const) {
  test(`every page reads ${locale} and has no accessibility fault in the ${colorScheme} theme`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await signIn(page, locale === 'en' ? 'EN' : '中文');
    for (const path of [...PAGES, await contractPath(page)]) {
      await open(page, path);
      expect(await violationsOf(page), path).toEqual([]);
      const words = await page.locator('th, h1, h2, dt, nav a, button').allInnerTexts();
      expect(words.join(' '), path).not.toMatch(MESSAGE_KEY);
      // Codes of stages and verdicts, as the history would show them unworded.
      if (locale === 'zh-CN') expect(await page.locator('main').innerText(), path).not.toMatch(/→ [a-z_]+\b/);
      if (locale === 'zh-CN') expect((await page.locator('nav').allInnerTexts()).join(' ')).toMatch(HAN);
    }
    await page.addStyleTag({ content: 'h1 { color: #777 !important; background: #888 !important }' });
    expect((await violationsOf(page)).map(({ id }) => id)).toContain('color-contrast');
  });
}

test('a filtered list is an address that can be sent on, and comes back by itself after signing in', async ({
  page,
}) => {
  await signIn(page);
  await open(page, '/contracts');
  await page.getByRole('textbox', { name: 'Search' }).fill('Larkfield');
  await expect(page).toHaveURL(/text=Larkfield/);
  await expect(page.getByRole('link', { name: 'CRM subscription and support' }).first()).toBeVisible();
  const address = page.url();
  await page.goto(address);
  await expect(page.getByRole('textbox', { name: 'Search' })).toHaveValue('Larkfield');
  await expect(page.getByRole('link', { name: 'Managed Kubernetes hosting' })).toHaveCount(0);
});

test('a month of the overview leads to exactly its renewals, and says by what the list is narrowed', async ({
  page,
}) => {
  await signIn(page);
  await open(page, '/');
  const bar = page
    .getByRole('group', { name: 'Renewals by month' })
    .getByRole('link', { name: /: \d+ renewals?$/ })
    .first();
  const [, month = '', count = ''] = /^(.+): (\d+) renewals?$/.exec(await bar.locator('title').innerHTML()) ?? [];
  await bar.click();
  await expect(page.getByRole('status').filter({ hasText: /contracts?$/ })).toHaveText(
    new RegExp(`^${count} contract`),
  );
  const rows = page.getByRole('table').getByRole('row');
  await expect(rows).toHaveCount(Number(count) + 1);
  await page.getByRole('button', { name: `Remove filter: Renewal in ${month}` }).click();
  await expect(rows).not.toHaveCount(Number(count) + 1);
  await expect(page).toHaveURL(/stage=signed/);
});

test('the page of a contract names its risks and what to do about each', async ({ page }) => {
  await signIn(page);
  await open(page, await contractPath(page));
  const risks = page.locator('section', { has: page.getByRole('heading', { name: 'Risks' }) }).getByRole('listitem');
  await expect(risks.filter({ hasText: 'Notice window closes soon' })).toContainText('Decide and send notice in time.');
});

test('clearing the filters empties the fields too, and a heading sorts in both directions', async ({ page }) => {
  await signIn(page);
  await open(page, '/contracts?text=Larkfield');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page.getByRole('textbox', { name: 'Search' })).toHaveValue('');
  const heading = page.getByRole('columnheader', { name: 'Contract', exact: true });
  const titles = page.getByRole('table').locator('tbody tr td:first-child a');
  await heading.getByRole('button').click();
  await expect(heading).toHaveAttribute('aria-sort', 'ascending');
  await expect(page).toHaveURL(/sort=title/);
  const first = await titles.first().innerText();
  await heading.getByRole('button').click();
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
  await expect(titles.first()).not.toHaveText(first);
});

test('an address with a filter that nobody knows says so, and leads back to all contracts', async ({ page }) => {
  await signIn(page);
  await open(page, '/contracts?stage=nonsense');
  await expect(page.getByText('This address holds a filter that is not known')).toBeVisible();
  await expect(page.getByRole('table')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page.getByRole('table').getByRole('row').nth(1)).toBeVisible();
});

test('vendors compare by what was missed, most first', async ({ page }) => {
  await signIn(page);
  await open(page, '/vendors');
  const heading = page.getByRole('columnheader', { name: 'Missed, 12 months' });
  await heading.getByRole('button').click();
  await heading.getByRole('button').click();
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
  const missed = (await page.locator('tbody tr td:nth-child(4)').allInnerTexts()).map(Number);
  expect(missed.length).toBeGreaterThan(5);
  expect(missed).toEqual(missed.toSorted((a, b) => b - a));
  expect(missed[0]).toBeGreaterThan(0);
});

test('a list can be taken away as a spreadsheet', async ({ page }) => {
  await signIn(page);
  await open(page, '/contracts');
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ]);
  const text = fs.readFileSync(await download.path(), 'utf8');
  expect(text.trim().split('\n').length).toBeGreaterThan(50);
  expect(text).toContain('客户关系管理系统采购合同');
});

test('the page says so when the server is gone, and goes on by itself when it is back', async ({ page, context }) => {
  await signIn(page);
  await open(page, '/vendors');
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Conflicts', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'This could not be loaded' })).toBeVisible({
    timeout: 30_000,
  });
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Conflicts' })).toBeVisible();
  await expect(page.getByText('No conflicts')).toBeVisible({ timeout: 30_000 });
});
