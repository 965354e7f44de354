/** Filters of list views in words, and which comparisons a type of field has. */
import { fieldOf } from './object-pages.js';
import { t } from './words.js';

const TEXT = ['equals', 'notEqual', 'contains', 'notContain', 'startsWith'];
const ORDERED = ['equals', 'notEqual', 'lessThan', 'greaterThan', 'lessOrEqual', 'greaterOrEqual'];
const NEXT_DAYS = 'inNextDays';

export function operatorsOf({ type }) {
  switch (type) {
    case 'date':
    case 'datetime':
      return [NEXT_DAYS, ...ORDERED];
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return ORDERED;
    case 'multipicklist':
      return ['includes', 'excludes'];
    case 'picklist':
    case 'boolean':
    case 'reference':
      return ['equals', 'notEqual'];
    default:
      return TEXT;
  }
}

/** What the person chose as the filters that the org takes: "in the next n days" is two of them. */
export function filtersOf(field, operator, value) {
  if (operator !== NEXT_DAYS) return [{ field, operator, value }];
  return [
    { field, operator: 'greaterOrEqual', value: 'TODAY' },
    { field, operator: 'lessOrEqual', value: `NEXT_N_DAYS:${value}` },
  ];
}

export function filterText(object, { field, operator, value }) {
  const known = fieldOf(object, field);
  const labels = value
    .split(',')
    .map((each) => known?.picklistValues.find((entry) => entry.value === each)?.label ?? each);
  return `${known?.label ?? field} ${t(`op.${operator}`)} ${labels.join(', ')}`;
}
