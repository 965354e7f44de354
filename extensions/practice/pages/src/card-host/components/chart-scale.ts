import type { ChartColor, ChartDataRow, ChartProps } from '@hubspot/ui-extensions';

// Pure preparation of chart data: categories along x, one series per colour group, and round axis steps.

type Series = {
  readonly key: string;
  readonly label: string;
  readonly color: string;
  readonly values: readonly (number | null)[];
};
export type ChartModel = {
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  readonly stacked: boolean;
  readonly ticks: readonly number[];
  readonly xLabel: string;
  readonly yLabel: string;
};

const COLOR_ORDER: readonly ChartColor[] = [
  'orange',
  'aqua',
  'purple',
  'yellow',
  'pink',
  'blue',
  'green',
  'darkOrange',
  'darkAqua',
  'darkPurple',
  'darkYellow',
  'darkPink',
  'darkBlue',
  'darkGreen',
];

/** Steps of 1, 2, 2.5 or 5 times a power of ten, so that at most six lines cross the chart. */
export function axisTicks(low: number, high: number): readonly number[] {
  const span = high - low || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => span / size <= 5) ?? 10 * power;
  const first = Math.floor(low / step) * step;
  const count = Math.ceil((high - first) / step - 1e-9) + 1;
  return Array.from({ length: Math.max(2, count) }, (_, index) => Number((first + index * step).toPrecision(12)));
}

function numberIn(row: ChartDataRow, field: string): number | null {
  const value = Number(row[field]);
  return row[field] === undefined || row[field] === '' || Number.isNaN(value) ? null : value;
}

/** Lowest and highest value to show. Bars start at zero; a line may start near its lowest point. */
function valueRange(
  series: readonly Series[],
  categories: number,
  stacked: boolean,
  fromZero: boolean,
): [number, number] {
  const columns = Array.from({ length: categories }, (_, index) => series.map((one) => one.values[index] ?? null));
  const values = columns.flatMap((column) => {
    const known = column.filter((value) => value !== null);
    return stacked ? [known.reduce((sum, value) => sum + value, 0)] : known;
  });
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (fromZero || stacked) return [Math.min(0, low), Math.max(0, high)];
  const margin = (high - low) * 0.1 || Math.abs(high) * 0.1 || 1;
  return [low >= 0 && low - margin < high * 0.25 ? 0 : low - margin, high];
}

/** Reads the SDK's chart properties into what the SVG needs. `fromZero` is for bars. */
export function chartModel(props: ChartProps, fromZero: boolean): ChartModel {
  const rows = Array.isArray(props.data) ? props.data : props.data.data;
  const labels = Array.isArray(props.data) ? undefined : props.data.options?.propertyLabels;
  const { x, y, options: axisOptions = {} } = props.axes;
  const palette = props.options?.colorList ?? props.options?.colors ?? COLOR_ORDER;
  const categories = [...new Set(rows.map((row) => String(row[x.field] ?? '')))];
  const groupField = axisOptions.groupFieldByColor;
  const keys = groupField ? [...new Set(rows.map((row) => String(row[groupField] ?? '')))] : [y.field];
  const series = keys.map((key, index): Series => {
    const own = groupField ? rows.filter((row) => String(row[groupField] ?? '') === key) : rows;
    const color = axisOptions.colors?.[key] ?? palette[index % palette.length] ?? 'orange';
    const values = categories.map((category) => {
      const row = own.find((candidate) => String(candidate[x.field] ?? '') === category);
      return row ? numberIn(row, y.field) : null;
    });
    return { key, label: (groupField ? labels?.[groupField]?.[key] : y.label) ?? key, color, values };
  });
  const stacked = axisOptions.stacking ?? false;
  const [low, high] = valueRange(series, categories.length, stacked, fromZero);
  return {
    categories: categories.map((category) => labels?.[x.field]?.[category] ?? category),
    series,
    stacked,
    ticks: axisTicks(low, high),
    xLabel: x.label ?? x.field,
    yLabel: y.label ?? y.field,
  };
}
