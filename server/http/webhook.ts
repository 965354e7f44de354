/**
 * POST /webhooks/hubspot: check the signature, store the raw bytes, answer. Everything else happens later, from what was stored. It speaks
 * plain Node, so that a burst of deliveries does not pay for a framework that has nothing to do for it; Express passes it on unchanged.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ProblemCode } from '../../app/wire/problem.ts';
import { BODY_BYTES_MAX, readBody } from './body.ts';
import type { HttpDependencies } from './dependencies.ts';
import { problemDocument } from './problem.ts';

export const WEBHOOK_PATH = '/webhooks/hubspot';

/** Deliveries go straight to their handler, everything else to `app`. */
export function webhooksFirst(webhooks: RequestListener, app: RequestListener): RequestListener {
  return (request, response) =>
    request.method === 'POST' && request.url === WEBHOOK_PATH ? webhooks(request, response) : app(request, response);
}

export function webhookHandler(deps: HttpDependencies): RequestListener {
  return (request, response) => {
    answerDelivery(deps, request, response).catch((error: unknown) => {
      deps.world.log.error({ error }, 'a delivery could not be stored');
      refuse(deps, response, { code: 'internal' });
    });
  };
}

async function answerDelivery(
  deps: HttpDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const stopTimer = deps.metrics.intakeSeconds.startTimer();
  const read = await readBody(request, BODY_BYTES_MAX);
  if (read.kind !== 'body')
    return refuse(deps, response, { code: read.kind === 'too_large' ? 'payload_too_large' : 'bad_request' });
  const verdict = deps.checkSignature({
    method: 'POST',
    target: request.url ?? '/',
    body: read.bytes,
    signature: header(request, 'x-hubspot-signature-v3'),
    timestamp: header(request, 'x-hubspot-request-timestamp'),
  });
  if (!verdict.valid) {
    deps.metrics.signatureFailures.inc({ reason: verdict.reason });
    deps.metrics.deliveries.inc({ outcome: 'refused' });
    return refuse(deps, response, { code: 'signature_refused', reason: verdict.reason });
  }
  const outcome = await deps.deliveries.acceptDelivery({
    host: 'hubspot',
    digest: verdict.digest,
    body: read.bytes.toString('utf8'),
    receivedAt: deps.world.clock.now(),
  });
  deps.metrics.deliveries.inc({ outcome });
  response.writeHead(204, { 'x-request-id': deps.world.random.uuid() }).end();
  stopTimer();
  deps.engine.wake('deliveries');
}

type Refused = { readonly code: ProblemCode; readonly reason?: string };

function refuse({ world }: HttpDependencies, response: ServerResponse, refusal: Refused): void {
  if (response.headersSent) return void response.destroy();
  const id = world.random.uuid();
  const document = problemDocument(refusal, id);
  response.writeHead(document.status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': id,
  });
  response.end(JSON.stringify(document));
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
