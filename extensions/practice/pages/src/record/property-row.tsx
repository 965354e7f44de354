import { useEffect, useRef, useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { Property } from '../portal/portal-schema.ts';
import { propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { isAddress, PropertyValue } from '../portal/property-value.tsx';
import { PropertyEditor } from './property-editor.tsx';

/** Answers why a value was refused, or null when it was saved. */
export type SaveProperty = (property: Property, value: string) => Promise<string | null>;

type PropertyRowProps = {
  readonly property: Property;
  readonly value: string | null | undefined;
  readonly changed: boolean;
  readonly context: FormatContext;
  readonly onSave: SaveProperty;
  readonly onHistory: (property: Property) => void;
};

/** A label with its value; pressing the value edits it. */
export function PropertyRow({ property, value, changed, context, onSave, onHistory }: PropertyRowProps) {
  const { t, language } = useLanguage();
  const [editing, setEditing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const label = propertyLabel(property, language);
  useEffect(() => {
    if (wasEditing.current && !editing) button.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  const close = (): void => {
    setEditing(false);
    setError(null);
  };
  const save = async (next: string): Promise<void> => {
    if (next === (value ?? '')) return close();
    setBusy(true);
    const refusal = await onSave(property, next);
    setBusy(false);
    if (refusal === null) close();
    else setError(refusal);
  };

  return (
    <div className={`property-row${changed ? ' changed' : ''}`} data-property={property.name}>
      <div className="property-label">
        <span>{label}</span>
        <button
          type="button"
          className="icon-button tiny on-hover"
          aria-label={t('history.of', { property: label })}
          onClick={() => onHistory(property)}
        >
          <Glyph name="history" size={14} />
        </button>
      </div>
      {editing ? (
        <PropertyEditor
          property={property}
          value={value ?? ''}
          context={context}
          error={error}
          busy={busy}
          onSave={(next) => void save(next)}
          onCancel={close}
        />
      ) : isAddress(value) ? (
        // A link cannot stand inside a button, so an address is edited by the pencil beside it.
        <div className="property-value">
          <PropertyValue property={property} value={value} context={context} />
          {!property.readOnlyValue && (
            <button
              ref={button}
              type="button"
              className="icon-button tiny"
              aria-label={t('property.edit', { property: label })}
              onClick={() => setEditing(true)}
            >
              <Glyph name="edit" size={13} />
            </button>
          )}
        </div>
      ) : property.readOnlyValue ? (
        <div className="property-value read-only">
          <PropertyValue property={property} value={value} context={context} />
          <Glyph name="lock" size={13} text={t('property.readOnly')} />
        </div>
      ) : (
        <button ref={button} type="button" className="property-value" onClick={() => setEditing(true)}>
          <span className="visually-hidden">{t('property.edit', { property: label })} </span>
          <PropertyValue property={property} value={value} context={context} />
          <span className="edit-mark">
            <Glyph name="edit" size={13} />
          </span>
        </button>
      )}
    </div>
  );
}
