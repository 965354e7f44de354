// How a stored property value reads to a person: HubSpot stores every value as text.
import type { Language } from './languages.ts';
import type { Catalogue } from './portal-context.tsx';
import type { Owner, Property } from './portal-schema.ts';
import { standardLabel } from './standard-labels.ts';

export type FormatContext = {
  readonly language: Language;
  readonly timeZone: string;
  readonly currency: string;
  readonly owners: readonly Owner[];
  readonly catalogue: Catalogue | null;
};

const STAGE_PROPERTIES: readonly string[] = ['dealstage', 'hs_pipeline_stage'];
const PIPELINE_PROPERTIES: readonly string[] = ['pipeline', 'hs_pipeline'];
const OWNER_PROPERTY = 'hubspot_owner_id';

export type ValueChoice = { readonly label: string; readonly value: string };

/** Label of a property in the page's language: HubSpot translates its own properties and leaves custom ones as made. */
export function propertyLabel(property: Property, language: Language): string {
  return standardLabel(language, property.name) ?? property.label;
}

/** The values a person may choose from, or null when the value is free. */
export function choicesOf(property: Property, context: FormatContext): readonly ValueChoice[] | null {
  const { pipelines = [] } = context.catalogue ?? {};
  if (property.name === OWNER_PROPERTY) {
    return context.owners.map((owner) => ({ value: owner.id, label: ownerName(owner) }));
  }
  if (STAGE_PROPERTIES.includes(property.name) && pipelines.length > 0) {
    return pipelines.flatMap((pipeline) =>
      pipeline.stages.map((stage) => ({
        value: stage.id,
        label: standardLabel(context.language, stage.label) ?? stage.label,
      })),
    );
  }
  if (PIPELINE_PROPERTIES.includes(property.name) && pipelines.length > 0) {
    return pipelines.map((pipeline) => ({
      value: pipeline.id,
      label: standardLabel(context.language, pipeline.label) ?? pipeline.label,
    }));
  }
  if (property.type === 'enumeration') {
    return property.options.map((option) => ({
      value: option.value,
      label: standardLabel(context.language, option.label) ?? option.label,
    }));
  }
  if (property.type === 'bool')
    return [
      { value: 'true', label: '✓' },
      { value: 'false', label: '✗' },
    ];
  return null;
}

export function ownerName(owner: {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
}): string {
  const { firstName, lastName } = owner;
  // Names in Han characters stand family name first, without a space.
  const name = /\p{Script=Han}/u.test(lastName) ? `${lastName}${firstName}` : `${firstName} ${lastName}`.trim();
  return name || owner.email;
}

/** A date property is a calendar day, stored as YYYY-MM-DD or as midnight UTC in milliseconds; returns YYYY-MM-DD. */
export function dayOf(value: string): string | null {
  if (/^\d{4}-\d{2}-\d{2}/.test(value)) return value.slice(0, 10);
  const millis = Number(value);
  if (value === '' || !Number.isFinite(millis)) return null;
  return new Date(millis).toISOString().slice(0, 10);
}

function instantOf(value: string | number): Date | null {
  const date = new Date(typeof value === 'number' || /^\d+$/.test(value) ? Number(value) : value);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function formatDay(value: string, language: Language): string {
  const day = dayOf(value);
  if (day === null) return value;
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}

/** An instant in the portal's time zone. */
export function formatInstant(value: string | number, language: Language, timeZone: string): string {
  const date = instantOf(value);
  if (date === null) return String(value);
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(date);
}

function formatNumber(property: Property, value: string, context: FormatContext): string {
  const number = Number(value);
  // A record's number is a name, not a quantity, so it is not grouped.
  if (Number.isNaN(number) || property.name === 'hs_object_id') return value;
  const isMoney = property.name === 'amount' || property.fieldType === 'currency';
  if (!isMoney) return new Intl.NumberFormat(context.language, { maximumFractionDigits: 6 }).format(number);
  const digits = Number.isInteger(number) ? 0 : 2;
  return new Intl.NumberFormat(context.language, {
    style: 'currency',
    currency: context.currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(number);
}

/** A value as text for tables, fields and files; an empty string for no value. */
export function formatValue(property: Property, value: string | null | undefined, context: FormatContext): string {
  if (value === null || value === undefined || value === '') return '';
  const choices = choicesOf(property, context);
  if (choices) {
    const wanted = property.fieldType === 'checkbox' ? value.split(';') : [value];
    return wanted.map((one) => choices.find((choice) => choice.value === one)?.label ?? one).join(', ');
  }
  if (property.type === 'date') return formatDay(value, context.language);
  if (property.type === 'datetime') return formatInstant(value, context.language, context.timeZone);
  if (property.type === 'number') return formatNumber(property, value, context);
  return value;
}
