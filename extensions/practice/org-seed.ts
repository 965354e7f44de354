/**
 * Turns the portfolio into what a Salesforce org holds: the same partners as accounts and opportunities, as the service team keeps them.
 * Two systems never spell everything alike, so some names differ in form and some accounts have no website.
 */
import { inCurrency } from './portfolio/exchange.ts';
import type { Portfolio, PortfolioCompany } from './portfolio/portfolio.ts';
import { longId, makeId } from './salesforce/record-id.ts';
import type { OrgSeed } from './salesforce/load-org.ts';
import type { OrgProfile } from './salesforce/running-org.ts';

/** 15 characters; the org's answers carry the long form. */
const ORG_ID = '00DCP0000000Prc';
export const ORG_ID_LONG = longId(ORG_ID);

const ORG_CURRENCY = 'GBP';

const ACCOUNTS_FROM = 101;
const OPPORTUNITIES_FROM = 201;
const CASES_FROM = 1001;
const USERS_FROM = 71;
/** Cases as the service team has them in view: those of the last months. */
const CASES_MAX = 240;
/** Every so many accounts one that nobody has given a website. */
const WITHOUT_WEBSITE_EVERY = 8;

export type OrgRecordIds = {
  readonly accounts: ReadonlyMap<string, string>;
  readonly opportunities: ReadonlyMap<string, string>;
};

/** Which record of the org each company and deal of the portfolio is. */
function orgRecordIds(portfolio: Portfolio): OrgRecordIds {
  return {
    accounts: new Map(portfolio.companies.map(({ key }, index) => [key, makeId('001', ACCOUNTS_FROM + index)])),
    opportunities: new Map(portfolio.deals.map(({ key }, index) => [key, makeId('006', OPPORTUNITIES_FROM + index)])),
  };
}

/** The records that contracts are attached to from the first start: accounts without a website are left for people to match. */
export function attachedRecordIds(portfolio: Portfolio): OrgRecordIds {
  const { accounts, opportunities } = orgRecordIds(portfolio);
  const known = portfolio.companies.filter((_, index) => hasWebsite(index)).map(({ key }) => key);
  return { accounts: new Map([...accounts].filter(([key]) => known.includes(key))), opportunities };
}

const hasWebsite = (index: number): boolean => index % WITHOUT_WEBSITE_EVERY !== WITHOUT_WEBSITE_EVERY - 1;

export function orgProfile(): OrgProfile {
  return {
    id: ORG_ID,
    name: 'Harbour & Finch',
    timeZone: 'Europe/London',
    currency: ORG_CURRENCY,
    language: 'en_US',
    locale: 'en_GB',
    isSandbox: false,
    organizationType: 'Enterprise Edition',
  };
}

/** HubSpot's stages as the sales team names them in Salesforce. */
const STAGES: Readonly<Record<string, string>> = {
  appointmentscheduled: 'Qualification',
  qualifiedtobuy: 'Needs Analysis',
  presentationscheduled: 'Value Proposition',
  decisionmakerboughtin: 'Perception Analysis',
  contractsent: 'Negotiation/Review',
  closedwon: 'Closed Won',
  closedlost: 'Closed Lost',
};
const PRIORITIES: Readonly<Record<string, string>> = { LOW: 'Low', MEDIUM: 'Medium', HIGH: 'High', URGENT: 'High' };
const COUNTRIES: Readonly<Record<string, string>> = {
  CN: 'China',
  JP: 'Japan',
  GB: 'United Kingdom',
  IE: 'Ireland',
  US: 'United States',
  CA: 'Canada',
};

/** Forms that one team writes out and the other one shortens. */
const OTHER_FORMS: readonly (readonly [short: RegExp, long: string])[] = [
  [/ Ltd$/, ' Limited'],
  [/ Inc$/, ', Inc.'],
  [/ Corp$/, ' Corporation'],
  [/（([^）]+)）/, '($1)'],
];

function nameInOrg(name: string): string {
  const form = OTHER_FORMS.find(([short]) => short.test(name));
  return form === undefined ? name : name.replace(...form);
}

export function orgSeed(portfolio: Portfolio): OrgSeed {
  const ids = orgRecordIds(portfolio);
  const userIds = new Map<string, string>(
    portfolio.owners.map(({ email }, index) => [email, makeId('005', USERS_FROM + index)]),
  );
  const owner = (email: string) => {
    const id = userIds.get(email);
    return id === undefined ? {} : { OwnerId: id };
  };
  return {
    users: portfolio.owners.map(({ email, firstName, lastName }, index) => ({
      id: userIds.get(email) ?? '',
      firstName,
      lastName,
      email,
      isAdmin: index === 0,
      ...(email.startsWith('lin.') ? { language: 'zh_CN', locale: 'zh_CN', timeZone: 'Asia/Shanghai' } : {}),
    })),
    records: {
      Account: portfolio.companies.map((company, index) => ({
        id: ids.accounts.get(company.key) ?? '',
        createdAt: '2023-10-02T08:00:00Z',
        values: { ...accountValues(company, index), ...owner(company.ownerEmail) },
      })),
      Opportunity: portfolio.deals.map((deal) => ({
        id: ids.opportunities.get(deal.key) ?? '',
        createdAt: `${deal.closeDate < '2026' ? '2024' : '2025'}-03-05T10:00:00Z`,
        values: {
          Name: deal.name,
          AccountId: ids.accounts.get(deal.companyKey) ?? null,
          StageName: STAGES[deal.stage] ?? 'Qualification',
          CloseDate: deal.closeDate,
          Amount: Number(inCurrency(deal.amount, deal.currency, ORG_CURRENCY)),
          ...owner(deal.ownerEmail),
        },
      })),
      Case: casesOf(portfolio, ids),
    },
  };
}

function accountValues(company: PortfolioCompany, index: number) {
  return {
    Name: nameInOrg(company.name),
    Website: hasWebsite(index) ? `https://www.${company.domain}` : null,
    BillingCity: company.city,
    BillingCountry: COUNTRIES[company.country] ?? company.country,
    Type: company.side === 'buy' ? 'Vendor' : 'Customer - Direct',
  };
}

function casesOf(portfolio: Portfolio, ids: OrgRecordIds) {
  const latest = portfolio.tickets.toSorted((a, b) => b.openedAt.localeCompare(a.openedAt)).slice(0, CASES_MAX);
  return latest.map((ticket, index) => ({
    id: makeId('500', CASES_FROM + index),
    createdAt: ticket.openedAt,
    values: {
      Subject: ticket.subject,
      Priority: PRIORITIES[ticket.priority] ?? 'Medium',
      Status: ticket.closedAt === null ? (ticket.respondedAt === null ? 'New' : 'Working') : 'Closed',
      Origin: 'Email',
      AccountId: ids.accounts.get(ticket.companyKey) ?? null,
      ...(ticket.respondedAt === null ? {} : { counterpart__First_Response_At__c: instantText(ticket.respondedAt) }),
      ...(ticket.closedAt === null ? {} : { ClosedDate: instantText(ticket.closedAt), IsClosed: true }),
    },
  }));
}

/** An instant in the org's own spelling, to the second. */
function instantText(text: string): string {
  return new Date(text).toISOString().replace(/\.\d{3}Z$/, '.000+0000');
}
