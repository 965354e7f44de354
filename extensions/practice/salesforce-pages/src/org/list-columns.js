/** Columns and rows of a list view for the base data table, which shows each type of field in its own way and edits the simple ones. */
import { locale, session } from 'practice/session';
import { fieldOf } from './object-pages.js';
import { formatValue } from './format-value.js';
import { addressOf } from './route.js';

const EDITABLE = new Set(['string', 'currency', 'double', 'int', 'date', 'phone', 'email', 'url']);
const NUMBERS = new Set(['currency', 'double', 'int', 'percent']);

function cell(field) {
  switch (field.type) {
    case 'currency':
      return { type: 'currency', typeAttributes: { currencyCode: session().org.currency } };
    case 'double':
    case 'int':
      return { type: 'number', typeAttributes: { maximumFractionDigits: field.scale } };
    case 'date':
      return { type: 'date-local', typeAttributes: { year: 'numeric', month: 'short', day: 'numeric' } };
    default:
      return { type: 'text' };
  }
}

const link = (field, label, href) => ({
  label,
  fieldName: href,
  type: 'url',
  typeAttributes: { label: { fieldName: field }, tooltip: { fieldName: field } },
});

/** @param object a `PageObject` @param {readonly string[]} names fields to show; the record's name comes first */
export function columnsFor(object, names) {
  const fields = [...new Set([object.nameField, ...names])].flatMap((name) => fieldOf(object, name) ?? []);
  return fields.map((field) => {
    const shared = { sortable: true, hideDefaultActions: true, initialWidth: widthOf(field) };
    if (field.name === object.nameField) return { ...link('_name', field.label, '_href'), ...shared, key: field.name };
    if (field.type === 'reference') {
      return { ...link(field.name, field.label, `${field.name}_href`), ...shared, key: field.name };
    }
    const editable = field.editable && EDITABLE.has(field.type);
    return { label: field.label, fieldName: field.name, editable, ...cell(field), ...shared, key: field.name };
  });
}

function widthOf({ type, nameField }) {
  if (nameField) return undefined;
  return NUMBERS.has(type) || type === 'date' ? 140 : undefined;
}

/** The table sorts by the name of a cell; the org sorts by that of a field. */
export const sortFieldOf = (columns, cellName) =>
  columns.find(({ fieldName }) => fieldName === cellName)?.key ?? cellName;
export const cellNameOf = (columns, fieldName) => columns.find(({ key }) => key === fieldName)?.fieldName ?? fieldName;

/** @param row a `PageRow` */
export function tableRow(object, row) {
  const shown = { id: row.id, _name: row.name, _href: addressOf.record(row.object, row.id) };
  for (const [name, value] of Object.entries(row.values)) {
    const field = fieldOf(object, name);
    if (field === undefined) continue;
    if (field.type === 'reference' && value.value !== null) {
      shown[name] = value.display || String(value.value);
      shown[`${name}_href`] = field.referenceTo.includes('User')
        ? undefined
        : addressOf.record(field.referenceTo[0], value.value);
      if (shown[`${name}_href`] === undefined) shown[`${name}_href`] = `/lightning/r/User/${value.value}/view`;
    } else {
      const isRaw = NUMBERS.has(field.type) && field.type !== 'percent';
      shown[name] = isRaw || field.type === 'date' ? value.value : formatValue(field, value);
    }
  }
  return shown;
}

const RISKY_START = /^[=+\-@\t\r]/;

/** One cell as RFC 4180 spells it; a text that a spreadsheet would run as a formula gets an apostrophe before it. */
function csvCell(text, isNumber) {
  const safe = !isNumber && RISKY_START.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows as comma-separated text with the columns' labels above. */
export function csvOf(object, columns, rows) {
  const fields = columns.flatMap(({ key }) => fieldOf(object, key) ?? []);
  const lines = rows.map((row) =>
    fields
      .map((field) => {
        const value = row.values[field.name];
        if (field.name === object.nameField) return csvCell(row.name, false);
        const isPlain = NUMBERS.has(field.type) || field.type === 'date';
        const text = isPlain ? String(value?.value ?? '') : formatValue(field, value);
        return csvCell(text, NUMBERS.has(field.type));
      })
      .join(','),
  );
  return [fields.map(({ label }) => csvCell(label, false)).join(','), ...lines].join('\r\n');
}

/** A list sorted by the reader's alphabet. */
export const byLabel = (a, b) => a.label.localeCompare(b.label, locale());
