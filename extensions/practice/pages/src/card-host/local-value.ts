import { useEffect, useRef, useState } from 'react';

/** Values on their way to the card and back; a card that never answers must not make this grow. */
const PENDING_MAX = 50;

/**
 * Local state of a controlled input. A keystroke shows at once and travels to the worker. The value that comes back is
 * the echo of a keystroke and is dropped, because newer ones may have followed; any other value is the card's own wish
 * and is taken.
 */
export function useLocalValue<T>(given: T | undefined, initial: T): [T, (next: T) => void] {
  const [value, setValue] = useState<T>(given ?? initial);
  const seen = useRef(JSON.stringify(given));
  const pending = useRef<string[]>([]);
  const key = JSON.stringify(given);
  useEffect(() => {
    if (key === seen.current) return;
    seen.current = key;
    const echo = pending.current.indexOf(key);
    if (echo >= 0) {
      pending.current.splice(0, echo + 1);
      return;
    }
    pending.current = [];
    setValue(given ?? initial);
  }, [key]);
  const change = (next: T): void => {
    pending.current = [...pending.current, JSON.stringify(next)].slice(-PENDING_MAX);
    setValue(next);
  };
  return [value, change];
}
