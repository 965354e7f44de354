/** Turns the portfolio into what two HubSpot portals hold: companies, deals, tickets, owners and who belongs to whom. */
import type { PortalProfile } from './hubspot/portal.ts';
import type { PortalSeed } from './hubspot/load-portal.ts';
import { inCurrency } from './portfolio/exchange.ts';
import type { Portfolio, PortfolioCompany } from './portfolio/portfolio.ts';

export const MAIN_PORTAL_ID = '4310077';
export const SECOND_PORTAL_ID = '4310912';

const COMPANY_IDS_FROM = 20_000_000_101;
const DEAL_IDS_FROM = 31_000_000_101;
const TICKET_IDS_FROM = 42_000_000_101;
const SECOND_IDS_SHIFT = 5_000_000_000;
/** HubSpot docs, Associations: type ids. Deal to its primary company, ticket to its primary company. */
const DEAL_TO_PRIMARY_COMPANY = 5;
const TICKET_TO_PRIMARY_COMPANY = 26;

export type RecordIds = {
  readonly companies: ReadonlyMap<string, string>;
  readonly deals: ReadonlyMap<string, string>;
};

/** Which record of the main portal each company and deal of the portfolio is. */
export function recordIds(portfolio: Portfolio): RecordIds {
  return {
    companies: new Map(portfolio.companies.map(({ key }, index) => [key, String(COMPANY_IDS_FROM + index)])),
    deals: new Map(portfolio.deals.map(({ key }, index) => [key, String(DEAL_IDS_FROM + index)])),
  };
}

export function portalProfiles(): readonly PortalProfile[] {
  const common = {
    uiDomain: '',
    accountType: 'STANDARD',
    dataHostingLocation: 'eu1',
    customPropertyLimit: 1_000,
  } as const;
  return [
    {
      ...common,
      id: MAIN_PORTAL_ID,
      name: 'Harbour & Finch',
      hubDomain: 'harbourfinch.example',
      timeZone: 'Europe/London',
      currency: 'GBP',
      locale: 'en',
      user: { id: '71', email: 'mia.chen@harbourfinch.example', firstName: 'Mia', lastName: 'Chen', locale: 'en' },
    },
    {
      ...common,
      id: SECOND_PORTAL_ID,
      name: 'Harbour & Finch 亚太',
      hubDomain: 'apac.harbourfinch.example',
      timeZone: 'Asia/Shanghai',
      currency: 'CNY',
      locale: 'zh-cn',
      user: { id: '83', email: 'lin.yutong@harbourfinch.example', firstName: '雨桐', lastName: '林', locale: 'zh-cn' },
    },
  ];
}

/** The portal that the sales and procurement teams have used for years. */
export function mainPortalSeed(portfolio: Portfolio): PortalSeed {
  const ids = recordIds(portfolio);
  const owners = ownersOf(portfolio);
  const ownerId = (email: string) => owners.find((owner) => owner.email === email)?.id ?? '';
  return {
    users: owners.map(({ userId, email, firstName, lastName }) => ({ id: userId, email, firstName, lastName })),
    owners,
    companies: portfolio.companies.map((company) =>
      companyRecord(company, ids.companies.get(company.key) ?? '', ownerId(company.ownerEmail)),
    ),
    deals: portfolio.deals.map((deal) => ({
      id: ids.deals.get(deal.key) ?? '',
      createdAt: `${deal.closeDate < '2026' ? '2024' : '2025'}-03-04T09:30:00Z`,
      properties: {
        dealname: deal.name,
        amount: inCurrency(deal.amount, deal.currency, 'GBP'),
        dealstage: deal.stage,
        pipeline: 'default',
        closedate: `${deal.closeDate}T12:00:00Z`,
        hubspot_owner_id: ownerId(deal.ownerEmail),
      },
    })),
    tickets: portfolio.tickets.map((ticket, index) => ({
      id: String(TICKET_IDS_FROM + index),
      createdAt: ticket.openedAt,
      properties: {
        subject: ticket.subject,
        hs_ticket_priority: ticket.priority,
        hs_pipeline: '0',
        hs_pipeline_stage: ticket.closedAt === null ? '2' : '4',
        createdate: ticket.openedAt,
        ...(ticket.respondedAt === null ? {} : { first_agent_reply_date: ticket.respondedAt }),
        ...(ticket.closedAt === null ? {} : { closed_date: ticket.closedAt }),
      },
    })),
    associations: [
      ...portfolio.deals.map((deal) => ({
        from: { type: 'deals', id: ids.deals.get(deal.key) ?? '' },
        to: { type: 'companies', id: ids.companies.get(deal.companyKey) ?? '' },
        typeId: DEAL_TO_PRIMARY_COMPANY,
      })),
      ...portfolio.tickets.map((ticket, index) => ({
        from: { type: 'tickets', id: String(TICKET_IDS_FROM + index) },
        to: { type: 'companies', id: ids.companies.get(ticket.companyKey) ?? '' },
        typeId: TICKET_TO_PRIMARY_COMPANY,
      })),
    ],
  };
}

/** A sister company's portal: it knows the Asian partners, and nothing of contracts yet. */
export function secondPortalSeed(portfolio: Portfolio): PortalSeed {
  const ids = recordIds(portfolio);
  const shifted = (id: string | undefined) => String(Number(id) + SECOND_IDS_SHIFT);
  const companies = portfolio.companies.filter(({ country }) => country === 'CN' || country === 'JP');
  const keys = new Set(companies.map(({ key }) => key));
  const deals = portfolio.deals.filter(({ companyKey }) => keys.has(companyKey));
  return {
    companies: companies.map((company) => companyRecord(company, shifted(ids.companies.get(company.key)), '')),
    deals: deals.map((deal) => ({
      id: shifted(ids.deals.get(deal.key)),
      createdAt: '2025-06-02T02:00:00Z',
      properties: {
        dealname: deal.name,
        amount: inCurrency(deal.amount, deal.currency, 'CNY'),
        dealstage: deal.stage,
        pipeline: 'default',
        closedate: `${deal.closeDate}T04:00:00Z`,
      },
    })),
    associations: deals.map((deal) => ({
      from: { type: 'deals', id: shifted(ids.deals.get(deal.key)) },
      to: { type: 'companies', id: shifted(ids.companies.get(deal.companyKey)) },
      typeId: DEAL_TO_PRIMARY_COMPANY,
    })),
  };
}

function companyRecord(company: PortfolioCompany, id: string, ownerId: string) {
  return {
    id,
    createdAt: '2023-09-12T08:00:00Z',
    properties: {
      name: company.name,
      domain: company.domain,
      city: company.city,
      country: company.country,
      ...(ownerId === '' ? {} : { hubspot_owner_id: ownerId }),
    },
  };
}

function ownersOf(portfolio: Portfolio) {
  return portfolio.owners.map(({ email, firstName, lastName }, index) => ({
    id: String(9071 + index),
    userId: String(71 + index),
    email,
    firstName,
    lastName,
  }));
}
