/** How a service answers: a value, or the one problem that stands in the way. Bugs are exceptions and never come this way. */
import type { ProblemCode } from '../../app/wire/problem.ts';

export type Refusal = {
  readonly ok: false;
  readonly code: ProblemCode;
  /** A stable code of the domain's own, e.g. why a stage move was refused. */
  readonly reason?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
};
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refusal;

export function done<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refused(code: ProblemCode, more: Omit<Refusal, 'ok' | 'code'> = {}): Refusal {
  return { ok: false, code, ...more };
}
