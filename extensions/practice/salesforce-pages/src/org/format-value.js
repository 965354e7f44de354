/** How a field's value reads in the person's language, locale and time zone. */
import { locale, session, timeZone } from 'practice/session';
import { t } from './words.js';

const instantOf = (text) => new Date(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));

export function formatInstant(at) {
  const date = typeof at === 'number' ? new Date(at) : instantOf(at);
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short', timeZone: timeZone() }).format(
    date,
  );
}

export function formatDay(day) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

const formatNumber = (value, options) => new Intl.NumberFormat(locale(), options).format(value);

/** @param {{ type: string, scale: number }} field @param {{ value: string | number | boolean | null, display: string } | undefined} pageValue */
export function formatValue(field, pageValue) {
  const value = pageValue?.value ?? null;
  if (value === null || value === '') return '';
  switch (field.type) {
    case 'date':
      return formatDay(value);
    case 'datetime':
      return formatInstant(value);
    case 'currency':
      return formatNumber(value, { style: 'currency', currency: session().org.currency });
    case 'percent':
      return `${formatNumber(value, { maximumFractionDigits: field.scale })}%`;
    case 'int':
    case 'double':
      return formatNumber(value, { maximumFractionDigits: field.scale });
    case 'boolean':
      return t(value === true ? 'record.yes' : 'record.no');
    default:
      return pageValue.display === '' ? `${value}` : pageValue.display;
  }
}
