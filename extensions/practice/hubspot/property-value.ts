/**
 * Checks one written value against its property and brings it into the form HubSpot stores (HubSpot docs, Properties: value formats).
 * Dates accept YYYY-MM-DD or midnight-UTC milliseconds, date-times ISO 8601 or milliseconds; an empty string clears any property.
 */
import type { PropertyDefinition } from './property-definition.ts';

/** HubSpot docs, Properties: a text value has at most 65 536 characters. */
const TEXT_CHARACTERS_MAX = 65_536;
const DAY_MS = 86_400_000;

interface ValueProblem {
  readonly code: string;
  readonly message: string;
}
export type CheckedValue =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly problem: ValueProblem };

const accept = (value: string): CheckedValue => ({ ok: true, value });
const reject = (code: string, message: string): CheckedValue => ({ ok: false, problem: { code, message } });

export interface ValueContext {
  /** Allowed values of a property whose options live elsewhere; undefined when any value is taken. */
  readonly externalValues: readonly string[] | undefined;
  /** Present value, for the `;value` form that adds to a multi-select. */
  readonly current: string | undefined;
}

export function checkValue(property: PropertyDefinition, raw: string, context: ValueContext): CheckedValue {
  if (property.readOnlyValue)
    return reject('READ_ONLY_VALUE', `"${property.name}" is a read only property; its value cannot be set.`);
  if (raw === '') return accept('');
  switch (property.type) {
    case 'string':
    case 'phone_number':
      return raw.length > TEXT_CHARACTERS_MAX
        ? reject('PROPERTY_VALUE_TOO_LONG', `${property.name} is longer than ${TEXT_CHARACTERS_MAX} characters`)
        : accept(raw);
    case 'number':
      return Number.isFinite(Number(raw)) && raw.trim() !== ''
        ? accept(raw.trim())
        : reject('INVALID_NUMBER', `${raw} was not a valid number.`);
    case 'bool':
      return checkOneOf(property, raw.toLowerCase(), ['true', 'false']);
    case 'date':
      return checkDate(raw);
    case 'datetime':
      return checkDateTime(raw);
    case 'enumeration':
      return checkEnumeration(property, raw, context);
  }
}

function checkOneOf(property: PropertyDefinition, value: string, allowed: readonly string[]): CheckedValue {
  if (allowed.includes(value)) return accept(value);
  return reject(
    'INVALID_OPTION',
    `${value} was not one of the allowed options: [${allowed.join(', ')}] for ${property.name}`,
  );
}

function checkEnumeration(property: PropertyDefinition, raw: string, context: ValueContext): CheckedValue {
  const allowed = property.externalOptions ? context.externalValues : property.options.map((option) => option.value);
  const many = property.fieldType === 'checkbox';
  const appended = many && raw.startsWith(';') ? `${context.current ?? ''}${raw}` : raw;
  const values = many ? [...new Set(appended.split(';').filter((value) => value !== ''))] : [raw];
  if (allowed !== undefined) {
    for (const value of values) {
      const checked = checkOneOf(property, value, allowed);
      if (!checked.ok) return checked;
    }
  }
  return accept(values.join(';'));
}

function checkDate(raw: string): CheckedValue {
  if (/^\d{4}-\d{2}-\d{2}$/.test(raw)) {
    const at = Date.parse(`${raw}T00:00:00Z`);
    if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(raw)) return accept(raw);
    return reject('INVALID_DATE', `${raw} is not a valid date.`);
  }
  const at = parseInstant(raw);
  if (at === undefined)
    return reject('INVALID_DATE', `${raw} was not a valid date; use YYYY-MM-DD or milliseconds at midnight UTC.`);
  if (at % DAY_MS !== 0) return reject('INVALID_DATE', `${raw} is at ${new Date(at).toISOString()}, not midnight UTC.`);
  return accept(new Date(at).toISOString().slice(0, 10));
}

function checkDateTime(raw: string): CheckedValue {
  const at = parseInstant(raw);
  return at === undefined
    ? reject('INVALID_DATE', `${raw} was not a valid date-time.`)
    : accept(new Date(at).toISOString());
}

const INSTANT_MS_MAX = 8.64e15;

/** Milliseconds of an ISO 8601 text or of a text of milliseconds; undefined for anything else. */
export function parseInstant(raw: string): number | undefined {
  if (/^-?\d+$/.test(raw)) return Math.abs(Number(raw)) <= INSTANT_MS_MAX ? Number(raw) : undefined;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(raw)) return undefined;
  const at = Date.parse(raw);
  return Number.isNaN(at) ? undefined : at;
}
