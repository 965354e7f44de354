/** A month's measured value and the target as rows of a line chart with two series. Months without a number leave a gap. */
import type { ContractDetail } from '../wire/card.ts';

export type ChartRow = {
  readonly [field: string]: string | number;
  readonly month: string;
  readonly percent: number;
  readonly series: string;
};

export type ChartWords = {
  readonly actual: string;
  readonly target: string;
  readonly month: (period: string) => string;
};

/** Rows in the order of the months; empty when nothing was measured at all. Chart positions may round, verdicts never do. */
export function chartRows(trend: ContractDetail['slaTrend'][number], words: ChartWords): ChartRow[] {
  const target = Number(trend.target);
  const measured = trend.months.some((month) => month.value !== null && Number.isFinite(Number(month.value)));
  if (!measured) return [];
  return trend.months.flatMap(({ period, value }) => {
    const month = words.month(period);
    const rows: ChartRow[] = [];
    if (value !== null && Number.isFinite(Number(value)))
      rows.push({ month, percent: Number(value), series: words.actual });
    if (Number.isFinite(target)) rows.push({ month, percent: target, series: words.target });
    return rows;
  });
}
