import { createContext, useContext, useEffect, useRef } from 'react';

/** Values of the named inputs inside a Form, as the SDK's onSubmit hands them over (`event.targetValue`). */
export type FormValues = Map<string, { readonly current: unknown }>;

export const FormValuesContext = createContext<FormValues | null>(null);

/** Registers an input's current value with the form around it. */
export function useFormValue(name: string | undefined, value: unknown): void {
  const form = useContext(FormValuesContext);
  const holder = useRef(value);
  holder.current = value;
  useEffect(() => {
    if (form === null || name === undefined || name === '') return;
    form.set(name, holder);
    return () => {
      if (form.get(name) === holder) form.delete(name);
    };
  }, [form, name]);
}
