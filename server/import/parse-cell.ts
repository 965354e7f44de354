/**
 * Reads one cell as a date, an amount or a code, or says why it cannot. Nothing is guessed where two readings are possible: `03/04/2026` is
 * refused until the person says which comes first.
 */
import type { ContractSide, ContractStage, Money, PlainDate, RenewalKind } from '../domain/contract.ts';
import { parsePlainDate } from '../domain/dates.ts';
import { parseMoney } from '../domain/money.ts';

export type Cell<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: CellProblem };
export const CELL_PROBLEMS = [
  'not_a_date',
  'ambiguous_date',
  'not_an_amount',
  'currency_missing',
  'not_a_currency',
  'unknown_code',
  'not_a_whole_number',
  'not_an_email',
] as const;
export type CellProblem = (typeof CELL_PROBLEMS)[number];
export type DateFormat = 'unambiguous' | 'day_first' | 'month_first';

const good = <T>(value: T): Cell<T> => ({ ok: true, value });
const bad = (code: CellProblem): { readonly ok: false; readonly code: CellProblem } => ({ ok: false, code });

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const YEAR_FIRST = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?$/;
const NUMBERS_ONLY = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/;
const DAY_MONTH_NAME = /^(\d{1,2})[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})$/i;
const MONTH_NAME_DAY = /^([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})$/i;

export function parseDateCell(text: string, format: DateFormat): Cell<PlainDate> {
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst) return dateOf(yearFirst[1], yearFirst[2], yearFirst[3]);
  const dayName = DAY_MONTH_NAME.exec(text);
  if (dayName) return dateOf(dayName[3], monthNumber(dayName[2]), dayName[1]);
  const nameDay = MONTH_NAME_DAY.exec(text);
  if (nameDay) return dateOf(nameDay[3], monthNumber(nameDay[1]), nameDay[2]);
  const numbers = NUMBERS_ONLY.exec(text);
  return numbers ? dateOfNumbers(numbers[1], numbers[2], { year: numbers[3], format }) : bad('not_a_date');
}

type Part = string | undefined;

function dateOfNumbers(
  first: Part,
  second: Part,
  { year, format }: { readonly year: Part; readonly format: DateFormat },
): Cell<PlainDate> {
  const [a, b] = [Number(first), Number(second)];
  if (format === 'day_first') return dateOf(year, second, first);
  if (format === 'month_first') return dateOf(year, first, second);
  if (a > 12) return dateOf(year, second, first);
  if (b > 12) return dateOf(year, first, second);
  return a === b ? dateOf(year, first, second) : bad('ambiguous_date');
}

function dateOf(year: Part, month: Part, day: Part): Cell<PlainDate> {
  const date = parsePlainDate(`${year ?? ''}-${(month ?? '').padStart(2, '0')}-${(day ?? '').padStart(2, '0')}`);
  return date === null ? bad('not_a_date') : good(date);
}

function monthNumber(name: Part): string {
  const index = MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase());
  return index < 0 ? '' : String(index + 1);
}

const SYMBOLS: Readonly<Record<string, string>> = {
  $: 'USD',
  US$: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  人民币: 'CNY',
  元: 'CNY',
  RMB: 'CNY',
  'JP¥': 'JPY',
  円: 'JPY',
};
const TEN_THOUSAND = '万';

/** An amount with or without a currency beside it. `¥` alone is both yuan and yen, so it leaves the currency to the column or the default. */
export function parseMoneyCell(text: string, currencyText: string, currencyDefault: string): Cell<Money> {
  const clean = text.normalize('NFKC').replace(/\s/g, '').replace('￥', '¥');
  const match = /^([^\d-]*)(-?[\d.,]+)(万?)([^\d]*)$/.exec(clean);
  if (!match) return bad('not_an_amount');
  const beside = (match[1] ?? '') + (match[4] ?? '');
  const code = currencyText.trim().toUpperCase() || codeOf(beside) || currencyDefault;
  if (code === '') return bad('currency_missing');
  if (!/^[A-Z]{3}$/.test(SYMBOLS[code] ?? code)) return bad('not_a_currency');
  if (beside !== '' && beside !== '¥' && codeOf(beside) === '') return bad('not_an_amount');
  const money = parseMoney(match[2] ?? '', SYMBOLS[code] ?? code);
  if (money === null) return bad('not_an_amount');
  return good(match[3] === TEN_THOUSAND ? { ...money, minor: money.minor * 10_000n } : money);
}

function codeOf(beside: string): string {
  const text = beside.replace('¥', '');
  return SYMBOLS[text] ?? SYMBOLS[beside] ?? (/^[A-Z]{3}$/.test(text) ? text : '');
}

const SIDES: Readonly<Record<string, ContractSide>> = {
  buy: 'buy',
  buyer: 'buy',
  purchase: 'buy',
  procurement: 'buy',
  vendor: 'buy',
  supplier: 'buy',
  采购: 'buy',
  买: 'buy',
  买方: 'buy',
  采购合同: 'buy',
  sell: 'sell',
  seller: 'sell',
  sale: 'sell',
  sales: 'sell',
  customer: 'sell',
  销售: 'sell',
  卖: 'sell',
  卖方: 'sell',
  销售合同: 'sell',
};
const STAGES: Readonly<Record<string, ContractStage>> = {
  draft: 'draft',
  草稿: 'draft',
  起草: 'draft',
  起草中: 'draft',
  pending: 'draft',
  in_review: 'in_review',
  review: 'in_review',
  审核: 'in_review',
  审核中: 'in_review',
  法务审核: 'in_review',
  negotiation: 'in_review',
  谈判: 'in_review',
  approved: 'approved',
  已批准: 'approved',
  审批通过: 'approved',
  signed: 'signed',
  已签: 'signed',
  已签订: 'signed',
  已签署: 'signed',
  executed: 'signed',
  active: 'active',
  live: 'active',
  'in force': 'active',
  current: 'active',
  履行中: 'active',
  生效: 'active',
  执行中: 'active',
  有效: 'active',
  renewing: 'renewing',
  续约中: 'renewing',
  续签中: 'renewing',
  expired: 'expired',
  ended: 'expired',
  到期: 'expired',
  已到期: 'expired',
  已过期: 'expired',
  terminated: 'terminated',
  终止: 'terminated',
  已终止: 'terminated',
  void: 'void',
  cancelled: 'void',
  canceled: 'void',
  作废: 'void',
};
const RENEWALS: Readonly<Record<string, RenewalKind>> = {
  none: 'none',
  no: 'none',
  不续约: 'none',
  否: 'none',
  mutual_written: 'mutual_written',
  'mutual written': 'mutual_written',
  'by agreement': 'mutual_written',
  双方书面确认: 'mutual_written',
  书面确认: 'mutual_written',
  协商续约: 'mutual_written',
  auto: 'auto',
  automatic: 'auto',
  yes: 'auto',
  'auto-renew': 'auto',
  自动续约: 'auto',
  自动续签: 'auto',
  自动: 'auto',
  是: 'auto',
  evergreen: 'evergreen',
  'open-ended': 'evergreen',
  无固定期限: 'evergreen',
  长期有效: 'evergreen',
  option_buyer: 'option_buyer',
  'buyer option': 'option_buyer',
  买方选择: 'option_buyer',
  option_supplier: 'option_supplier',
  'supplier option': 'option_supplier',
  卖方选择: 'option_supplier',
};

function codeCell<T>(codes: Readonly<Record<string, T>>) {
  return (text: string): Cell<T> => {
    const key = text.normalize('NFKC').trim().toLowerCase();
    const value = Object.hasOwn(codes, key) ? codes[key] : codes[key.replaceAll(' ', '_')];
    return value === undefined ? bad('unknown_code') : good(value);
  };
}
export const parseSideCell = codeCell(SIDES);
export const parseStageCell = codeCell(STAGES);
export const parseRenewalCell = codeCell(RENEWALS);

export function parseCountCell(text: string, most: number): Cell<number> {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isInteger(count) && count <= most ? good(count) : bad('not_a_whole_number');
}

export function parseEmailCell(text: string): Cell<string> {
  return /^[^\s@]{1,64}@[^\s@]{1,180}\.[^\s@]{2,}$/.test(text) ? good(text.toLowerCase()) : bad('not_an_email');
}
