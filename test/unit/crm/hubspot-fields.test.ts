import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../../server/domain/mirror.ts';
import type { MirrorField, MirrorValues } from '../../../server/domain/mirror.ts';
import { RISK_CODES } from '../../../server/domain/risk.ts';
import { fromHubSpotProperties, toCanonical, toHubSpotProperties } from '../../../server/crm/hubspot/fields.ts';
import { FIELD_LABELS, SCHEMA_LANGUAGES } from '../../../server/crm/hubspot/labels.ts';
import {
  FIELD_OPTIONS,
  PROPERTY_NAMES,
  SYNC_TOKEN_PROPERTY,
  fieldOfProperty,
  propertyDefinitions,
} from '../../../server/crm/hubspot/properties.ts';
import { mergeOptions } from '../../../server/crm/hubspot/schema.ts';

const day = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

function canonicalValue(field: MirrorField): fc.Arbitrary<string> {
  const codes = Object.keys(FIELD_OPTIONS[field] ?? {});
  switch (MIRROR_FIELDS[field].kind) {
    case 'date':
      return day;
    case 'integer':
      return fc.integer({ min: 0, max: 100_000 }).map(String);
    case 'decimal':
      return fc
        .tuple(fc.nat(1_000_000), fc.nat(99))
        .map(([whole, part]) => `${whole}.${String(part).padStart(2, '0')}`);
    case 'code':
      return fc.constantFrom(...codes);
    case 'code_set':
      return fc.uniqueArray(fc.constantFrom(...codes), { minLength: 1 }).map((set) => set.toSorted().join(';'));
    case 'text':
      return fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
  }
}
const values: fc.Arbitrary<MirrorValues> = fc.record(
  Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, fc.option(canonicalValue(field))])),
  { requiredKeys: [] },
);

describe('lens laws', () => {
  test('reading after writing gives what was written', () => {
    fc.assert(
      fc.property(values, (written) => {
        const mapped = toHubSpotProperties(written);
        if (!mapped.ok) throw new Error(`refused ${JSON.stringify(mapped.failure)}`);
        expect(fromHubSpotProperties(mapped.properties)).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  test('writing back an unchanged reading changes nothing', () => {
    fc.assert(
      fc.property(values, (written) => {
        const first = toHubSpotProperties(written);
        if (!first.ok) throw new Error('refused');
        const second = toHubSpotProperties(fromHubSpotProperties(first.properties));
        expect(second).toEqual(first);
      }),
    );
  });

  test('fields that are not given are not written, and properties not read stay unknown', () => {
    expect(toHubSpotProperties({ stage: 'active' })).toEqual({ ok: true, properties: { counterpart_stage: 'active' } });
    expect(fromHubSpotProperties({ counterpart_stage: 'active', dealname: 'x' })).toEqual({ stage: 'active' });
  });

  test('null clears a property with the empty string, and both forms of empty read as null', () => {
    expect(toHubSpotProperties({ renewalDate: null })).toEqual({
      ok: true,
      properties: { counterpart_renewal_date: '' },
    });
    expect(fromHubSpotProperties({ counterpart_renewal_date: '', counterpart_stage: null })).toEqual({
      renewalDate: null,
      stage: null,
    });
  });
});

describe('HubSpot forms read as canonical text', () => {
  test.each([
    ['renewalDate', '2027-02-28', '2027-02-28'],
    ['renewalDate', '1798675200000', '2026-12-31'],
    ['renewalDate', '2026-12-31T00:00:00Z', '2026-12-31'],
    ['renewalDate', '-86400000', '1969-12-31'],
    ['contractValue', '99.90', '99.90'],
    ['contractValue', '1.5E7', '15000000'],
    ['contractValue', '1.23456E2', '123.456'],
    ['contractValue', '5E-3', '0.005'],
    ['contractValue', '-2.5e1', '-25'],
    ['riskFlags', 'no_sla;auto_renew_long;no_sla', 'auto_renew_long;no_sla'],
    ['riskFlags', ';no_sla;', 'no_sla'],
    ['riskFlags', ';', null],
    ['stage', 'retired_option', 'retired_option'],
  ] as const)('%s %j reads as %j', (field, value, canonical) => {
    expect(toCanonical(field, value)).toBe(canonical);
  });

  test('days do not shift with the zone of the machine', () => {
    const zone = process.env['TZ'];
    try {
      for (const tz of ['Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati']) {
        process.env['TZ'] = tz;
        expect(toCanonical('endDate', '1798675200000')).toBe('2026-12-31');
        expect(toHubSpotProperties({ endDate: '2026-12-31' })).toMatchObject({ ok: true });
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});

describe('values that HubSpot cannot hold are refused, never replaced', () => {
  test.each([
    ['stage', 'retired', 'UNKNOWN_OPTION'],
    ['stage', 'toString', 'UNKNOWN_OPTION'],
    ['riskFlags', 'no_sla;nonsense', 'UNKNOWN_OPTION'],
    ['riskFlags', 'no_sla;auto_renew_long', 'UNKNOWN_OPTION'],
    ['renewalDate', '2027-02-29', 'INVALID_DATE'],
    ['renewalDate', '31.12.2026', 'INVALID_DATE'],
    ['contractCount', '1.5', 'INVALID_INTEGER'],
    ['contractValue', '1e5', 'INVALID_DECIMAL'],
    ['contractValue', '1,000.00', 'INVALID_DECIMAL'],
    ['leadContractTitle', 'x'.repeat(65_537), 'TEXT_NOT_REPRESENTABLE'],
  ] as const)('%s %j', (field, value, code) => {
    const result = toHubSpotProperties({ [field]: value });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'rejected', code, field } });
  });
});

describe('schema', () => {
  test('each field has one property of the group, and the token property is hidden', () => {
    const names = propertyDefinitions('en').map((definition) => definition.name);
    expect(new Set(names).size).toBe(MIRROR_FIELD_NAMES.length + 1);
    for (const field of MIRROR_FIELD_NAMES) {
      expect(names).toContain(PROPERTY_NAMES[field]);
      expect(fieldOfProperty(PROPERTY_NAMES[field])).toBe(field);
      expect(PROPERTY_NAMES[field]).toBe(
        `counterpart_${field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      );
    }
    expect(
      propertyDefinitions('en')
        .filter((definition) => definition.hidden)
        .map(({ name }) => name),
    ).toEqual([SYNC_TOKEN_PROPERTY]);
    expect(fieldOfProperty(SYNC_TOKEN_PROPERTY)).toBeNull();
  });

  test('every risk the domain can raise is an option', () => {
    expect(Object.keys(FIELD_OPTIONS.riskFlags ?? {})).toEqual(expect.arrayContaining([...RISK_CODES]));
  });

  test('both languages label every property and option, differently', () => {
    const [en, zh] = SCHEMA_LANGUAGES.map((language) => propertyDefinitions(language));
    for (const [index, definition] of (en ?? []).entries()) {
      const other = zh?.[index];
      expect(other?.name).toBe(definition.name);
      expect(other?.label).not.toBe(definition.label);
      expect(other?.label).toMatch(/\p{Script=Han}/u);
      for (const option of other?.options ?? []) expect(option.label).toMatch(/\p{Script=Han}/u);
      expect(other?.options?.map(({ value }) => value)).toEqual(definition.options?.map(({ value }) => value));
    }
    expect(Object.keys(FIELD_LABELS)).toHaveLength(MIRROR_FIELD_NAMES.length);
  });

  test('option lists only grow: a customer option keeps its place and label', () => {
    const wanted = propertyDefinitions('en').find(({ name }) => name === 'counterpart_stage')?.options ?? [];
    const theirs = [
      { value: 'draft', label: 'Our own word', hidden: false, displayOrder: 0 },
      { value: 'customer_stage', label: 'Theirs', hidden: true, displayOrder: 7 },
    ];
    const merged = mergeOptions(theirs, wanted) ?? [];
    expect(merged.slice(0, 2)).toEqual(theirs);
    expect(merged.map(({ value }) => value)).toEqual([
      'draft',
      'customer_stage',
      ...wanted.slice(1).map(({ value }) => value),
    ]);
    expect(merged[2]?.displayOrder).toBe(8);
    expect(
      mergeOptions(
        merged.map((option) => ({ ...option, hidden: false })),
        wanted,
      ),
    ).toBeNull();
  });
});
