/**
 * Reads one cell as an amount with its currency. A sign that several currencies share takes the currency of the column, or the default
 * where that is one of them: `¥` is never read as yuan in a book kept in euros. A sign and a column that disagree are refused.
 */
import type { Money } from '../domain/contract.ts';
import { parseMoney } from '../domain/money.ts';
import { bad, type Cell, good } from './parse-cell.ts';

const DOLLARS = ['USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD', 'TWD', 'MXN', 'BRL', 'CLP', 'COP', 'ARS'] as const;
const YUAN = ['CNY'] as const;

/** What may stand beside a number, and the currencies it may mean, the usual one first. */
const SIGNS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['$', DOLLARS],
  ['US$', ['USD']],
  ['美元', ['USD']],
  ['CA$', ['CAD']],
  ['C$', ['CAD']],
  ['AU$', ['AUD']],
  ['A$', ['AUD']],
  ['NZ$', ['NZD']],
  ['S$', ['SGD']],
  ['HK$', ['HKD']],
  ['港元', ['HKD']],
  ['港币', ['HKD']],
  ['NT$', ['TWD']],
  ['€', ['EUR']],
  ['欧元', ['EUR']],
  ['£', ['GBP']],
  ['英镑', ['GBP']],
  ['RMB', YUAN],
  ['CN', YUAN],
  ['人民币', YUAN],
  ['元', YUAN],
  ['元整', YUAN],
  ['人民币元', YUAN],
  ['人民币元整', YUAN],
  ['JP', ['JPY']],
  ['円', ['JPY']],
  ['日元', ['JPY']],
]);
/** The sign of both yuan and yen: neither is the usual one, so it never decides alone. */
const YUAN_OR_YEN = '¥';
const YUAN_OR_YEN_CURRENCIES = ['CNY', 'JPY'] as const;
/** Decimal places that a Chinese unit moves the point by. */
const UNIT_PLACES: ReadonlyMap<string, number> = new Map([
  ['万', 4],
  ['亿', 8],
]);
const AMOUNT = /^([^\d.,-]*)(-?\d[\d.,]*)(万|亿)?([^\d.,-]*)$/;
const AMOUNT_LENGTH_MAX = 60;
/** Amounts are kept as 64-bit integers of minor units; an amount near that is a typing error. */
const MINOR_MAX = 10n ** 17n;

/** @param currencyText the row's currency cell, empty when there is none. @param currencyDefault three capitals, or empty. */
export function parseMoneyCell(text: string, currencyText: string, currencyDefault: string): Cell<Money> {
  const clean = text.length > AMOUNT_LENGTH_MAX ? '' : withoutSpaces(text);
  const match = AMOUNT.exec(clean);
  if (!match) return bad('not_an_amount');
  const currency = currencyOf((match[1] ?? '') + (match[4] ?? ''), withoutSpaces(currencyText), currencyDefault);
  if (!currency.ok) return currency;
  const number = shifted(plainDecimal(match[2] ?? ''), UNIT_PLACES.get(match[3] ?? '') ?? 0);
  const money = number === null ? null : parseMoney(number, currency.value);
  return money === null || money.minor > MINOR_MAX || money.minor < -MINOR_MAX ? bad('not_an_amount') : good(money);
}

const withoutSpaces = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\s'’]/g, '')
    .toUpperCase();

function currencyOf(sign: string, column: string, currencyDefault: string): Cell<string> {
  const beside = meaningsOf(sign);
  if (sign !== '' && beside.length === 0) return bad('not_an_amount');
  const inColumn = meaningsOf(column);
  if (column !== '' && inColumn.length === 0) return bad('not_a_currency');
  if (sign === '' && column === '') return currencyDefault === '' ? bad('currency_missing') : good(currencyDefault);
  if (sign === '') return choose(inColumn, column, currencyDefault);
  if (column === '') return choose(beside, sign, currencyDefault);
  const both = inColumn.filter((code) => beside.includes(code));
  return both.length === 0 ? bad('currencies_differ') : choose(both, column, currencyDefault);
}

/** The default where it is among the meanings, else the usual one; a `¥` has no usual one. */
function choose(meanings: readonly string[], text: string, currencyDefault: string): Cell<string> {
  if (meanings.includes(currencyDefault)) return good(currencyDefault);
  const [usual] = meanings;
  return usual === undefined || (text === YUAN_OR_YEN && meanings.length > 1) ? bad('currency_missing') : good(usual);
}

/** Currencies that a sign or a code may mean; none for anything else. */
function meaningsOf(text: string): readonly string[] {
  if (text === YUAN_OR_YEN) return YUAN_OR_YEN_CURRENCIES;
  const bare = text.replace(YUAN_OR_YEN, '');
  return SIGNS.get(text) ?? SIGNS.get(bare) ?? (/^[A-Z]{3}$/.test(bare) ? [bare] : []);
}

/**
 * Thousands out, a point for decimals: `1,234.50`, `1.234,50`, `1.234.567`, `12,5`. Of two different separators the last is the decimal
 * one. `1.234` stays a decimal number, which a currency with two places then refuses: it could be either.
 */
function plainDecimal(text: string): string | null {
  if (/^-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/.test(text)) return text.replaceAll(',', '');
  if (/^-?\d{1,3}(?:\.\d{3})+,\d+$/.test(text) || /^-?\d+,\d{1,2}$/.test(text))
    return text.replaceAll('.', '').replace(',', '.');
  return /^-?\d{1,3}(?:\.\d{3}){2,}$/.test(text) ? text.replaceAll('.', '') : null;
}

/** `12.3456` moved by four places is `123456`. */
function shifted(number: string | null, places: number): string | null {
  if (number === null || places === 0) return number;
  const [whole = '', decimals = ''] = number.split('.');
  const padded = decimals.padEnd(places, '0');
  const rest = padded.slice(places);
  return whole + padded.slice(0, places) + (rest === '' ? '' : `.${rest}`);
}
