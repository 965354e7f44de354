/**
 * The one door for time and randomness. Everything that decides "when" or "which" takes a World, so that the same code runs on the
 * wall clock in production and on a virtual clock, from a seed, in tests.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** A version 4 UUID. */
  uuid(): string;
  /** `byteCount` bytes fit for secrets. */
  bytes(byteCount: number): Uint8Array;
}

export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
