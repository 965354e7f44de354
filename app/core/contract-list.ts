/** Search, stage filter, sorting and paging of the contracts of one record. Pure; the card holds a `ListView` and shows the result. */
import { type ContractCardView, contractStage } from '../wire/card.ts';

export const SORT_COLUMNS = ['contract', 'stage', 'renewal', 'sla', 'value'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];
export type SortDirection = 'ascending' | 'descending' | 'none';

export type ListView = {
  readonly text: string;
  readonly stage: ContractCardView['stage'] | 'any';
  /** `none` keeps the order of urgency that the server gives. */
  readonly sort: { readonly column: SortColumn; readonly direction: SortDirection };
  /** 1-based. */
  readonly page: number;
};

export const PAGE_SIZE = 10;
/** Below this many contracts a search box is noise. */
export const FILTER_FROM_COUNT = 6;
export const LIST_VIEW_START: ListView = {
  text: '',
  stage: 'any',
  sort: { column: 'renewal', direction: 'none' },
  page: 1,
};

const SLA_ORDER = ['missed', 'disputed', 'provisional', 'no_data', 'excused', 'met', 'none'] as const;

const AMOUNT_DIGITS_MAX = 24;

type Key = string | number | null;
const SORT_KEYS: Readonly<Record<SortColumn, (contract: ContractCardView) => Key>> = {
  contract: (contract) => contract.title.toLowerCase(),
  stage: (contract) => contractStage.options.indexOf(contract.stage),
  renewal: (contract) => contract.renewalDate,
  sla: (contract) => SLA_ORDER.indexOf(contract.sla.status),
  // Amounts of different currencies do not compare; each currency is sorted by itself.
  value: ({ value }) => (value === null ? null : `${value.currency}${value.minor.padStart(AMOUNT_DIGITS_MAX, '0')}`),
};

export type ListPage = {
  readonly contracts: readonly ContractCardView[];
  readonly matching: number;
  readonly page: number;
  readonly pageCount: number;
};

/** The page to show. A page that no longer exists becomes the last one that does. */
export function listPage(contracts: readonly ContractCardView[], view: ListView): ListPage {
  const matching = sorted(
    contracts.filter((contract) => matches(contract, view)),
    view.sort,
  );
  const pageCount = Math.max(1, Math.ceil(matching.length / PAGE_SIZE));
  const page = Math.min(Math.max(1, view.page), pageCount);
  return {
    contracts: matching.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    matching: matching.length,
    page,
    pageCount,
  };
}

function matches(contract: ContractCardView, view: ListView): boolean {
  if (view.stage !== 'any' && contract.stage !== view.stage) return false;
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${contract.title} ${contract.number} ${contract.counterparty ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function sorted(contracts: readonly ContractCardView[], sort: ListView['sort']): readonly ContractCardView[] {
  if (sort.direction === 'none') return contracts;
  const key = SORT_KEYS[sort.column];
  const sign = sort.direction === 'ascending' ? 1 : -1;
  return [...contracts].sort((a, b) => compareKeys(key(a), key(b), sign) || a.number.localeCompare(b.number));
}

/** Contracts without a value come last in either direction. */
function compareKeys(a: Key, b: Key, sign: number): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return (a < b ? -1 : 1) * sign;
}
