/**
 * The practice Salesforce org as a person meets it: the real, unmodified card on an opportunity's page in real Chromium, list views with
 * filters, both languages. What the card does is seen in the opportunity's own fields without loading the page again.
 */
import { expect, type Page } from '@playwright/test';
import { violationsOf } from './support/axe.ts';
import { test } from './support/shared-counterpart.ts';
import { CONTRACT, openOpportunity, opportunityCard as card, field } from './support/two-windows.ts';

const OPPORTUNITY = 'Quillon Analytics Inc. – Procurement';
const SYNC_MS_MAX = 30_000;
const HAN = /\p{Script=Han}/u;

test.describe.configure({ mode: 'serial' });

test('an opportunity shows its contracts in the real card, without a fault that axe sees', async ({
  page,
  counterpart,
}) => {
  await openOpportunity(page, counterpart);
  await expect(card(page)).toContainText('Notice due in');
  await expect(field(page, 'Lead_Contract_Title__c')).toContainText(CONTRACT);
  expect(await violationsOf(page)).toEqual([]);
  await page.addStyleTag({ content: 'c-contract-card p, c-contract-card dt { color: #eee !important }' });
  expect((await violationsOf(page)).map(({ id }) => id)).toContain('color-contrast');
});

test("attaching a contract by the card raises the opportunity's count without loading the page again", async ({
  page,
  counterpart,
}) => {
  await openOpportunity(page, counterpart);
  await expect(field(page, 'Contract_Count__c')).toContainText('2', { timeout: SYNC_MS_MAX });
  await card(page).getByRole('button', { name: 'Attach contract' }).click();
  await card(page).getByRole('searchbox').fill('Off-site backup');
  await card(page)
    .getByRole('listitem')
    .filter({ hasText: 'Off-site backup service' })
    .locator('[data-id=attach] button')
    .click();
  await expect(card(page)).toContainText('Contracts (3)');
  await expect(field(page, 'Contract_Count__c')).toContainText('3', { timeout: SYNC_MS_MAX });
});

test("moving the stage by the card changes the opportunity's field and its list views", async ({
  page,
  counterpart,
}) => {
  await openOpportunity(page, counterpart);
  await card(page).locator('c-contract-table').getByText(CONTRACT).first().click();
  await card(page).locator('[data-id=more] button').click();
  await page.getByRole('menuitem', { name: 'Start renewal' }).click();
  await expect(field(page, 'Contract_Stage__c')).toContainText('Renewing', { timeout: SYNC_MS_MAX });
  await page.getByRole('navigation').getByRole('link', { name: 'Opportunities' }).click();
  await expect(page.getByRole('link', { name: OPPORTUNITY })).toBeVisible();
  await page.getByRole('button', { name: 'Show filters' }).click();
  const panel = page.getByRole('complementary', { name: 'Filters' });
  await choose(page, 'Field', 'Contract stage');
  await choose(page, 'Value', 'Renewing');
  await panel.getByRole('button', { name: 'Add filter' }).click();
  await expect(page.locator('[data-summary]')).toContainText('1 filter');
  await expect(page.getByRole('link', { name: OPPORTUNITY })).toBeVisible();
  await expect(page.getByRole('link', { name: /^Fenwick Cloud Phone/ })).toHaveCount(0);
  const shared = page.url();
  await page.goto(shared);
  await expect(page.locator('[data-summary]')).toContainText('1 filter');
});

/** Opens a choice of the filters panel by its label and takes one. */
async function choose(page: Page, label: string, option: string): Promise<void> {
  const panel = page.getByRole('complementary', { name: 'Filters' });
  await panel.getByRole('combobox', { name: label, exact: true }).click();
  await panel.getByRole('option', { name: option, exact: true }).click();
}

test('a field edited in place is saved, and another page that shows the record follows', async ({
  page,
  context,
  counterpart,
}) => {
  await openOpportunity(page, counterpart);
  const other = await context.newPage();
  await other.goto(page.url());
  const next = page.locator('.org-field[data-field="NextStep"], .org-field[data-field="Description"]').first();
  const name = (await next.getAttribute('data-field')) ?? '';
  await next.getByRole('button', { name: /^Edit/ }).click();
  await page.locator(`.org-field[data-field="${name}"]`).getByRole('textbox').fill('Call the vendor on Friday');
  await page.locator('[data-save] button').click();
  await expect(other.locator(`.org-field[data-field="${name}"]`)).toContainText('Call the vendor on Friday');
});

test('the org reads Chinese for a person who chose it, card and pages alike', async ({ page, counterpart }) => {
  await openOpportunity(page, counterpart);
  await page.locator('[data-user-menu] button').click();
  await page
    .getByRole('menuitemcheckbox', { name: '简体中文' })
    .or(page.getByRole('menuitem', { name: '简体中文' }))
    .click();
  await expect(page.getByRole('navigation').getByRole('link', { name: '主页' })).toBeVisible();
  expect(await card(page).innerText()).toMatch(HAN);
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
});
