/** One table of problems; every failure that leaves this server is one of them (RFC 9457). Texts are safe for anybody to read. */
import type { Response } from 'express';
import type { Problem, ProblemCode } from '../../app/wire/problem.ts';
import type { Refusal } from '../services/outcome.ts';

const PROBLEMS: Record<ProblemCode, { readonly status: number; readonly title: string }> = {
  bad_request: { status: 400, title: 'The request could not be understood.' },
  invalid_body: { status: 422, title: 'Some of the values sent are not acceptable.' },
  not_signed_in: { status: 401, title: 'Sign in to continue.' },
  signature_refused: { status: 401, title: 'The request was not signed by the CRM, or its signature is too old.' },
  forbidden: { status: 403, title: 'Your role does not allow this.' },
  not_found: { status: 404, title: 'There is nothing here.' },
  record_not_in_portal: { status: 404, title: 'This CRM record was not found in the connected portal.' },
  revision_conflict: { status: 409, title: 'Somebody changed this contract meanwhile. Reload and try again.' },
  stage_move_refused: { status: 409, title: 'The contract cannot move to this stage.' },
  date_refused: { status: 409, title: 'This date does not fit the contract.' },
  already_attached: { status: 409, title: 'This contract is attached to this record already.' },
  idempotency_mismatch: { status: 409, title: 'This request key was used before for another request.' },
  not_connected: { status: 409, title: 'This CRM portal is not connected.' },
  payload_too_large: { status: 413, title: 'The request is too large.' },
  unsupported_media_type: { status: 415, title: 'This kind of content is not accepted here.' },
  rate_limited: { status: 429, title: 'Too many requests. Wait a moment and try again.' },
  host_unavailable: { status: 502, title: 'The CRM did not answer. Try again shortly.' },
  import_invalid: { status: 422, title: 'The file cannot be imported as it is.' },
  internal: { status: 500, title: 'Something went wrong on our side.' },
  unavailable: { status: 503, title: 'Counterpart is not available at the moment. Try again shortly.' },
};

function problemDocument(refusal: Omit<Refusal, 'ok'>, instance: string): Problem {
  const { status, title } = PROBLEMS[refusal.code];
  return {
    type: `urn:counterpart:problem:${refusal.code}`,
    title,
    status,
    code: refusal.code,
    instance: `urn:uuid:${instance}`,
    ...(refusal.reason === undefined ? {} : { reason: refusal.reason }),
    ...(refusal.errors === undefined ? {} : { errors: [...refusal.errors] }),
  };
}

export function sendProblem(response: Response, refusal: Omit<Refusal, 'ok'>): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const requestId = response.getHeader('x-request-id');
  const document = problemDocument(refusal, typeof requestId === 'string' ? requestId : 'unknown');
  response.status(document.status).type('application/problem+json').set('cache-control', 'no-store');
  response.send(JSON.stringify(document));
}
