import type { BaseDate, DateInputProps, TimeInputProps } from '@hubspot/ui-extensions';
import { useFormValue } from '../form-values.tsx';
import { useLocalValue } from '../local-value.ts';
import { FieldFrame } from './field-frame.tsx';

type Day = { readonly year: number; readonly month: number; readonly date: number };
type TimeOfDay = { readonly hours: number; readonly minutes: number };

const two = (value: number): string => String(value).padStart(2, '0');

/** The SDK counts months from 0; the browser's date field reads YYYY-MM-DD. */
function dayToIso(day: Day | null | undefined): string {
  return day ? `${String(day.year).padStart(4, '0')}-${two(day.month + 1)}-${two(day.date)}` : '';
}

function isoToDay(text: string): BaseDate | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  return match ? { year: Number(match[1]), month: Number(match[2]) - 1, date: Number(match[3]) } : null;
}

export function DateInput(props: DateInputProps) {
  const [value, setValue] = useLocalValue<string>(
    props.value === undefined ? undefined : dayToIso(props.value),
    dayToIso(props.defaultValue),
  );
  useFormValue(props.name, isoToDay(value));
  const early = props.min !== undefined && value !== '' && value < dayToIso(props.min);
  const late = props.max !== undefined && value !== '' && value > dayToIso(props.max);
  const outside = early ? props.minValidationMessage : late ? props.maxValidationMessage : undefined;
  // Clearing hands the card null, which the SDK's types leave out though its runtime does the same.
  const payload = (text: string) => isoToDay(text) as BaseDate;
  return (
    <FieldFrame
      {...props}
      error={props.error || early || late}
      {...(outside === undefined ? {} : { validationMessage: outside })}
    >
      {({ id, describedBy }) => (
        <input
          id={id}
          type="date"
          className="field-control date"
          name={props.name}
          value={value}
          min={props.min ? dayToIso(props.min) : undefined}
          max={props.max ? dayToIso(props.max) : undefined}
          readOnly={props.readOnly}
          required={props.required}
          aria-invalid={props.error || early || late || undefined}
          aria-describedby={describedBy}
          onChange={(event) => {
            setValue(event.target.value);
            props.onChange?.(payload(event.target.value));
          }}
          onBlur={() => props.onBlur?.(payload(value))}
          onFocus={() => props.onFocus?.(payload(value))}
        />
      )}
    </FieldFrame>
  );
}

function timeToText(time: TimeOfDay | null | undefined): string {
  return time ? `${two(time.hours)}:${two(time.minutes)}` : '';
}

function textToTime(text: string): TimeOfDay | null {
  const match = /^(\d{2}):(\d{2})/.exec(text);
  return match ? { hours: Number(match[1]), minutes: Number(match[2]) } : null;
}

export function TimeInput(props: TimeInputProps) {
  const [value, setValue] = useLocalValue<string>(
    props.value === undefined ? undefined : timeToText(props.value),
    timeToText(props.defaultValue),
  );
  useFormValue(props.name, textToTime(value));
  return (
    <FieldFrame {...props}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="time"
          className="field-control date"
          name={props.name}
          value={value}
          min={timeToText(props.min) || undefined}
          max={timeToText(props.max) || undefined}
          step={(props.interval ?? 30) * 60}
          readOnly={props.readOnly}
          required={props.required}
          aria-invalid={props.error || undefined}
          aria-describedby={describedBy}
          onChange={(event) => {
            setValue(event.target.value);
            const time = textToTime(event.target.value);
            if (time) props.onChange?.(time);
          }}
        />
      )}
    </FieldFrame>
  );
}
