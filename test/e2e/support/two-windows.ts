/** One contract's HubSpot deal and Salesforce opportunity, each in a browser window of its own, read and edited as a person does. */
import { type Browser, expect, type Page } from '@playwright/test';
import type { Running } from './counterpart.ts';

export const CONTRACT = 'Product analytics platform';
const DEAL = '31000000110';
const OPPORTUNITY = 'Quillon Analytics Inc. – Procurement';

export type Windows = { readonly deal: Page; readonly opportunity: Page; readonly close: () => Promise<void> };

export const dealCard = (page: Page) => page.locator('[data-card=contracts_tab]');
export const opportunityCard = (page: Page) => page.locator('c-contract-card');
export const property = (page: Page, name: string) => page.locator(`[data-property=counterpart_${name}]`);
export const field = (page: Page, name: string) => page.locator(`.org-field[data-field="counterpart__${name}"]`);

export async function openDeal(page: Page, counterpart: Running): Promise<void> {
  await page.goto(`${counterpart.practiceUrl}/contacts/4310077/record/0-3/${DEAL}?tab=contracts_tab`);
  await expect(dealCard(page).getByRole('link', { name: CONTRACT }).first()).toBeVisible();
}

export async function openOpportunity(page: Page, counterpart: Running): Promise<void> {
  await page.goto(`${counterpart.salesforceUrl}/lightning/o/Opportunity/list?search=Quillon`);
  await page.getByRole('link', { name: OPPORTUNITY }).click();
  await expect(page).toHaveURL(/\/lightning\/r\/Opportunity\/006\w{15}\/view$/);
  await expect(opportunityCard(page)).toContainText(CONTRACT);
}

/** Opens both records side by side; the caller closes them. */
export async function openBoth(browser: Browser, counterpart: Running): Promise<Windows> {
  const [left, right] = [await browser.newContext(), await browser.newContext()];
  const [deal, opportunity] = await Promise.all([left.newPage(), right.newPage()]);
  await Promise.all([openDeal(deal, counterpart), openOpportunity(opportunity, counterpart)]);
  const close = async (): Promise<void> => {
    await Promise.all([left.close(), right.close()]);
  };
  return { deal, opportunity, close };
}

/** Chooses a value of a property of the deal, in place, and stops before saving. */
export async function chooseOnDeal(page: Page, name: string, option: string): Promise<void> {
  await property(page, name).getByRole('button', { name: /^Edit/ }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

export async function saveDeal(page: Page, name: string): Promise<void> {
  await property(page, name).getByRole('button', { name: 'Save' }).click();
}

/** Chooses a value of a field of the opportunity, in place, and stops before saving. */
export async function chooseOnOpportunity(page: Page, name: string, option: string): Promise<void> {
  await field(page, name).getByRole('button', { name: /^Edit/ }).click();
  await field(page, name).getByRole('combobox').click();
  await field(page, name).getByRole('option', { name: option, exact: true }).click();
}

/** Saves; where the org says that the record changed meanwhile, takes the present state and saves again, as it offers. */
export async function saveOpportunity(page: Page): Promise<void> {
  const save = page.locator('[data-save] button');
  const reload = page.locator('[data-form-error] button');
  await expect(async () => {
    if (await reload.isVisible()) await reload.click();
    if (await save.isVisible()) await save.click({ timeout: 1_000 });
    await expect(save).toBeHidden({ timeout: 1_000 });
  }).toPass({ timeout: 10_000, intervals: [50] });
}

/** Types a day into a date property of the deal and saves it. */
export async function typeDateOnDeal(page: Page, name: string, day: string): Promise<void> {
  await property(page, name).getByRole('button', { name: /^Edit/ }).click();
  await property(page, name).getByRole('textbox').fill(day);
  await saveDeal(page, name);
}

/** Types a day into the Lightning date input of a field of the opportunity, as the org's British locale writes it, and saves it. */
export async function typeDateOnOpportunity(page: Page, name: string, day: string): Promise<void> {
  await field(page, name).getByRole('button', { name: /^Edit/ }).click();
  const input = field(page, name).getByRole('textbox');
  await input.fill(day.split('-').toReversed().join('/'));
  await input.press('Tab');
  await saveOpportunity(page);
}
