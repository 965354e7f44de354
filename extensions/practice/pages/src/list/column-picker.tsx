import { useRef, useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { Popover } from '../kit/popover.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { Catalogue } from '../portal/portal-context.tsx';
import { propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';

type ColumnPickerProps = {
  readonly catalogue: Catalogue;
  readonly chosen: readonly string[];
  readonly context: FormatContext;
  readonly onChange: (columns: readonly string[]) => void;
};

export function ColumnPicker({ catalogue, chosen, context, onChange }: ColumnPickerProps) {
  const { t } = useLanguage();
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const anchor = useRef<HTMLButtonElement>(null);
  const label = (name: string): string => {
    const property = catalogue.properties.find((candidate) => candidate.name === name);
    return property ? propertyLabel(property, context.language) : name;
  };
  const wanted = search.trim().toLowerCase();
  const rest = catalogue.properties
    .filter((property) => !property.hidden && !chosen.includes(property.name))
    .map((property) => property.name);
  const names = [...chosen, ...rest].filter((name) => `${label(name)} ${name}`.toLowerCase().includes(wanted));
  const toggle = (name: string): void =>
    onChange(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
  const lift = (name: string): void => {
    const at = chosen.indexOf(name);
    const before = chosen[at - 1];
    if (before === undefined) return;
    onChange(chosen.map((other, index) => (index === at - 1 ? name : index === at ? before : other)));
  };
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="button secondary small"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Glyph name="columns" size={15} />
        {t('columns.edit')}
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)} placement="bottom-end" className="column-popover">
          <div className="choice-search">
            <Glyph name="search" size={14} />
            <input
              autoFocus
              value={search}
              aria-label={t('columns.search')}
              placeholder={t('columns.search')}
              onChange={(event) => setSearch(event.target.value)}
            />
          </div>
          <ul className="column-list">
            {names.map((name) => (
              <li key={name}>
                <label>
                  <input
                    type="checkbox"
                    checked={chosen.includes(name)}
                    disabled={chosen.length === 1 && chosen[0] === name}
                    onChange={() => toggle(name)}
                  />
                  {label(name)}
                </label>
                {chosen.indexOf(name) > 0 && (
                  <button
                    type="button"
                    className="icon-button tiny"
                    aria-label={t('columns.lift', { name: label(name) })}
                    onClick={() => lift(name)}
                  >
                    <Glyph name="chevron-up" size={13} />
                  </button>
                )}
              </li>
            ))}
          </ul>
        </Popover>
      )}
    </>
  );
}
