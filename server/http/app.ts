/**
 * The HTTP application. Order matters and is all here: methods, request id, headers, rate by address, operators' routes, webhooks, sign-in,
 * API, pages, and last what is not found or fails.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { HttpDependencies, HttpSettings } from './dependencies.ts';
import { mountOauth } from './oauth-flow.ts';
import { openApiDocument } from './openapi.ts';
import { routeHandler } from './pipeline.ts';
import { mountPracticeSignIn } from './practice-sign-in.ts';
import { sendProblem } from './problem.ts';
import { addressLimit, createCallerLimits } from './rate-limit.ts';
import { ROUTES } from './routes/routes.ts';
import { mountSystem, type Readiness } from './system-routes.ts';
import { WEBHOOK_PATH, webhookHandler } from './webhook.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH']);
const ONE_YEAR_SECONDS = 31_536_000;

export function createApp(deps: HttpDependencies, readiness: Readiness): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.set('trust proxy', deps.settings.trustedProxies);
  app.use(onlyKnownMethods, requestId(deps), securityHeaders(deps.settings));
  mountSystem(app, deps, readiness);
  // HubSpot sends from few addresses and is known by its signature; a limit by address would drop its deliveries.
  app.post(WEBHOOK_PATH, webhookHandler(deps));
  app.use(addressLimit(deps.settings.rateLimits));
  mountOauth(app, deps);
  mountPracticeSignIn(app, deps);
  const limits = createCallerLimits(deps.settings.rateLimits, deps.world.clock);
  for (const route of ROUTES) app[route.method](route.path, routeHandler(deps, limits, route));
  const description = openApiDocument(ROUTES, deps.settings.publicUrl);
  app.get('/openapi.json', (_request, response) => void response.json(description));
  app.use('/v1', (_request, response) => sendProblem(response, { code: 'not_found' }));
  if (deps.settings.pagesDir !== null) mountPages(app, deps.settings.pagesDir);
  app.use((_request, response) => sendProblem(response, { code: 'not_found' }));
  app.use(lastResort(deps));
  return app;
}

const onlyKnownMethods: RequestHandler = (request, response, next) => {
  if (METHODS.has(request.method)) return next();
  response.set('allow', [...METHODS].join(', '));
  sendProblem(response, { code: 'method_not_allowed' });
};

const requestId =
  (deps: HttpDependencies): RequestHandler =>
  (_request, response, next) => {
    response.set('x-request-id', deps.world.random.uuid());
    next();
  };

/** The workspace is never framed; cards are not pages of ours, so nothing has to be. */
function securityHeaders({ publicUrl }: HttpSettings): RequestHandler {
  const isHttps = publicUrl.startsWith('https:');
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        scriptSrc: ["'self'"],
        // The component kit of the pages sets its variables in style elements and attributes.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: isHttps ? { maxAge: ONE_YEAR_SECONDS, includeSubDomains: true } : false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
  });
}

/** Built files carry a hash in their name and never change; the page itself is asked for anew each time. */
function mountPages(app: Express, pagesDir: string): void {
  const index = path.join(pagesDir, 'index.html');
  if (!existsSync(index)) return;
  app.use('/assets', express.static(path.join(pagesDir, 'assets'), { immutable: true, maxAge: '1y', index: false }));
  app.use(express.static(pagesDir, { index: false, maxAge: '1h' }));
  app.get(/^\/(?!v1\/|oauth\/|webhooks\/|assets\/|practice\/)/, (_request, response) => {
    response.set('cache-control', 'no-cache').sendFile(index);
  });
}

function lastResort(deps: HttpDependencies): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const isMalformed =
      error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
    if (isMalformed) return sendProblem(response, { code: 'bad_request' });
    deps.world.log.error(
      { error, method: request.method, requestId: response.getHeader('x-request-id') },
      'a request failed unexpectedly',
    );
    sendProblem(response, { code: 'internal' });
  };
}
