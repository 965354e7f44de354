/**
 * What happens to every request of a route, in this order: body, caller, rate of the caller, role, values, handler, answer. A route
 * cannot leave a step out. Failures become problem documents; an exception becomes `internal` and is logged without its values.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import { REQUEST_HEADER } from '../../app/wire/workspace.ts';
import { refused, type Outcome } from '../services/outcome.ts';
import { ROLES, type Role } from '../store/workspace-port.ts';
import { BODY_BYTES_MAX, parseJson, readBody } from './body.ts';
import { findCardCaller } from './card-caller.ts';
import type { HttpDependencies } from './dependencies.ts';
import { sendProblem } from './problem.ts';
import type { CallerLimits } from './rate-limit.ts';
import type { CardCaller, Route, RouteInput, WorkspaceCaller } from './route.ts';
import { findCaller } from './session.ts';

/** HubSpot gives up on a card's request after 15 s; we answer before that. */
const HANDLER_MS_MAX = 14_000;
const ERRORS_MAX = 20;

/** Reasons for signals, made once: an error with its stack for each request would be a good part of what a request costs. */
const GONE = new DOMException('the caller has gone', 'AbortError');
const LATE = new DOMException('the time for the answer is up', 'AbortError');
const FINISHED = new DOMException('the work is done', 'AbortError');

export function routeHandler(deps: HttpDependencies, limits: CallerLimits, route: Route): RequestHandler {
  return async (request, response) => {
    const stopTimer = deps.metrics.requestSeconds.startTimer({ route: route.path });
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort(GONE);
      stopTimer({ status: `${Math.floor(response.statusCode / 100)}xx` });
    });
    const outcome = await inTime(deps, { gone, limitMs: route.handlerMsMax ?? HANDLER_MS_MAX }, () =>
      decide(deps, limits, route, { request, response, signal: gone.signal }),
    );
    if (outcome.ok) await answer(route, response, outcome.value);
    else sendProblem(response, outcome);
  };
}

type Exchange = { readonly request: Request; readonly response: Response; readonly signal: AbortSignal };

/** The outcome, or `unavailable` when it takes too long; what is left running is told to stop and logged if it fails. */
async function inTime(
  deps: HttpDependencies,
  { gone, limitMs }: { readonly gone: AbortController; readonly limitMs: number },
  work: () => Promise<Outcome<unknown>>,
): Promise<Outcome<unknown>> {
  const finished = new AbortController();
  const working = work().finally(() => finished.abort(FINISHED));
  const late = deps.world.clock.sleep(limitMs, finished.signal).then(
    () => 'late' as const,
    () => 'finished' as const,
  );
  if ((await Promise.race([late, working.then(() => 'finished' as const)])) === 'finished') return await working;
  working.catch((error: unknown) => deps.world.log.error({ error }, 'a request failed after its time was up'));
  gone.abort(LATE);
  return refused('unavailable', { reason: 'timeout' });
}

async function decide(
  deps: HttpDependencies,
  limits: CallerLimits,
  route: Route,
  exchange: Exchange,
): Promise<Outcome<unknown>> {
  const body = await takeBody(route, exchange.request);
  if (!body.ok) return body;
  const caller = await identify(deps, route, exchange.request, body.value.bytes);
  if (!caller.ok) return caller;
  const pauseSeconds = limits.take(caller.value);
  if (pauseSeconds !== null) {
    exchange.response.set('retry-after', String(pauseSeconds));
    return refused('rate_limited');
  }
  const input = parseInput(route, exchange.request, body.value);
  if (!input.ok) return input;
  return await invoke(route, input.value, { deps, caller: caller.value, signal: exchange.signal });
}

/** The caller's kind follows from the route's access, which `identify` has just established. */
function invoke(
  route: Route,
  input: RouteInput<unknown, unknown, unknown>,
  context: { deps: HttpDependencies; caller: CardCaller | WorkspaceCaller; signal: AbortSignal },
): Promise<Outcome<unknown>> {
  const { deps, caller, signal } = context;
  if (route.access === 'card' && caller.kind === 'card') return route.handle(input, { deps, caller, signal });
  if (route.access !== 'card' && caller.kind === 'workspace') return route.handle(input, { deps, caller, signal });
  throw new Error(`Assertion failed: the caller of ${route.operationId} has the wrong kind`);
}

type Body = { readonly bytes: Buffer; readonly json: unknown };

async function takeBody(route: Route, request: Request): Promise<Outcome<Body>> {
  const none = { bytes: Buffer.alloc(0), json: undefined };
  if (route.body === undefined && route.upload === undefined) return { ok: true, value: none };
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const accepted = route.upload?.mediaTypes ?? ['application/json'];
  if (!accepted.includes(mediaType)) return refused('unsupported_media_type');
  if (request.headers['content-encoding'] !== undefined) return refused('unsupported_media_type');
  const read = await readBody(request, route.upload?.bytesMax ?? BODY_BYTES_MAX);
  if (read.kind === 'too_large') return refused('payload_too_large');
  if (read.kind === 'broken') return refused('bad_request', { reason: 'body_incomplete' });
  if (route.body === undefined) return { ok: true, value: { bytes: read.bytes, json: undefined } };
  const parsed = parseJson(read.bytes);
  return parsed.ok
    ? { ok: true, value: { bytes: read.bytes, json: parsed.value } }
    : refused('bad_request', { reason: parsed.reason });
}

async function identify(
  deps: HttpDependencies,
  route: Route,
  request: Request,
  bytes: Uint8Array,
): Promise<Outcome<CardCaller | WorkspaceCaller>> {
  if (route.access === 'card') return findCardCaller(deps, request, bytes);
  if (route.method !== 'get' && !comesFromOwnPages(deps, request))
    return refused('forbidden', { reason: 'cross_site' });
  const caller = await findCaller(deps, request);
  if (caller === null) return refused('not_signed_in');
  return mayAct(caller.user.role, route.access)
    ? { ok: true, value: caller }
    : refused('forbidden', { reason: 'role' });
}

function mayAct(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** A custom header cannot be sent across sites without a preflight, which this server never allows; the origin is checked besides. */
function comesFromOwnPages(deps: HttpDependencies, request: Request): boolean {
  if (request.headers[REQUEST_HEADER.name] !== REQUEST_HEADER.value) return false;
  const { origin } = request.headers;
  return origin !== undefined && deps.settings.allowedOrigins.includes(origin);
}

function parseInput(route: Route, request: Request, body: Body): Outcome<RouteInput<unknown, unknown, unknown>> {
  const params = check(route.params, request.params, 'path');
  if (!params.ok) return refused('not_found');
  const query = check(route.query, ownQuery(route, request), 'query');
  if (!query.ok) return refused('bad_request', query.errors === undefined ? {} : { errors: query.errors });
  const json = check(route.body, body.json, '');
  if (!json.ok) return json;
  return { ok: true, value: { params: params.value, query: query.value, body: json.value, bytes: body.bytes } };
}

/** What HubSpot appends to a card's query; the rest is the route's own. */
const SIGNED_PARAMETERS = ['portalId', 'userId', 'userEmail', 'appId'] as const;

function ownQuery(route: Route, request: Request): Readonly<Record<string, unknown>> {
  if (route.access !== 'card') return { ...request.query };
  const appended: readonly string[] = SIGNED_PARAMETERS;
  return Object.fromEntries(Object.entries(request.query).filter(([name]) => !appended.includes(name)));
}

function check(schema: z.ZodType | undefined, value: unknown, place: string): Outcome<unknown> {
  if (schema === undefined) return { ok: true, value: undefined };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues.slice(0, ERRORS_MAX).map((issue) => ({
    pointer: `${place === '' ? '' : `${place}:`}/${issue.path.map(String).join('/')}`,
    message: issue.message,
  }));
  return refused('invalid_body', { errors });
}

async function answer(route: Route, response: Response, value: unknown): Promise<void> {
  response.set('cache-control', 'no-store');
  if (route.stream !== undefined) {
    response.type(route.stream.mediaType);
    await route.stream.write(value, response);
    return;
  }
  if (route.response === undefined) {
    response.status(204).end();
    return;
  }
  const body = Buffer.from(JSON.stringify(value));
  response.status(route.status ?? 200).set('content-type', 'application/json; charset=utf-8');
  response.set('content-length', String(body.length)).end(body);
}
