import { useEffect, useRef, useState } from 'react';

/**
 * Local state of a controlled input. A keystroke shows at once and travels to the worker; the prop that comes back is
 * taken only when it differs from the last one given, so a slow answer cannot undo newer typing.
 */
export function useLocalValue<T>(given: T | undefined, initial: T): [T, (next: T) => void] {
  const [value, setValue] = useState<T>(given ?? initial);
  const last = useRef(given);
  const key = JSON.stringify(given);
  useEffect(() => {
    if (given !== undefined && JSON.stringify(last.current) !== key) setValue(given);
    if (given === undefined && last.current !== undefined) setValue(initial);
    last.current = given;
  }, [key]);
  return [value, setValue];
}
