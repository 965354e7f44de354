/**
 * Money in minor units with the exponents of ISO 4217 (domain §6). Nothing here converts a currency or rounds a figure silently.
 */
import { assert, must } from './assert.ts';
import type { Money } from './contract.ts';

/** Currencies whose minor unit is not a hundredth (ISO 4217, table A.1). */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

/** Longer texts are refused before they are read. */
const AMOUNT_LENGTH_MAX = 40;
const CURRENCY_PATTERN = /^[A-Z]{3}$/;
const AMOUNT_PATTERN = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/;

/** Decimal places of a currency's minor unit. */
export function exponentOf(currency: string): number {
  return EXPONENTS.get(currency) ?? 2;
}

/**
 * Reads `1234.5`, `1,234.50` or `-3` as an amount. Null for anything else: other separators, a code that is not three capitals, or
 * more decimal places than the currency has (trailing zeros aside), because dropping them would change the amount.
 */
export function parseMoney(text: string, currency: string): Money | null {
  const trimmed = text.trim();
  if (trimmed.length > AMOUNT_LENGTH_MAX || !CURRENCY_PATTERN.test(currency)) return null;
  const match = AMOUNT_PATTERN.exec(trimmed);
  if (match === null) return null;
  const exponent = exponentOf(currency);
  const decimals = (match[3] ?? '').replace(/0+$/, '');
  if (decimals.length > exponent) return null;
  const digits = `${must(match[2], 'digits').replaceAll(',', '')}${decimals.padEnd(exponent, '0')}`;
  const minor = BigInt(digits);
  return { minor: match[1] === '-' ? -minor : minor, currency };
}

/** Plain decimal text with the currency's own number of places, `1234.50`: for the wire, not for people. */
export function formatDecimal({ minor, currency }: Money): string {
  const exponent = exponentOf(currency);
  const sign = minor < 0n ? '-' : '';
  const digits = String(minor < 0n ? -minor : minor).padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** The sum of amounts of one currency; an empty list has no currency, so it is given. */
export function sumMoney(currency: string, amounts: readonly Money[]): Money {
  assert(
    amounts.every((amount) => amount.currency === currency),
    'amounts of one sum share a currency',
  );
  return { minor: amounts.reduce((total, amount) => total + amount.minor, 0n), currency };
}

/**
 * Splits an amount in proportion to whole weights (30/20/20/30, or basis points) by largest remainder: the parts add up to the
 * amount to the minor unit, and equal remainders are served in the order given (domain rule 113).
 */
export function allocate(amount: Money, weights: readonly number[]): readonly Money[] {
  assert(
    weights.length > 0 && weights.every((weight) => Number.isSafeInteger(weight) && weight >= 0),
    'weights are whole',
  );
  const total = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
  assert(total > 0n, 'some weight is positive');
  const sign = amount.minor < 0n ? -1n : 1n;
  const magnitude = amount.minor * sign;

  const shares = weights.map((weight, index) => {
    const product = magnitude * BigInt(weight);
    return { index, minor: product / total, remainder: product % total };
  });
  const missing = Number(magnitude - shares.reduce((sum, share) => sum + share.minor, 0n));
  const byRemainder = shares.toSorted((a, b) => Number(b.remainder - a.remainder) || a.index - b.index);
  const raised = new Set(byRemainder.slice(0, missing).map((share) => share.index));
  return shares.map((share) => ({
    minor: sign * (share.minor + (raised.has(share.index) ? 1n : 0n)),
    currency: amount.currency,
  }));
}

/**
 * The most that an amount may have grown to after `renewals` yearly rises capped at `capBasisPoints` (500 is 5 %), cut to the minor
 * unit (domain rule 75). Compare per unit: more seats are not an uplift.
 */
export function priceCeiling(amount: Money, capBasisPoints: number, renewals: number): Money {
  assert(Number.isSafeInteger(capBasisPoints) && capBasisPoints >= 0, 'a cap is whole basis points');
  assert(Number.isSafeInteger(renewals) && renewals >= 0 && renewals <= 1000, 'renewals are counted');
  const grown = amount.minor * (10_000n + BigInt(capBasisPoints)) ** BigInt(renewals);
  return { minor: grown / 10_000n ** BigInt(renewals), currency: amount.currency };
}
