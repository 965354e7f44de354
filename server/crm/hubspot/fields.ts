/**
 * The lens between canonical text (domain/mirror.ts) and HubSpot's property values. Reading what was written gives what was written, and
 * writing back an unchanged reading changes nothing. A code that HubSpot does not have as an option is refused before the call, never
 * replaced by a default; a code that people added on HubSpot's side is passed on as it stands, for the engine to refuse visibly.
 */
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type { MirrorField, MirrorValues } from '../../domain/mirror.ts';
import type { HostFailure } from '../port.ts';
import { FIELD_OPTIONS, PROPERTY_NAMES } from './properties.ts';

/** HubSpot docs, Properties: text property values. */
const TEXT_LENGTH_MAX = 65_536;
/** Multi-select values are joined by `;`, HubSpot's own form. */
const SET_SEPARATOR = ';';

export type PropertiesResult =
  | { readonly ok: true; readonly properties: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly failure: HostFailure };

/** Exactly the given fields; null clears a property, which HubSpot writes as the empty string. */
export function toHubSpotProperties(values: MirrorValues): PropertiesResult {
  const properties: Record<string, string> = {};
  for (const field of MIRROR_FIELD_NAMES) {
    const value = values[field];
    if (value === undefined) continue;
    const code = value === null ? null : refusalCode(field, value);
    if (code !== null) {
      return { ok: false, failure: { kind: 'rejected', code, field, detail: PROPERTY_NAMES[field] } };
    }
    properties[PROPERTY_NAMES[field]] = value ?? '';
  }
  return { ok: true, properties };
}

/** The fields whose properties are present; a property that was not asked for stays unknown. */
export function fromHubSpotProperties(properties: Readonly<Record<string, string | null>>): MirrorValues {
  const values: { [F in MirrorField]?: string | null } = {};
  for (const field of MIRROR_FIELD_NAMES) {
    const value = properties[PROPERTY_NAMES[field]];
    if (value !== undefined) values[field] = toCanonical(field, value);
  }
  return values;
}

/** One property value as canonical text. */
export function toCanonical(field: MirrorField, value: string | null): string | null {
  if (value === null || value === '') return null;
  switch (MIRROR_FIELDS[field].kind) {
    case 'date':
      return toCanonicalDate(value);
    case 'code_set':
      return joinSet(value.split(SET_SEPARATOR));
    case 'integer':
    case 'decimal':
      return toPlainDecimal(value);
    case 'text':
    case 'code':
      return value;
  }
}

/** Dates read back as `YYYY-MM-DD`, as midnight-UTC milliseconds or as an instant; the UTC day is the day meant. */
function toCanonicalDate(value: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  const at = /^-?\d{1,16}$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isFinite(at) && Math.abs(at) <= INSTANT_MAX ? new Date(at).toISOString().slice(0, 10) : value;
}
/** The greatest instant a Date can hold. */
const INSTANT_MAX = 8_640_000_000_000_000;

function joinSet(codes: readonly string[]): string | null {
  const unique = [...new Set(codes.filter((code) => code !== ''))].toSorted();
  return unique.length === 0 ? null : unique.join(SET_SEPARATOR);
}

/** Plain decimals stay as they are, trailing zeros too; only exponents (`1.5E7`) are written out. */
function toPlainDecimal(value: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,2})$/.exec(value);
  if (match === null) return value;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction)
    .padEnd(point, '0')
    .padStart(whole.length + fraction.length - Math.min(point, 0), '0');
  const cut = Math.max(point, 0);
  const head = digits.slice(0, cut).replace(/^0+(?=\d)/, '') || '0';
  const tail = digits.slice(cut).replace(/0+$/, '');
  return tail === '' ? sign + head : `${sign}${head}.${tail}`;
}

/** Null when HubSpot can hold the value so that it reads back unchanged. */
function refusalCode(field: MirrorField, value: string): string | null {
  switch (MIRROR_FIELDS[field].kind) {
    case 'text':
      return value === '' || value.length > TEXT_LENGTH_MAX ? 'TEXT_NOT_REPRESENTABLE' : null;
    case 'integer':
      return /^-?(0|[1-9]\d{0,14})$/.test(value) ? null : 'INVALID_INTEGER';
    case 'decimal':
      return /^-?(0|[1-9]\d{0,17})(\.\d{1,6})?$/.test(value) ? null : 'INVALID_DECIMAL';
    case 'date':
      return isCalendarDay(value) ? null : 'INVALID_DATE';
    case 'code':
      return hasOption(field, value) ? null : 'UNKNOWN_OPTION';
    case 'code_set':
      return joinSet(value.split(SET_SEPARATOR)) === value &&
        value.split(SET_SEPARATOR).every((code) => hasOption(field, code))
        ? null
        : 'UNKNOWN_OPTION';
  }
}

function hasOption(field: MirrorField, code: string): boolean {
  return Object.hasOwn(FIELD_OPTIONS[field] ?? {}, code);
}

function isCalendarDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const at = Date.parse(`${value}T00:00:00Z`);
  return Number.isFinite(at) && new Date(at).toISOString().slice(0, 10) === value;
}
