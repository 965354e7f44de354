import type { CurrencyInputProps, NumberInputProps, StepperInputProps } from '@hubspot/ui-extensions';
import { useEffect, useRef, useState } from 'react';
import { Glyph } from '../../kit/glyph.tsx';
import { useCardWords } from '../card-words.ts';
import { useFormValue } from '../form-values.tsx';
import { FieldFrame } from './field-frame.tsx';

type NumericProps = NumberInputProps & { readonly currency?: string };

/** A percentage travels as a fraction: 5 % is 0.05 (SDK documentation of NumberInput, `formatStyle`). */
const scaleOf = (props: NumericProps): number => (props.formatStyle === 'percentage' ? 100 : 1);

function shownText(value: number | undefined, scale: number): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '';
  return String(Number((value * scale).toPrecision(15)));
}

function clamp(value: number, min: number | undefined, max: number | undefined): number {
  return Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, value));
}

function roundTo(value: number, precision: number | undefined): number {
  return precision === undefined ? value : Number(value.toFixed(precision));
}

/** Keeps what the person types as text, and hands the card a number whenever the text is one. */
function useNumericText(props: NumericProps) {
  const scale = scaleOf(props);
  const [text, setText] = useState(() => shownText(props.value ?? props.defaultValue, scale));
  const current = text === '' ? Number.NaN : Number(text) / scale;
  const committed = useRef(props.value ?? props.defaultValue);
  const typing = useRef(false);
  useEffect(() => {
    // While a person types, what comes back is the echo of an earlier keystroke.
    if (typing.current || props.value === undefined) return;
    committed.current = props.value;
    setText(shownText(props.value, scale));
  }, [props.value, scale]);
  useFormValue(props.name, Number.isNaN(current) ? '' : current);
  const commit = (value: number): void => {
    committed.current = value;
    setText(shownText(value, scale));
    props.onChange?.(value);
  };
  const type = (next: string): void => {
    typing.current = true;
    setText(next);
    const value = Number(next) / scale;
    if (next === '' || Number.isNaN(value)) return;
    props.onInput?.(value);
  };
  const settle = (): void => {
    if (text !== '' && !Number.isNaN(current)) {
      const legal = roundTo(clamp(current, props.min, props.max), props.precision);
      if (legal !== committed.current) commit(legal);
      else setText(shownText(legal, scale));
    }
    typing.current = false;
    props.onBlur?.(current);
  };
  return { text, current, type, settle, commit };
}

function NumberControl({ props, unit, end }: { props: NumericProps; unit?: string; end?: boolean }) {
  const { text, current, type, settle } = useNumericText(props);
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <div className={`c-unit-input${unit ? ' with-unit' : ''}${end ? ' unit-end' : ''}`}>
          {unit && (
            <span className="c-unit" aria-hidden="true">
              {unit}
            </span>
          )}
          <input
            id={id}
            className="field-control"
            style={{ textAlign: props.textAlign }}
            inputMode="decimal"
            name={props.name}
            value={text}
            placeholder={props.placeholder}
            readOnly={props.readOnly}
            required={props.required}
            aria-invalid={props.error || undefined}
            aria-describedby={describedBy}
            onChange={(event) => type(event.target.value.replace(/[^\d.eE+-]/g, ''))}
            onBlur={settle}
            onFocus={() => props.onFocus?.(current)}
          />
        </div>
      )}
    </FieldFrame>
  );
}

export function NumberInput(props: NumberInputProps) {
  return <NumberControl props={props} {...(props.formatStyle === 'percentage' ? { unit: '%', end: true } : {})} />;
}

/** The currency's own sign, as the page's language writes it ("CN¥", "$"). */
function currencySign(currency: string): string {
  const parts = new Intl.NumberFormat(document.documentElement.lang || 'en', {
    style: 'currency',
    currency,
  }).formatToParts(0);
  return parts.find((part) => part.type === 'currency')?.value ?? currency;
}

export function CurrencyInput(props: CurrencyInputProps) {
  return <NumberControl props={props} unit={currencySign(props.currency ?? 'USD')} />;
}

export function StepperInput(props: StepperInputProps) {
  const t = useCardWords();
  const { text, current, type, settle, commit } = useNumericText(props);
  const step = props.stepSize ?? 1;
  const base = Number.isNaN(current) ? 0 : current;
  const lowest = props.min !== undefined && base <= props.min;
  const highest = props.max !== undefined && base >= props.max;
  const move = (by: number): void => commit(roundTo(clamp(base + by, props.min, props.max), props.precision));
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <div className="c-stepper">
          <button
            type="button"
            aria-label={t('field.less')}
            title={lowest ? props.minValueReachedTooltip : undefined}
            disabled={lowest || props.readOnly}
            onClick={() => move(-step)}
          >
            <Glyph name="minus" size={14} />
          </button>
          <input
            id={id}
            className="field-control"
            inputMode="decimal"
            name={props.name}
            value={text}
            readOnly={props.readOnly}
            aria-invalid={props.error || undefined}
            aria-describedby={describedBy}
            onChange={(event) => type(event.target.value)}
            onBlur={settle}
          />
          <button
            type="button"
            aria-label={t('field.more')}
            title={highest ? props.maxValueReachedTooltip : undefined}
            disabled={highest || props.readOnly}
            onClick={() => move(step)}
          >
            <Glyph name="add" size={14} />
          </button>
        </div>
      )}
    </FieldFrame>
  );
}
