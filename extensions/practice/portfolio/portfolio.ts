/**
 * The portfolio that practice mode starts with: about sixty contracts over forty companies and forty deals, in English and Chinese, with two
 * years of outages and support tickets behind the vendor contracts. Everything follows from a seed and the day it is made for, so that notice
 * deadlines lie ahead of whoever looks.
 */
import { type Draw, drawFrom } from './draw.ts';
import { CUSTOMERS, type CompanyName, OURSELVES, OWNERS, type Subject, VENDORS } from './names.ts';
import { type PortfolioIncident, type PortfolioTicket, serviceHistory } from './service-history.ts';

export type PortfolioCompany = CompanyName & {
  readonly key: string;
  readonly domain: string;
  readonly ownerEmail: string;
};
type PortfolioDeal = {
  readonly key: string;
  readonly companyKey: string;
  readonly name: string;
  readonly amount: string;
  readonly currency: string;
  readonly stage: string;
  readonly closeDate: string;
  readonly ownerEmail: string;
};
type PortfolioNotice = {
  readonly count: number;
  readonly unit: 'days' | 'months';
  readonly countedFrom: 'before_expiry' | 'before_renewal';
};
export type PortfolioContract = {
  readonly key: string;
  readonly number: string;
  readonly title: string;
  readonly side: 'buy' | 'sell';
  readonly stage:
    | 'draft'
    | 'in_review'
    | 'approved'
    | 'signed'
    | 'active'
    | 'renewing'
    | 'expired'
    | 'terminated'
    | 'void';
  readonly companyKey: string;
  readonly dealKey: string | null;
  readonly effectiveDate: string | null;
  readonly endDate: string | null;
  readonly signedDate: string | null;
  readonly renewalKind: 'none' | 'mutual_written' | 'auto' | 'evergreen' | 'option_buyer' | 'option_supplier';
  readonly renewalMonths: number | null;
  readonly notice: PortfolioNotice | null;
  readonly calendarId: string;
  readonly currency: string;
  readonly valueMinor: string;
  readonly renewalDecision: 'undecided' | 'renew' | 'renegotiate' | 'exit';
  readonly ownerEmail: string;
  /** Present where the contract promises a service level. */
  readonly serviceLevel: {
    readonly availabilityTarget: string;
    readonly responseMinutes: number;
    readonly timeZone: string;
  } | null;
  readonly incidents: readonly PortfolioIncident[];
};
export type Portfolio = {
  readonly ourselves: typeof OURSELVES;
  readonly owners: typeof OWNERS;
  readonly companies: readonly PortfolioCompany[];
  readonly deals: readonly PortfolioDeal[];
  readonly contracts: readonly PortfolioContract[];
  readonly tickets: readonly PortfolioTicket[];
};

const DAY_MS = 86_400_000;
const TIME_ZONES: Record<string, string> = {
  CN: 'Asia/Shanghai',
  JP: 'Asia/Tokyo',
  GB: 'Europe/London',
  IE: 'Europe/Dublin',
  US: 'America/New_York',
  CA: 'America/Halifax',
};
const MINOR_DIGITS: Record<CompanyName['currency'], number> = { USD: 2, EUR: 2, GBP: 2, CNY: 2, JPY: 0 };
const EARLIER_TERMS_MAX = 13;

const dayText = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** @param today the calendar day, `YYYY-MM-DD`, that the portfolio is made for. */
export function makePortfolio(seed: number, today: string): Portfolio {
  const draw = drawFrom(seed);
  const todayMs = Date.parse(`${today}T00:00:00Z`);
  const companies = [...VENDORS, ...CUSTOMERS].map((company, index) => ({
    ...company,
    key: company.slug,
    domain: `${company.slug}.example`,
    ownerEmail: (OWNERS[company.language === 'zh' ? 2 : index % 2 === 0 ? 0 : 1] ?? OWNERS[0]).email,
  }));
  const deals = companies.map((company) => dealOf(company, draw, todayMs));
  const situations = shuffled(SITUATIONS, draw);
  const contracts = companies
    .flatMap((company) => company.subjects.map((subject) => ({ company, subject })))
    .map(({ company, subject }, index) => {
      const situation = situations[index % situations.length] ?? SITUATIONS[0];
      return contractOf({ company, subject, situation, index, draw, todayMs });
    });
  const earlier = contracts
    .flatMap((contract, index) => earlierTerm(contract, index))
    .filter((_, index) => index % 2 === 0)
    .slice(0, EARLIER_TERMS_MAX);
  const history = companies
    .filter(({ side }) => side === 'buy')
    .map((company) => serviceHistory(company, drawFrom(seed ^ hash(company.key)), todayMs));
  const withIncidents = contracts.map((contract) => {
    const incidents = contract.serviceLevel
      ? (history.find(({ companyKey }) => companyKey === contract.companyKey)?.incidents ?? [])
      : [];
    return {
      ...contract,
      incidents: incidents.filter(
        ({ startedAt }) => contract.effectiveDate !== null && startedAt.slice(0, 10) >= contract.effectiveDate,
      ),
    };
  });
  return {
    ourselves: OURSELVES,
    owners: OWNERS,
    companies,
    deals,
    contracts: [...withIncidents, ...earlier],
    tickets: history.flatMap(({ tickets }) => tickets),
  };
}

type Situation = {
  readonly stage: PortfolioContract['stage'];
  /** Days from today to the end of the current term; a range. */
  readonly endsInDays: readonly [low: number, high: number];
  readonly renewalKind: PortfolioContract['renewalKind'];
  readonly noticeDays: number | null;
  readonly decision: PortfolioContract['renewalDecision'];
};

/** What a renewals manager meets on an ordinary Monday: some deadlines close, most far, a few missed. */
const SITUATIONS: readonly [Situation, ...Situation[]] = [
  { stage: 'active', endsInDays: [70, 86], renewalKind: 'auto', noticeDays: 60, decision: 'undecided' },
  { stage: 'active', endsInDays: [96, 110], renewalKind: 'auto', noticeDays: 90, decision: 'undecided' },
  { stage: 'active', endsInDays: [130, 170], renewalKind: 'auto', noticeDays: 90, decision: 'undecided' },
  { stage: 'active', endsInDays: [120, 150], renewalKind: 'mutual_written', noticeDays: 60, decision: 'renegotiate' },
  { stage: 'renewing', endsInDays: [40, 62], renewalKind: 'mutual_written', noticeDays: 30, decision: 'renew' },
  { stage: 'active', endsInDays: [200, 330], renewalKind: 'auto', noticeDays: 90, decision: 'undecided' },
  { stage: 'active', endsInDays: [340, 520], renewalKind: 'mutual_written', noticeDays: 60, decision: 'undecided' },
  { stage: 'active', endsInDays: [20, 45], renewalKind: 'auto', noticeDays: 60, decision: 'undecided' },
  { stage: 'active', endsInDays: [400, 700], renewalKind: 'option_buyer', noticeDays: 90, decision: 'undecided' },
  { stage: 'draft', endsInDays: [380, 420], renewalKind: 'mutual_written', noticeDays: 60, decision: 'undecided' },
  { stage: 'in_review', endsInDays: [390, 760], renewalKind: 'auto', noticeDays: 90, decision: 'undecided' },
  { stage: 'active', endsInDays: [150, 240], renewalKind: 'none', noticeDays: null, decision: 'undecided' },
  { stage: 'renewing', endsInDays: [25, 50], renewalKind: 'auto', noticeDays: 90, decision: 'exit' },
  { stage: 'approved', endsInDays: [370, 400], renewalKind: 'mutual_written', noticeDays: 60, decision: 'undecided' },
  { stage: 'active', endsInDays: [250, 300], renewalKind: 'auto', noticeDays: null, decision: 'undecided' },
  { stage: 'signed', endsInDays: [380, 395], renewalKind: 'mutual_written', noticeDays: 60, decision: 'undecided' },
  { stage: 'active', endsInDays: [100, 118], renewalKind: 'option_supplier', noticeDays: 30, decision: 'renew' },
  { stage: 'terminated', endsInDays: [60, 200], renewalKind: 'none', noticeDays: null, decision: 'exit' },
];

type ContractDraft = {
  readonly company: PortfolioCompany;
  readonly subject: Subject;
  readonly situation: Situation;
  readonly index: number;
  readonly draw: Draw;
  readonly todayMs: number;
};

function contractOf({ company, subject, situation, index, draw, todayMs }: ContractDraft): PortfolioContract {
  const drawnMonths = draw.pick([12, 12, 24, 36]);
  const endMs = todayMs + draw.int(...situation.endsInDays) * DAY_MS;
  // A contract in force has begun: a term too short for that is replaced by the next longer one.
  const termMonths =
    [drawnMonths, 24, 36].find((months) => monthsBefore(endMs + DAY_MS, months) <= todayMs) ?? drawnMonths;
  const unsigned = ['draft', 'in_review', 'approved'].includes(situation.stage);
  const startMs =
    situation.stage === 'signed' || unsigned
      ? todayMs + draw.int(9, 30) * DAY_MS
      : monthsBefore(endMs + DAY_MS, termMonths);
  const year = new Date(Math.min(startMs, todayMs)).getUTCFullYear();
  const total = subject.monthlyFee * (unsigned || situation.stage === 'signed' ? 12 : termMonths);
  return {
    key: `${company.key}-${index}`,
    number: `HF-${year}-${String(index + 101).padStart(4, '0')}`,
    title: subject.title,
    side: company.side,
    stage: situation.stage,
    companyKey: company.key,
    dealKey: company.subjects[0] === subject ? company.key : draw.chance(0.5) ? company.key : null,
    effectiveDate: dayText(startMs),
    endDate: dayText(endMs),
    signedDate: unsigned ? null : dayText(Math.min(startMs, todayMs) - draw.int(3, 20) * DAY_MS),
    renewalKind: situation.renewalKind,
    renewalMonths: situation.renewalKind === 'none' ? null : 12,
    notice: situation.noticeDays === null ? null : noticeOf(situation.noticeDays, company),
    calendarId:
      company.country === 'CN' ? 'CN' : company.country === 'US' ? 'US' : company.country === 'GB' ? 'GB' : 'weekends',
    currency: company.currency,
    valueMinor: String(total * 10 ** MINOR_DIGITS[company.currency]),
    renewalDecision: situation.decision,
    ownerEmail: company.ownerEmail,
    serviceLevel:
      company.side === 'buy' && !unsigned
        ? {
            availabilityTarget: draw.pick(['99.9', '99.9', '99.5']),
            responseMinutes: 120,
            timeZone: TIME_ZONES[company.country] ?? 'Europe/Berlin',
          }
        : null,
    incidents: [],
  };
}

const noticeOf = (days: number, company: CompanyName): PortfolioNotice =>
  company.country === 'DE' || company.country === 'SE'
    ? { count: Math.round(days / 30), unit: 'months', countedFrom: 'before_expiry' }
    : { count: days, unit: 'days', countedFrom: 'before_expiry' };

/** The same agreement one term earlier, kept on file as expired: a company has more than one contract over the years. */
function earlierTerm(contract: PortfolioContract, index: number): PortfolioContract[] {
  if (contract.effectiveDate === null || contract.stage !== 'active') return [];
  const endMs = Date.parse(`${contract.effectiveDate}T00:00:00Z`) - DAY_MS;
  const startMs = monthsBefore(endMs + DAY_MS, 12);
  return [
    {
      ...contract,
      key: `${contract.key}-earlier`,
      number: `HF-${new Date(startMs).getUTCFullYear()}-${String(index + 11).padStart(4, '0')}`,
      stage: 'expired',
      effectiveDate: dayText(startMs),
      endDate: dayText(endMs),
      signedDate: dayText(startMs - 12 * DAY_MS),
      renewalKind: 'none',
      renewalMonths: null,
      notice: null,
      renewalDecision: 'renew',
      serviceLevel: null,
      incidents: [],
    },
  ];
}

function dealOf(company: PortfolioCompany, draw: Draw, todayMs: number): PortfolioDeal {
  const subject = company.subjects[0];
  const won = draw.chance(0.55);
  const suffix =
    company.language === 'zh'
      ? company.side === 'buy'
        ? '采购'
        : '销售'
      : company.side === 'buy'
        ? 'Procurement'
        : 'New business';
  return {
    key: company.key,
    companyKey: company.key,
    name:
      company.language === 'zh'
        ? `${company.name.replace(/（.*?）|有限公司|股份有限公司/g, '')} · ${suffix}`
        : `${company.name} – ${suffix}`,
    amount: String((subject?.monthlyFee ?? 1_000) * 12),
    currency: company.currency,
    stage: won
      ? 'closedwon'
      : draw.pick(['qualifiedtobuy', 'presentationscheduled', 'decisionmakerboughtin', 'contractsent']),
    closeDate: dayText(todayMs + (won ? -draw.int(40, 700) : draw.int(10, 120)) * DAY_MS),
    ownerEmail: company.ownerEmail,
  };
}

function monthsBefore(ms: number, months: number): number {
  const at = new Date(ms);
  const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months, 1));
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(at.getUTCDate(), lastDay));
}

function shuffled<T>(items: readonly [T, ...T[]], draw: Draw): readonly T[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = draw.int(0, index);
    const [a, b] = [copy[index], copy[other]];
    if (a !== undefined && b !== undefined) [copy[index], copy[other]] = [b, a];
  }
  return copy;
}

function hash(text: string): number {
  let sum = 2_166_136_261;
  for (const character of text) sum = Math.imul(sum ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return sum >>> 0;
}
