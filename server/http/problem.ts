/** One table of problems; every failure that leaves this server is one of them (RFC 9457). Texts are safe for anybody to read. */
import type { Response } from 'express';
import type { Problem, ProblemCode } from '../../app/wire/problem.ts';
import type { Refusal } from '../services/outcome.ts';

type ProblemText = { readonly status: number; readonly title: string; readonly detail: string };

/** What happened, and what to do about it. */
const PROBLEMS: Record<ProblemCode, ProblemText> = {
  bad_request: {
    status: 400,
    title: 'The request could not be understood.',
    detail: 'Correct the address, the query or the JSON; the reason says which. The API is described at /openapi.json.',
  },
  invalid_body: {
    status: 422,
    title: 'Some of the values sent are not acceptable.',
    detail: 'Correct the values listed under errors and send the request again.',
  },
  not_signed_in: {
    status: 401,
    title: 'Sign in to continue.',
    detail: 'Sign in through the CRM and send the request again.',
  },
  signature_refused: {
    status: 401,
    title: 'The request was not signed by the CRM, or its signature is too old.',
    detail: 'Open the card again from the CRM; if it stays, check the client secret, the public address and the clock.',
  },
  forbidden: {
    status: 403,
    title: 'Your role does not allow this.',
    detail: 'Ask an administrator of the workspace, or use the pages of this server; the reason says which.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here.',
    detail: 'Check the address and the id; what it named may have been removed.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This kind of request is not taken here.',
    detail: 'Use one of the methods that the allow header lists.',
  },
  record_not_in_portal: {
    status: 404,
    title: 'This CRM record was not found in the connected portal.',
    detail: 'Open the record in the CRM portal that is connected, and check that it was not deleted.',
  },
  revision_conflict: {
    status: 409,
    title: 'Somebody changed this contract meanwhile. Reload and try again.',
    detail: 'Reload the contract and repeat the change on what it says now.',
  },
  stage_move_refused: {
    status: 409,
    title: 'The contract cannot move to this stage.',
    detail: 'Choose one of the next stages that the contract lists.',
  },
  date_refused: {
    status: 409,
    title: 'This date does not fit the contract.',
    detail: 'Choose another date; the reason says what does not fit.',
  },
  already_attached: {
    status: 409,
    title: 'This contract is attached to this record already.',
    detail: 'Reload the card; nothing needs to be done.',
  },
  idempotency_mismatch: {
    status: 409,
    title: 'This request key was used before for another request.',
    detail: 'Send the request with a new key.',
  },
  not_connected: {
    status: 409,
    title: 'This CRM portal is not connected.',
    detail: 'An administrator of the portal connects it in the workspace.',
  },
  payload_too_large: {
    status: 413,
    title: 'The request is too large.',
    detail: 'Send less at once.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This kind of content is not accepted here.',
    detail: 'Send JSON as application/json, files as application/octet-stream, neither of them compressed.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests. Wait a moment and try again.',
    detail: 'Wait as long as the retry-after header says, then try again.',
  },
  host_unavailable: {
    status: 502,
    title: 'The CRM did not answer. Try again shortly.',
    detail: 'Try again in a minute; nothing was changed.',
  },
  import_invalid: {
    status: 422,
    title: 'The file cannot be imported as it is.',
    detail: 'Correct what the reason names and upload the file again.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side.',
    detail: 'Try again; if it stays, tell the operator the instance id of this answer.',
  },
  unavailable: {
    status: 503,
    title: 'Counterpart is not available at the moment. Try again shortly.',
    detail: 'Try again in a minute.',
  },
};

export function problemDocument(refusal: Omit<Refusal, 'ok'>, instance: string): Problem {
  const { status, title, detail } = PROBLEMS[refusal.code];
  return {
    type: `urn:counterpart:problem:${refusal.code}`,
    title,
    detail,
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
