/** Remembers answers for a while: for what hardly ever changes, is asked all the time, and may be seen a little late. */
import type { Clock } from '../world.ts';

const KEPT_MAX = 1_000;

/** @param keptMs how late a change may be noticed. Failures and nulls are not remembered. */
export function recently<T>(
  clock: Clock,
  keptMs: number,
  load: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const kept = new Map<string, { readonly value: T; readonly until: number }>();
  return async (key) => {
    const known = kept.get(key);
    if (known !== undefined && known.until > clock.now()) return known.value;
    const value = await load(key);
    kept.delete(key);
    if (value === null) return value;
    const [oldest] = kept.keys();
    if (kept.size >= KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    kept.set(key, { value, until: clock.now() + keptMs });
    return value;
  };
}
