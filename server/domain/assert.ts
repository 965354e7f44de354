/**
 * Assertions for what can only be a bug. They throw, and the throw ends the unit of work; expected failures are values instead.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}

/** The value itself, or a throw when it is absent; `what` names the thing that had to exist. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`Assertion failed: ${what} must exist`);
  return value;
}

/** Marks a branch that the types exclude; reaching it means data was let in unparsed. */
export function unreachable(value: never): never {
  throw new Error(`Assertion failed: unreachable value ${String(value)}`);
}
