/**
 * The lens between canonical text (domain/mirror.ts) and Salesforce's field values. Reading what was written gives what was written, and
 * writing back an unchanged reading changes nothing. Salesforce rounds and cuts what does not fit; such a value is refused before the
 * call. Days stay days: nothing here passes through an instant or a zone.
 */
import { parsePlainDate } from '../../domain/dates.ts';
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type { MirrorField, MirrorValues } from '../../domain/mirror.ts';
import { exponentOf } from '../../domain/money.ts';
import type { HostFailure } from '../port.ts';
import { DOUBLE_DIGITS_MAX, parseDecimal, plainDecimal } from './decimals.ts';
import { fieldName } from './field-names.ts';
import { hasCode } from './picklists.ts';
import type { Row } from './wire.ts';

/** As the package defines the fields. Salesforce counts UTF-16 units. */
const TEXT_LENGTHS: { readonly [F in MirrorField]?: number } = {
  leadContractNumber: 80,
  leadContractTitle: 255,
  contractCurrency: 3,
  contractUrl: 255,
};
type NumberShape = { readonly whole: number; readonly scale: number };
const NUMBER_SHAPES: { readonly [F in MirrorField]?: NumberShape } = {
  contractCount: { whole: 9, scale: 0 },
  contractValue: { whole: 14, scale: 2 },
  availabilityLastMonth: { whole: 3, scale: 4 },
  responseComplianceLastMonth: { whole: 3, scale: 4 },
  breachesTwelveMonths: { whole: 5, scale: 0 },
};
/** Percentages are shown with two places (domain/ratio.ts), and JSON drops zeros at the end. */
const PERCENT_PLACES = 2;
const SET_SEPARATOR = ';';

type FieldValue = string | number | null;
export type FieldsResult =
  | { readonly ok: true; readonly fields: Readonly<Record<string, FieldValue>> }
  | { readonly ok: false; readonly failure: HostFailure };

/** Exactly the given fields; null empties a field. */
export function toSalesforceFields(values: MirrorValues): FieldsResult {
  const fields: Record<string, FieldValue> = {};
  for (const field of MIRROR_FIELD_NAMES) {
    const value = values[field];
    if (value === undefined) continue;
    const code = value === null ? null : refusalCode(field, value);
    if (code !== null) return { ok: false, failure: { kind: 'rejected', code, field, detail: fieldName(field) } };
    fields[fieldName(field)] = value !== null && NUMBER_SHAPES[field] !== undefined ? Number(value) : value;
  }
  return { ok: true, fields };
}

/** The fields that a row has; one that was not asked for stays unknown. */
export function fromSalesforceFields(row: Row): MirrorValues {
  const currency = row[fieldName('contractCurrency')];
  const values: { [F in MirrorField]?: string | null } = {};
  for (const field of MIRROR_FIELD_NAMES) {
    const value = row[fieldName(field)];
    if (value === undefined) continue;
    values[field] = toCanonical(field, typeof value === 'string' ? value : null, {
      currency: typeof currency === 'string' ? currency : null,
    });
  }
  return values;
}

/** One field value as canonical text. `currency`: of the same record, because an amount has the places of its currency. */
export function toCanonical(
  field: MirrorField,
  value: string | null,
  { currency }: { readonly currency: string | null },
): string | null {
  if (value === null || value === '') return null;
  switch (MIRROR_FIELDS[field].kind) {
    case 'code_set':
      return joinSet(value.split(SET_SEPARATOR));
    case 'integer':
      return plainDecimal(value, 0);
    case 'decimal':
      return plainDecimal(value, field === 'contractValue' ? exponentOf(currency ?? '') : PERCENT_PLACES);
    case 'date':
    case 'text':
    case 'code':
      return value;
  }
}

function joinSet(codes: readonly string[]): string | null {
  const unique = [...new Set(codes.filter((code) => code !== ''))].toSorted();
  return unique.length === 0 ? null : unique.join(SET_SEPARATOR);
}

/** Null when Salesforce can hold the value so that it reads back unchanged. */
function refusalCode(field: MirrorField, value: string): string | null {
  switch (MIRROR_FIELDS[field].kind) {
    case 'text':
      return textRefusal(field, value);
    case 'integer':
    case 'decimal':
      return numberRefusal(field, value);
    case 'date':
      return parsePlainDate(value) === null ? 'INVALID_DATE' : null;
    case 'code':
      return hasCode(field, value) ? null : 'UNKNOWN_OPTION';
    case 'code_set':
      return joinSet(value.split(SET_SEPARATOR)) === value &&
        value.split(SET_SEPARATOR).every((code) => hasCode(field, code))
        ? null
        : 'UNKNOWN_OPTION';
  }
}

/** Salesforce trims text, and a value that comes back trimmed would look edited. */
function textRefusal(field: MirrorField, value: string): string | null {
  if (value === '' || value !== value.trim() || /\p{Cc}/u.test(value)) return 'TEXT_NOT_REPRESENTABLE';
  return value.length > (TEXT_LENGTHS[field] ?? 0) ? 'STRING_TOO_LONG' : null;
}

function numberRefusal(field: MirrorField, value: string): string | null {
  const shape = NUMBER_SHAPES[field] ?? { whole: 0, scale: 0 };
  const decimal = parseDecimal(value);
  if (decimal === null) return shape.scale === 0 ? 'INVALID_INTEGER' : 'INVALID_DECIMAL';
  const { whole, fraction, significant } = decimal;
  if (fraction.length > shape.scale) return 'TOO_MANY_DECIMALS';
  return whole.length > shape.whole || significant > DOUBLE_DIGITS_MAX ? 'NUMBER_TOO_LARGE' : null;
}
