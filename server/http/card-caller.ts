/**
 * Who a card speaks for. HubSpot signs the whole address, to which it has appended portal, user and email; only those are believed. The
 * record that a card says it stands on is not part of this proof and is checked by the services.
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

export async function findCardCaller(
  deps: HttpDependencies,
  request: Request,
  body: Uint8Array,
): Promise<Outcome<CardCaller>> {
  const verdict = deps.checkSignature({
    method: request.method,
    target: request.originalUrl,
    body,
    signature: header(request, 'x-hubspot-signature-v3'),
    timestamp: header(request, 'x-hubspot-request-timestamp'),
  });
  if (!verdict.valid) {
    deps.metrics.signatureFailures.inc({ reason: verdict.reason });
    return refused('signature_refused', { reason: verdict.reason });
  }
  const signed = signedParameters.safeParse(request.query);
  if (!signed.success) return refused('bad_request', { reason: 'signed_parameters' });
  const connection = await deps.services.connections.ofAccount('hubspot', signed.data.portalId);
  if (connection === null) return refused('not_connected');
  return {
    ok: true,
    value: { kind: 'card', connection, hostUserId: signed.data.userId, email: signed.data.userEmail.toLowerCase() },
  };
}

/** Undefined when absent or given more than once. */
function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
