import type { Translate } from '../portal/language.tsx';
import type { MessageKey } from '../portal/messages-en.ts';
import type { Filter, Property } from '../portal/portal-schema.ts';
import { choicesOf, formatDay, formatValue, propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { parseOperator, valueShape } from './list-query.ts';
import type { Operator } from './list-query.ts';

const OPERATOR_WORDS: Record<Operator, { readonly plain: MessageKey; readonly date?: MessageKey }> = {
  EQ: { plain: 'op.is' },
  NEQ: { plain: 'op.isNot' },
  LT: { plain: 'op.less', date: 'op.before' },
  LTE: { plain: 'op.atMost', date: 'op.beforeOrOn' },
  GT: { plain: 'op.more', date: 'op.after' },
  GTE: { plain: 'op.atLeast', date: 'op.afterOrOn' },
  BETWEEN: { plain: 'op.between' },
  IN: { plain: 'op.anyOf' },
  NOT_IN: { plain: 'op.noneOf' },
  CONTAINS_TOKEN: { plain: 'op.contains' },
  IN_NEXT_DAYS: { plain: 'op.nextDays' },
  HAS_PROPERTY: { plain: 'op.known' },
  NOT_HAS_PROPERTY: { plain: 'op.unknown' },
};

export function operatorText(operator: Operator, property: Property, t: Translate): string {
  const words = OPERATOR_WORDS[operator];
  return t(property.type.startsWith('date') ? (words.date ?? words.plain) : words.plain);
}

function valueText(property: Property, value: string, context: FormatContext): string {
  if (property.type.startsWith('date')) return formatDay(value, context.language);
  const choices = choicesOf(property, context);
  return choices?.find((choice) => choice.value === value)?.label ?? formatValue(property, value, context);
}

/** A filter as a phrase: "Notice deadline is in the next 90 days". */
export function filterText(
  filter: Filter,
  property: Property | undefined,
  context: FormatContext & { t: Translate },
): string {
  const { t } = context;
  const operator = parseOperator(filter.operator);
  // The practice server hands out a list that no filters can express as one filter on the list itself.
  if (filter.operator === 'IN_LIST') return t('op.inList');
  if (!property || operator === null) return `${filter.property} ${filter.operator} ${filter.value ?? ''}`.trim();
  const subject = `${propertyLabel(property, context.language)} ${operatorText(operator, property, t)}`;
  switch (valueShape(operator)) {
    case 'none':
      return subject;
    case 'days':
      return `${propertyLabel(property, context.language)} ${t('op.nextDaysCount', { n: Number(filter.value ?? 0) })}`;
    case 'many':
      return `${subject} ${(filter.values ?? []).map((value) => valueText(property, value, context)).join(', ')}`;
    case 'two':
      return `${subject} ${valueText(property, filter.value ?? '', context)} – ${valueText(property, filter.highValue ?? '', context)}`;
    case 'one':
      return `${subject} ${valueText(property, filter.value ?? '', context)}`;
  }
}
