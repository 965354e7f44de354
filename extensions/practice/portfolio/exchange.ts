/** Pounds for one unit: rough rates, good enough for figures that a salesperson would have typed in the CRM's own currency. */
const POUNDS: Readonly<Record<string, number>> = { GBP: 1, USD: 0.78, EUR: 0.86, CNY: 0.108, JPY: 0.0051 };
const ROUNDED_TO = 100;

/** A deal's amount in the one currency that a CRM shows, in whole hundreds. */
export function inCurrency(amount: string, from: string, to: string): string {
  const converted = (Number(amount) * (POUNDS[from] ?? 1)) / (POUNDS[to] ?? 1);
  return String(Math.round(converted / ROUNDED_TO) * ROUNDED_TO);
}
