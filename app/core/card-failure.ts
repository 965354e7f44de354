/**
 * Why a request of a card did not succeed, read from the answer's body whatever its HTTP status: HubSpot hands an error of our
 * server to the card wrapped in an envelope of its own (`status: "error"`, `category: "BAD_GATEWAY"`, the server's status in
 * `context.appServerStatusCode`), at times with HTTP 200 (HubSpot docs, Fetching data; its development proxy does the same).
 */
import { z } from 'zod';
import { problem, type Problem, type ProblemCode } from '../wire/problem.ts';
import type { MessageKey } from './translate.ts';

export const FAILURE_KINDS = [
  'offline',
  'timeout',
  'busy',
  'unavailable',
  'host_unavailable',
  'not_connected',
  'forbidden',
  'not_found',
  'record_not_in_portal',
  'revision_conflict',
  'stage_move_refused',
  'date_refused',
  'already_attached',
  'record_full',
  'invalid',
  'unexpected',
  'malformed',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

export type FieldError = { readonly pointer: string; readonly message: string };
export type CardFailure = {
  readonly kind: FailureKind;
  /** The domain's own code, e.g. why a stage move was refused. */
  readonly reason: string | null;
  readonly fields: readonly FieldError[];
};

const KIND_OF_CODE: Readonly<Record<ProblemCode, FailureKind>> = {
  bad_request: 'invalid',
  invalid_body: 'invalid',
  not_signed_in: 'forbidden',
  signature_refused: 'unexpected',
  forbidden: 'forbidden',
  not_found: 'not_found',
  method_not_allowed: 'unexpected',
  record_not_in_portal: 'record_not_in_portal',
  revision_conflict: 'revision_conflict',
  stage_move_refused: 'stage_move_refused',
  date_refused: 'date_refused',
  already_attached: 'already_attached',
  idempotency_mismatch: 'unexpected',
  not_connected: 'not_connected',
  payload_too_large: 'invalid',
  unsupported_media_type: 'unexpected',
  rate_limited: 'busy',
  host_unavailable: 'host_unavailable',
  import_invalid: 'invalid',
  internal: 'unexpected',
  unavailable: 'unavailable',
};

/** How a refusal is worded for people, whatever the server's own explanation for developers says. */
export function failureKindOf(code: ProblemCode): FailureKind {
  return KIND_OF_CODE[code];
}

/** Failures that the same request, sent again with the same idempotency key, may survive. */
const WORTH_RETRYING: ReadonlySet<FailureKind> = new Set([
  'offline',
  'timeout',
  'busy',
  'unavailable',
  'host_unavailable',
]);

const envelope = z.object({
  status: z.enum(['success', 'error', 'SUCCESS', 'ERROR']),
  category: z.string().optional(),
  responseBody: z.unknown().optional(),
  context: z
    .object({ appServerStatusCode: z.array(z.coerce.number()).min(1) })
    .partial()
    .optional(),
});

/** What a body holds: our own document, or a failure. `httpStatus` is the transport's, used only when the body says nothing. */
export type ReadBody =
  | { readonly kind: 'document'; readonly document: unknown }
  | { readonly kind: 'failure'; readonly failure: CardFailure };

export function plainFailure(kind: FailureKind): CardFailure {
  return { kind, reason: null, fields: [] };
}

export function isWorthRetrying(failure: CardFailure): boolean {
  return WORTH_RETRYING.has(failure.kind);
}

export function failureMessageKey(failure: CardFailure): MessageKey {
  return `failure.${failure.kind}`;
}

/** Reads an answer's parsed JSON body; see the head of this file. */
export function readBody(httpStatus: number, body: unknown): ReadBody {
  const asProblem = problem.safeParse(body);
  if (asProblem.success) return { kind: 'failure', failure: failureOfProblem(asProblem.data) };

  const wrapped = envelope.safeParse(body);
  if (wrapped.success) return readEnvelope(httpStatus, wrapped.data);

  if (httpStatus >= 200 && httpStatus < 300) return { kind: 'document', document: body };
  return { kind: 'failure', failure: plainFailure(kindOfStatus(httpStatus)) };
}

function readEnvelope(httpStatus: number, wrapped: z.infer<typeof envelope>): ReadBody {
  const status = wrapped.context?.appServerStatusCode?.[0] ?? httpStatus;
  const inner = problem.safeParse(wrapped.responseBody);
  if (inner.success) return { kind: 'failure', failure: failureOfProblem(inner.data) };
  if (wrapped.status.toLowerCase() === 'success') return { kind: 'document', document: wrapped.responseBody };
  return { kind: 'failure', failure: plainFailure(kindOfStatus(status)) };
}

function failureOfProblem({ code, reason, errors }: Problem): CardFailure {
  const kind = reason === 'too_many_links' ? 'record_full' : KIND_OF_CODE[code];
  return { kind, reason: reason ?? null, fields: errors ?? [] };
}

function kindOfStatus(status: number): FailureKind {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'not_found';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429) return 'busy';
  if (status === 422) return 'invalid';
  if (status === 502 || status === 503) return 'unavailable';
  return 'unexpected';
}
