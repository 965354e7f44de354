/** What operators and load balancers ask: alive, ready, measured. None of it names versions or tenants. */
import type { Request, RequestHandler, Router } from 'express';
import type { HttpDependencies } from './dependencies.ts';
import { sendProblem } from './problem.ts';
import { sameText } from './session.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Health checks of load balancers give up after a few seconds. */
const PING_MS_MAX = 3_000;

export type Readiness = { readonly isDraining: () => boolean };

export function mountSystem(router: Router, deps: HttpDependencies, readiness: Readiness): void {
  router.get('/healthz', (_request, response) => void response.json({ status: 'alive' }));
  const readyz: RequestHandler = async (_request, response) => {
    const database = await answersInTime(deps);
    const checks = { database, lanes: deps.engine.isTurning(), accepting: !readiness.isDraining() };
    const ready = Object.values(checks).every(Boolean);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready', checks });
  };
  const metrics: RequestHandler = (request, response, next) => {
    if (!mayRead(request, deps.settings.metricsToken)) return sendProblem(response, { code: 'forbidden' });
    deps.metrics.text().then((text) => response.type(deps.metrics.contentType).send(text), next);
  };
  router.get('/readyz', readyz);
  router.get('/metrics', metrics);
}

/** Whether the database takes statements; one that does not answer is as good as gone, and whoever asks must not wait with us. */
async function answersInTime({ workspaces, world }: HttpDependencies): Promise<boolean> {
  const answered = new AbortController();
  const ping = workspaces
    .ping()
    .then(
      () => true,
      () => false,
    )
    .finally(() => answered.abort());
  const late = world.clock.sleep(PING_MS_MAX, answered.signal).then(
    () => false,
    () => ping,
  );
  return await Promise.race([ping, late]);
}

function mayRead(request: Request, token: string | null): boolean {
  if (token === null)
    return LOOPBACK.has(request.socket.remoteAddress ?? '') && request.headers['x-forwarded-for'] === undefined;
  return sameText(request.headers.authorization ?? '', `Bearer ${token}`);
}
