import type { FormProps, InputProps, SearchInputProps, TextAreaProps } from '@hubspot/ui-extensions';
import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { Glyph } from '../../kit/glyph.tsx';
import { useCardWords } from '../card-words.ts';
import { FormValuesContext, useFormValue } from '../form-values.tsx';
import type { FormValues } from '../form-values.tsx';
import { useLocalValue } from '../local-value.ts';
import { extensionEvent, useClick } from '../overlay.tsx';
import { FieldFrame } from './field-frame.tsx';

export function Form({ children, onSubmit, autoComplete }: FormProps) {
  const values = useRef<FormValues>(new Map());
  const submit = useClick(
    onSubmit === undefined
      ? undefined
      : (_event: unknown, reactions: Parameters<NonNullable<FormProps['onSubmit']>>[1]) => {
          const targetValue = Object.fromEntries([...values.current].map(([name, holder]) => [name, holder.current]));
          // The SDK types the values as strings and numbers; they are whatever the card's own inputs hold.
          return onSubmit({ ...extensionEvent('submit'), targetValue } as Parameters<typeof onSubmit>[0], reactions);
        },
  );
  return (
    <FormValuesContext.Provider value={values.current}>
      <form
        className="c-form"
        autoComplete={autoComplete}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
      </form>
    </FormValuesContext.Provider>
  );
}

/**
 * What every text input shares: onInput at each keystroke, onChange when the value is committed, which the SDK documents
 * as leaving the field or submitting the form.
 */
function useTextValue(props: InputProps) {
  const [value, setValue] = useLocalValue<string>(props.value ?? undefined, props.defaultValue ?? '');
  const committed = useRef(value);
  useFormValue(props.name, value);
  const commit = (next: string): void => {
    if (next === committed.current) return;
    committed.current = next;
    props.onChange?.(next);
  };
  const change = (next: string): void => {
    setValue(next);
    props.onInput?.(next);
  };
  const events = {
    onBlur: () => {
      commit(value);
      props.onBlur?.(value);
    },
    onFocus: () => props.onFocus?.(value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) commit(value);
    },
  };
  const clear = (): void => {
    change('');
    commit('');
  };
  return { value, change, clear, events };
}

export function Input(props: InputProps) {
  const { value, change, events } = useTextValue(props);
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <input
          id={id}
          className="field-control"
          type={props.type ?? 'text'}
          name={props.name}
          value={value}
          placeholder={props.placeholder}
          readOnly={props.readOnly}
          required={props.required}
          aria-invalid={props.error || undefined}
          aria-describedby={describedBy}
          {...events}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

export function TextArea(props: TextAreaProps) {
  const { value, change, events } = useTextValue(props);
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <textarea
          id={id}
          className="field-control"
          name={props.name}
          value={value}
          cols={props.cols}
          rows={props.rows ?? 3}
          maxLength={props.maxLength}
          style={{ resize: props.resize ?? 'vertical' }}
          placeholder={props.placeholder}
          readOnly={props.readOnly}
          required={props.required}
          aria-invalid={props.error || undefined}
          aria-describedby={describedBy}
          {...events}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

export function SearchInput(props: SearchInputProps) {
  const t = useCardWords();
  const { value, change, clear, events } = useTextValue(props);
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <div className="c-search">
          <Glyph name="search" size={15} />
          <input
            id={id}
            className="field-control"
            type="text"
            role="searchbox"
            name={props.name}
            value={value}
            placeholder={props.placeholder}
            readOnly={props.readOnly}
            aria-label={props.label ? undefined : (props.placeholder ?? t('action.search'))}
            aria-describedby={describedBy}
            {...events}
            onChange={(event) => change(event.target.value)}
          />
          {props.clearable !== false && value !== '' && (
            <button type="button" className="c-bare c-clear" aria-label={t('action.clear')} onClick={clear}>
              <Glyph name="close" size={14} />
            </button>
          )}
        </div>
      )}
    </FieldFrame>
  );
}
