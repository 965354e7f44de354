/** One API request from socket to socket: route, faults, token, limits, scopes, handler, journal, answer, and a count of it all. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Call, type Caller, type Reply, type Route, refuse } from './exchange.ts';
import type { Practice } from './practice.ts';
import { type Problem, expiredToken, missingScopes, notFound, problemBody, unauthenticated } from './problem.ts';
import { rateLimited } from './request-budget.ts';
import type { Match } from './router.ts';
import { staticFile } from './static-files.ts';

const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** HubSpot docs, Error handling: passing failures on HubSpot's side. */
const TRANSIENT_STATUSES = [500, 502, 503, 504, 521, 524] as const;
const NOBODY: Caller = { portalId: '', appId: 0, userId: '', scopes: [] };

export type FindRoute = (method: string, path: string) => Match<Route> | undefined;

/** Answers one request. */
export async function answerRequest(
  practice: Practice,
  findRoute: FindRoute,
  message: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const { request, response } = message;
  const target = request.url ?? '/';
  const [path, query] = splitTarget(target);
  const method = request.method ?? 'GET';
  const body = await readBody(request);
  if (body === undefined)
    return send(
      practice,
      response,
      refuse({ httpStatus: 413, category: 'VALIDATION_ERROR', message: 'The request body is too large' }),
      {},
    );
  const match = findRoute(method, path);
  if (match === undefined) {
    const file = method === 'GET' || method === 'HEAD' ? await staticFile(practice, path) : undefined;
    return send(practice, response, file ?? refuse(notFound('resource not found')), {});
  }
  const call: Call = {
    method,
    target,
    query: new URLSearchParams(query),
    params: match.params,
    headers: plainHeaders(request),
    body,
    caller: NOBODY,
  };
  if (match.route.kind !== 'api') {
    const reply = await match.route.handle(call);
    practice.database.flush();
    return send(practice, response, reply, {});
  }
  await answerApi(practice, { route: match.route, call, response });
}

function splitTarget(target: string): [string, string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size <= BODY_BYTES_MAX) chunks.push(bytes);
  }
  return size > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks);
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

interface ApiExchange {
  readonly route: Route;
  readonly call: Call;
  readonly response: ServerResponse;
}

async function answerApi(practice: Practice, { route, call, response }: ApiExchange): Promise<void> {
  const identified = identify(practice, call);
  const portalId = identified.ok ? identified.caller.portalId : '';
  const count = (status: number): void => {
    if (portalId !== '') practice.calls.record(portalId, { method: call.method, path: route.path, status });
  };
  const answer = (reply: Reply, headers: Readonly<Record<string, string>> = {}): void => {
    count(statusOf(reply));
    send(practice, response, reply, headers);
  };
  await faultLatency(practice);
  if (!identified.ok) return answer(refuse(identified.problem));
  const refusal = faultProblem(practice);
  if (refusal !== undefined) return answer(refuse(refusal));
  const { caller } = identified;
  const verdict = practice.budget.take({
    portalId: caller.portalId,
    appId: caller.appId,
    search: route.budget === 'search',
    dailyLimit: practice.behaviour().dailyLimit,
  });
  if (!verdict.ok) return answer(refuse(verdict.problem));
  const lacking = lackingScopes(route, call, caller);
  if (lacking !== undefined) return answer(refuse(missingScopes(lacking)), verdict.headers);
  const reply = await route.handle({ ...call, caller });
  practice.database.flush();
  if (practice.random.next() < practice.faults().timeoutAfterCommitRate) {
    count(0);
    await practice.clock.sleep(practice.behaviour().timeoutHoldMs);
    response.destroy();
    return;
  }
  answer(reply, verdict.headers);
}

type Identified = { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly problem: Problem };

function identify(practice: Practice, call: Call): Identified {
  const token = /^Bearer (.+)$/i.exec(call.headers.authorization ?? '')?.[1];
  const grant = token === undefined ? undefined : practice.grants.accessTokens.get(token);
  if (grant === undefined) return { ok: false, problem: unauthenticated() };
  const now = practice.clock.now();
  if (grant.expiresAt <= now) return { ok: false, problem: expiredToken(grant.expiresAt) };
  if (practice.random.next() < practice.faults().tokenExpiryRate) return { ok: false, problem: expiredToken(now) };
  return { ok: true, caller: grant };
}

function lackingScopes(route: Route, call: Call, caller: Caller): readonly string[] | undefined {
  const sets = route.scopes?.(call.params) ?? [];
  if (sets.length === 0 || sets.some((set) => set.every((scope) => caller.scopes.includes(scope)))) return undefined;
  return [...new Set(sets.flat())];
}

async function faultLatency(practice: Practice): Promise<void> {
  const { latencyMsMin, latencyMsMax } = practice.faults();
  if (latencyMsMax <= 0) return;
  await practice.clock.sleep(latencyMsMin + Math.max(0, latencyMsMax - latencyMsMin) * practice.random.next());
}

/** A trouble that strikes before anything is done, if one does. */
function faultProblem(practice: Practice): Problem | undefined {
  const faults = practice.faults();
  const { random } = practice;
  const strikes = (rate: number): boolean => rate > 0 && random.next() < rate;
  if (strikes(faults.rateLimitRate)) return rateLimited('TEN_SECONDLY_ROLLING');
  if (strikes(faults.lockedRate))
    return {
      httpStatus: 423,
      category: 'LOCKED',
      message: 'The resource is locked; wait at least two seconds between calls.',
    };
  if (strikes(faults.migrationRate)) {
    return {
      httpStatus: 477,
      category: 'MIGRATION_IN_PROGRESS',
      message: 'The account is being moved between data hosting locations.',
      headers: { 'Retry-After': '1' },
    };
  }
  if (!strikes(faults.serverErrorRate)) return undefined;
  const httpStatus = TRANSIENT_STATUSES[Math.floor(random.next() * TRANSIENT_STATUSES.length)] ?? 500;
  return { httpStatus, category: 'INTERNAL_ERROR', message: 'internal error' };
}

function statusOf(reply: Reply): number {
  if (reply.kind === 'problem') return reply.problem.httpStatus;
  return reply.kind === 'stream' ? 200 : reply.status;
}

function send(
  practice: Practice,
  response: ServerResponse,
  reply: Reply,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.destroyed || response.writableEnded) return;
  const write = (status: number, more: Readonly<Record<string, string>>, body: string | Buffer): void => {
    // The portal's own clock stamps records and answers alike; a client may compare the two.
    const date = new Date(practice.clock.now()).toUTCString();
    response.writeHead(status, { ...headers, ...more, date, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  const jsonType = { 'content-type': 'application/json;charset=utf-8' };
  switch (reply.kind) {
    case 'json':
      return write(reply.status, { ...jsonType, ...reply.headers }, JSON.stringify(reply.body));
    case 'problem':
      return write(
        reply.problem.httpStatus,
        { ...jsonType, ...reply.problem.headers },
        JSON.stringify(problemBody(reply.problem, practice.random.uuid())),
      );
    case 'html':
      return write(
        reply.status,
        { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
        reply.html,
      );
    case 'bytes':
      return write(reply.status, { 'content-type': reply.contentType, 'cache-control': reply.cache }, reply.bytes);
    case 'empty':
      response.writeHead(reply.status, { ...headers, ...reply.headers });
      response.end();
      return;
    case 'stream':
      reply.open(response);
  }
}
