import { assert, double, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisTicks, chartModel } from '../../../extensions/practice/pages/src/card-host/components/chart-scale.ts';

const rows = [
  { month: '2026-09', region: 'EU', hours: 3 },
  { month: '2026-10', region: 'EU', hours: 1 },
  { month: '2026-10', region: 'US', hours: 5 },
];
const axes = {
  x: { field: 'month', fieldType: 'category' },
  y: { field: 'hours', fieldType: 'linear', label: 'Hours' },
} as const;

describe('charts', () => {
  test('axis lines cover every value with at most seven steps', () => {
    const value = double({ min: -1e9, max: 1e9, noNaN: true });
    assert(
      property(value, double({ min: 1e-3, max: 1e9, noNaN: true }), (low, span) => {
        const high = low + span;
        const ticks = axisTicks(low, high);
        const slack = (Math.abs(low) + Math.abs(high)) * 1e-9 + 1e-9;
        expect(ticks[0]).toBeLessThanOrEqual(low + slack);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(high - slack);
        expect(ticks.length).toBeLessThanOrEqual(8);
      }),
    );
  });

  test('a colour group becomes a series, and a month it lacks is a gap rather than a zero', () => {
    const model = chartModel({ data: rows, axes: { ...axes, options: { groupFieldByColor: 'region' } } }, true);
    expect(model.series.map(({ label, values }) => ({ label, values }))).toEqual([
      { label: 'EU', values: [3, 1] },
      { label: 'US', values: [null, 5] },
    ]);
  });

  test('bars start at zero and stacked bars reach their sum', () => {
    const options = { groupFieldByColor: 'region', stacking: true };
    const model = chartModel({ data: rows, axes: { ...axes, options } }, true);
    expect(model.ticks[0]).toBe(0);
    expect(model.ticks.at(-1)).toBeGreaterThanOrEqual(6);
  });

  test('labels given for values replace them', () => {
    const data = { data: rows, options: { propertyLabels: { month: { '2026-09': 'Sep' } } } };
    expect(chartModel({ data, axes }, true).categories).toEqual(['Sep', '2026-10']);
  });
});
