import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { Glyph } from './glyph.tsx';
import { Popover } from './popover.tsx';

type Choice = { readonly label: string; readonly value: string; readonly hint?: string };

type ListboxProps = {
  readonly choices: readonly Choice[];
  readonly selected: readonly string[];
  readonly onChange: (selected: readonly string[]) => void;
  readonly label: string;
  readonly multiple?: boolean;
  readonly id?: string;
  readonly describedBy?: string | undefined;
  readonly invalid?: boolean;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  readonly searchLabel: string;
  readonly emptyLabel: string;
  readonly onSearch?: (text: string) => void;
  readonly quiet?: boolean;
  readonly startOpen?: boolean;
};

/** HubSpot shows a search field in a select from the eighth option on (SDK documentation of Select). */
const SEARCH_FROM = 8;

/** A select with one or many values: a button, a floating list, arrow keys, and a search when the list is long. */
export function Listbox(props: ListboxProps) {
  const { choices, selected, onChange, multiple = false } = props;
  const [open, setOpen] = useState(props.startOpen ?? false);
  const button = useRef<HTMLButtonElement>(null);
  const own = useId();
  const chosen = choices.filter((choice) => selected.includes(choice.value));
  const text = chosen.map((choice) => choice.label).join(', ') || selected.join(', ');

  const pick = (value: string): void => {
    if (!multiple) {
      onChange([value]);
      setOpen(false);
      button.current?.focus();
      return;
    }
    onChange(selected.includes(value) ? selected.filter((other) => other !== value) : [...selected, value]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    setOpen(true);
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        id={props.id ?? own}
        className={`field-control select-button${props.quiet ? ' quiet' : ''}`}
        aria-haspopup="listbox"
        aria-expanded={open}
        aria-label={`${props.label}: ${text || (props.placeholder ?? '')}`}
        aria-describedby={props.describedBy}
        data-invalid={props.invalid || undefined}
        disabled={props.disabled}
        onClick={() => setOpen(!open)}
        onKeyDown={onKeyDown}
      >
        <span className={text ? 'select-text' : 'select-text placeholder'}>{text || props.placeholder || ' '}</span>
        <Glyph name="chevron-down" size={14} />
      </button>
      {open && (
        <ChoiceList {...props} multiple={multiple} anchor={button} onPick={pick} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

type ChoiceListProps = ListboxProps & {
  readonly anchor: RefObject<HTMLButtonElement | null>;
  readonly onPick: (value: string) => void;
  readonly onClose: () => void;
};

function ChoiceList(props: ChoiceListProps) {
  const { choices, selected, anchor, onPick, onClose, multiple, onSearch } = props;
  const listId = useId();
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(() =>
    Math.max(
      0,
      choices.findIndex((choice) => selected.includes(choice.value)),
    ),
  );
  const focusTarget = useRef<HTMLInputElement & HTMLUListElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const searchable = choices.length >= SEARCH_FROM || onSearch !== undefined;
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return choices.filter((choice) => `${choice.label} ${choice.value}`.toLowerCase().includes(wanted));
  }, [choices, search]);

  useEffect(() => focusTarget.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const last = shown.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: Math.min(active + 1, last),
      ArrowUp: Math.max(active - 1, 0),
      Home: 0,
      End: last,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setActive(next);
    } else if (event.key === 'Enter' || (event.key === ' ' && !searchable)) {
      event.preventDefault();
      const choice = shown[active];
      if (choice) onPick(choice.value);
    } else if (event.key === 'Tab') {
      onClose();
    }
  };

  const activeId = shown[active] ? `${listId}-${active}` : undefined;
  return (
    <Popover anchor={anchor} onClose={onClose} className="choice-popover">
      {searchable && (
        <div className="choice-search">
          <Glyph name="search" size={14} />
          <input
            ref={focusTarget}
            value={search}
            role="combobox"
            aria-expanded="true"
            aria-controls={listId}
            aria-activedescendant={activeId}
            aria-label={props.searchLabel}
            placeholder={props.searchLabel}
            onKeyDown={onKeyDown}
            onChange={(event) => {
              setSearch(event.target.value);
              setActive(0);
              onSearch?.(event.target.value);
            }}
          />
        </div>
      )}
      <ul
        id={listId}
        ref={(element) => {
          (list as { current: HTMLUListElement | null }).current = element;
          if (!searchable) (focusTarget as { current: HTMLElement | null }).current = element;
        }}
        className="choice-list"
        role="listbox"
        aria-label={props.label}
        aria-multiselectable={multiple}
        aria-activedescendant={searchable ? undefined : activeId}
        tabIndex={searchable ? -1 : 0}
        onKeyDown={searchable ? undefined : onKeyDown}
      >
        {shown.map((choice, index) => (
          <li
            key={choice.value}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={selected.includes(choice.value)}
            data-active={index === active || undefined}
            className="choice"
            onPointerMove={() => setActive(index)}
            onClick={() => onPick(choice.value)}
          >
            {multiple && (
              <span className="choice-box">{selected.includes(choice.value) && <Glyph name="check" size={12} />}</span>
            )}
            <span className="choice-label">{choice.label}</span>
            {choice.hint && <span className="choice-hint">{choice.hint}</span>}
            {!multiple && selected.includes(choice.value) && <Glyph name="check" size={14} />}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="choice-empty">{props.emptyLabel}</p>}
    </Popover>
  );
}
