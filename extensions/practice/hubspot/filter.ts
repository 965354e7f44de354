/** Filters over records, as search, lists and the pages' list views use them (HubSpot docs, Search the CRM: operators). */
import { z } from 'zod';
import type { PropertyDefinition } from './property-definition.ts';
import { parseInstant } from './property-value.ts';
import { type StoredRecord, valueOf } from './stored-record.ts';

export const FILTER_OPERATORS = [
  'EQ',
  'NEQ',
  'LT',
  'LTE',
  'GT',
  'GTE',
  'BETWEEN',
  'IN',
  'NOT_IN',
  'HAS_PROPERTY',
  'NOT_HAS_PROPERTY',
  'CONTAINS_TOKEN',
  'NOT_CONTAINS_TOKEN',
] as const;

export const Filter = z.object({
  propertyName: z.string(),
  operator: z.enum(FILTER_OPERATORS),
  value: z.union([z.string(), z.number(), z.boolean()]).transform(String).optional(),
  highValue: z.union([z.string(), z.number()]).transform(String).optional(),
  values: z.array(z.union([z.string(), z.number()]).transform(String)).optional(),
});
export type Filter = z.infer<typeof Filter>;

const isText = (property: PropertyDefinition): boolean =>
  property.type === 'string' || property.type === 'phone_number';

/** A value in an order that fits the property's type: numbers and instants as numbers, text without letter case. */
function comparable(property: PropertyDefinition, value: string): number | string {
  if (property.type === 'number') return Number(value);
  if (property.type === 'date' || property.type === 'datetime') return parseInstant(value) ?? Number.NaN;
  return isText(property) ? value.toLowerCase() : value;
}

const parts = (property: PropertyDefinition, value: string): readonly string[] =>
  property.type === 'enumeration' && property.fieldType === 'checkbox' ? value.split(';') : [value];

function containsToken(value: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  const tokens = value.toLowerCase().split(/[\s@.,;:/\\()\-_]+/);
  if (!wanted.includes('*'))
    return wanted.split(/\s+/).every((word) => tokens.includes(word)) || value.toLowerCase() === wanted;
  const expression = new RegExp(
    `^${wanted
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  return [...tokens, value.toLowerCase()].some((token) => expression.test(token));
}

/**
 * Whether a record meets a filter. A record without a value meets only NOT_HAS_PROPERTY, NEQ, NOT_IN and NOT_CONTAINS_TOKEN. Values of IN
 * and NOT_IN on text must come in lower case, values of enumerations in their own case.
 */
export function meetsFilter(record: StoredRecord, property: PropertyDefinition, filter: Filter): boolean {
  const value = valueOf(record, property.name);
  if (filter.operator === 'HAS_PROPERTY') return value !== undefined;
  if (filter.operator === 'NOT_HAS_PROPERTY') return value === undefined;
  if (value === undefined) return ['NEQ', 'NOT_IN', 'NOT_CONTAINS_TOKEN'].includes(filter.operator);
  return meetsComparison(property, value, filter);
}

function meetsComparison(property: PropertyDefinition, value: string, filter: Filter): boolean {
  const wanted = comparable(property, filter.value ?? '');
  const mine = comparable(property, value);
  const equals = (other: string): boolean =>
    parts(property, value).some((part) => comparable(property, part) === comparable(property, other));
  // IN compares text as given: a value with capitals finds nothing, as documented.
  const isIn = (): boolean =>
    (filter.values ?? []).some((other) => (isText(property) ? value.toLowerCase() === other : equals(other)));
  switch (filter.operator) {
    case 'EQ':
      return equals(filter.value ?? '');
    case 'NEQ':
      return !equals(filter.value ?? '');
    case 'LT':
      return mine < wanted;
    case 'LTE':
      return mine <= wanted;
    case 'GT':
      return mine > wanted;
    case 'GTE':
      return mine >= wanted;
    case 'BETWEEN':
      return mine >= wanted && mine <= comparable(property, filter.highValue ?? '');
    case 'IN':
      return isIn();
    case 'NOT_IN':
      return !isIn();
    case 'CONTAINS_TOKEN':
      return containsToken(value, filter.value ?? '');
    case 'NOT_CONTAINS_TOKEN':
      return !containsToken(value, filter.value ?? '');
    case 'HAS_PROPERTY':
    case 'NOT_HAS_PROPERTY':
      return filter.operator === 'HAS_PROPERTY';
  }
}

/** Orders records by a property; those without a value come last in either direction. */
export function compareByProperty(
  property: PropertyDefinition,
  descending: boolean,
): (a: StoredRecord, b: StoredRecord) => number {
  // Sorting asks for each key many times, and parsing a date is what costs.
  const keys = new Map<StoredRecord, number | string | undefined>();
  const keyOf = (record: StoredRecord): number | string | undefined => {
    if (keys.has(record)) return keys.get(record);
    const value = valueOf(record, property.name);
    const key = value === undefined ? undefined : comparable(property, value);
    keys.set(record, key);
    return key;
  };
  return (a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    const order = x < y ? -1 : Number(x > y);
    return descending ? -order : order;
  };
}
