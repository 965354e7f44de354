import type {
  CheckboxProps,
  MultiSelectProps,
  RadioButtonProps,
  SelectProps,
  ToggleGroupProps,
  ToggleProps,
} from '@hubspot/ui-extensions';
import { useId } from 'react';
import { Listbox } from '../../kit/listbox.tsx';
import { useCardWords } from '../card-words.ts';
import { useFormValue } from '../form-values.tsx';
import { useLocalValue } from '../local-value.ts';
import { parseSize } from '../sizes.ts';
import { FieldFrame } from './field-frame.tsx';

type OptionValue = string | number | boolean;

/** Options may be strings, numbers or booleans; the list works on text and gives the original value back. */
const keyOf = (value: OptionValue): string => `${typeof value}:${value}`;

export function Select(props: SelectProps) {
  const t = useCardWords();
  const { options } = props;
  const [value, setValue] = useLocalValue<OptionValue | null>(props.value, null);
  useFormValue(props.name, value);
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <Listbox
          id={id}
          label={props.label ?? props.name ?? t('field.choose')}
          describedBy={describedBy}
          choices={options.map((option) => ({ label: option.label, value: keyOf(option.value) }))}
          selected={value === null ? [] : [keyOf(value)]}
          placeholder={props.placeholder ?? t('field.choose')}
          searchLabel={t('action.search')}
          emptyLabel={t('field.noChoice')}
          invalid={props.error ?? false}
          disabled={props.readOnly ?? false}
          quiet={props.variant === 'transparent'}
          {...(props.onInput ? { onSearch: (text: string) => props.onInput?.(text) } : {})}
          onChange={([key]) => {
            const picked = options.find((option) => keyOf(option.value) === key);
            if (!picked) return;
            setValue(picked.value);
            props.onChange?.(picked.value);
          }}
        />
      )}
    </FieldFrame>
  );
}

export function MultiSelect(props: MultiSelectProps) {
  const t = useCardWords();
  const { options } = props;
  const [values, setValues] = useLocalValue<readonly OptionValue[]>(props.value, []);
  useFormValue(props.name, values);
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <Listbox
          id={id}
          multiple
          label={props.label ?? props.name ?? t('field.choose')}
          describedBy={describedBy}
          choices={options.map((option) => ({ label: option.label, value: keyOf(option.value) }))}
          selected={values.map(keyOf)}
          placeholder={props.placeholder ?? t('field.choose')}
          searchLabel={t('action.search')}
          emptyLabel={t('field.noChoice')}
          invalid={props.error ?? false}
          disabled={props.readOnly ?? false}
          quiet={props.variant === 'transparent'}
          onChange={(keys) => {
            const picked = options.filter((option) => keys.includes(keyOf(option.value))).map((option) => option.value);
            setValues(picked);
            props.onChange?.(picked);
          }}
        />
      )}
    </FieldFrame>
  );
}

export function Checkbox(props: CheckboxProps) {
  return <Tick {...props} kind="checkbox" />;
}

export function RadioButton(props: RadioButtonProps) {
  return <Tick {...props} kind="radio" />;
}

function Tick(props: CheckboxProps & { readonly kind: 'checkbox' | 'radio' }) {
  const [checked, setChecked] = useLocalValue<boolean>(props.checked, props.initialIsChecked ?? false);
  const describedBy = useId();
  const fixed = props.readOnly ?? props.readonly ?? false;
  useFormValue(
    props.kind === 'checkbox' || checked ? props.name : undefined,
    props.kind === 'radio' ? props.value : checked,
  );
  const small = props.variant === 'small' || parseSize(props.size, 'md') === 'sm';
  return (
    <div className={`c-tick${props.inline ? ' inline' : ''}${small ? ' small' : ''}`}>
      <label>
        <input
          type={props.kind}
          name={props.name}
          value={props.value}
          checked={checked}
          disabled={fixed}
          aria-label={props['aria-label']}
          aria-describedby={props.description ? describedBy : undefined}
          onChange={(event) => {
            setChecked(event.target.checked);
            props.onChange?.(event.target.checked, props.value ?? '');
          }}
        />
        <span>{props.children}</span>
      </label>
      {props.description && (
        <div id={describedBy} className="c-microcopy">
          {props.description}
        </div>
      )}
    </div>
  );
}

export function ToggleGroup(props: ToggleGroupProps) {
  const own = useId();
  const radio = props.toggleType === 'radioButtonList';
  const initial = props.options.filter((option) => option.initialIsChecked).map((option) => option.value);
  const given = props.value === undefined ? undefined : [props.value].flat();
  const [values, setValues] = useLocalValue<readonly string[]>(given, initial);
  useFormValue(props.name, radio ? (values[0] ?? '') : values);
  const choose = (value: string, on: boolean): void => {
    if (props.toggleType === 'radioButtonList') {
      setValues([value]);
      props.onChange?.(value);
      return;
    }
    const next = on ? [...values, value] : values.filter((other) => other !== value);
    setValues(next);
    props.onChange?.([...next]);
  };
  return (
    <FieldFrame {...props} group>
      {({ labelId, describedBy }) => (
        <div
          className={`c-toggle-group${props.inline ? ' inline' : ''}`}
          role={radio ? 'radiogroup' : 'group'}
          aria-labelledby={labelId}
          aria-describedby={describedBy}
        >
          {props.options.map((option) => (
            <div key={option.value} className="c-tick">
              <label>
                <input
                  type={radio ? 'radio' : 'checkbox'}
                  name={`${props.name}-${own}`}
                  value={option.value}
                  checked={values.includes(option.value)}
                  disabled={option.readOnly ?? option.readonly}
                  onChange={(event) => choose(option.value, event.target.checked)}
                />
                <span>{option.label}</span>
              </label>
              {option.description && <div className="c-microcopy">{option.description}</div>}
            </div>
          ))}
        </div>
      )}
    </FieldFrame>
  );
}

export function Toggle(props: ToggleProps) {
  const [checked, setChecked] = useLocalValue<boolean>(props.checked, props.initialIsChecked ?? false);
  const size = parseSize(props.size, 'md');
  useFormValue(props.name, checked);
  return (
    <label className={`c-toggle ${props.labelDisplay ?? 'inline'} ${size}`}>
      <span className={props.labelDisplay === 'hidden' ? 'visually-hidden' : 'c-toggle-label'}>{props.label}</span>
      <input
        type="checkbox"
        role="switch"
        name={props.name}
        checked={checked}
        disabled={props.readOnly ?? props.readonly}
        onChange={(event) => {
          setChecked(event.target.checked);
          props.onChange?.(event.target.checked);
        }}
      />
      <span className="c-toggle-track" aria-hidden="true">
        {size === 'md' && <span className="c-toggle-text">{checked ? props.textChecked : props.textUnchecked}</span>}
      </span>
    </label>
  );
}
