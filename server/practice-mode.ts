/**
 * Practice mode's first start: loads the portfolio into a workspace of its own, installs the app into the main portal through the real
 * consent page and callback, and attaches the contracts to the records they belong to. Each step leaves its mark in the store, so a start
 * that was interrupted goes on where it stopped.
 */
import { must } from './domain/assert.ts';
import type { Contract, ContractParty, PlainDate } from './domain/contract.ts';
import { parsePlainDate } from './domain/dates.ts';
import type { PortfolioEntry, PortfolioLoad, PortfolioObjective } from './store/prisma/load-portfolio.ts';

export const PRACTICE_WORKSPACE_ID = '5f0c3a52-94d1-4c0e-8a53-1b7f5f2d9c11';

/** The part of a practice portfolio that becomes contracts; the practice CRM's own type fits it. */
export type PracticePortfolio = {
  readonly ourselves: { readonly name: string };
  readonly companies: readonly {
    readonly key: string;
    readonly name: string;
    readonly domain: string;
    readonly country: string;
  }[];
  readonly contracts: readonly PracticeContract[];
};
type PracticeContract = Omit<Contract, 'id' | 'term' | 'value' | 'parties' | 'archived' | 'revision' | 'signedDate'> & {
  readonly key: string;
  readonly companyKey: string;
  readonly dealKey: string | null;
  readonly effectiveDate: string | null;
  readonly endDate: string | null;
  readonly signedDate: string | null;
  readonly renewalKind: Contract['term']['renewalKind'];
  readonly renewalMonths: number | null;
  readonly notice: Contract['term']['notice'];
  readonly calendarId: string;
  readonly currency: string;
  readonly valueMinor: string;
  readonly serviceLevel: {
    readonly availabilityTarget: string;
    readonly responseMinutes: number;
    readonly timeZone: string;
  } | null;
  readonly incidents: PortfolioEntry['incidents'];
};

/** @param idOf a UUID for a key, the same one each time. */
export function practiceLoad(portfolio: PracticePortfolio, idOf: (key: string) => string): PortfolioLoad {
  const ourselves = { organisationId: idOf('ourselves'), legalName: portfolio.ourselves.name };
  return {
    workspace: {
      id: PRACTICE_WORKSPACE_ID,
      name: portfolio.ourselves.name,
      timeZone: 'Europe/London',
      currency: 'GBP',
      locale: 'en',
    },
    organisations: [
      { id: ourselves.organisationId, legalName: ourselves.legalName, domain: null, country: 'GB' },
      ...portfolio.companies.map(({ key, name, domain, country }) => ({
        id: idOf(`company ${key}`),
        legalName: name,
        domain,
        country,
      })),
    ],
    entries: portfolio.contracts.map((given) => {
      const company = must(
        portfolio.companies.find(({ key }) => key === given.companyKey),
        'company of the contract',
      );
      const theirs = { organisationId: idOf(`company ${company.key}`), legalName: company.name };
      return entryOf(given, idOf(`contract ${given.key}`), { ourselves, theirs, chinese: company.country === 'CN' });
    }),
  };
}

type Sides = {
  readonly ourselves: Pick<ContractParty, 'organisationId' | 'legalName'>;
  readonly theirs: Pick<ContractParty, 'organisationId' | 'legalName'>;
  readonly chinese: boolean;
};

function entryOf(given: PracticeContract, id: string, { ourselves, theirs, chinese }: Sides): PortfolioEntry {
  const [buyer, supplier] = given.side === 'buy' ? [ourselves, theirs] : [theirs, ourselves];
  const contract: Contract = {
    id,
    number: given.number,
    title: given.title,
    side: given.side,
    stage: given.stage,
    term: {
      effectiveDate: day(given.effectiveDate),
      endDate: day(given.endDate),
      renewalKind: given.renewalKind,
      renewalMonths: given.renewalMonths,
      renewalsLeft: null,
      notice: given.notice,
      calendarId: given.calendarId,
    },
    signedDate: day(given.signedDate),
    value: { minor: BigInt(given.valueMinor), currency: given.currency },
    renewalDecision: given.renewalDecision,
    parties: [
      { ...buyer, role: 'buyer', sideLabel: chinese ? '甲方' : null },
      { ...supplier, role: 'supplier', sideLabel: chinese ? '乙方' : null },
    ],
    ownerEmail: given.ownerEmail,
    archived: false,
    revision: 1,
  };
  return { contract, objectives: objectivesOf(given), incidents: given.incidents };
}

function objectivesOf({ serviceLevel, effectiveDate, calendarId }: PracticeContract): readonly PortfolioObjective[] {
  if (serviceLevel === null) return [];
  const zone = serviceLevel.timeZone;
  return [
    {
      metric: 'availability',
      target: serviceLevel.availabilityTarget,
      zone,
      calendarId: null,
      definition: { form: 'agreed_time', observedFrom: effectiveDate ?? '', partialPeriod: 'prorate' },
    },
    {
      metric: 'response',
      target: '90',
      zone,
      calendarId,
      definition: { targetMinutes: serviceLevel.responseMinutes, samplesMin: 1 },
    },
  ];
}

const day = (text: string | null): PlainDate | null =>
  text === null ? null : must(parsePlainDate(text), 'a calendar day');
