/**
 * Reads one cell as a date, a count or an address, or says why it cannot. Nothing is guessed where two readings are possible: `03/04/2026`
 * is refused until the person says which comes first. Amounts are in `parse-money-cell.ts`, words in `parse-code-cell.ts`.
 */
import type { PlainDate } from '../domain/contract.ts';
import { parsePlainDate } from '../domain/dates.ts';

export type Cell<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: CellProblem };
const CELL_PROBLEMS = [
  'not_a_date',
  'ambiguous_date',
  'not_an_amount',
  'currency_missing',
  'currencies_differ',
  'not_a_currency',
  'unknown_code',
  'not_a_whole_number',
  'not_an_email',
] as const;
export type CellProblem = (typeof CELL_PROBLEMS)[number];
export type DateFormat = 'unambiguous' | 'day_first' | 'month_first';

export const good = <T>(value: T): Cell<T> => ({ ok: true, value });
export const bad = (code: CellProblem): { readonly ok: false; readonly code: CellProblem } => ({ ok: false, code });

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
/** A time of day after the date, which a contract's day leaves out: `T00:00:00Z`, ` 09:30`. */
const TIME = String.raw`(?:(?:T|\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2}|[AP]M)?)?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${TIME}$`, 'i');
const CHINESE = new RegExp(String.raw`^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?${TIME}$`, 'i');
const COMPACT = /^((?:19|20)\d{2})(\d{2})(\d{2})$/;
const NUMBERS_ONLY = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${TIME}$`, 'i');
const DAY_MONTH_NAME = /^(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})$/i;
const MONTH_NAME_DAY = /^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/i;
const DATE_LENGTH_MAX = 60;

/** @param format which of day and month comes first where the cell alone cannot tell. */
export function parseDateCell(cell: string, format: DateFormat): Cell<PlainDate> {
  if (cell.length > DATE_LENGTH_MAX) return bad('not_a_date');
  const text = cell.normalize('NFKC').trim();
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst) return dateOf(yearFirst[1], yearFirst[3], yearFirst[4]);
  const yearMonthDay = CHINESE.exec(text) ?? COMPACT.exec(text);
  if (yearMonthDay) return dateOf(yearMonthDay[1], yearMonthDay[2], yearMonthDay[3]);
  const dayName = DAY_MONTH_NAME.exec(text);
  if (dayName) return dateOf(dayName[3], monthNumber(dayName[2]), dayName[1]);
  const nameDay = MONTH_NAME_DAY.exec(text);
  if (nameDay) return dateOf(nameDay[3], monthNumber(nameDay[1]), nameDay[2]);
  const numbers = NUMBERS_ONLY.exec(text);
  return numbers ? dateOfNumbers(numbers[1], numbers[3], { year: numbers[4], format }) : bad('not_a_date');
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

/** Three letters or more of an English month's name, so that `Sept` is one; empty for another word. */
function monthNumber(name: Part): string {
  const word = (name ?? '').toLowerCase();
  const index = MONTHS.findIndex((month) => month.startsWith(word));
  return index < 0 ? '' : String(index + 1);
}

/** A whole number, with or without its unit: `60`, `60 days`, `3个月`. */
export function parseCountCell(text: string, most: number): Cell<number> {
  const digits = /^(\d{1,4})\s*(?:days?|months?|天|日|个月|月)?$/i.exec(text.normalize('NFKC'))?.[1];
  return digits === undefined || Number(digits) > most ? bad('not_a_whole_number') : good(Number(digits));
}

export function parseEmailCell(text: string): Cell<string> {
  return /^[^\s@]{1,64}@[^\s@]{1,180}\.[^\s@]{2,}$/.test(text) ? good(text.toLowerCase()) : bad('not_an_email');
}
