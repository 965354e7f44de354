/** Why the embedded PostgreSQL could not start. Each code has one sentence for the person at the terminal. */
export const START_FAILURE_CODES = [
  'unsupported_platform',
  'missing_glibc',
  'folder_unwritable',
  'folder_in_use',
  'other_version',
  'initialisation_failed',
  'start_failed',
] as const;
export type StartFailureCode = (typeof START_FAILURE_CODES)[number];
export type StartFailure = { readonly code: StartFailureCode; readonly sentence: string };

export type StartResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: StartFailure };

export function startFailed(
  code: StartFailureCode,
  sentence: string,
): { readonly ok: false; readonly failure: StartFailure } {
  return { ok: false, failure: { code, sentence } };
}
