import { describe, expect, test } from 'vitest';
import { makePortfolio, type PortfolioContract } from '../../../extensions/practice/portfolio/portfolio.ts';
import { CONTRACT_STAGES, RENEWAL_KINDS } from '../../../server/domain/contract.ts';
import { parsePlainDate } from '../../../server/domain/dates.ts';

const TODAY = '2026-11-21';
const SEEDS = [1, 7, 20_261_121] as const;
const DAYS = [TODAY, '2028-02-29', '2027-01-01'] as const;
const DAY_MS = 86_400_000;

const portfolios = SEEDS.flatMap((seed) =>
  DAYS.map((today) => ({ seed, today, portfolio: makePortfolio(seed, today) })),
);
const daysFrom = (from: string, to: string) => (Date.parse(to.slice(0, 10)) - Date.parse(from.slice(0, 10))) / DAY_MS;
const isUnique = (values: readonly string[]) => new Set(values).size === values.length;
const isUnsigned = ({ stage }: PortfolioContract) => ['draft', 'in_review', 'approved'].includes(stage);

describe('drawing', () => {
  test('the same seed and day give the same portfolio', () => {
    expect(makePortfolio(7, TODAY)).toEqual(makePortfolio(7, TODAY));
  });

  test('another seed gives another portfolio, and another day moves its dates', () => {
    expect(makePortfolio(8, TODAY)).not.toEqual(makePortfolio(7, TODAY));
    const [here, later] = [makePortfolio(7, TODAY), makePortfolio(7, '2027-11-21')];
    expect(here.contracts.map(({ endDate }) => endDate)).not.toEqual(later.contracts.map(({ endDate }) => endDate));
  });
});

describe.each(portfolios)('portfolio of seed $seed on $today', ({ today, portfolio }) => {
  const { companies, deals, contracts, tickets } = portfolio;

  test('holds about sixty contracts over forty companies and forty deals', () => {
    expect(companies).toHaveLength(40);
    expect(deals).toHaveLength(40);
    expect(contracts.length).toBeGreaterThanOrEqual(55);
    expect(contracts.length).toBeLessThanOrEqual(62);
  });

  test('numbers, keys and domains are unique, and every reference leads somewhere', () => {
    for (const keys of [
      contracts.map(({ number }) => number),
      contracts.map(({ key }) => key),
      companies.map(({ key }) => key),
      companies.map(({ domain }) => domain),
      deals.map(({ key }) => key),
    ])
      expect(isUnique(keys)).toBe(true);
    const companyKeys = new Set(companies.map(({ key }) => key));
    const dealKeys = new Set(deals.map(({ key }) => key));
    for (const { companyKey, dealKey } of contracts) {
      expect(companyKeys.has(companyKey)).toBe(true);
      expect(dealKey === null || dealKeys.has(dealKey)).toBe(true);
    }
    for (const { companyKey } of [...deals, ...tickets]) expect(companyKeys.has(companyKey)).toBe(true);
  });

  test('every date is a real day, and signing comes before the start and the start before the end', () => {
    for (const { number, signedDate, effectiveDate, endDate } of contracts) {
      for (const date of [signedDate, effectiveDate, endDate])
        expect(date === null || parsePlainDate(date) === date).toBe(true);
      if (effectiveDate === null || endDate === null) throw new Error(`${number} has no term`);
      expect(effectiveDate < endDate).toBe(true);
      expect(signedDate === null || signedDate <= effectiveDate).toBe(true);
    }
  });

  test('stages agree with dates and decisions', () => {
    for (const contract of contracts) {
      const { stage, signedDate, effectiveDate, endDate } = contract;
      expect(CONTRACT_STAGES).toContain(stage);
      expect(RENEWAL_KINDS).toContain(contract.renewalKind);
      expect(signedDate === null).toBe(isUnsigned(contract));
      expect(signedDate === null || signedDate <= today).toBe(true);
      if (stage === 'active' || stage === 'renewing') {
        expect((effectiveDate ?? '') <= today).toBe(true);
        expect((endDate ?? '') >= today).toBe(true);
      }
      if (stage === 'expired') expect((endDate ?? '') < today).toBe(true);
      if (stage === 'signed' || isUnsigned(contract)) expect((effectiveDate ?? '') > today).toBe(true);
    }
  });

  test('an earlier term ends the day before the term that followed it, and bears another number', () => {
    const earlier = contracts.filter(({ key }) => key.endsWith('-earlier'));
    expect(earlier.length).toBeGreaterThan(0);
    for (const term of earlier) {
      const next = contracts.find(({ key }) => `${key}-earlier` === term.key);
      expect(daysFrom(term.endDate ?? '', next?.effectiveDate ?? '')).toBe(1);
      expect(next?.number).not.toBe(term.number);
    }
  });

  test('amounts are whole minor units of a currency the company uses, yen without hundredths', () => {
    for (const { valueMinor, currency, companyKey } of contracts) {
      expect(valueMinor).toMatch(/^[1-9]\d*$/);
      const company = companies.find(({ key }) => key === companyKey);
      expect(currency).toBe(company?.currency);
      const fee = company?.subjects.find((subject) => Number(valueMinor) % subject.monthlyFee === 0);
      expect(fee).toBeDefined();
    }
    const yen = contracts.filter(({ currency }) => currency === 'JPY');
    expect(yen.length).toBeGreaterThan(0);
    for (const { valueMinor } of yen) expect(Number(valueMinor)).toBeLessThan(100_000_000);
  });

  test('both languages, both sides, and more than one currency and stage are present', () => {
    const hasHan = (text: string) => /\p{Script=Han}/u.test(text);
    expect(contracts.some(({ title }) => hasHan(title))).toBe(true);
    expect(contracts.some(({ title }) => !hasHan(title))).toBe(true);
    expect(new Set(companies.map(({ language }) => language))).toEqual(new Set(['en', 'zh']));
    expect(new Set(contracts.map(({ side }) => side))).toEqual(new Set(['buy', 'sell']));
    expect(new Set(contracts.map(({ currency }) => currency)).size).toBeGreaterThanOrEqual(4);
    expect(new Set(contracts.map(({ stage }) => stage)).size).toBeGreaterThanOrEqual(7);
    expect(new Set(contracts.map(({ renewalKind }) => renewalKind)).size).toBeGreaterThanOrEqual(4);
    for (const { domain } of companies) expect(domain).toMatch(/^[a-z-]+\.example$/);
  });

  test('notice deadlines lie ahead for some contracts and behind for others', () => {
    const left = contracts
      .filter(({ stage, notice }) => stage === 'active' && notice?.unit === 'days')
      .map(({ endDate, notice }) => daysFrom(today, endDate ?? '') - (notice?.count ?? 0));
    expect(left.some((days) => days > 0 && days <= 90)).toBe(true);
    expect(left.some((days) => days < 0)).toBe(true);
  });

  test('incidents cover two years, lie in the contract and in the past, and are over', () => {
    const incidents = contracts.flatMap((contract) => contract.incidents.map((incident) => ({ contract, incident })));
    expect(incidents.length).toBeGreaterThan(50);
    const starts = incidents.map(({ incident }) => incident.startedAt).toSorted();
    expect(daysFrom(starts[0] ?? '', today)).toBeGreaterThan(600);
    expect(daysFrom(starts.at(-1) ?? '', today)).toBeLessThan(60);
    for (const { contract, incident } of incidents) {
      expect(contract.serviceLevel).not.toBeNull();
      expect(contract.side).toBe('buy');
      expect(incident.startedAt.slice(0, 10) >= (contract.effectiveDate ?? '')).toBe(true);
      expect(incident.startedAt < incident.restoredAt).toBe(true);
      expect(daysFrom(incident.startedAt, today)).toBeLessThanOrEqual(730);
      expect(incident.startedAt.slice(0, 10) < today).toBe(true);
    }
  });

  test('tickets cover two years, and are opened, answered and closed in that order', () => {
    expect(tickets.length).toBeGreaterThan(200);
    const opened = tickets.map(({ openedAt }) => openedAt).toSorted();
    expect(daysFrom(opened[0] ?? '', today)).toBeGreaterThan(700);
    expect(daysFrom(opened.at(-1) ?? '', today)).toBeLessThan(30);
    for (const { openedAt, respondedAt, closedAt } of tickets) {
      expect(openedAt.slice(0, 10) < today).toBe(true);
      expect(respondedAt === null || openedAt < respondedAt).toBe(true);
      expect(closedAt === null || (respondedAt !== null && respondedAt < closedAt)).toBe(true);
      for (const at of [respondedAt, closedAt]) expect(at === null || at < `${today}T00:00:00.000Z`).toBe(true);
    }
  });
});
