/** The whole server on a free port, with a database of its own and a practice HubSpot beside it: requests as HubSpot and browsers send them. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll } from 'vitest';
import type { SalesforceSettings } from '../../server/config.ts';
import { type ComposedServer, composeServer } from '../../server/compose.ts';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { RATE_LIMITS_DEFAULT, type RateLimits } from '../../server/http/dependencies.ts';
import { type HttpServer, listen } from '../../server/http/server.ts';
import { createRealWorld } from '../../server/real-world.ts';
import { type TestDatabase, TEST_MASTER_KEYS } from '../support/database.ts';
import {
  CLIENT_SECRET,
  PUBLIC_ORIGIN,
  type PracticeForTest,
  pageFor,
  practiceApp,
  silentLog,
  startPractice,
  textAt,
} from '../support/practice.ts';

export const PORTAL = '1001';
export const OTHER_PORTAL = '1002';
const USER = { id: '77', email: 'rep@example.com' };

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

export type CardRequest = {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly portalId?: string;
  readonly userId?: string;
  readonly userEmail?: string;
  /** Milliseconds that the signature is old. */
  readonly ageMs?: number;
  readonly secret?: string;
  /** Appended after signing. */
  readonly tamper?: string;
};

export type ApiServer = {
  readonly origin: string;
  readonly server: ComposedServer;
  readonly practice: PracticeForTest;
  /** As the proxy of a HubSpot card sends it. */
  card(request: CardRequest): Promise<Answer>;
  /** As the workspace page of a signed-in person sends it. */
  page(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    more?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  raw(path: string, init?: RequestInit): Promise<Answer>;
  /** Authorises the app in a portal, as its administrator would, and signs this browser in. */
  install(portalId?: string): Promise<ConnectionRef>;
  /** This browser's cookies, for requests made elsewhere. */
  cookie(): string;
  signInAs(workspaceId: string, role: 'rep' | 'manager' | 'admin'): Promise<void>;
  createRecord(
    type: 'deals' | 'companies',
    properties: Readonly<Record<string, string>>,
    portalId?: string,
  ): Promise<string>;
  /** Runs the engine until nothing is due. */
  settle(): Promise<void>;
};

export const SESSION_SECRET = 'a session secret for tests, long enough';
const TURNS_MAX = 400;

type ApiOptions = {
  readonly rateLimits?: RateLimits;
  /** Starts what stands for Salesforce, once the server's own origin is known. */
  readonly salesforce?: (origin: string) => Promise<SalesforceSettings>;
};

export function useApi(
  database: TestDatabase,
  { rateLimits = RATE_LIMITS_DEFAULT, salesforce }: ApiOptions = {},
): ApiServer {
  const parts: { door: HttpServer | null; server: ComposedServer | null; practice: PracticeForTest | null } = {
    door: null,
    server: null,
    practice: null,
  };
  const cookies = new Map<string, string>();
  const must = <T>(part: T | null): T => {
    if (part === null) throw new Error('the server is there once beforeAll has run');
    return part;
  };
  const origin = (): string => `http://127.0.0.1:${must(parts.door).port}`;

  beforeAll(async () => {
    const world = createRealWorld(silentLog);
    let handle: RequestListener = (_request, response) => response.writeHead(503).end();
    const opened = await listen({
      port: 0,
      bindAddress: '127.0.0.1',
      clock: world.clock,
      handle: (request, response) => handle(request, response),
    });
    if (!opened.ok) throw new Error(opened.reason);
    parts.door = opened.server;
    const app = practiceApp({ redirectUrls: [`${origin()}/oauth/hubspot/callback`] });
    parts.practice = await startPractice({ app });
    const server = composeServer(
      {
        databaseUrl: database.url,
        masterKeys: TEST_MASTER_KEYS,
        hubspot: {
          clientId: app.clientId,
          clientSecret: CLIENT_SECRET,
          clientSecretPrevious: null,
          appId: String(app.appId),
          apiBase: parts.practice.hubspot.url,
          authorizeUrl: `${parts.practice.hubspot.url}/oauth/authorize`,
        },
        salesforce: salesforce === undefined ? null : await salesforce(origin()),
        signedOrigin: PUBLIC_ORIGIN,
        http: {
          publicUrl: origin(),
          allowedOrigins: [origin()],
          mode: 'live',
          trustedProxies: 0,
          metricsToken: null,
          sessionSecret: SESSION_SECRET,
          pagesDir: null,
          rateLimits,
        },
      },
      world,
    );
    parts.server = server;
    handle = server.app;
  });

  afterAll(async () => {
    await parts.door?.drain(200);
    await parts.server?.close();
    await parts.practice?.stop();
  });

  const raw = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await fetch(`${origin()}${path}`, { redirect: 'manual', ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
  };

  return {
    get origin() {
      return origin();
    },
    get server() {
      return must(parts.server);
    },
    get practice() {
      return must(parts.practice);
    },
    raw,
    card: async (request) => {
      const { target, init } = signedRequest(request);
      const answer = await fetch(`${origin()}${target}${request.tamper ?? ''}`, init);
      return { status: answer.status, headers: answer.headers, body: await answer.json() };
    },
    page: (method, path, body, more = {}) =>
      raw(path, {
        method,
        headers: {
          ...(method === 'GET' ? {} : { origin: origin(), 'x-counterpart-request': '1' }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...more,
        },
        ...(body === undefined ? {} : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
      }),
    install: async (portalId = PORTAL) => {
      const consent = new URL((await raw('/oauth/hubspot/start')).headers.get('location') ?? 'about:blank');
      const approved = await fetch(`${must(parts.practice).hubspot.url}/oauth/authorize/decision`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ query: consent.search.slice(1), portalId, decision: 'approve' }),
      });
      const back = new URL(approved.headers.get('location') ?? 'about:blank');
      const done = await raw(`${back.pathname}${back.search}`);
      if (done.status !== 302) throw new Error(`the callback answered ${done.status}: ${JSON.stringify(done.body)}`);
      const connection = await must(parts.server).services.parts.workspaces.findConnectionOfAccount(
        'hubspot',
        portalId,
      );
      return must(connection);
    },
    cookie: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    signInAs: async (workspaceId, role) => {
      const { workspaces, world } = must(parts.server).services.parts;
      const at = world.clock.now();
      const user = await workspaces.ensureUser(workspaceId, {
        hostUser: null,
        email: `${role}-${randomUUID()}@example.com`,
        name: null,
        locale: 'en',
        roleIfNew: role,
        at,
      });
      const secret = randomBytes(32).toString('base64url');
      const tokenHash = createHmac('sha256', SESSION_SECRET).update(secret).digest('hex');
      await workspaces.createSession(workspaceId, { userId: user.id, tokenHash, at, expiresAt: at + 60_000 });
      cookies.clear();
      cookies.set('counterpart-session', `${workspaceId}.${secret}`);
    },
    createRecord: async (type, properties, portalId = PORTAL) => {
      const made = await pageFor(must(parts.practice))('POST', `/practice/api/portals/${portalId}/objects/${type}`, {
        properties,
      });
      return textAt(made.body, 'id');
    },
    settle: async () => {
      const { engine } = must(parts.server);
      for (let turn = 0; turn < TURNS_MAX; turn += 1) if (!(await engine.turn())) return;
      throw new Error('the engine found no rest');
    },
  };
}

/** The address as HubSpot completes it, signed as HubSpot signs it. */
export function signedRequest(request: CardRequest): { readonly target: string; readonly init: RequestInit } {
  const { method = 'GET', path, query = {}, body, ageMs = 0, secret = CLIENT_SECRET } = request;
  const parameters = new URLSearchParams({
    ...query,
    userId: request.userId ?? USER.id,
    portalId: request.portalId ?? PORTAL,
    userEmail: request.userEmail ?? USER.email,
    appId: '4242',
  });
  const target = `${path}${path.includes('?') ? '&' : '?'}${parameters.toString()}`;
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const timestamp = String(Date.now() - ageMs);
  const signature = signV3(signatureSource({ method, target, body: bytes }, PUBLIC_ORIGIN, timestamp), secret);
  return {
    target,
    init: {
      method,
      headers: {
        'x-hubspot-signature-v3': signature,
        'x-hubspot-request-timestamp': timestamp,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: bytes }),
    },
  };
}

export const newKey = (): string => randomUUID();

/** A contract as the card's form sends it. */
export function contractInput(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    title: 'Cloud hosting',
    number: null,
    side: 'buy',
    counterparty: 'Northwind Hosting Ltd',
    effectiveDate: '2026-01-01',
    endDate: '2027-12-31',
    renewalKind: 'auto',
    renewalMonths: 12,
    notice: { count: 60, unit: 'days', countedFrom: 'before_expiry' },
    calendarId: 'weekends',
    value: { minor: '1200000', currency: 'USD' },
    ...more,
  };
}
