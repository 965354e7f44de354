import { useRef, useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { Popover } from '../kit/popover.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { MessageKey } from '../portal/messages-en.ts';
import type { Filter } from '../portal/portal-schema.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { FilterEditor } from './filter-editor.tsx';
import { filterText } from './filter-text.ts';
import { isComplete, quickFilters } from './list-query.ts';
import type { QuickFilter } from './list-query.ts';

type FilterBarProps = {
  readonly filters: readonly Filter[];
  readonly context: FormatContext;
  readonly onChange: (filters: readonly Filter[]) => void;
};

const QUICK_WORDS: Record<QuickFilter['key'], MessageKey> = {
  noticeSoon: 'quick.noticeSoon',
  slaMissed: 'quick.slaMissed',
  renewalOpen: 'quick.renewalOpen',
};

const sameFilter = (one: Filter, other: Filter): boolean =>
  one.property === other.property && one.operator === other.operator && JSON.stringify(one) === JSON.stringify(other);

/** The filters of a view as chips that open their editor, the contract questions one press away, and "Add filter". */
export function FilterBar({ filters, context, onChange }: FilterBarProps) {
  const { t } = useLanguage();
  const properties = context.catalogue?.properties ?? [];
  const quick = quickFilters(properties).filter((one) => !filters.some((filter) => sameFilter(filter, one.filter)));
  const replace = (index: number, next: Filter): void =>
    onChange(filters.map((filter, at) => (at === index ? next : filter)));
  return (
    <div className="filter-bar" role="group" aria-label={t('filter.label')}>
      {filters.map((filter, index) => (
        <FilterChip
          key={`${index}-${filter.property}`}
          filter={filter}
          context={context}
          onChange={(next) => replace(index, next)}
          onRemove={() => onChange(filters.filter((_, at) => at !== index))}
        />
      ))}
      {quick.map((one) => (
        <button key={one.key} type="button" className="chip quick" onClick={() => onChange([...filters, one.filter])}>
          <Glyph name="add" size={13} />
          {t(QUICK_WORDS[one.key])}
        </button>
      ))}
      <AddFilter context={context} onAdd={(filter) => onChange([...filters, filter])} />
      {filters.length > 1 && (
        <button type="button" className="text-button" onClick={() => onChange([])}>
          {t('filter.clear')}
        </button>
      )}
    </div>
  );
}

type FilterChipProps = {
  readonly filter: Filter;
  readonly context: FormatContext;
  readonly onChange: (filter: Filter) => void;
  readonly onRemove: () => void;
};

function FilterChip({ filter, context, onChange, onRemove }: FilterChipProps) {
  const { t } = useLanguage();
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const property = context.catalogue?.properties.find((candidate) => candidate.name === filter.property);
  const text = filterText(filter, property, { ...context, t });
  return (
    <span className={`chip active${isComplete(filter) ? '' : ' incomplete'}`}>
      <button ref={anchor} type="button" className="chip-text" aria-expanded={open} onClick={() => setOpen(!open)}>
        {text}
      </button>
      <button
        type="button"
        className="chip-remove"
        aria-label={t('filter.remove', { filter: text })}
        onClick={onRemove}
      >
        <Glyph name="close" size={13} />
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)}>
          <FilterEditor
            filter={filter}
            context={context}
            onApply={(next) => {
              onChange(next);
              setOpen(false);
            }}
          />
        </Popover>
      )}
    </span>
  );
}

function AddFilter({ context, onAdd }: { readonly context: FormatContext; readonly onAdd: (filter: Filter) => void }) {
  const { t } = useLanguage();
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button ref={anchor} type="button" className="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Glyph name="filter" size={14} />
        {t('filter.add')}
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)}>
          <FilterEditor
            filter={null}
            context={context}
            onApply={(filter) => {
              onAdd(filter);
              setOpen(false);
            }}
          />
        </Popover>
      )}
    </>
  );
}
