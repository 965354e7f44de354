/** A calendar day as `YYYY-MM-DD` in HubSpot's date field, which counts months from 0. */
import { DateInput } from '@hubspot/ui-extensions';

export type DayFieldProps = {
  readonly name: string;
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (day: string | null) => void;
  readonly error?: string | undefined;
  readonly required?: boolean;
  readonly testId?: string;
};

type FieldDay = { readonly year: number; readonly month: number; readonly date: number };

export function DayField({ name, label, value, onChange, error, required = false, testId }: DayFieldProps) {
  const shown = value === null ? null : toFieldDay(value);
  return (
    <DateInput
      name={name}
      label={label}
      format="standard"
      required={required}
      error={error !== undefined}
      // The portal's zone, because deadlines are read in it; the day itself carries no zone.
      timezone="portalTz"
      onChange={(day: FieldDay | null) => onChange(day === null ? null : fromFieldDay(day))}
      {...(shown === null ? {} : { value: shown })}
      {...(error === undefined ? {} : { validationMessage: error })}
      {...(testId === undefined ? {} : { testId })}
    />
  );
}

function toFieldDay(day: string): FieldDay | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  return match === null ? null : { year: Number(match[1]), month: Number(match[2]) - 1, date: Number(match[3]) };
}

function fromFieldDay(day: FieldDay): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${String(day.year).padStart(4, '0')}-${two(day.month + 1)}-${two(day.date)}`;
}
