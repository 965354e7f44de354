import { useState } from 'react';
import { Listbox } from '../kit/listbox.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { Filter, Property } from '../portal/portal-schema.ts';
import { choicesOf, propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { operatorText } from './filter-text.ts';
import { filterKind, isComplete, operatorsFor, parseOperator, valueShape } from './list-query.ts';
import type { Operator } from './list-query.ts';

type FilterEditorProps = {
  readonly filter: Filter | null;
  readonly context: FormatContext;
  readonly onApply: (filter: Filter) => void;
};

const DAYS_DEFAULT = '90';

/** A fresh filter with the first operator of the property's kind. */
function startFilter(property: Property, context: FormatContext): Filter {
  const operator = operatorsFor(filterKind(property, choicesOf(property, context) !== null))[0] ?? 'EQ';
  return withOperator({ property: property.name, operator }, operator);
}

function withOperator(filter: Filter, operator: Operator): Filter {
  const base = { property: filter.property, operator };
  switch (valueShape(operator)) {
    case 'none':
      return base;
    case 'many':
      return { ...base, values: filter.values ?? [] };
    case 'days':
      return { ...base, value: DAYS_DEFAULT };
    case 'two':
    case 'one':
      return { ...base, value: parseOperator(filter.operator) === 'IN_NEXT_DAYS' ? '' : (filter.value ?? '') };
  }
}

export function FilterEditor({ filter, context, onApply }: FilterEditorProps) {
  const { t, language } = useLanguage();
  const [draft, setDraft] = useState<Filter | null>(filter);
  const properties = [...(context.catalogue?.properties ?? [])]
    .filter((property) => !property.hidden)
    .sort((a, b) => propertyLabel(a, language).localeCompare(propertyLabel(b, language), language));
  const property = properties.find((candidate) => candidate.name === draft?.property);
  const choices = property ? choicesOf(property, context) : null;
  const operator = parseOperator(draft?.operator ?? '');
  const words = { searchLabel: t('action.search'), emptyLabel: t('field.noChoice') };
  return (
    <form
      className="popover-form filter-editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft && isComplete(draft)) onApply(draft);
      }}
    >
      <div className="form-label">
        {t('filter.property')}
        <Listbox
          {...words}
          label={t('filter.property')}
          placeholder={t('filter.chooseProperty')}
          choices={properties.map((one) => ({ value: one.name, label: propertyLabel(one, language) }))}
          selected={draft ? [draft.property] : []}
          startOpen={draft === null}
          onChange={([name]) => {
            const picked = properties.find((candidate) => candidate.name === name);
            if (picked) setDraft(startFilter(picked, context));
          }}
        />
      </div>
      {draft && property && operator && (
        <>
          <div className="form-label">
            {t('filter.condition')}
            <Listbox
              {...words}
              label={t('filter.condition')}
              choices={operatorsFor(filterKind(property, choices !== null)).map((one) => ({
                value: one,
                label: operatorText(one, property, t),
              }))}
              selected={[operator]}
              onChange={([next]) => {
                const chosen = parseOperator(next ?? '');
                if (chosen) setDraft(withOperator(draft, chosen));
              }}
            />
          </div>
          <FilterValue draft={draft} operator={operator} property={property} context={context} onChange={setDraft} />
        </>
      )}
      <button type="submit" className="button primary small" disabled={!draft || !isComplete(draft)}>
        {t('filter.apply')}
      </button>
    </form>
  );
}

type FilterValueProps = {
  readonly draft: Filter;
  readonly operator: Operator;
  readonly property: Property;
  readonly context: FormatContext;
  readonly onChange: (filter: Filter) => void;
};

function FilterValue({ draft, operator, property, context, onChange }: FilterValueProps) {
  const { t } = useLanguage();
  const inputType = property.type.startsWith('date') ? 'date' : property.type === 'number' ? 'number' : 'text';
  const label = t('filter.value');
  switch (valueShape(operator)) {
    case 'none':
      return null;
    case 'many':
      return (
        <div className="form-label">
          {label}
          <Listbox
            multiple
            label={label}
            placeholder={t('field.choose')}
            searchLabel={t('action.search')}
            emptyLabel={t('field.noChoice')}
            choices={choicesOf(property, context) ?? []}
            selected={draft.values ?? []}
            onChange={(values) => onChange({ ...draft, values: [...values] })}
          />
        </div>
      );
    case 'days':
      return (
        <label className="form-label">
          {t('filter.days')}
          <input
            className="field-control"
            type="number"
            min={1}
            max={3650}
            value={draft.value ?? ''}
            onChange={(event) => onChange({ ...draft, value: event.target.value })}
          />
        </label>
      );
    case 'two':
      return (
        <div className="form-pair">
          <label className="form-label">
            {t('filter.from')}
            <input
              className="field-control"
              type={inputType}
              value={draft.value ?? ''}
              onChange={(event) => onChange({ ...draft, value: event.target.value })}
            />
          </label>
          <label className="form-label">
            {t('filter.to')}
            <input
              className="field-control"
              type={inputType}
              value={draft.highValue ?? ''}
              onChange={(event) => onChange({ ...draft, highValue: event.target.value })}
            />
          </label>
        </div>
      );
    case 'one':
      return (
        <label className="form-label">
          {label}
          <input
            className="field-control"
            type={inputType}
            step="any"
            value={draft.value ?? ''}
            onChange={(event) => onChange({ ...draft, value: event.target.value })}
          />
        </label>
      );
  }
}
