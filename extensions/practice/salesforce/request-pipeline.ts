/** One request from socket to socket: route, faults, session, allocation, handler, journal, answer, and a count of it all. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Match } from '../hubspot/router.ts';
import { type Call, type Caller, type Reply, type Route, json } from './exchange.ts';
import { useSession } from './grants.ts';
import type { PracticeOrg } from './practice-org.ts';
import { OrgRefusal, errorBody, notFound } from './refusal.ts';
import { staticFile } from './static-files.ts';

const BODY_BYTES_MAX = 50 * 1024 * 1024;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const NOBODY: Caller = { userId: '', accessToken: '', client: null };

export type FindRoute = (method: string, path: string) => Match<Route> | undefined;

/** Answers one request. */
export async function answerRequest(
  org: PracticeOrg,
  findRoute: FindRoute,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const [path, query] = splitTarget(request.url ?? '/');
  const method = request.method ?? 'GET';
  const body = await readBody(request);
  if (body === undefined)
    return send(org, response, { reply: json([{ message: 'too large', errorCode: 'REQUEST_TOO_LARGE' }], 413) });
  const match = findRoute(method, path) ?? (method === 'HEAD' ? findRoute('GET', path) : undefined);
  const call: Call = {
    method,
    path,
    query: new URLSearchParams(query),
    params: match?.params ?? {},
    headers: plainHeaders(request),
    body,
    caller: NOBODY,
  };
  if (match?.route.kind === 'open') {
    const reply = await reflect(() => match.route.handle(call));
    org.database.flush();
    return send(org, response, { reply });
  }
  if (match === undefined && !path.startsWith('/services/')) {
    const file = method === 'GET' || method === 'HEAD' ? await staticFile(org, path) : undefined;
    return send(org, response, { reply: file ?? refused(notFound()) });
  }
  const allowed = match === undefined ? METHODS.filter((one) => findRoute(one, path) !== undefined) : [];
  await answerApi(org, { route: match?.route, allowed, call, response });
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

const refused = (refusal: OrgRefusal): Reply => json(errorBody(refusal), refusal.httpStatus);

async function reflect(handle: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof OrgRefusal) return refused(error);
    throw error;
  }
}

interface ApiExchange {
  readonly route: Route | undefined;
  /** Methods that the path would take, where this one finds nothing. */
  readonly allowed: readonly string[];
  readonly call: Call;
  readonly response: ServerResponse;
}

async function answerApi(org: PracticeOrg, { route, allowed, call, response }: ApiExchange): Promise<void> {
  const answer = (reply: Reply, headers: Readonly<Record<string, string>> = {}): void => {
    org.calls.record(org.orgId, { method: call.method, path: route?.path ?? call.path, status: statusOf(reply) });
    send(org, response, { reply, headers });
  };
  await faultLatency(org);
  const strikes = (rate: number): boolean => rate > 0 && org.random.next() < rate;
  const faults = org.faults();
  if (strikes(faults.resetRate)) {
    response.destroy();
    return;
  }
  const caller = identify(org, call, strikes(faults.sessionExpiryRate));
  if (caller === undefined) return answer(refused(new OrgRefusal('INVALID_SESSION_ID', 'Session expired or invalid')));
  if (strikes(faults.serverErrorRate)) return answer(refused(serverTrouble(org)));
  const used = org.apiUsage.take();
  const { dailyApiRequests } = org.behaviour();
  const headers = { 'Sforce-Limit-Info': `api-usage=${Math.min(used, dailyApiRequests)}/${dailyApiRequests}` };
  if (used > dailyApiRequests || strikes(faults.requestLimitRate))
    return answer(refused(new OrgRefusal('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')), headers);
  if (route === undefined)
    return answer(refused(allowed.length === 0 ? notFound() : notAllowed(call, allowed)), headers);
  const reply = await reflect(() => route.handle({ ...call, caller }));
  org.database.flush();
  if (strikes(faults.timeoutAfterCommitRate)) {
    org.calls.record(org.orgId, { method: call.method, path: route.path, status: 0 });
    await org.clock.sleep(org.behaviour().timeoutHoldMs);
    response.destroy();
    return;
  }
  answer(reply, headers);
}

const notAllowed = (call: Call, allowed: readonly string[]): OrgRefusal =>
  new OrgRefusal('METHOD_NOT_ALLOWED', `HTTP Method '${call.method}' not allowed. Allowed are ${allowed.join(',')}`);

function serverTrouble(org: PracticeOrg): OrgRefusal {
  return org.random.next() < 0.5
    ? new OrgRefusal(
        'UNKNOWN_EXCEPTION',
        `An unexpected error occurred. Please include this ErrorId if you contact support: ${org.random.uuid()}`,
      )
    : new OrgRefusal('SERVER_UNAVAILABLE', 'The server is temporarily unavailable.');
}

function identify(org: PracticeOrg, call: Call, expires: boolean): Caller | undefined {
  const token = /^(?:Bearer|OAuth) (.+)$/i.exec(call.headers.authorization ?? '')?.[1] ?? '';
  if (expires) org.grants.sessions.delete(token);
  const session = useSession(org, token);
  if (session === undefined) return undefined;
  const client = /(?:^|,)\s*client=([^,]+)/i.exec(call.headers['sforce-call-options'] ?? '')?.[1]?.trim() ?? null;
  return { userId: session.userId, accessToken: token, client };
}

async function faultLatency(org: PracticeOrg): Promise<void> {
  const { latencyMsMin, latencyMsMax } = org.faults();
  if (latencyMsMax <= 0) return;
  await org.clock.sleep(latencyMsMin + Math.max(0, latencyMsMax - latencyMsMin) * org.random.next());
}

const statusOf = (reply: Reply): number => (reply.kind === 'stream' ? 200 : reply.status);

interface Answer {
  readonly reply: Reply;
  readonly headers?: Readonly<Record<string, string>>;
}

function send(org: PracticeOrg, response: ServerResponse, { reply, headers = {} }: Answer): void {
  if (response.destroyed || response.writableEnded) return;
  // The org's own clock stamps records and answers alike; a client may compare the two.
  const date = new Date(org.clock.now()).toUTCString();
  const write = (status: number, more: Readonly<Record<string, string>>, body: string | Buffer): void => {
    response.writeHead(status, { ...headers, date, ...more, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  switch (reply.kind) {
    case 'json':
      return write(
        reply.status,
        { 'content-type': 'application/json;charset=UTF-8', ...reply.headers },
        JSON.stringify(reply.body),
      );
    case 'text':
      return write(reply.status, { 'content-type': reply.contentType, ...reply.headers }, reply.text);
    case 'bytes':
      return write(reply.status, { 'content-type': reply.contentType, 'cache-control': reply.cache }, reply.bytes);
    case 'empty':
      response.writeHead(reply.status, { ...headers, date, ...reply.headers });
      response.end();
      return;
    case 'stream':
      reply.open(response);
  }
}
