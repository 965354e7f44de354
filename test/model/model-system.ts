/**
 * The real system under the model: Express, engine and PostgreSQL as one composition, practice HubSpot portals over HTTP, and one clock
 * for all of them that stands still unless it is told to go on or somebody waits. Webhooks are held back, so that a run decides when,
 * in which order and how often they arrive.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import { readAppManifest } from '../../extensions/practice/app-manifest.ts';
import { OBJECT_TYPE_IDS } from '../../extensions/practice/hubspot/object-type.ts';
import { isInstalled } from '../../extensions/practice/hubspot/practice.ts';
import { startPracticeHubSpot, type PracticeHubSpot } from '../../extensions/practice/hubspot/server.ts';
import { eventsOf, type WebhookEvent } from '../../extensions/practice/hubspot/webhook-event.ts';
import { type ComposedServer, composeServer } from '../../server/compose.ts';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import { type HttpServer, listen } from '../../server/http/server.ts';
import type { World } from '../../server/world.ts';
import { TEST_MASTER_KEYS, type TestDatabase } from '../support/database.ts';
import { CLIENT_SECRET, practicePortal, PUBLIC_ORIGIN, silentLog, textAt } from '../support/practice.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';

const APP_ID = 4242;
const SESSION_SECRET = 'a session secret for tests, long enough';
const SESSION_MS = 40 * 365 * 86_400_000;
/** Portals made ahead; a run takes two. */
const PORTALS_MADE = 120;
const PROJECT_DIR = path.resolve(import.meta.dirname, '../../extensions/hubspot');
const NO_LIMIT = 1_000_000_000;

export type Answer = { readonly status: number; readonly body: unknown };
type HeldEvent = { readonly portalId: string; readonly event: WebhookEvent };

/**
 * Time that moves when told to. Whoever waits for a signal as well has set a time limit, which takes real time; whoever only waits is
 * spared the waiting.
 */
type ModelClock = World['clock'] & { readonly advanceTo: (at: number) => void };

function createModelClock(startAt: number): ModelClock {
  let now = startAt;
  return {
    now: () => now,
    advanceTo: (at) => {
      now = Math.max(now, at);
    },
    sleep: async (delayMs, signal) => {
      const until = now + delayMs;
      if (signal === undefined) await immediate();
      else await delay(delayMs, undefined, { signal, ref: false });
      now = Math.max(now, until);
    },
  };
}

export type ModelSystem = {
  readonly clock: ModelClock;
  readonly origin: () => string;
  readonly server: () => ComposedServer;
  readonly hubspot: () => PracticeHubSpot;
  /** What happened in portals and was not delivered yet. */
  readonly held: HeldEvent[];
  /** Kinds of change of which nothing was told. */
  readonly untold: Set<string>;
  /** Two portals that nobody used before. */
  takePortals(): Promise<readonly [string, string]>;
  /** The process ends and another one begins on the same database. */
  restart(): Promise<void>;
  request(target: string, init?: RequestInit): Promise<Answer & { readonly headers: Headers }>;
  /** As HubSpot signs it. */
  signed(method: 'GET' | 'POST', target: string, body?: unknown): Promise<Answer>;
  signIn(workspaceId: string): Promise<string>;
  /** As a person does it in a portal. */
  person(method: string, portalId: string, route: string, body?: unknown): Promise<Answer>;
  /** Every portal of an earlier run is left alone from here on. */
  forgetConnections(): Promise<void>;
  close(): Promise<void>;
};

export async function openModelSystem(database: TestDatabase, startAt: number): Promise<ModelSystem> {
  const clock = createModelClock(startAt);
  const world: World = { ...systemWorld(), clock };
  const held: HeldEvent[] = [];
  const untold = new Set<string>();
  let handle: RequestListener = (_request, response) => response.writeHead(503).end();
  const opened = await listen({
    port: 0,
    bindAddress: '127.0.0.1',
    clock,
    handle: (request, response) => handle(request, response),
  });
  if (!opened.ok) throw new Error(opened.reason);
  const door: HttpServer = opened.server;
  const origin = `http://127.0.0.1:${door.port}`;
  const portals: string[] = [];
  let practice: PracticeHubSpot | null = null;
  let server: ComposedServer | null = null;

  const startPortals = async (): Promise<void> => {
    await practice?.stop();
    const first = portals.length + 1;
    const ids = Array.from({ length: PORTALS_MADE }, (_, index) => String(10_000 + first + index));
    portals.push(...ids);
    practice = await startHeldPractice({ ids, clock, origin, held, untold });
  };
  const compose = async (): Promise<void> => {
    await server?.close();
    if (practice === null) throw new Error('portals come first');
    server = composeServer(settingsFor(database, practice, origin), world);
    handle = server.app;
  };
  const must = <T>(part: T | null): T => {
    if (part === null) throw new Error('not there yet');
    return part;
  };
  let taken = 0;
  const request: ModelSystem['request'] = async (target, init = {}) => {
    const answer = await fetch(`${origin}${target}`, { redirect: 'manual', ...init });
    return { status: answer.status, headers: answer.headers, body: parsed(await answer.text()) };
  };
  await startPortals();
  await compose();
  return {
    clock,
    origin: () => origin,
    server: () => must(server),
    hubspot: () => must(practice),
    held,
    untold,
    takePortals: async () => {
      if (taken + 2 > portals.length) {
        await startPortals();
        await compose();
      }
      const [a = '', b = ''] = portals.slice(taken, taken + 2);
      taken += 2;
      return [a, b];
    },
    restart: compose,
    request,
    signed: async (method, target, body) => {
      const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
      const timestamp = String(clock.now());
      const signature = signV3(
        signatureSource({ method, target, body: bytes }, PUBLIC_ORIGIN, timestamp),
        CLIENT_SECRET,
      );
      return await request(target, {
        method,
        headers: {
          'x-hubspot-signature-v3': signature,
          'x-hubspot-request-timestamp': timestamp,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: bytes }),
      });
    },
    signIn: async (workspaceId) => {
      const { workspaces } = must(server).services.parts;
      const at = clock.now();
      const email = 'admin@example.com';
      const who = { hostUser: null, email, name: null, locale: 'en', roleIfNew: 'admin', at } as const;
      const user = await workspaces.ensureUser(workspaceId, who);
      const secret = randomBytes(32).toString('base64url');
      const tokenHash = createHmac('sha256', SESSION_SECRET).update(secret).digest('hex');
      await workspaces.createSession(workspaceId, { userId: user.id, tokenHash, at, expiresAt: at + SESSION_MS });
      return `counterpart-session=${workspaceId}.${secret}`;
    },
    person: async (method, portalId, route, body) => {
      const answer = await fetch(`${must(practice).url}/practice/api/portals/${portalId}${route}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return { status: answer.status, body: parsed(await answer.text()) };
    },
    forgetConnections: async () => {
      held.length = 0;
      untold.clear();
      await database.admin.query("UPDATE connection SET state = 'disconnected'");
    },
    close: async () => {
      await door.drain(200);
      await server?.close();
      await practice?.stop();
    },
  };
}

type HeldPractice = {
  readonly ids: readonly string[];
  readonly clock: ModelClock;
  readonly origin: string;
  readonly held: HeldEvent[];
  readonly untold: Set<string>;
};

/** The portals' own delivery is told to drop everything; the same events are kept here instead. */
async function startHeldPractice({ ids, clock, origin, held, untold }: HeldPractice): Promise<PracticeHubSpot> {
  const secrets = { appId: APP_ID, clientId: 'model-client', clientSecret: CLIENT_SECRET };
  const app = {
    ...readAppManifest(PROJECT_DIR, secrets, { public: PUBLIC_ORIGIN, browser: origin }),
    clientSecret: CLIENT_SECRET,
  };
  const random = createSeededRandom(1);
  const started = await startPracticeHubSpot({
    port: 0,
    dataDir: null,
    clock,
    random,
    log: silentLog,
    portals: ids.map((id) => practicePortal(id)),
    apps: [app],
    behaviour: { searchIndexDelayMs: 0, timeoutHoldMs: 20 },
    faults: { webhookDropRate: 1 },
  });
  started.practice.onChange((change) => {
    if (!isInstalled(started.practice, change.portalId, APP_ID)) {
      untold.add(change.detail.kind);
      return;
    }
    const events = eventsOf(app, change, () => random.between(1, 2 ** 31 - 1));
    // Nobody subscribes to the fields that are ours: a person's edit of one is found by looking, not by being told.
    if (events.length === 0 && change.source.sourceType !== 'INTEGRATION') untold.add(change.detail.kind);
    for (const event of events) held.push({ portalId: change.portalId, event });
  });
  return started;
}

function settingsFor(
  database: TestDatabase,
  practice: PracticeHubSpot,
  origin: string,
): Parameters<typeof composeServer>[0] {
  return {
    databaseUrl: database.url,
    masterKeys: TEST_MASTER_KEYS,
    hubspot: {
      clientId: 'model-client',
      clientSecret: CLIENT_SECRET,
      clientSecretPrevious: null,
      appId: String(APP_ID),
      apiBase: practice.url,
      authorizeUrl: `${practice.url}/oauth/authorize`,
    },
    signedOrigin: PUBLIC_ORIGIN,
    http: {
      publicUrl: origin,
      allowedOrigins: [origin],
      mode: 'live',
      trustedProxies: 0,
      metricsToken: null,
      sessionSecret: SESSION_SECRET,
      pagesDir: null,
      rateLimits: { perAddress: NO_LIMIT, perUser: NO_LIMIT, perWorkspace: NO_LIMIT },
    },
  };
}

function parsed(text: string): unknown {
  return text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text) as unknown) : text;
}

/** Answers the consent page of a portal, and brings the browser back with its code. */
export async function authorise(system: ModelSystem, portalId: string, cookie: string | null): Promise<void> {
  const start = await system.request('/oauth/hubspot/start', cookie === null ? {} : { headers: { cookie } });
  const consent = new URL(start.headers.get('location') ?? 'about:blank');
  const browser = start.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  const decided = await fetch(`${system.hubspot().url}/oauth/authorize/decision`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ query: consent.search.slice(1), portalId, decision: 'approve' }),
  });
  const back = new URL(decided.headers.get('location') ?? 'about:blank');
  const cookies = [...browser, ...(cookie === null ? [] : [cookie])].join('; ');
  const done = await system.request(`${back.pathname}${back.search}`, { headers: { cookie: cookies } });
  if (done.status !== 302) throw new Error(`the callback answered ${done.status}: ${JSON.stringify(done.body)}`);
}

/** Takes a record out of a portal for good, as when its recycle bin is emptied. */
export function purge(system: ModelSystem, portalId: string, recordId: string): void {
  const portal = system.hubspot().portals.get(portalId);
  for (const typeId of OBJECT_TYPE_IDS) portal?.records[typeId].delete(recordId);
}

export const idOf = (answer: Answer): string => textAt(answer.body, 'id');
