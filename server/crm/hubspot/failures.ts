/**
 * Every answer of HubSpot that is no success, as one of the port's failures. Decided by status, category, code and policy name only; message
 * texts are for people and change without notice (HubSpot docs, Error handling; Usage guidelines).
 */
import type { MirrorField } from '../../domain/mirror.ts';
import type { HostFailure } from '../port.ts';
import type { BudgetBucket, BudgetReport, CallEffect, HttpAnswer } from '../transport.ts';
import { fieldOfProperty } from './properties.ts';
import { ERROR_BODY } from './wire.ts';
import type { ErrorBody, ErrorDetail } from './wire.ts';

export const FAILURE_CLASSES = [
  'rejected',
  'token_refused',
  'missing_scopes',
  'forbidden',
  'not_found',
  'locked',
  'burst_limited',
  'search_limited',
  'daily_limited',
  'migrating',
  'overloaded',
  'outcome_unknown',
  'redirected',
  'unexpected',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

const LOCK_WAIT_MS = 2_000;
const BURST_WAIT_MS = 10_000;
const SEARCH_WAIT_MS = 1_000;
/** HubSpot names no instant at which the day ends for us, so a spent day is probed hourly. */
const DAILY_WAIT_MS = 3_600_000;
const MIGRATION_WAIT_MS = 3_600_000;
const RETRY_AFTER_MS_MAX = 86_400_000;
const DETAIL_LENGTH_MAX = 300;

type Context = { readonly answer: HttpAnswer; readonly body: ErrorBody };

const FAILURES: Record<FailureClass, (context: Context) => HostFailure> = {
  rejected: ({ body, answer }) => rejection(body, `HTTP_${answer.status}`),
  token_refused: () => ({ kind: 'authExpired' }),
  missing_scopes: ({ body }) => ({ kind: 'forbidden', missing: requiredScopes(body) }),
  forbidden: () => ({ kind: 'forbidden', missing: [] }),
  not_found: () => ({ kind: 'notFound' }),
  locked: ({ answer }) => ({
    kind: 'unavailable',
    retryAfterMs: retryAfterMs(answer) ?? LOCK_WAIT_MS,
    detail: 'locked',
  }),
  burst_limited: ({ answer }) => ({
    kind: 'rateLimited',
    retryAfterMs:
      retryAfterMs(answer) ?? numberHeader(answer, 'x-hubspot-ratelimit-interval-milliseconds') ?? BURST_WAIT_MS,
    scope: 'burst',
  }),
  search_limited: ({ answer }) => ({
    kind: 'rateLimited',
    retryAfterMs: retryAfterMs(answer) ?? SEARCH_WAIT_MS,
    scope: 'burst',
  }),
  daily_limited: ({ answer }) => ({
    kind: 'rateLimited',
    retryAfterMs: retryAfterMs(answer) ?? DAILY_WAIT_MS,
    scope: 'daily',
  }),
  migrating: ({ answer }) => ({
    kind: 'unavailable',
    retryAfterMs: retryAfterMs(answer) ?? MIGRATION_WAIT_MS,
    detail: 'account_migration',
  }),
  overloaded: ({ answer }) => ({
    kind: 'unavailable',
    retryAfterMs: retryAfterMs(answer),
    detail: `HTTP_${answer.status}`,
  }),
  outcome_unknown: ({ answer }) => ({ kind: 'unknown', detail: `HTTP_${answer.status}` }),
  redirected: () => ({ kind: 'malformed', detail: 'redirect_refused' }),
  unexpected: ({ answer }) => ({ kind: 'malformed', detail: `HTTP_${answer.status}` }),
};

/** Statuses after which a write may have happened all the same: a gateway gave up on the answer, not on the work. */
const UNKNOWN_AFTER_WRITE: ReadonlySet<number> = new Set([500, 502, 504, 520, 524]);

/** Null for a success, 207 included: its parts are judged one by one. */
export function failureOf(
  answer: HttpAnswer,
  call: { readonly effect: CallEffect; readonly bucket: BudgetBucket },
): HostFailure | null {
  if (answer.status >= 200 && answer.status < 300) return null;
  const parsed = ERROR_BODY.safeParse(answer.body);
  const body: ErrorBody = parsed.success ? parsed.data : {};
  return FAILURES[classify(answer, body, call)]({ answer, body });
}

export function classify(
  { status }: HttpAnswer,
  body: ErrorBody,
  call: { readonly effect: CallEffect; readonly bucket: BudgetBucket },
): FailureClass {
  if (status >= 300 && status < 400) return 'redirected';
  if (status === 401) return 'token_refused';
  if ((status === 403 || status === 404) && !isVendors(body)) return 'unexpected';
  if (status === 403) return body.category === 'MISSING_SCOPES' ? 'missing_scopes' : 'forbidden';
  if (status === 404 || body.category === 'OBJECT_NOT_FOUND') return 'not_found';
  if (status === 423) return 'locked';
  if (status === 429) return limitClass(body, call.bucket);
  if (status === 477) return 'migrating';
  if (status >= 500 && status < 600) {
    return call.effect === 'write' && UNKNOWN_AFTER_WRITE.has(status) ? 'outcome_unknown' : 'overloaded';
  }
  return status >= 400 && status < 500 ? 'rejected' : 'unexpected';
}

/**
 * A firewall or gateway between us may answer 403 or 404 for everything; taken for HubSpot's word, that would park connections and turn links
 * into tombstones. HubSpot's own errors carry a message and a category (HubSpot docs, Error handling).
 */
function isVendors(body: ErrorBody): boolean {
  return body.message !== undefined || body.category !== undefined;
}

function limitClass(body: ErrorBody, bucket: BudgetBucket): FailureClass {
  if (body.policyName === 'DAILY') return 'daily_limited';
  return bucket === 'search' ? 'search_limited' : 'burst_limited';
}

/** One error part of a 207 answer, judged as if it had been the whole answer. */
export function failureOfPart(part: ErrorBody): HostFailure {
  if (part.category === 'OBJECT_NOT_FOUND') return { kind: 'notFound' };
  if (part.category === 'RATE_LIMITS') return { kind: 'rateLimited', retryAfterMs: BURST_WAIT_MS, scope: 'burst' };
  return rejection(part, 'UNKNOWN');
}

/** The first detail says most; the body around it fills in what that leaves open. */
function rejection(body: ErrorBody, fallback: string): HostFailure {
  const detail: ErrorDetail = body.errors?.[0] ?? body;
  const code = detail.code ?? body.code ?? detail.subCategory ?? body.subCategory ?? body.category ?? fallback;
  const names = [...new Set([detail, body].flatMap(propertyNames))];
  const message = detail.message ?? body.message ?? '';
  return {
    kind: 'rejected',
    code,
    field: names.map(fieldOfProperty).find((field): field is MirrorField => field !== null) ?? null,
    detail: [names.join(','), message]
      .filter((part) => part !== '')
      .join(': ')
      .slice(0, DETAIL_LENGTH_MAX),
  };
}

/** Where HubSpot's answers name a property: the detail's `in`, or one of these context keys. */
const PROPERTY_CONTEXT_KEYS = ['propertyName', 'propertyNames', 'property', 'properties', 'name'] as const;

function propertyNames(detail: ErrorDetail): readonly string[] {
  const context = detail.context ?? {};
  const named = PROPERTY_CONTEXT_KEYS.flatMap((key) => context[key] ?? []);
  return detail.in === undefined ? named : [...named, detail.in];
}

function requiredScopes(body: ErrorBody): readonly string[] {
  const contexts = [body.context, ...(body.errors ?? []).map((entry) => entry.context)];
  return [
    ...new Set(contexts.flatMap((context) => context?.['requiredGranularScopes'] ?? context?.['requiredScopes'] ?? [])),
  ];
}

/** Seconds as HubSpot sends them, bounded; null when absent or unreadable. */
function retryAfterMs(answer: HttpAnswer): number | null {
  const seconds = numberHeader(answer, 'retry-after');
  return seconds === null ? null : Math.min(seconds * 1_000, RETRY_AFTER_MS_MAX);
}

function numberHeader(answer: HttpAnswer, name: string): number | null {
  const text = answer.headers[name];
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : null;
}

/** What an answer says about the connection's limits; null when it says nothing (searches never do). */
export function budgetOf(answer: HttpAnswer, bucket: BudgetBucket): BudgetReport | null {
  const failure = answer.status === 429 ? failureOf(answer, { effect: 'read', bucket }) : null;
  const limited =
    failure?.kind === 'rateLimited' && failure.scope !== 'budget'
      ? { scope: failure.scope, retryAfterMs: failure.retryAfterMs }
      : null;
  const max = numberHeader(answer, 'x-hubspot-ratelimit-max');
  const remaining = numberHeader(answer, 'x-hubspot-ratelimit-remaining');
  if (limited === null && remaining === null) return null;
  return {
    bucket,
    max,
    remaining,
    intervalMs: numberHeader(answer, 'x-hubspot-ratelimit-interval-milliseconds'),
    limited,
  };
}
