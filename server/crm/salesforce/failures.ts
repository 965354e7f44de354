/**
 * Every answer of Salesforce that is no success, as one of the port's failures. Decided by error code first and status second; message
 * texts are for people. The one message that is read is our own: the package's trigger can refuse a record only with words (REST API
 * guide, Status codes and error responses; Object reference, StatusCode).
 */
import type { HostFailure } from '../port.ts';
import type { BudgetReport, CallEffect, HttpAnswer } from '../transport.ts';
import { REDIRECT_REFUSED } from './client.ts';
import { fieldOfName } from './field-names.ts';
import { API_ERRORS } from './wire.ts';
import type { ApiError } from './wire.ts';

export const FAILURE_CLASSES = [
  'rejected',
  'stale',
  'token_refused',
  'field_forbidden',
  'record_forbidden',
  'app_forbidden',
  'not_found',
  'row_locked',
  'approval_locked',
  'request_limited',
  'storage_full',
  'paging_lost',
  'overloaded',
  'outcome_unknown',
  'redirected',
  'unexpected',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

const LOCK_WAIT_MS = 2_000;
/** Approvals and full storage end when a person acts. */
const PERSON_WAIT_MS = 3_600_000;
/** The daily limit counts the last 24 hours, so room comes back bit by bit. */
const DAILY_WAIT_MS = 900_000;
/** Too many long calls at once (Salesforce app limits, Concurrent API requests). */
const CONCURRENCY_WAIT_MS = 10_000;
const DAY_MS = 86_400_000;
const DETAIL_LENGTH_MAX = 300;
/** How the package's triggers begin their refusal of a write that was based on an older version, or that brings an older revision. */
const STALE_WORD = 'STALE_BASE_VERSION';
const LATE_WORD = 'STALE_REVISION';

/** Codes with a fate of their own; any other is a plain refusal of the record or the call. */
export const CODE_CLASSES: Readonly<Record<string, FailureClass>> = {
  UNABLE_TO_LOCK_ROW: 'row_locked',
  REQUEST_LIMIT_EXCEEDED: 'request_limited',
  SERVER_UNAVAILABLE: 'overloaded',
  QUERY_TIMEOUT: 'overloaded',
  UNKNOWN_EXCEPTION: 'outcome_unknown',
  STORAGE_LIMIT_EXCEEDED: 'storage_full',
  INVALID_QUERY_LOCATOR: 'paging_lost',
  INVALID_SESSION_ID: 'token_refused',
  INVALID_AUTH_HEADER: 'token_refused',
  ENTITY_IS_DELETED: 'not_found',
  NOT_FOUND: 'not_found',
  INVALID_CROSS_REFERENCE_KEY: 'not_found',
  MALFORMED_ID: 'not_found',
  ENTITY_IS_LOCKED: 'approval_locked',
  RECORD_LOCKED: 'approval_locked',
  ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE: 'stale',
  INSUFFICIENT_ACCESS_OR_READONLY: 'record_forbidden',
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: 'record_forbidden',
  FIELD_NOT_UPDATABLE: 'field_forbidden',
  INVALID_FIELD_FOR_INSERT_UPDATE: 'field_forbidden',
  API_CURRENTLY_DISABLED: 'app_forbidden',
  API_DISABLED_FOR_ORG: 'app_forbidden',
  INSUFFICIENT_ACCESS: 'app_forbidden',
  CLIENT_NOT_ACCESSIBLE_FOR_USER: 'app_forbidden',
  INVALID_TYPE: 'app_forbidden',
  INVALID_FIELD: 'rejected',
  REQUIRED_FIELD_MISSING: 'rejected',
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: 'rejected',
  STRING_TOO_LONG: 'rejected',
  DUPLICATE_VALUE: 'rejected',
  DUPLICATES_DETECTED: 'rejected',
  DUPLICATE_EXTERNAL_ID: 'rejected',
  FIELD_CUSTOM_VALIDATION_EXCEPTION: 'rejected',
  FIELD_INTEGRITY_EXCEPTION: 'rejected',
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: 'rejected',
};

type Context = { readonly error: ApiError; readonly answer: HttpAnswer | null };

const FAILURES: Record<FailureClass, (context: Context) => HostFailure> = {
  rejected: (context) => rejection(context),
  stale: () => ({ kind: 'stale' }),
  token_refused: () => ({ kind: 'authExpired' }),
  field_forbidden: (context) => forbidden(context),
  // One record that the app's user may not edit must not stop all others.
  record_forbidden: (context) => (context.answer === null ? rejection(context) : forbidden(context)),
  app_forbidden: (context) => forbidden(context),
  not_found: () => ({ kind: 'notFound' }),
  row_locked: () => ({ kind: 'unavailable', retryAfterMs: LOCK_WAIT_MS, detail: 'UNABLE_TO_LOCK_ROW' }),
  approval_locked: (context) => ({ kind: 'unavailable', retryAfterMs: PERSON_WAIT_MS, detail: codeOf(context) }),
  request_limited: ({ answer }) => ({ kind: 'rateLimited', ...limitOf(answer) }),
  storage_full: (context) => ({ kind: 'unavailable', retryAfterMs: PERSON_WAIT_MS, detail: codeOf(context) }),
  paging_lost: (context) => ({ kind: 'unavailable', retryAfterMs: null, detail: codeOf(context) }),
  overloaded: (context) => ({ kind: 'unavailable', retryAfterMs: null, detail: codeOf(context) }),
  outcome_unknown: (context) => ({ kind: 'unknown', detail: codeOf(context) }),
  redirected: () => ({ kind: 'malformed', detail: REDIRECT_REFUSED }),
  unexpected: (context) => ({ kind: 'malformed', detail: codeOf(context) }),
};

/** Statuses after which a write may have happened all the same. */
const UNKNOWN_AFTER_WRITE: ReadonlySet<number> = new Set([500, 502, 504]);

/** Null for a success. A call for many records answers 200 and is judged record by record. */
export function failureOf(answer: HttpAnswer, call: { readonly effect: CallEffect }): HostFailure | null {
  if (answer.status >= 200 && answer.status < 300) return null;
  const errors = API_ERRORS.safeParse(answer.body);
  const error = errors.success ? (errors.data[0] ?? {}) : {};
  return FAILURES[classify(answer.status, error, call)]({ error, answer });
}

export function classify(status: number, error: ApiError, { effect }: { readonly effect: CallEffect }): FailureClass {
  const code = error.errorCode ?? error.statusCode;
  const known = code === undefined ? undefined : CODE_CLASSES[code];
  if (known === 'outcome_unknown') return effect === 'write' ? known : 'overloaded';
  if (known !== undefined) return known;
  if (status === 401) return 'token_refused';
  if (status === 412) return 'stale';
  if (status === 429) return 'request_limited';
  // More than one row has the external id (REST API guide, Insert or update a record using an external id).
  if (status === 300) return 'rejected';
  if (status > 300 && status < 400) return 'redirected';
  if (status >= 500 && status < 600) {
    return effect === 'write' && UNKNOWN_AFTER_WRITE.has(status) ? 'outcome_unknown' : 'overloaded';
  }
  // A firewall or gateway between us may answer 403 or 404 for everything; Salesforce's own errors carry a code.
  if ((status === 403 || status === 404) && code === undefined) return 'unexpected';
  if (status === 403) return 'app_forbidden';
  if (status === 404) return 'not_found';
  return status >= 400 && status < 500 ? 'rejected' : 'unexpected';
}

/** What became of one record of a call that as a whole went through. */
export function failureOfPart(errors: readonly ApiError[]): HostFailure {
  const [error = {}] = errors;
  if (errors.some(isStaleRefusal)) return { kind: 'stale' };
  const code = error.statusCode ?? error.errorCode;
  const known = code === undefined ? undefined : CODE_CLASSES[code];
  return FAILURES[known ?? 'rejected']({ error, answer: null });
}

function isStaleRefusal({ statusCode, message }: ApiError): boolean {
  return (
    statusCode === 'FIELD_CUSTOM_VALIDATION_EXCEPTION' &&
    [STALE_WORD, LATE_WORD].some((word) => message?.startsWith(`${word}: `) === true)
  );
}

function rejection({ error, answer }: Context): HostFailure {
  const fields = error.fields ?? [];
  return {
    kind: 'rejected',
    code: codeOf({ error, answer }),
    field: fields.map(fieldOfName).find((field) => field !== null && field !== 'syncToken') ?? null,
    detail: [fields.join(','), error.message ?? '']
      .filter((part) => part !== '')
      .join(': ')
      .slice(0, DETAIL_LENGTH_MAX),
  };
}

function forbidden({ error, answer }: Context): HostFailure {
  const missing = error.fields ?? [];
  return { kind: 'forbidden', missing: missing.length > 0 ? missing : [codeOf({ error, answer })] };
}

function codeOf({ error, answer }: Context): string {
  return error.errorCode ?? error.statusCode ?? (answer === null ? 'UNKNOWN' : `HTTP_${answer.status}`);
}

/** One code stands for both limits; which one was met shows in the usage that comes along. */
function limitOf(answer: HttpAnswer | null): { readonly scope: 'burst' | 'daily'; readonly retryAfterMs: number } {
  const usage = answer === null ? null : usageOf(answer);
  const isSpent = usage === null || usage.used >= usage.max;
  return isSpent
    ? { scope: 'daily', retryAfterMs: DAILY_WAIT_MS }
    : { scope: 'burst', retryAfterMs: CONCURRENCY_WAIT_MS };
}

/** `api-usage=14523/100000`, calls of the last 24 hours by everybody in the org; per-app counts may follow after a comma. */
function usageOf(answer: HttpAnswer): { readonly used: number; readonly max: number } | null {
  const match = /(?:^|[,;\s])api-usage=(\d{1,12})\/(\d{1,12})/.exec(answer.headers['sforce-limit-info'] ?? '');
  return match === null ? null : { used: Number(match[1]), max: Number(match[2]) };
}

/** What an answer says about the org's daily calls; null when it says nothing. */
export function budgetOf(answer: HttpAnswer): BudgetReport | null {
  const usage = usageOf(answer);
  const failure = failureOf(answer, { effect: 'read' });
  const limited =
    failure?.kind === 'rateLimited' && failure.scope !== 'budget'
      ? { scope: failure.scope, retryAfterMs: failure.retryAfterMs }
      : null;
  if (usage === null && limited === null) return null;
  return {
    bucket: 'daily',
    max: usage?.max ?? null,
    remaining: usage === null ? null : Math.max(0, usage.max - usage.used),
    intervalMs: usage === null ? null : DAY_MS,
    limited,
  };
}
