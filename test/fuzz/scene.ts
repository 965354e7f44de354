/**
 * The whole server on a free port with two workspaces that have everything a request can name: contracts, links, conflicts, records given up,
 * uploads. Every text of the second workspace carries its canary, so that a leak shows in any answer or log line.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Client } from 'pg';
import { type ComposedServer, composeServer, type ServerSettings } from '../../server/compose.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { listen } from '../../server/http/server.ts';
import { createLog } from '../../server/log.ts';
import { createRealWorld } from '../../server/real-world.ts';
import { CLIENT_SECRET, PUBLIC_ORIGIN, type PracticeForTest, practiceApp, startPractice } from '../support/practice.ts';
import { type Role, type Tenant, furnish } from './tenant.ts';
import { startTenantOrg } from './tenant-org.ts';

export const FORMER_SECRET = 'the-client-secret-before-the-rotation';
export const SESSION_SECRET = 'a session secret for the fuzz scene, long enough';
export const MASTER_KEY = new Uint8Array(32).fill(9);

export type Scene = {
  readonly origin: string;
  readonly port: number;
  readonly server: ComposedServer;
  readonly practice: PracticeForTest;
  /** A connection as the superuser, for looking behind the scenes. */
  readonly admin: Client;
  readonly tenants: readonly [Tenant, Tenant];
  /** Every line that the server logged so far, on the most talkative level. */
  readonly logLines: string[];
  /** Another process on the same database, as after a restart: the plan of its jobs begins anew. */
  restarted(change?: Partial<ServerSettings['http']>): ComposedServer;
  /** A session cookie of a new person with this role. */
  signIn(workspaceId: string, role: Role, lifetimeMs?: number): Promise<string>;
  /** Runs the engine until nothing is due. */
  settle(): Promise<void>;
  stop(): Promise<void>;
};

const TURNS_MAX = 5_000;
const UNLIMITED = { perAddress: 1e9, perUser: 1e9, perWorkspace: 1e9 };
const PORTALS = ['1001', '1002'] as const;
/** Nobody listens there, and nothing in a scene waits for changes of the orgs. */
const NO_FEED = '127.0.0.1:9';

/** Starts everything on a migrated database. */
export async function startScene(databaseUrl: string): Promise<Scene> {
  const logLines: string[] = [];
  const world = createRealWorld(createLog({ level: 'debug', write: (line) => void logLines.push(line) }));
  let handle: RequestListener = (_request, response) => response.writeHead(503).end();
  const opened = await listen({
    port: 0,
    bindAddress: '127.0.0.1',
    clock: world.clock,
    handle: (request, response) => handle(request, response),
  });
  if (!opened.ok) throw new Error(opened.reason);
  const door = opened.server;
  const origin = `http://127.0.0.1:${door.port}`;
  const app = practiceApp({ redirectUrls: [`${origin}/oauth/hubspot/callback`] });
  const practice = await startPractice({ app });
  const orgs = [await startTenantOrg(1), await startTenantOrg(2)] as const;
  const { clientId, clientSecret } = orgs[0].org.app;
  const settings: ServerSettings = {
    databaseUrl,
    masterKeys: { currentId: 'fuzz-1', keys: { 'fuzz-1': MASTER_KEY } },
    hubspot: {
      clientId: app.clientId,
      clientSecret: CLIENT_SECRET,
      clientSecretPrevious: FORMER_SECRET,
      appId: String(app.appId),
      apiBase: practice.hubspot.url,
      authorizeUrl: `${practice.hubspot.url}/oauth/authorize`,
    },
    salesforce: { clientId, clientSecret, loginUrl: orgs[0].org.url, pubSubEndpoint: NO_FEED },
    signedOrigin: PUBLIC_ORIGIN,
    http: {
      publicUrl: origin,
      allowedOrigins: [origin],
      mode: 'live',
      trustedProxies: 0,
      metricsToken: null,
      sessionSecret: SESSION_SECRET,
      pagesDir: null,
      rateLimits: UNLIMITED,
    },
  };
  const server = composeServer(settings, world);
  const others: ComposedServer[] = [];
  handle = server.app;
  const admin = new Client({ connectionString: databaseUrl });
  admin.on('error', () => undefined);
  await admin.connect();
  const signIn = (workspaceId: string, role: Role, lifetimeMs = 3_600_000): Promise<string> =>
    createSession(server, { workspaceId, role, lifetimeMs });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS_MAX; turn += 1) if (!(await server.engine.turn())) return;
    throw new Error('the engine found no rest');
  };
  const restarted: Scene['restarted'] = (change = {}) => {
    const other = composeServer({ ...settings, http: { ...settings.http, ...change } }, world);
    others.push(other);
    return other;
  };
  const parts = { origin, server, practice, admin, signIn, settle, restarted };
  const [first, second] = [
    await furnish(parts, { connection: await install(parts, PORTALS[0]), org: orgs[0], fillers: 0 }),
    await furnish(parts, { connection: await install(parts, PORTALS[1]), org: orgs[1], fillers: 4 }),
  ];
  return {
    ...parts,
    port: door.port,
    tenants: [first, second],
    logLines,
    stop: async () => {
      await door.drain(200);
      await admin.end();
      for (const each of [server, ...others]) await each.close();
      await practice.stop();
      for (const each of orgs) await each.stop();
    },
  };
}

async function createSession(
  server: ComposedServer,
  { workspaceId, role, lifetimeMs }: { readonly workspaceId: string; readonly role: Role; readonly lifetimeMs: number },
): Promise<string> {
  const { workspaces, world } = server.services.parts;
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
  await workspaces.createSession(workspaceId, { userId: user.id, tokenHash, at, expiresAt: at + lifetimeMs });
  return `counterpart-session=${workspaceId}.${secret}`;
}

/** Authorises the app in a portal, as its administrator would. */
async function install(
  { origin, server, practice }: Pick<Scene, 'origin' | 'server' | 'practice'>,
  portalId: string,
): Promise<ConnectionRef> {
  const begun = await fetch(`${origin}/oauth/hubspot/start`, { redirect: 'manual' });
  const consent = new URL(begun.headers.get('location') ?? 'about:blank');
  const approved = await fetch(`${practice.hubspot.url}/oauth/authorize/decision`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ query: consent.search.slice(1), portalId, decision: 'approve' }),
  });
  const back = new URL(approved.headers.get('location') ?? 'about:blank');
  const cookie = begun.headers.getSetCookie().map((line) => line.split(';')[0]);
  const done = await fetch(`${origin}${back.pathname}${back.search}`, {
    redirect: 'manual',
    headers: { cookie: cookie.join('; ') },
  });
  if (done.status !== 302) throw new Error(`the callback answered ${done.status}: ${await done.text()}`);
  const connection = await server.services.parts.workspaces.findConnectionOfAccount('hubspot', portalId);
  if (connection === null) throw new Error('the portal was not connected');
  return connection;
}
