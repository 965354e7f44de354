import path from 'node:path';
import * as sdk from '@hubspot/ui-extensions';
import { createElement } from 'react';
import type { ComponentType } from 'react';
import { renderToString } from 'react-dom/server';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { STANDARD_COMPONENTS } from '../../../extensions/practice/pages/src/card-host/component-names.ts';

const HOST = path.resolve(import.meta.dirname, '../../../extensions/practice/pages/src/card-host');

let components: Readonly<Record<string, ComponentType<Record<string, unknown>>>> = {};
let glyphForIcon: (name: string) => string = () => '';

beforeAll(async () => {
  vi.stubGlobal('location', { href: 'http://portal.example/', origin: 'http://portal.example', search: '' });
  vi.stubGlobal('document', { documentElement: { lang: 'en' } });
  ({ COMPONENTS: components } = await import(path.join(HOST, 'component-map.tsx')));
  ({ glyphForIcon } = await import(path.join(HOST, 'icon-glyphs.ts')));
});

const series = [
  { month: '2026-09', value: 99.9 },
  { month: '2026-10', value: 99.4 },
];
const axes = { x: { field: 'month', fieldType: 'category' }, y: { field: 'value', fieldType: 'linear' } };
const options = [{ label: 'One', value: '1' }];

/** The properties the SDK types require; every other component renders with children alone. */
const PROPS: Readonly<Record<string, Record<string, unknown>>> = {
  BarChart: { data: series, axes },
  LineChart: { data: series, axes },
  AutoGrid: { columnWidth: 100 },
  Illustration: { name: 'target', alt: 'Target' },
  Icon: { name: 'add' },
  Image: { src: '/a.png', alt: 'A' },
  Link: { href: 'https://example.com' },
  LoadingSpinner: { label: 'Loading' },
  MultiSelect: { label: 'Many', options },
  Select: { label: 'One', options },
  ToggleGroup: { name: 'g', label: 'Group', toggleType: 'checkboxList', options },
  ScoreCircle: { score: 42 },
  StepIndicator: { stepNames: ['Draft', 'Signed'], currentStep: 1 },
  Input: { label: 'Title', name: 'title' },
};

function html(name: string, props: Record<string, unknown> = {}, children: string | null = 'child'): string {
  const component = components[name];
  if (component === undefined) throw new Error(`${name} is not in the host map`);
  return renderToString(createElement(component, { ...PROPS[name], ...props }, children));
}

describe('the components of the card host', () => {
  test('each of the 71 renders with the properties the SDK requires', () => {
    const failed = STANDARD_COMPONENTS.filter((name) => typeof html(name) !== 'string');
    expect(failed).toEqual([]);
  });

  test('a step before the current one is done and the current one is announced', () => {
    expect(html('StepIndicator')).toContain('aria-current="step"');
  });

  test('an input is tied to its label and to its error', () => {
    const text = html('Input', { error: true, validationMessage: 'Too long' });
    const id = /<label for="([^"]+)"/.exec(text)?.[1];
    expect(text).toContain(`id="${id}"`);
    expect(text).toContain('aria-invalid="true"');
    expect(text).toContain('role="alert">Too long');
  });

  test('a date crosses as HubSpot counts it, with January as month 0', () => {
    expect(html('DateInput', { label: 'Day', value: { year: 2026, month: 0, date: 5 } })).toContain('2026-01-05');
  });

  test('a percentage is shown in hundredths of the fraction it is', () => {
    expect(html('NumberInput', { label: 'Share', value: 0.125, formatStyle: 'percentage' })).toContain('value="12.5"');
  });

  test('a chart also stands as a table for screen readers', () => {
    expect(html('LineChart')).toContain('<td>99.4</td>');
  });

  test('a modal, a panel and a tooltip are not drawn before they are opened', () => {
    expect([html('Modal', { id: 'm' }), html('Panel', { id: 'p' }), html('Tooltip')]).toEqual(['', '', '']);
  });

  test('every icon name of the SDK has a shape, and few fall back to the plain circle', () => {
    const names = Object.keys(sdk.iconNames);
    const plain = names.filter((name) => glyphForIcon(name) === 'circle');
    expect(names.length).toBeGreaterThan(150);
    expect(plain.length).toBeLessThan(12);
  });
});
