/** POST /webhooks/hubspot: check the signature, store the raw bytes, answer. Everything else happens later, from what was stored. */
import type { Request, RequestHandler } from 'express';
import { BODY_BYTES_MAX, readBody } from './body.ts';
import { header } from './card-caller.ts';
import type { HttpDependencies } from './dependencies.ts';
import { sendProblem } from './problem.ts';

export const WEBHOOK_PATH = '/webhooks/hubspot';

export function webhookHandler(deps: HttpDependencies): RequestHandler {
  return async (request: Request, response) => {
    const stopTimer = deps.metrics.intakeSeconds.startTimer();
    const read = await readBody(request, BODY_BYTES_MAX);
    if (read.kind !== 'body') {
      return sendProblem(response, { code: read.kind === 'too_large' ? 'payload_too_large' : 'bad_request' });
    }
    const verdict = deps.checkSignature({
      method: request.method,
      target: request.originalUrl,
      body: read.bytes,
      signature: header(request, 'x-hubspot-signature-v3'),
      timestamp: header(request, 'x-hubspot-request-timestamp'),
    });
    if (!verdict.valid) {
      deps.metrics.signatureFailures.inc({ reason: verdict.reason });
      deps.metrics.deliveries.inc({ outcome: 'refused' });
      return sendProblem(response, { code: 'signature_refused', reason: verdict.reason });
    }
    const outcome = await deps.deliveries.acceptDelivery({
      host: 'hubspot',
      digest: verdict.digest,
      body: read.bytes.toString('utf8'),
      receivedAt: deps.world.clock.now(),
    });
    deps.metrics.deliveries.inc({ outcome });
    response.status(204).end();
    stopTimer();
    deps.engine.wake();
  };
}
