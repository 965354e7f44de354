/**
 * Who a card speaks for. HubSpot signs the whole address, to which it has appended portal, user and email; an org's Apex sends the secret
 * that only this org holds, with the user it runs as. Only those are believed. The record that a card says it stands on is not part of
 * this proof and is checked by the services.
 */
import type { Request } from 'express';
import { z } from 'zod';
import { refused, type Outcome } from '../services/outcome.ts';
import type { HttpDependencies } from './dependencies.ts';
import type { CardCaller } from './route.ts';

/** Each exactly once: a repeated parameter arrives as a list and is refused. */
const signedParameters = z.object({
  portalId: z.string().regex(/^\d{1,20}$/),
  userId: z.string().regex(/^\d{1,20}$/),
  userEmail: z.email().max(254),
});

/** What the packaged Apex says besides; repeated headers arrive as one text with a comma and are refused. */
const orgHeaders = z.object({
  org: z.string().regex(/^00D[A-Za-z0-9]{15}$/),
  userId: z.string().regex(/^005[A-Za-z0-9]{15}$/),
  userEmail: z.email().max(254),
  record: z
    .string()
    .regex(/^(opportunity|account)\/[A-Za-z0-9]{18}$/)
    .optional(),
});
const BEARER = /^Bearer ([A-Za-z0-9_-]{43})$/;

const ORG_HEADER = 'x-counterpart-org';

export async function findCardCaller(
  deps: HttpDependencies,
  request: Request,
  body: Uint8Array,
): Promise<Outcome<CardCaller>> {
  const isOrg = header(request, ORG_HEADER) !== undefined || header(request, 'authorization') !== undefined;
  return isOrg ? await ofOrg(deps, request) : await ofPortal(deps, request, body);
}

async function ofPortal(deps: HttpDependencies, request: Request, body: Uint8Array): Promise<Outcome<CardCaller>> {
  const verdict = deps.checkSignature({
    method: request.method,
    target: request.originalUrl,
    body,
    signature: header(request, 'x-hubspot-signature-v3'),
    timestamp: header(request, 'x-hubspot-request-timestamp'),
  });
  if (!verdict.valid) return refuseProof(deps, verdict.reason);
  const signed = signedParameters.safeParse(request.query);
  if (!signed.success) return refused('bad_request', { reason: 'signed_parameters' });
  const connection = await deps.services.connections.ofAccount('hubspot', signed.data.portalId);
  if (connection === null) return refused('not_connected');
  return {
    ok: true,
    value: { kind: 'card', connection, hostUserId: signed.data.userId, email: signed.data.userEmail.toLowerCase() },
  };
}

/** The secret comes first: before it fits, nothing else about the request, nor whether the org is known, shows in the answer. */
async function ofOrg(deps: HttpDependencies, request: Request): Promise<Outcome<CardCaller>> {
  const authorization = header(request, 'authorization');
  if (authorization === undefined) return refuseProof(deps, 'secret_missing');
  const [, secret] = BEARER.exec(authorization) ?? [];
  const org = orgHeaders.shape.org.safeParse(header(request, ORG_HEADER));
  if (secret === undefined || !org.success) return refuseProof(deps, 'secret_wrong');
  const connection = await deps.services.connections.ofAccount('salesforce', org.data);
  const fits = connection !== null && (await deps.cardSecrets.fits(connection, secret));
  if (connection === null || !fits) return refuseProof(deps, 'secret_wrong');
  const said = orgHeaders.safeParse({
    org: org.data,
    userId: header(request, 'x-counterpart-user-id'),
    userEmail: header(request, 'x-counterpart-user-email'),
    record: header(request, 'x-counterpart-record'),
  });
  if (!said.success) return refused('bad_request', { reason: 'caller_headers' });
  const { userId, userEmail } = said.data;
  return { ok: true, value: { kind: 'card', connection, hostUserId: userId, email: userEmail.toLowerCase() } };
}

function refuseProof(deps: HttpDependencies, reason: string): Outcome<CardCaller> {
  deps.metrics.signatureFailures.inc({ reason });
  return refused('signature_refused', { reason });
}

/** Undefined when absent or given more than once. */
function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
