/** A day and a time of day side by side, as one moment on the portal's wall clock. */
import { AutoGrid, TimeInput } from '@hubspot/ui-extensions';
import type { DayAndTime } from '@counterpart/app/core/plain-date.ts';
import { DayField } from './day-field.tsx';

export type MomentFieldProps = {
  readonly name: string;
  readonly labels: { readonly day: string; readonly time: string };
  readonly value: DayAndTime;
  readonly onChange: (moment: DayAndTime) => void;
  readonly error?: string | undefined;
};

const STEP_MINUTES = 5;
const FIELD_WIDTH = 220;

export function MomentField({ name, labels, value, onChange, error }: MomentFieldProps) {
  return (
    <AutoGrid columnWidth={FIELD_WIDTH} flexible gap="sm">
      <DayField
        name={`${name}-day`}
        label={labels.day}
        value={value.date}
        onChange={(date) => onChange({ ...value, date: date ?? value.date })}
        error={error}
        required
      />
      <TimeInput
        name={`${name}-time`}
        label={labels.time}
        value={{ hours: value.hours, minutes: value.minutes }}
        interval={STEP_MINUTES}
        timezone="portalTz"
        required
        onChange={(time) => onChange({ ...value, hours: time.hours, minutes: time.minutes })}
      />
    </AutoGrid>
  );
}
