/** Turns what a caller sends for a field into a stored value, or refuses it with the code the API documents for it. */
import { type FieldValue, instantText, isDay, parseInstant } from './field-value.ts';
import type { FieldDefinition } from './object-definition.ts';
import { readId } from './record-id.ts';
import { OrgRefusal } from './refusal.ts';

/**
 * A value as it will be stored. JSON bodies are lenient: numbers and booleans may come as text, an empty text is null. A number keeps as many
 * places as the field has (SOAP guide, Field data types).
 */
export function readValue(field: FieldDefinition, value: unknown): FieldValue {
  if (value === null || value === undefined || value === '')
    return field.type === 'boolean' ? wrongType(field, value) : null;
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean'
        ? value
        : value === 'true'
          ? true
          : value === 'false'
            ? false
            : wrongType(field, value);
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return readNumber(field, value);
    case 'date':
      return readDay(field, value);
    case 'datetime':
      return readDateTime(field, value);
    case 'id':
    case 'reference':
      return readReference(field, value);
    case 'email':
      return readEmail(field, asText(field, value));
    case 'multipicklist':
      return readSet(field, asText(field, value));
    case 'picklist':
      return restricted(field, checkLength(field, asText(field, value)));
    case 'string':
    case 'textarea':
    case 'phone':
    case 'url':
      return checkLength(field, asText(field, value));
  }
}

function wrongType(field: FieldDefinition, value: unknown): never {
  throw new OrgRefusal(
    'INVALID_TYPE_ON_FIELD_IN_RECORD',
    `${field.label}: value not of required type: ${String(value)}`,
    {
      fields: [field.name],
    },
  );
}

function asText(field: FieldDefinition, value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '' : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return wrongType(field, JSON.stringify(value));
}

function readNumber(field: FieldDefinition, value: unknown): number {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) return wrongType(field, value);
  if (field.precision > 0 && Math.abs(number) >= 10 ** (field.precision - field.scale)) {
    throw new OrgRefusal(
      'NUMBER_OUTSIDE_VALID_RANGE',
      `${field.label}: value outside of valid range on numeric field: ${number}`,
      {
        fields: [field.name],
      },
    );
  }
  return Number(number.toFixed(field.type === 'int' ? 0 : field.scale));
}

function readDay(field: FieldDefinition, value: unknown): string {
  const day = typeof value === 'string' ? value.slice(0, 10) : '';
  return isDay(day) ? day : wrongType(field, value);
}

function readDateTime(field: FieldDefinition, value: unknown): string {
  if (typeof value !== 'string') return wrongType(field, value);
  const at = isDay(value) ? Date.parse(`${value}T00:00:00Z`) : parseInstant(value);
  return at === null ? wrongType(field, value) : instantText(at);
}

function readReference(field: FieldDefinition, value: unknown): string {
  const id = typeof value === 'string' ? readId(value) : null;
  if (id === null)
    throw new OrgRefusal('MALFORMED_ID', `${field.label}: id value of incorrect type: ${String(value)}`, {
      fields: [field.name],
    });
  return id;
}

function readEmail(field: FieldDefinition, value: string): string {
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value))
    throw new OrgRefusal('INVALID_EMAIL_ADDRESS', `${field.label}: invalid email address: ${value}`, {
      fields: [field.name],
    });
  return checkLength(field, value);
}

function checkLength(field: FieldDefinition, value: string): string {
  if (field.length === 0 || value.length <= field.length) return value;
  throw new OrgRefusal(
    'STRING_TOO_LONG',
    `${field.label}: data value too large: ${value} (max length=${field.length})`,
    {
      fields: [field.name],
    },
  );
}

function readSet(field: FieldDefinition, value: string): string {
  const chosen = [...new Set(value.split(';').filter((one) => one !== ''))];
  for (const one of chosen) restricted(field, one);
  // The API answers the values in the order of the picklist, whatever order they were written in.
  const order = new Map(field.picklistValues.map((entry, index) => [entry.value, index]));
  return chosen.toSorted((a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity)).join(';');
}

function restricted(field: FieldDefinition, value: string): string {
  if (!field.restrictedPicklist || field.picklistValues.some((entry) => entry.active && entry.value === value))
    return value;
  throw new OrgRefusal(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `${field.label}: bad value for restricted picklist field: ${value}`,
    {
      fields: [field.name],
    },
  );
}
