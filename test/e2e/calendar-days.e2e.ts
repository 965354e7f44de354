/**
 * A calendar day is the same day for everybody: people in three time zones, as far apart as people can be, type a renewal date into either
 * CRM, and all of them read that day on the other CRM's page, on both cards and in the workspace.
 */
import { type Browser, expect, type Locator, type Page } from '@playwright/test';
import type { Running } from './support/counterpart.ts';
import { test } from './support/shared-counterpart.ts';
import {
  CONTRACT,
  dealCard,
  field,
  openDeal,
  openOpportunity,
  opportunityCard,
  property,
  typeDateOnDeal,
  typeDateOnOpportunity,
} from './support/two-windows.ts';

const ZONES = ['Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati'] as const;
const SYNC_MS_MAX = 30_000;
const DAY_MS = 86_400_000;
const CONTRACTS = '/contracts?text=Product%20analytics&stage=active,renewing';

const RENEWAL_DATE = '[data-property=counterpart_renewal_date]';

type Desk = { readonly deal: Page; readonly opportunity: Page; readonly workspace: Page };

const daysAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** The ways in which a page writes that day. */
function reading(day: string): RegExp {
  const [year, , date] = day.split('-').map(Number);
  const month = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: 'UTC' }).format(Date.parse(day));
  return new RegExp(`(?<!\\d)(?:${date} ${month}t? ${year}|${month} ${date}, ${year}|${day})(?!\\d)`);
}

/** Somebody who sits in that zone, by the browser and by the org's user settings, with both records and the workspace open. */
async function sitDown(browser: Browser, counterpart: Running, timezoneId: string): Promise<Desk> {
  const context = await browser.newContext({ timezoneId });
  await context.route('**/practice/api/me', async (route) => {
    const answer = await route.fetch();
    const me = (await answer.json()) as { readonly user: object };
    await route.fulfill({ response: answer, json: { ...me, user: { ...me.user, timeZone: timezoneId } } });
  });
  const [deal, opportunity, workspace] = [await context.newPage(), await context.newPage(), await context.newPage()];
  await Promise.all([
    openDeal(deal, counterpart),
    openOpportunity(opportunity, counterpart),
    workspace.goto(`${counterpart.workspaceUrl}/practice/sign-in`),
  ]);
  await deal.bringToFront();
  await dealCard(deal).getByRole('link', { name: CONTRACT }).first().click();
  await opportunity.bringToFront();
  await opportunityCard(opportunity).locator('c-contract-table').getByText(CONTRACT).first().click();
  return { deal, opportunity, workspace };
}

/** The card and the page's own fields write the label before the day. */
const expectRenewalDate = (where: Locator, day: string): Promise<void> =>
  expect(where).toContainText(new RegExp(`Renewal date\\s*${reading(day).source}`), { timeout: SYNC_MS_MAX });

async function expectDayEverywhere(desks: readonly Desk[], counterpart: Running, day: string): Promise<void> {
  for (const { deal, opportunity } of desks) {
    await expectRenewalDate(property(deal, 'renewal_date'), day);
    await expectRenewalDate(field(opportunity, 'Renewal_Date__c'), day);
    await expectRenewalDate(dealCard(deal), day);
    await expectRenewalDate(opportunityCard(opportunity), day);
  }
  await Promise.all(
    desks.map(async ({ workspace }) => {
      await workspace.goto(counterpart.workspaceUrl + CONTRACTS);
      const row = workspace.getByRole('row').filter({ hasText: CONTRACT });
      await expect(row).toContainText(reading(day), { timeout: SYNC_MS_MAX });
      await expect(row).not.toContainText(reading(daysAfter(day, 1)));
    }),
  );
}

test('a date never moves by a day, whoever types it and whoever reads it, in Shanghai, Los Angeles and Kiritimati', async ({
  browser,
  counterpart,
}) => {
  const desks = await Promise.all(ZONES.map((zone) => sitDown(browser, counterpart, zone)));
  const written = (await desks[0]?.deal.locator(RENEWAL_DATE).innerText()) ?? '';
  const first = new Date(`${/[A-Z][a-z]{2} \d+, \d{4}/.exec(written)?.[0]} UTC`).toISOString().slice(0, 10);
  let day = first;
  for (const { deal, opportunity } of desks) {
    day = daysAfter(day, 2);
    // A page behind another one is not drawn, and cannot be clicked.
    await opportunity.bringToFront();
    await typeDateOnOpportunity(opportunity, 'Renewal_Date__c', day);
    await expectDayEverywhere(desks, counterpart, day);
    day = deal === desks.at(-1)?.deal ? first : daysAfter(day, 2);
    await deal.bringToFront();
    await typeDateOnDeal(deal, 'renewal_date', day);
    await expectDayEverywhere(desks, counterpart, day);
  }
  for (const { deal } of desks) await deal.context().close();
});
