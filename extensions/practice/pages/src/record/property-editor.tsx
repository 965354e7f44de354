import { useEffect, useRef, useState } from 'react';
import { Listbox } from '../kit/listbox.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { Property } from '../portal/portal-schema.ts';
import { choicesOf, dayOf, propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';

type PropertyEditorProps = {
  readonly property: Property;
  readonly value: string;
  readonly context: FormatContext;
  readonly error: string | null;
  readonly busy: boolean;
  readonly onSave: (value: string) => void;
  readonly onCancel: () => void;
};

/** Edits one property in place. Enter saves (Ctrl+Enter in a long text), Escape cancels. */
export function PropertyEditor({ property, value, context, error, busy, onSave, onCancel }: PropertyEditorProps) {
  const { t } = useLanguage();
  const [draft, setDraft] = useState(() => editableText(property, value));
  const errorId = `error-${property.name}`;
  return (
    <form
      className="property-editor"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(storedText(property, draft));
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
        if (event.key === 'Enter' && event.ctrlKey) onSave(storedText(property, draft));
      }}
    >
      <ValueControl
        property={property}
        draft={draft}
        context={context}
        describedBy={error ? errorId : undefined}
        onChange={setDraft}
      />
      {error && (
        <p id={errorId} className="field-error" role="alert">
          {error}
        </p>
      )}
      <div className="editor-actions">
        <button type="submit" className="button primary small" disabled={busy}>
          {busy && <span className="spinner small" aria-hidden="true" />}
          {t('action.save')}
        </button>
        <button type="button" className="button secondary small" onClick={onCancel}>
          {t('action.cancel')}
        </button>
      </div>
    </form>
  );
}

/** A datetime is edited in the browser's own zone; HubSpot stores it as an instant. */
function editableText(property: Property, value: string): string {
  if (property.type === 'date') return value === '' ? '' : (dayOf(value) ?? '');
  if (property.type !== 'datetime' || value === '') return value;
  const date = new Date(/^\d+$/.test(value) ? Number(value) : value);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function storedText(property: Property, draft: string): string {
  if (property.type === 'datetime' && draft !== '') return new Date(draft).toISOString();
  return draft;
}

type ValueControlProps = {
  readonly property: Property;
  readonly draft: string;
  readonly context: FormatContext;
  readonly describedBy: string | undefined;
  readonly onChange: (draft: string) => void;
};

const INPUT_TYPES: Readonly<Record<string, string>> = { date: 'date', datetime: 'datetime-local', number: 'text' };

function ValueControl({ property, draft, context, describedBy, onChange }: ValueControlProps) {
  const { t, language } = useLanguage();
  const control = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => control.current?.focus(), []);
  const choices = choicesOf(property, context);
  const label = propertyLabel(property, language);
  if (choices) {
    const multiple = property.fieldType === 'checkbox';
    const clear = { label: t('field.none'), value: '' };
    return (
      <Listbox
        startOpen
        multiple={multiple}
        label={label}
        describedBy={describedBy}
        invalid={describedBy !== undefined}
        placeholder={t('field.choose')}
        searchLabel={t('action.search')}
        emptyLabel={t('field.noChoice')}
        choices={multiple ? choices : [clear, ...choices]}
        selected={multiple ? draft.split(';').filter((one) => one !== '') : [draft]}
        onChange={(values) => onChange(values.join(';'))}
      />
    );
  }
  const shared = {
    ref: control,
    className: 'field-control',
    value: draft,
    'aria-label': label,
    'aria-invalid': describedBy !== undefined,
    'aria-describedby': describedBy,
  };
  if (property.fieldType === 'textarea') {
    return <textarea {...shared} rows={4} onChange={(event) => onChange(event.target.value)} />;
  }
  return (
    <input
      {...shared}
      type={INPUT_TYPES[property.type] ?? 'text'}
      inputMode={property.type === 'number' ? 'decimal' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
