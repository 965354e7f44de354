/** A select over a closed set: options in the set's order, and only members of the set come back. */
import { Select } from '@hubspot/ui-extensions';

export type ChoiceSelectProps<T extends string> = {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly T[];
  readonly value: T;
  readonly labelOf: (choice: T) => string;
  readonly onChange: (choice: T) => void;
  readonly description?: string;
  readonly error?: string | undefined;
  readonly testId?: string;
};

export function ChoiceSelect<T extends string>(props: ChoiceSelectProps<T>) {
  const { choices, onChange, error } = props;
  return (
    <Select
      name={props.name}
      label={props.label}
      value={props.value}
      options={choices.map((choice) => ({ value: choice, label: props.labelOf(choice) }))}
      onChange={(value) => {
        const choice = choices.find((each) => each === value);
        if (choice !== undefined) onChange(choice);
      }}
      error={error !== undefined}
      {...(error === undefined ? {} : { validationMessage: error })}
      {...(props.description === undefined ? {} : { description: props.description })}
      {...(props.testId === undefined ? {} : { testId: props.testId })}
    />
  );
}
