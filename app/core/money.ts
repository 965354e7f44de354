/** Money as people read and type it. Amounts are minor units as text, so that no digit is lost on the way (domain §6). */
import type { Locale } from './locale.ts';

export type WireMoney = { readonly minor: string; readonly currency: string };

const NUMBER_TAGS: Readonly<Record<Locale, string>> = { en: 'en-US', 'zh-CN': 'zh-CN' };
const CURRENCY_CODE = /^[A-Z]{3}$/;
/** Plain digits or well-formed groups of three, then at most the currency's own decimals. */
const AMOUNT = /^(?<whole>\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(?<fraction>\d+))?$/;

/** Decimals of an ISO 4217 currency: USD 2, JPY 0, KWD 3. Null when the code is malformed. */
export function currencyDecimals(currency: string): number | null {
  if (!CURRENCY_CODE.test(currency)) return null;
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** `{minor:'12000000', currency:'USD'}` → `$120,000`; decimals are shown only when there are any. */
export function formatMoney(locale: Locale, money: WireMoney): string {
  const decimals = currencyDecimals(money.currency);
  if (decimals === null || !/^-?\d+$/.test(money.minor)) return `${money.currency} ${money.minor}`;
  const negative = money.minor.startsWith('-');
  const digits = money.minor.replace('-', '').padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals);
  const shown = /[1-9]/.test(fraction) ? decimals : 0;
  const format = new Intl.NumberFormat(NUMBER_TAGS[locale], {
    style: 'currency',
    currency: money.currency,
    minimumFractionDigits: shown,
    maximumFractionDigits: shown,
  });
  // Intl reads decimal text exactly (ECMA-402 NumberFormat v3); the template type says that the text is a number.
  const decimal: `${number}` = `${negative ? '-' : ''}${whole}.${fraction || '0'}` as `${number}`;
  return format.format(decimal);
}

/** Adds amounts by currency; currencies never mix. The currency most amounts are in comes first, then by code. */
export function sumByCurrency(amounts: readonly WireMoney[]): readonly WireMoney[] {
  const sums = new Map<string, { minor: bigint; count: number }>();
  for (const { minor, currency } of amounts) {
    const sum = sums.get(currency) ?? { minor: 0n, count: 0 };
    sums.set(currency, { minor: sum.minor + BigInt(minor), count: sum.count + 1 });
  }
  return [...sums]
    .sort(([codeA, a], [codeB, b]) => b.count - a.count || codeA.localeCompare(codeB))
    .map(([currency, { minor }]) => ({ minor: minor.toString(), currency }));
}

/** `1,234.5` in USD → minor `123450`; null when the text is not an amount of that currency. */
export function parseAmount(text: string, currency: string): WireMoney | null {
  const decimals = currencyDecimals(currency);
  const { whole, fraction = '' } = AMOUNT.exec(text.trim())?.groups ?? {};
  if (decimals === null || whole === undefined || fraction.length > decimals) return null;
  const minor = BigInt(whole.replaceAll(',', '') + fraction.padEnd(decimals, '0'));
  return { minor: minor.toString(), currency };
}
