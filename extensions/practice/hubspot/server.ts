/**
 * A practice HubSpot: several portals behind one HTTP server that speaks HubSpot's documented protocol, so that the product can be tried,
 * tested and shown without an account. Behaviour that HubSpot does not document is a switch (`behaviour.ts`), never a guess.
 */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accountRoutes } from './account-routes.ts';
import { associationRoutes } from './association-routes.ts';
import { batchRoutes } from './batch-routes.ts';
import { DEFAULT_BEHAVIOUR, type PracticeBehaviour } from './behaviour.ts';
import { createCallLog } from './call-log.ts';
import { cardProxyRoutes } from './card-proxy.ts';
import { controlRoutes } from './control-routes.ts';
import { type Database, openDatabase } from './database.ts';
import { type FaultSettings, NO_FAULTS } from './faults.ts';
import { listRoutes } from './list-routes.ts';
import { type PortalSeed, loadPortalSeed } from './load-portal.ts';
import type { AppManifest } from './manifest.ts';
import { oauthRoutes } from './oauth-routes.ts';
import { pageRoutes } from './page-routes.ts';
import { type Portal, type PortalProfile, openPortal } from './portal.ts';
import type { Change } from './portal-change.ts';
import type { PageNews, Practice } from './practice.ts';
import { propertyRoutes } from './property-routes.ts';
import { recordRoutes } from './record-routes.ts';
import { createRequestBudget } from './request-budget.ts';
import { answerRequest } from './request-pipeline.ts';
import { createRouter } from './router.ts';
import { searchRoutes } from './search-routes.ts';
import { type WebhookDelivery, startWebhookDelivery } from './webhook-delivery.ts';
import type { Clock, Log, Random } from './world.ts';

const LOOPBACK = '127.0.0.1';

export interface PracticeHubSpotOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** Where state is kept between runs; null keeps it in memory. */
  readonly dataDir: string | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly portals: readonly PortalProfile[];
  readonly apps: readonly AppManifest[];
  /** Public https origins and the local origins that serve them. */
  readonly publicToLocal?: Readonly<Record<string, string>>;
  readonly behaviour?: Partial<PracticeBehaviour>;
  readonly faults?: Partial<FaultSettings>;
  /** Data of each portal, by portal id; loaded when a portal is new, and again on reset. */
  readonly seed?: Readonly<Record<string, () => PortalSeed>>;
  readonly pagesDir?: string | null;
  readonly bundlesDir?: string | null;
}

export interface PracticeHubSpot {
  readonly url: string;
  readonly portals: ReadonlyMap<string, Portal>;
  readonly practice: Practice;
  readonly webhooks: WebhookDelivery;
  /** Bulk-loads data without webhooks. */
  loadPortal(portalId: string, seed: PortalSeed): void;
  stop(): Promise<void>;
}

/** Starts the server on the loopback interface and resolves once it listens. */
export async function startPracticeHubSpot(options: PracticeHubSpotOptions): Promise<PracticeHubSpot> {
  const own = { host: '' };
  const { practice, emitter } = createPractice(options, own);
  const webhooks = startWebhookDelivery(practice);
  const findRoute = createRouter([
    ...oauthRoutes(practice),
    ...accountRoutes(practice),
    ...recordRoutes(practice),
    ...batchRoutes(practice),
    ...searchRoutes(practice),
    ...propertyRoutes(practice),
    ...associationRoutes(practice),
    ...listRoutes(practice),
    ...cardProxyRoutes(practice),
    ...pageRoutes(practice),
    ...controlRoutes(practice, () => webhooks),
  ]);
  const server = createServer((request, response) => {
    answerRequest(practice, findRoute, { request, response }).catch((error: unknown) => {
      practice.log.error(
        { error: error instanceof Error ? error.stack : String(error), url: request.url },
        'request failed',
      );
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end('{"status":"error","message":"internal error"}');
    });
  });
  const url = await listen(server, options.port);
  // Links go by the name under which the addresses are printed, so that a browser keeps its cookies and storage of the portal.
  own.host = new URL(url).host.replace(LOOPBACK, 'localhost');
  return {
    url,
    portals: practice.portals,
    practice,
    webhooks,
    loadPortal: (portalId, seed) => {
      const portal = practice.portals.get(portalId);
      if (portal === undefined) throw new Error(`no portal ${portalId}`);
      loadPortalSeed(portal, seed);
      practice.database.flush();
    },
    stop: async () => {
      emitter.clear();
      await webhooks.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      practice.database.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, resolve);
  });
  const address = server.address();
  if (!isAddressInfo(address)) throw new Error('the server has no TCP address');
  return `http://${LOOPBACK}:${address.port}`;
}

const isAddressInfo = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

/** Opens every portal, and loads the seed of those that are new. */
function openAll(options: PracticeHubSpotOptions, database: Database, portals: Map<string, Portal>): void {
  const opened = database.table<number>('opened');
  for (const profile of options.portals) {
    const portal = openPortal(database, profile, options.clock.now());
    portals.set(profile.id, portal);
    if (opened.get(profile.id) !== undefined) continue;
    opened.put(profile.id, options.clock.now());
    const seed = options.seed?.[profile.id];
    if (seed !== undefined) loadPortalSeed(portal, seed());
  }
  database.flush();
}

function createPractice(
  options: PracticeHubSpotOptions,
  own: { readonly host: string },
): { practice: Practice; emitter: { clear(): void } } {
  const { clock, random, log, apps } = options;
  const database = openDatabase(options.dataDir);
  const settings = database.table<FaultSettings>('settings/faults');
  const switches = database.table<PracticeBehaviour>('settings/behaviour');
  const changeListeners = new Set<(change: Change) => void>();
  const newsListeners = new Set<(news: PageNews) => void>();
  const portals = new Map<string, Portal>();

  const announce = (news: PageNews): void => {
    for (const listener of newsListeners) listener(news);
  };
  const emit = (change: Change): void => {
    for (const listener of changeListeners) listener(change);
    announce({ type: 'record', portalId: change.portalId, objectType: change.typeId, id: change.objectId });
  };
  const openPortals = (): void => openAll(options, database, portals);
  openPortals();

  const practice: Practice = {
    clock,
    random,
    log,
    database,
    apps,
    portals,
    publicToLocal: options.publicToLocal ?? {},
    pagesDir: options.pagesDir ?? null,
    bundlesDir: options.bundlesDir ?? null,
    grants: {
      installs: database.table('installs'),
      accessTokens: database.table('accessTokens'),
      refreshTokens: database.table('refreshTokens'),
      codes: database.table('codes'),
    },
    calls: createCallLog(),
    budget: createRequestBudget(clock),
    ownHost: () => own.host,
    behaviour: () => ({ ...DEFAULT_BEHAVIOUR, ...options.behaviour, ...switches.get('all') }),
    setBehaviour: (next) => switches.put('all', next),
    faults: () => ({ ...NO_FAULTS, ...options.faults, ...settings.get('all') }),
    setFaults: (next) => settings.put('all', next),
    writer: (portal) => ({ portal, clock, behaviour: () => practice.behaviour(), emit }),
    onChange: (listener) => void changeListeners.add(listener),
    onPageNews: (listener) => {
      newsListeners.add(listener);
      return () => void newsListeners.delete(listener);
    },
    announce,
    reset: () => {
      database.clear();
      practice.calls.clear();
      practice.budget.clear();
      openPortals();
      for (const portalId of portals.keys()) announce({ type: 'install', portalId });
    },
  };
  return {
    practice,
    emitter: {
      clear: () => {
        changeListeners.clear();
        newsListeners.clear();
      },
    },
  };
}
