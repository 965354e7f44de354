/**
 * `hubspot.fetch` as the host answers it: checks the call against the app's manifest, adds the four query parameters, signs over the public
 * URL, calls the app server, and wraps its answer (`@hubspot/ui-extensions-dev-server` 2.1.2, which mirrors production; HubSpot docs, UI
 * extensions: fetch limits).
 */
import { z } from 'zod';
import { type Call, type Reply, type Route, json, readJson, refuse } from './exchange.ts';
import type { AppManifest } from './manifest.ts';
import { type Practice, isInstalled } from './practice.ts';
import { localUrl, signatureHeaders } from './signature.ts';

const BODY_BYTES_MAX = 1_000_000;
const CONCURRENT_MAX = 20;
const ATTEMPTS_MAX = 2;

const ProxyInput = z.object({
  requestUri: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  requestTimeoutMillis: z.number().positive().optional(),
  requestBody: z.unknown().optional(),
  requestHeaders: z.record(z.string(), z.string()).nullish(),
});
type ProxyInput = z.infer<typeof ProxyInput>;

interface ProxyCall {
  readonly input: ProxyInput;
  readonly portalId: string;
  readonly correlationId: string;
}

type AppAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The proxy route used by the card host. */
export function cardProxyRoutes(practice: Practice): readonly Route[] {
  const inFlight = new Map<string, number>();
  return [
    {
      method: 'POST',
      path: '/api/crm-extensibility/execution/internal/v3/proxy',
      kind: 'page',
      handle: (call) => proxy(practice, inFlight, call),
    },
  ];
}

async function proxy(practice: Practice, inFlight: Map<string, number>, call: Call): Promise<Reply> {
  const parsed = readJson(call, ProxyInput);
  if (!parsed.ok) return refuse(parsed.problem);
  const proxied: ProxyCall = {
    input: parsed.value,
    portalId: call.query.get('portalId') ?? '',
    correlationId: practice.random.uuid(),
  };
  const portal = practice.portals.get(proxied.portalId);
  const app = findApp(practice, proxied, call.query.get('appId'));
  const fault =
    headerFault(proxied.input) ??
    (portal === undefined ? 'Unknown portal' : undefined) ??
    (app === undefined ? notPermitted(proxied.input) : undefined);
  if (fault !== undefined || app === undefined || portal === undefined)
    return envelope(proxied, { status: 400, category: 'VALIDATION_ERROR', message: fault ?? '' });
  const body =
    proxied.input.requestBody === undefined || proxied.input.requestBody === null || proxied.input.method === 'GET'
      ? ''
      : JSON.stringify(proxied.input.requestBody);
  if (Buffer.byteLength(body) > BODY_BYTES_MAX)
    return envelope(proxied, {
      status: 413,
      category: 'VALIDATION_ERROR',
      message: 'The request body is larger than 1 MB',
    });
  const key = `${portal.id}:${app.appId}`;
  if ((inFlight.get(key) ?? 0) >= CONCURRENT_MAX) {
    return envelope(proxied, {
      status: 429,
      category: 'RATE_LIMITS',
      message: `More than ${CONCURRENT_MAX} concurrent requests`,
    });
  }
  inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
  try {
    const url = publicUrl(proxied.input.requestUri, { app, portalId: portal.id, user: portal.profile.user });
    return reply(proxied, await callApp(practice, app, { proxied, url, body }));
  } finally {
    inFlight.set(key, (inFlight.get(key) ?? 1) - 1);
  }
}

function headerFault(input: ProxyInput): string | undefined {
  const names = Object.keys(input.requestHeaders ?? {});
  if (names.length > 1) return "Only 'Authorization' header is allowed";
  if (names.some((name) => name.toLowerCase() !== 'authorization')) {
    return "Invalid Request Headers provided. Only 'Authorization' header is allowed from hubspot.fetch()";
  }
  return undefined;
}

const notPermitted = (input: ProxyInput): string =>
  `${input.requestUri} is not covered by permittedUrls.fetch of an installed app`;

/** The installed app, the named one if one is named, whose manifest permits the address; only https counts. */
function findApp(practice: Practice, { input, portalId }: ProxyCall, appId: string | null): AppManifest | undefined {
  if (!URL.canParse(input.requestUri)) return undefined;
  const url = new URL(input.requestUri);
  if (url.protocol !== 'https:') return undefined;
  return practice.apps.find(
    (app) =>
      (appId === null || String(app.appId) === appId) &&
      isInstalled(practice, portalId, app.appId) &&
      app.permittedUrls.some((permitted) => URL.canParse(permitted) && new URL(permitted).origin === url.origin),
  );
}

function publicUrl(
  requestUri: string,
  who: { app: AppManifest; portalId: string; user: { id: string; email: string } },
): string {
  const extra = new URLSearchParams({
    userId: who.user.id,
    portalId: who.portalId,
    userEmail: who.user.email,
    appId: String(who.app.appId),
  });
  return `${requestUri}${requestUri.includes('?') ? '&' : '?'}${extra.toString()}`;
}

/** One retry on a connection failure or a 5xx, within the time the call has. */
async function callApp(
  practice: Practice,
  app: AppManifest,
  request: { proxied: ProxyCall; url: string; body: string },
): Promise<AppAnswer> {
  const max = practice.behaviour().proxyTimeoutMs;
  const signal = AbortSignal.timeout(Math.min(request.proxied.input.requestTimeoutMillis ?? max, max));
  let answer: AppAnswer = { kind: 'timeout' };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    answer = await callOnce(practice, app, { ...request, signal });
    const failedForNow = answer.kind === 'unreachable' || (answer.kind === 'answer' && answer.status >= 500);
    if (!failedForNow || signal.aborted) return answer;
  }
  return answer;
}

async function callOnce(
  practice: Practice,
  app: AppManifest,
  request: { proxied: ProxyCall; url: string; body: string; signal: AbortSignal },
): Promise<AppAnswer> {
  const { input } = request.proxied;
  const { method } = input;
  const signed = signatureHeaders(
    app.clientSecret,
    { method, uri: request.url, body: request.body },
    practice.clock.now(),
  );
  try {
    const response = await fetch(localUrl(request.url, practice.publicToLocal), {
      method,
      headers: {
        ...input.requestHeaders,
        ...signed,
        ...(request.body === '' ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === '' ? {} : { body: request.body }),
      redirect: 'manual',
      signal: request.signal,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length > BODY_BYTES_MAX) return { kind: 'too_large' };
    return { kind: 'answer', status: response.status, body: parseBody(bytes.toString('utf8')) };
  } catch (error) {
    if (request.signal.aborted) return { kind: 'timeout' };
    return { kind: 'unreachable', reason: error instanceof Error ? error.message : String(error) };
  }
}

function parseBody(text: string): unknown {
  if (text === '') return '';
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

interface EnvelopeFault {
  readonly status: number;
  readonly category: string;
  readonly message: string;
}

function context(proxied: ProxyCall, appStatus?: number): Record<string, readonly string[]> {
  return {
    correlationId: [proxied.correlationId],
    httpMethod: [proxied.input.method],
    portalId: [proxied.portalId],
    requestUri: [proxied.input.requestUri],
    ...(appStatus === undefined ? {} : { appServerStatusCode: [String(appStatus)] }),
  };
}

const envelope = (proxied: ProxyCall, fault: EnvelopeFault): Reply =>
  json({ category: fault.category, status: 'error', message: fault.message, context: context(proxied) }, fault.status);

/** A status of 300 to 599 from the app server reaches the card as HTTP 200 with `BAD_GATEWAY` in the body. */
function reply(proxied: ProxyCall, answer: AppAnswer): Reply {
  switch (answer.kind) {
    case 'answer':
      if (answer.status < 300) {
        return json(
          { status: 'success', responseBody: answer.body, context: context(proxied, answer.status) },
          answer.status === 204 ? 200 : answer.status,
        );
      }
      return badGateway(proxied, {
        appStatus: answer.status,
        body: answer.body,
        detail: `Unacceptable HTTP status ${answer.status} calling ${proxied.input.requestUri}`,
      });
    case 'too_large':
      return badGateway(proxied, { detail: 'The response body is larger than 1 MB' });
    case 'timeout':
      return badGateway(proxied, { appStatus: 504, detail: `Timed out calling ${proxied.input.requestUri}` });
    case 'unreachable':
      return badGateway(proxied, {
        appStatus: 502,
        detail: `Could not connect to ${proxied.input.requestUri}: ${answer.reason}`,
      });
  }
}

function badGateway(proxied: ProxyCall, failure: { appStatus?: number; body?: unknown; detail: string }): Reply {
  return json({
    status: 'error',
    category: 'BAD_GATEWAY',
    message: 'Error returned from Request Uri',
    context: context(proxied, failure.appStatus),
    ...(failure.body === undefined ? {} : { responseBody: failure.body }),
    errors: [{ message: failure.detail }],
  });
}
