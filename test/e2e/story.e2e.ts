/**
 * The main job, step by step, in a browser and by one command: a rep works on a deal, a manager filters renewals, somebody edits in the CRM,
 * and an admin installs the app into a second portal and sees it fill. One server runs for all steps, as it would for a person.
 */
import fs from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { violationsOf } from './support/axe.ts';
import { dataFolder, type Running, startCounterpart } from './support/counterpart.ts';
import { test } from './support/shared-counterpart.ts';

const MAIN = '4310077';
const SECOND = '4310912';
const DEAL = '31000000110';
const CONTRACT = 'Product analytics platform';
/** The portfolio is made for the day of the run, so the date that a person types is too. */
const NEXT_YEAR = new Date().getUTCFullYear() + 1;
const SYNC_MS_MAX = 20_000;
/** No event tells of an edit to a field that is ours; the next sweep finds it. */
const SWEEP_MS_MAX = 90_000;

let counterpart: Running;
let dataDir: string;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  dataDir = dataFolder();
  counterpart = await startCounterpart({ dataDir });
});
test.afterAll(async () => {
  await counterpart.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

const record = (portal: string, type: string, id: string, query = '?tab=contracts_tab') =>
  `${counterpart.practiceUrl}/contacts/${portal}/record/${type}/${id}${query}`;
const list = (portal: string, query: string) =>
  `${counterpart.practiceUrl}/contacts/${portal}/objects/0-3/views/all/list${query}`;
const card = (page: Page) => page.locator('[data-card=contracts_tab]');
const property = (page: Page, name: string) => page.locator(`[data-property=counterpart_${name}]`);
const filters = (...all: readonly object[]) => `?filters=${encodeURIComponent(JSON.stringify(all))}`;

async function signIn(page: Page, path: string): Promise<void> {
  await page.goto(`${counterpart.workspaceUrl}/practice/sign-in`);
  await page.goto(`${counterpart.workspaceUrl}${path}`);
}

test('a rep opens a deal and sees its contracts in the real card', async ({ page }) => {
  await page.goto(record(MAIN, '0-3', DEAL));
  await expect(card(page).getByRole('link', { name: CONTRACT }).first()).toBeVisible();
  await expect(card(page)).toContainText('Notice due in');
  await expect(property(page, 'lead_contract_title')).toContainText(CONTRACT);
  expect(await violationsOf(page)).toEqual([]);
  await page.addStyleTag({ content: '[data-card=contracts_tab] a { color: #eee !important }' });
  expect((await violationsOf(page)).map(({ id }) => id)).toContain('color-contrast');
});

test('the rep attaches another contract, thinks better of it, and undoes that too', async ({ page }) => {
  await page.goto(record(MAIN, '0-3', DEAL));
  await card(page).getByRole('button', { name: 'Attach contract' }).click();
  await card(page).getByRole('searchbox').fill('Off-site backup');
  const row = card(page).getByRole('row', { name: /Off-site backup service/ });
  await row.getByRole('button', { name: 'Attach' }).click();
  await expect(card(page).getByRole('link', { name: 'Off-site backup service' })).toBeVisible();
  await expect(property(page, 'contract_count')).toContainText('3', { timeout: SYNC_MS_MAX });
  await card(page).getByRole('link', { name: 'Off-site backup service' }).click();
  await card(page).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: /Detach/ }).click();
  await expect(property(page, 'contract_count')).toContainText('2', { timeout: SYNC_MS_MAX });
  await card(page).getByRole('button', { name: /Undo/ }).click();
  await expect(property(page, 'contract_count')).toContainText('3', { timeout: SYNC_MS_MAX });
});

test("moving the contract's stage changes the deal's fields and its list views", async ({ page }) => {
  const renewing = { property: 'counterpart_stage', operator: 'IN', values: ['renewing'] };
  await page.goto(list(MAIN, filters(renewing)));
  await expect(page.locator('.record-table')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Quillon Analytics Inc. – Procurement' })).toHaveCount(0);
  await page.goto(record(MAIN, '0-3', DEAL));
  await card(page).getByRole('link', { name: CONTRACT }).first().click();
  await card(page).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Start renewal' }).click();
  await expect(property(page, 'stage')).toContainText('Renewing', { timeout: SYNC_MS_MAX });
  await page.goto(list(MAIN, filters(renewing)));
  await expect(page.getByRole('link', { name: 'Quillon Analytics Inc. – Procurement' })).toBeVisible();
});

test('a renewal date changed in the CRM reaches the card and the store, and what follows from it comes back', async ({
  page,
}) => {
  await page.goto(record(MAIN, '0-3', DEAL));
  await card(page).getByRole('link', { name: CONTRACT }).first().click();
  await expect(card(page)).toContainText('Last day of the term');
  await expect(card(page)).not.toContainText(`15 Jun ${NEXT_YEAR}`);
  await property(page, 'renewal_date').getByRole('button', { name: 'Edit Renewal date' }).click();
  await property(page, 'renewal_date').getByRole('textbox').fill(`${NEXT_YEAR}-06-15`);
  await property(page, 'renewal_date').getByRole('button', { name: 'Save' }).click();
  await expect(card(page)).toContainText(`15 Jun ${NEXT_YEAR}`, { timeout: SYNC_MS_MAX });
  await expect(property(page, 'end_date')).toContainText(`Jun 14, ${NEXT_YEAR}`, { timeout: SYNC_MS_MAX });
  await card(page).getByRole('tab', { name: 'History' }).click();
  await expect(card(page)).toContainText(/by (mia\.chen@|Mia Chen)/);
  await signIn(page, '/contracts?text=Product%20analytics');
  await expect(page.getByRole('cell', { name: `15 Jun ${NEXT_YEAR}` })).toBeVisible();
});

/** What stood in the field before somebody typed over it. */
let kept = '';

test('somebody types over a value that Counterpart keeps', async ({ page }) => {
  await page.goto(record(MAIN, '0-3', DEAL));
  const number = property(page, 'lead_contract_number');
  kept = /HF-\d{4}-\d{4}/.exec(await number.innerText())?.[0] ?? 'a contract number';
  await number.getByRole('button', { name: 'Edit Lead contract number' }).click();
  await number.getByRole('textbox').fill('somebody-typed-this');
  await number.getByRole('button', { name: 'Save' }).click();
  await expect(number.getByRole('button', { name: 'Save' })).toBeHidden();
});

test('a manager filters renewals on ordinary CRM fields, with the lists that the app brought', async ({ page }) => {
  await page.goto(list(MAIN, ''));
  await page.getByRole('link', { name: /notice due in 90 days/i }).click();
  await expect(page.locator('.record-table .row-link').first()).toBeVisible();
  const due = await page.locator('.record-table .row-link').count();
  expect(due).toBeGreaterThan(0);
  await page.goto(
    list(MAIN, filters({ property: 'counterpart_notice_deadline', operator: 'IN_NEXT_DAYS', value: '90' })),
  );
  await expect(page.locator('.record-table .row-link').first()).toBeVisible();
  expect(await page.locator('.record-table .row-link').count()).toBe(due);
});

test('the admin installs the app into a second portal and sees it fill', async ({ page }) => {
  await page.goto(list(SECOND, filters({ property: 'counterpart_contract_count', operator: 'GT', value: '0' })));
  await expect(page.locator('.record-table .row-link')).toHaveCount(0);
  await signIn(page, '/connections');
  await page.getByRole('link', { name: 'Connect a HubSpot account' }).click();
  await page.getByRole('combobox', { name: 'Account' }).selectOption({ label: `Harbour & Finch 亚太 (${SECOND})` });
  await page.getByRole('button', { name: 'Connect app' }).click();
  const second = page.getByRole('region', { name: /apac/ });
  await expect(second).toContainText('Connected', { timeout: SYNC_MS_MAX });
  await expect(second).not.toContainText('Reading companies', { timeout: SYNC_MS_MAX });
  await page.goto(
    `${counterpart.practiceUrl}/contacts/${SECOND}/objects/0-2/views/all/list${filters({ property: 'counterpart_contract_count', operator: 'GT', value: '0' })}`,
  );
  await expect
    .poll(
      async () => {
        await page.reload();
        await page.waitForLoadState('networkidle');
        return page.locator('.record-table .row-link').count();
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(5);
});

test('in Chinese the card reads Chinese, and has no accessibility fault in the dark theme', async ({ page }) => {
  await page.goto(`${record(SECOND, '0-2', '25000000101')}&lang=zh-CN&theme=dark`);
  await expect(card(page)).toContainText('客户关系管理系统采购合同', { timeout: SYNC_MS_MAX });
  await expect(card(page).getByRole('button', { name: '关联合同' })).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);
});

test('a register is imported with a preview, and a row with a fault is named by row and column', async ({ page }) => {
  const csv =
    '合同编号,合同名称,供应商,生效日期,到期日,合同金额,币种,续约方式\nCG-01,测试采购合同,测试供应商有限公司,2026-01-01,2026-12-31,120000.00,CNY,自动续约\nCG-02,另一合同,测试供应商有限公司,03/04/2026,2027-03-03,1.5,CNY,否\n';
  await signIn(page, '/import');
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: '台账.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await expect(page.getByText('Row 3, 生效日期:')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Import 1 contract' })).toBeDisabled();
  await page
    .getByRole('combobox', { name: /Dates such as/ })
    .or(page.getByRole('textbox', { name: /Dates such as/ }))
    .first()
    .click();
  await page.getByRole('option', { name: 'Day first' }).click();
  await expect(page.getByText('Row 3, 生效日期:')).toHaveCount(0);
  await page.getByRole('button', { name: 'Import 2 contracts' }).click();
  await expect(page.getByText('2 new, 0 updated, 0 left out.')).toBeVisible({ timeout: SYNC_MS_MAX });
});

test('the next sweep has put the value back that Counterpart keeps, and the conflict says so', async ({ page }) => {
  await page.goto(record(MAIN, '0-3', DEAL));
  await expect(property(page, 'lead_contract_number')).toContainText(kept, { timeout: SWEEP_MS_MAX });
  await signIn(page, '/conflicts');
  await expect(page.getByText('somebody-typed-this')).toBeVisible();
  await expect(page.getByText('This value is kept by Counterpart')).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);
});

test('S3 a quiet system makes no HubSpot call other than the sweep', async ({ request }) => {
  const calls = async () => {
    const answer = await request.get(`${counterpart.practiceUrl}/practice/api/portals/${MAIN}/calls`);
    const { calls: all } = (await answer.json()) as {
      calls: readonly { method: string; path: string; count: number }[];
    };
    return all;
  };
  const others = (all: Awaited<ReturnType<typeof calls>>) =>
    all
      .filter(
        ({ method, path }) =>
          !path.endsWith('/search') &&
          !(method === 'GET' && path.endsWith('/{objectType}')) &&
          !path.includes('/oauth/'),
      )
      .reduce((sum, { count }) => sum + count, 0);
  const queued = async () => {
    const metrics = await (await request.get(`${counterpart.workspaceUrl}/metrics`)).text();
    return [...metrics.matchAll(/^counterpart_\w*dirty\w*(?:\{[^}]*\})? (\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  };
  await expect.poll(queued, { timeout: 30_000 }).toBe(0);
  await expect
    .poll(
      async () => {
        const before = others(await calls());
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        return others(await calls()) - before;
      },
      { timeout: 30_000 },
    )
    .toBe(0);
  const before = others(await calls());
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  expect(others(await calls())).toBe(before);
});
