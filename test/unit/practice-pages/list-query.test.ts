import { describe, expect, test } from 'vitest';
import { csvCell } from '../../../extensions/practice/pages/src/list/csv-cell.ts';
import {
  defaultColumns,
  effectiveSort,
  filterKind,
  isComplete,
  listViewSearch,
  operatorsFor,
  parseListView,
  quickFilters,
} from '../../../extensions/practice/pages/src/list/list-query.ts';
import type { ListView } from '../../../extensions/practice/pages/src/list/list-query.ts';
import { propertySchema } from '../../../extensions/practice/pages/src/portal/portal-schema.ts';
import { propertyDefinitions } from '../../../server/crm/hubspot/properties.ts';

const installed = propertyDefinitions('zh-CN').map((definition) => propertySchema.parse(definition));

describe('list views', () => {
  test('a view survives its trip through the address', () => {
    const view: ListView = {
      q: '云 & co',
      filters: [
        { property: 'counterpart_notice_deadline', operator: 'IN_NEXT_DAYS', value: '90' },
        { property: 'counterpart_sla_status', operator: 'IN', values: ['missed', 'disputed'] },
        { property: 'amount', operator: 'BETWEEN', value: '1', highValue: '2' },
      ],
      sort: 'amount',
      direction: 'desc',
      columns: ['dealname', 'amount'],
    };
    expect(parseListView(listViewSearch(view))).toEqual(view);
    expect(listViewSearch(parseListView(''))).toBe('');
  });

  test.each(['[{', '{"property":1}', '[{"operator":"EQ"}]'])(
    'filters that cannot be read (%s) show the plain list',
    (text) => {
      expect(parseListView(`?filters=${encodeURIComponent(text)}`).filters).toEqual([]);
    },
  );

  test('the properties the app installs answer "notice due in 90 days", "SLA missed" and "renewal undecided"', () => {
    expect(quickFilters(installed).map(({ filter }) => filter)).toEqual([
      { property: 'counterpart_notice_deadline', operator: 'IN_NEXT_DAYS', value: '90' },
      { property: 'counterpart_sla_status', operator: 'IN', values: ['missed'] },
      { property: 'counterpart_renewal_decision', operator: 'IN', values: ['undecided'] },
    ]);
    expect(quickFilters([])).toEqual([]);
  });

  test('the default columns take in what the installed app added and leave out what the portal lacks', () => {
    expect(defaultColumns(['dealname', 'counterpart_stage', 'missing'], installed)).toEqual([
      'counterpart_stage',
      'counterpart_notice_deadline',
      'counterpart_renewal_date',
      'counterpart_sla_status',
    ]);
  });

  test('the newest records stand first until a person sorts', () => {
    const plain = parseListView('');
    expect(effectiveSort(plain)).toEqual({ sort: 'createdate', direction: 'desc' });
    expect(effectiveSort({ ...plain, sort: 'amount' })).toEqual({ sort: 'amount', direction: 'asc' });
  });

  test('a text that a spreadsheet would run as a formula is exported as plain text', () => {
    expect(csvCell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`);
    expect(csvCell('-12.5')).toBe('-12.5');
    expect(csvCell('a, b')).toBe('"a, b"');
  });

  test('every operator offered for a kind of property can be completed', () => {
    for (const kind of ['choice', 'date', 'number', 'text'] as const) {
      for (const operator of operatorsFor(kind)) {
        const filled = { property: 'p', operator, value: '1', highValue: '2', values: ['1'] };
        expect(isComplete(filled), operator).toBe(true);
        const needsNothing = operator === 'HAS_PROPERTY' || operator === 'NOT_HAS_PROPERTY';
        expect(isComplete({ property: 'p', operator, values: [] }), operator).toBe(needsNothing);
      }
    }
  });

  test('a property with a list of values is filtered by choice, whatever its type', () => {
    const stage = propertySchema.parse({ name: 'dealstage', label: 'Stage', type: 'string' });
    expect(filterKind(stage, true)).toBe('choice');
    expect(filterKind(stage, false)).toBe('text');
  });
});
