/**
 * Exact fractions for verdicts: a figure that only *rounds* to its target has missed it (domain §7.2). Display is the only place where
 * digits are dropped, and it drops them downwards.
 */
import { assert } from './assert.ts';

/** `denominator` is positive. */
export type Ratio = { readonly numerator: bigint; readonly denominator: bigint };

/** Reads a percentage written as a plain decimal, `99.95`, as the fraction 9995/10000; null when it is not one between 0 and 100. */
export function parsePercent(text: string): Ratio | null {
  const match = /^(\d{1,3})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return null;
  const decimals = match[2] ?? '';
  const ratio = { numerator: BigInt(`${match[1]}${decimals}`), denominator: 100n * 10n ** BigInt(decimals.length) };
  return ratio.numerator <= ratio.denominator ? ratio : null;
}

/** Negative, zero or positive, as for sorting. */
export function compareRatios(a: Ratio, b: Ratio): number {
  assert(a.denominator > 0n && b.denominator > 0n, 'denominators are positive');
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** The fraction as a percentage with two places, cut and not rounded: 99.897619 % shows as `99.89`. */
export function formatPercentFloor({ numerator, denominator }: Ratio): string {
  assert(numerator >= 0n && denominator > 0n, 'a displayed share is not negative');
  const hundredths = (numerator * 10_000n) / denominator;
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}
