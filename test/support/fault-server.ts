/**
 * The whole server, its engine running, between proxies whose wires go wrong: one before the practice portals, one before the server,
 * one before PostgreSQL. Its clock runs faster than the wall's, so that time limits and rests of many seconds fit into a test.
 */
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type ComposedServer, composeServer } from '../../server/compose.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { RATE_LIMITS_DEFAULT } from '../../server/http/dependencies.ts';
import { type ListenOptions, listen } from '../../server/http/server.ts';
import { createLog } from '../../server/log.ts';
import { createRealWorld } from '../../server/real-world.ts';
import type { Clock, World } from '../../server/world.ts';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import { TEST_MASTER_KEYS } from './database.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import {
  at,
  CLIENT_SECRET,
  decide,
  pageFor,
  type PracticeForTest,
  practiceApp,
  PUBLIC_ORIGIN,
  startPractice,
  textAt,
} from './practice.ts';

export const PORTALS = ['1001', '1002'] as const;
export type PortalId = (typeof PORTALS)[number];
/** Ten times as fast as the wall. */
const SPEED = 10;
const WAIT_MS_MAX = 20_000;
const POLL_MS = 20;
const SHARED = ['counterpart_stage', 'counterpart_renewal_date', 'counterpart_renewal_decision'];
const SUBSCRIPTIONS = SHARED.map((propertyName) => ({
  subscriptionType: 'object.propertyChange',
  objectType: 'deal',
  propertyName,
}));

export type FaultServer = {
  readonly server: ComposedServer;
  readonly practice: PracticeForTest;
  /** Before the portals: everything that the server asks of them passes here. */
  readonly toPortal: FaultProxy;
  /** Before the server: webhooks of the portals and what a test sends to its origin. */
  readonly toServer: FaultProxy;
  /** The server's own address, past the proxy. */
  readonly origin: string;
  readonly logLines: readonly string[];
  readonly clock: Clock;
  /** Authorises the app in a portal; the second one joins the workspace of the first. */
  install(portalId: PortalId): Promise<ConnectionRef>;
  createDeal(portalId: PortalId): Promise<string>;
  /** A person changes a deal in the portal. */
  editDeal(portalId: PortalId, recordId: string, properties: Readonly<Record<string, string>>): Promise<void>;
  deal(portalId: PortalId, recordId: string): Promise<Readonly<Record<string, unknown>>>;
  /** As a card in the portal asks; past the proxy. */
  card(portalId: PortalId, request: SignedRequest): Promise<{ readonly status: number; readonly body: unknown }>;
  /**
   * The same until it is answered 200, as a person tries again; gives the body. The server answers 503 after 14 s of its own clock, which is
   * soon on a busy machine.
   */
  insist(portalId: PortalId, request: SignedRequest): Promise<unknown>;
  /** Batch updates that the portal answered or began. */
  portalWrites(portalId: PortalId): Promise<number>;
  ready(): Promise<number>;
  stop(): Promise<void>;
};

type SignedRequest = { readonly method?: 'GET' | 'POST'; readonly path: string; readonly body?: unknown };
export type FaultServerOptions = {
  readonly databaseUrl: string;
  /** Stands before the practice portal instead of the plain proxy's origin. */
  readonly portalPort?: (practice: PracticeForTest) => Promise<number>;
  readonly limits?: ListenOptions['limits'];
  readonly speed?: number;
};

export function fastClock(speed: number = SPEED): Clock {
  const startedAt = Date.now();
  return {
    now: () => startedAt + Math.round((Date.now() - startedAt) * speed),
    sleep: async (delayMs, signal) => {
      await delay(delayMs / speed, undefined, signal === undefined ? {} : { signal });
    },
  };
}

/** Polls until the condition holds; fails with what was waited for. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs: number = WAIT_MS_MAX,
): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end; await delay(POLL_MS)) if (await holds()) return;
  throw new Error(`never: ${what}`);
}

export async function startFaultServer(options: FaultServerOptions): Promise<FaultServer> {
  const clock = fastClock(options.speed);
  const logLines: string[] = [];
  const world: World = {
    ...createRealWorld(createLog({ level: 'info', write: (line) => void logLines.push(line) })),
    clock,
  };
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end();
  const opened = await listen({
    port: 0,
    bindAddress: '127.0.0.1',
    clock: world.clock,
    handle: (request, response) => handle(request, response),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  if (!opened.ok) throw new Error(opened.reason);
  const origin = `http://127.0.0.1:${opened.server.port}`;
  const toServer = await startFaultProxy(opened.server.port);
  const practice = await startPractice({
    clock,
    app: practiceApp({
      redirectUrls: [`${origin}/oauth/hubspot/callback`],
      webhooks: { targetUrl: `${PUBLIC_ORIGIN}/webhooks/hubspot`, subscriptions: SUBSCRIPTIONS },
    }),
    publicToLocal: { [PUBLIC_ORIGIN]: toServer.origin },
    behaviour: { webhookRetrySpanMs: 3_000, webhookTimeoutMs: 1_000 },
  });
  const portalPort = await (options.portalPort?.(practice) ?? Number(new URL(practice.hubspot.url).port));
  const toPortal = await startFaultProxy(portalPort);
  const server = composeServer(settings(options.databaseUrl, { practice, origin, apiBase: toPortal.origin }), world);
  handle = server.app;
  const stopping = new AbortController();
  const running = server.run(stopping.signal);
  running.catch((error: unknown) => logLines.push(`the engine ended: ${String(error)}`));
  const person = pageFor(practice);
  const cookies = new Map<string, string>();
  return {
    server,
    practice,
    toPortal,
    toServer,
    origin,
    logLines,
    clock,
    install: (portalId) => install({ server, practice, origin, cookies }, portalId),
    createDeal: async (portalId) => {
      const path = `/practice/api/portals/${portalId}/objects/deals`;
      return textAt((await person('POST', path, { properties: { dealname: `Deal ${randomUUID()}` } })).body, 'id');
    },
    editDeal: async (portalId, recordId, properties) => {
      const path = `/practice/api/portals/${portalId}/objects/deals/${recordId}`;
      const answer = await person('PATCH', path, { properties });
      if (answer.status !== 200) throw new Error(`the edit was answered ${answer.status}`);
    },
    deal: async (portalId, recordId) => {
      const path = `/practice/api/portals/${portalId}/objects/deals/${recordId}`;
      const properties = at((await person('GET', path)).body, 'properties');
      return Object.fromEntries(Object.entries(properties ?? {}));
    },
    card: (portalId, request) => askAsCard({ origin, clock }, portalId, request),
    insist: async (portalId, request) => {
      const state: { body: unknown } = { body: null };
      await eventually(`${request.path} is answered 200`, async () => {
        const { status, body } = await askAsCard({ origin, clock }, portalId, request);
        state.body = body;
        return status === 200;
      });
      return state.body;
    },
    portalWrites: async (portalId) => {
      const { body } = await person('GET', `/practice/api/portals/${portalId}/calls`);
      const calls = at(body, 'calls');
      return Array.isArray(calls)
        ? calls.filter((call) => String(at(call, 'path')).endsWith('/batch/update')).length
        : 0;
    },
    ready: async () => (await fetch(`${origin}/readyz`)).status,
    stop: async () => {
      stopping.abort();
      for (const proxy of [toPortal, toServer]) proxy.heal();
      await Promise.all([opened.server.drain(200), running.catch(() => undefined)]);
      await server.close();
      await Promise.all([toPortal.stop(), toServer.stop()]);
      await practice.stop();
    },
  };
}

type Places = { readonly practice: PracticeForTest; readonly origin: string; readonly apiBase: string };

function settings(databaseUrl: string, { practice, origin, apiBase }: Places): Parameters<typeof composeServer>[0] {
  const { app } = practice;
  return {
    databaseUrl,
    masterKeys: TEST_MASTER_KEYS,
    hubspot: {
      clientId: app.clientId,
      clientSecret: CLIENT_SECRET,
      clientSecretPrevious: null,
      appId: String(app.appId),
      apiBase,
      authorizeUrl: `${practice.hubspot.url}/oauth/authorize`,
    },
    signedOrigin: PUBLIC_ORIGIN,
    http: {
      publicUrl: origin,
      allowedOrigins: [origin],
      mode: 'live',
      trustedProxies: 0,
      metricsToken: null,
      sessionSecret: 'a session secret for tests, long enough',
      pagesDir: null,
      rateLimits: RATE_LIMITS_DEFAULT,
    },
  };
}

type Browser = {
  readonly server: ComposedServer;
  readonly practice: PracticeForTest;
  readonly origin: string;
  readonly cookies: Map<string, string>;
};

async function install({ server, practice, origin, cookies }: Browser, portalId: PortalId): Promise<ConnectionRef> {
  const browse = async (path: string): Promise<URL> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${origin}${path}`, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    if (answer.status !== 302) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return new URL(answer.headers.get('location') ?? '', origin);
  };
  const consent = await browse('/oauth/hubspot/start');
  const back = await decide(practice, consent.searchParams, { portalId, decision: 'approve' });
  await browse(`${back.pathname}${back.search}`);
  const find = () => server.services.parts.workspaces.findConnectionOfAccount('hubspot', portalId);
  const connection = await find();
  if (connection === null) throw new Error('the portal was not connected');
  return connection;
}

/** As HubSpot's proxy completes and signs a card's request. */
async function askAsCard(
  { origin, clock }: { readonly origin: string; readonly clock: Clock },
  portalId: PortalId,
  { method = 'GET', path, body }: SignedRequest,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const signed = new URLSearchParams({ userId: '77', portalId, userEmail: 'rep@example.com', appId: '4242' });
  const target = `${path}?${signed.toString()}`;
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const answer = await fetch(`${origin}${target}`, {
    method,
    headers: { ...signatureHeaders({ method, target, bytes }, clock.now()), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: bytes }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

/** The two headers that make a request one of the portal's. */
export function signatureHeaders(
  { method, target, bytes }: { readonly method: string; readonly target: string; readonly bytes: Buffer },
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(now);
  const source = signatureSource({ method, target, body: bytes }, PUBLIC_ORIGIN, timestamp);
  return {
    'x-hubspot-signature-v3': signV3(source, CLIENT_SECRET),
    'x-hubspot-request-timestamp': timestamp,
  };
}
