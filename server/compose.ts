/**
 * Puts one server together from its settings: store, adapter, engine, services and the HTTP application. Reads no environment and opens
 * no port, so that tests run the very same server on a clock and a database of their own.
 */
import type { RequestListener } from 'node:http';
import type { Express } from 'express';
import { createCalendars } from './calendars/calendars.ts';
import { verifySignature } from './crm/hubspot/verify.ts';
import { type ConnectionRef, type Host, HOSTS } from './crm/port.ts';
import type { HubSpotSettings, SalesforceSettings } from './config.ts';
import { composeHubSpot } from './host-hubspot.ts';
import type { Hosts, HostParts, HostSurroundings } from './host-parts.ts';
import { composeSalesforce } from './host-salesforce.ts';
import { createApp } from './http/app.ts';
import type { HttpDependencies, HttpSettings, SignatureCheck } from './http/dependencies.ts';
import { keyedHash, sameText } from './http/session.ts';
import { webhookHandler, webhooksFirst } from './http/webhook.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createAccountDetails } from './services/account-details.ts';
import { type CardSecrets, createCardSecrets } from './services/card-secrets.ts';
import type { Uninstall } from './services/connections.ts';
import { createEventHub, type EventHub } from './services/event-hub.ts';
import { createHousekeeping } from './services/housekeeping.ts';
import { createProjection } from './services/projection.ts';
import { createServices } from './services/services.ts';
import type { ContractStore } from './store/contract-port.ts';
import { readBacklog } from './store/prisma/backlog.ts';
import { createContractStore } from './store/prisma/contracts-store.ts';
import { DIRTY_CHANNEL } from './store/prisma/dirty-marks.ts';
import type { MasterKeys } from './store/prisma/envelope.ts';
import { createImportStore } from './store/prisma/imports.ts';
import { createMatchStore } from './store/prisma/matches.ts';
import { createProjectionStore } from './store/prisma/projection.ts';
import { openStore, type Store } from './store/prisma/open-store.ts';
import { createWorkspaceStore } from './store/prisma/workspaces-store.ts';
import { createEngine, type Engine } from './sync/engine.ts';
import type { EngineSettings, SyncMetrics } from './sync/settings.ts';
import { createWakeUp, type WakeUp } from './sync/wake-up.ts';
import { recently } from './services/recently.ts';
import type { World } from './world.ts';

export type ServerSettings = {
  readonly databaseUrl: string;
  readonly masterKeys: MasterKeys;
  /** Null: this server does not offer the CRM. */
  readonly hubspot: HubSpotSettings | null;
  readonly salesforce?: SalesforceSettings | null;
  /** Origin that HubSpot signs requests for; differs from the browser's only in practice mode. */
  readonly signedOrigin: string;
  readonly http: HttpSettings;
  readonly practiceSignIn?: HttpDependencies['practiceSignIn'];
  /** Lanes and side jobs worked at the same time. */
  readonly workerCount?: number;
};

export type ComposedServer = {
  readonly app: Express;
  /** What a port is opened for: `app`, with webhook deliveries taken before it. */
  readonly listener: RequestListener;
  readonly store: Store;
  readonly services: ReturnType<typeof createServices>;
  readonly housekeeping: ReturnType<typeof createHousekeeping>;
  readonly projection: ReturnType<typeof createProjection>;
  readonly cardSecrets: CardSecrets;
  readonly engine: Engine;
  /** Starts engine, housekeeping and the listener for hints; resolves when the signal has aborted and all of them have ended. */
  run(signal: AbortSignal): Promise<void>;
  /** From now on `/readyz` says no. */
  startDraining(): void;
  close(): Promise<void>;
};

const WORKER_COUNT_DEFAULT = 4;
/** Longest wait before the engine looks for work that no notification told of. */
const ENGINE_POLL_MS = 1_000;
const DIRECTORY_MS = 2_000;
const NEWEST_WINS = { stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' } as const;
/** How late the engine may notice that a workspace has another time zone or other policies. */
const WORKSPACE_KEPT_MS = 10_000;

export function composeServer(settings: ServerSettings, world: World): ComposedServer {
  const metrics = createMetrics();
  const events = createEventHub();
  const state = { draining: false, turning: false };
  const core = composeCore(settings, { world, metrics, events });
  const { store, hosts, engine, services, workspaces } = core;
  metrics.watchBacklog(() => readBacklog(store.database, world.clock.now()));
  const { cardSecrets, housekeeping, feeds, ...jobs } = composeJobs(core, settings, { world, metrics });
  const deps: HttpDependencies = {
    settings: settings.http,
    world,
    metrics,
    services,
    workspaces,
    deliveries: store.sync,
    crm: services.parts.crm,
    checkSignature: signatureCheck(settings, world),
    cardSecrets,
    oauth: {
      hosts: eachHost(hosts, ({ oauth }) => oauth),
      vault: store.vault,
      setState: store.sync.setConnectionState,
      afterInstall: async (connection) => {
        if (hosts[connection.host]?.writeCardSecret !== undefined) await cardSecrets.renew(connection);
      },
    },
    engine: { wake: (work) => engine.wake(work), isTurning: () => state.turning },
    events,
    practiceSignIn: settings.practiceSignIn ?? null,
  };
  const app = createApp(deps, { isDraining: () => state.draining });
  return {
    app,
    listener: webhooksFirst(webhookHandler(deps), app),
    store,
    services,
    housekeeping,
    projection: jobs.projection,
    cardSecrets,
    engine,
    run: (signal) => runParts({ store, engine, services, housekeeping, ...jobs, state }, signal),
    startDraining: () => {
      state.draining = true;
      events.close();
    },
    close: async () => {
      for (const host of HOSTS) feeds[host]?.close();
      await store.close();
    },
  };
}

type Surroundings = { readonly world: World; readonly metrics: Metrics; readonly events: EventHub };

/** Everything below HTTP. */
function composeCore(settings: ServerSettings, { world, metrics, events }: Surroundings) {
  // Store and engine tell services that are built on them: those are looked up when they are first needed.
  const late: { services: ReturnType<typeof createServices> | null } = { services: null };
  const store = openStore({
    url: settings.databaseUrl,
    world,
    masterKeys: settings.masterKeys,
    derive: async (workspaceId, contracts) => (await late.services?.derived.derive(workspaceId, contracts)) ?? [],
  });
  const { publicUrl } = settings.http;
  const hosts = composeHosts(settings, {
    world,
    metrics,
    store,
    publicUrl,
  });
  const crm = eachHost(hosts, ({ port }) => port);
  const calendars = createCalendars();
  const contracts = createContractStore(store.database, world);
  const workspaces = createWorkspaceStore(store.database, world);
  const engine = createEngine({
    store: store.sync,
    crm,
    world,
    calendars,
    settings: engineSettings(settings, world, contracts),
    metrics: syncMetrics(metrics),
    fedHosts: HOSTS.filter((host) => hosts[host]?.feed !== undefined),
    onCases: (connection, accountIds) => late.services?.slaRefresh.note(connection, accountIds),
    afterHook: (point, connection) => Promise.resolve(tellPages(events, point, connection)),
  });
  const imports = createImportStore(store.database, world);
  const services = createServices(
    {
      contracts,
      workspaces,
      imports,
      crm,
      calendars,
      world,
      events,
      publicUrl,
      wake: () => engine.wake('records'),
    },
    {
      uninstall: uninstaller(hosts, store),
      requiredScopes: eachHost(hosts, ({ oauth }) => oauth.requiredScopes),
      matching: { matches: createMatchStore(store.database, world), directory: store.sync },
    },
  );
  late.services = services;
  return { store, hosts, engine, services, workspaces };
}

/** What runs beside the engine. */
function composeJobs(
  { store, hosts, engine, services, workspaces }: ReturnType<typeof composeCore>,
  settings: ServerSettings,
  { world, metrics }: Pick<Surroundings, 'world' | 'metrics'>,
) {
  const cardSecrets = createCardSecrets({
    workspaces,
    world,
    hash: (text) => keyedHash(settings.http, `card ${text}`),
    same: sameText,
    write: async (connection, secret) =>
      (await hosts[connection.host]?.writeCardSecret?.(connection, secret)) ?? { ok: true, value: null },
  });
  const readDetails = createAccountDetails({ crm: eachHost(hosts, ({ port }) => port), workspaces, world });
  const housekeeping = createHousekeeping(services.parts, {
    ...services,
    directory: store.sync,
    upkeep: async (connection) => {
      const parts = hosts[connection.host];
      await parts?.keepAlive?.(connection);
      if (parts?.writeCardSecret !== undefined) await cardSecrets.ensure(connection);
      await readDetails(connection);
    },
  });
  const projection = createProjection({
    store: createProjectionStore(store.database),
    directory: store.sync,
    rows: eachHost(hosts, ({ rows }) => rows),
    world,
  });
  const feeds = eachHost(hosts, ({ feed }) => feed);
  const wakeUp = createWakeUp({
    store: store.sync,
    feeds,
    world,
    onStored: () => engine.wake('deliveries'),
    onEnd: (_connection, { kind }) => metrics.feedEnds.inc({ end: kind }),
  });
  return { cardSecrets, housekeeping, projection, feeds, wakeUp };
}

function composeHosts(settings: ServerSettings, surroundings: HostSurroundings): Hosts {
  const { hubspot, salesforce = null } = settings;
  return {
    ...(hubspot === null ? {} : { hubspot: composeHubSpot(hubspot, surroundings) }),
    ...(salesforce === null ? {} : { salesforce: composeSalesforce(salesforce, surroundings) }),
  };
}

/** One part of each CRM, where it has it. */
function eachHost<T>(
  { hubspot, salesforce }: Hosts,
  pick: (parts: HostParts) => T | undefined,
): { readonly [H in Host]?: T } {
  const ofHubSpot = hubspot && pick(hubspot);
  const ofSalesforce = salesforce && pick(salesforce);
  return {
    ...(ofHubSpot === undefined ? {} : { hubspot: ofHubSpot }),
    ...(ofSalesforce === undefined ? {} : { salesforce: ofSalesforce }),
  };
}

type Running = Pick<ComposedServer, 'store' | 'engine' | 'services' | 'housekeeping'> & {
  readonly projection: ReturnType<typeof createProjection>;
  readonly wakeUp: WakeUp;
  readonly state: { turning: boolean };
};

async function runParts(running: Running, signal: AbortSignal): Promise<void> {
  const { store, engine, services, housekeeping, projection, wakeUp, state } = running;
  await store.database.listen(DIRTY_CHANNEL, () => engine.wake('records'), signal);
  state.turning = true;
  await Promise.all([
    engine.run(signal),
    housekeeping.run(signal),
    services.slaRefresh.run(signal),
    projection.run(signal),
    services.matches.run(signal),
    wakeUp.run(signal),
  ]).finally(() => {
    state.turning = false;
  });
}

function engineSettings({ http, workerCount }: ServerSettings, world: World, contracts: ContractStore): EngineSettings {
  const workspaceOf = recently(world.clock, WORKSPACE_KEPT_MS, (id: string) => contracts.getWorkspace(id));
  return {
    contractUrl: (_connection, contractId) => `${http.publicUrl}/contracts/${contractId}`,
    timeZoneOf: async (workspaceId) => (await workspaceOf(workspaceId))?.timeZone ?? 'UTC',
    conflictPolicyOf: async (workspaceId) => (await workspaceOf(workspaceId))?.conflictPolicy ?? NEWEST_WINS,
    linksByDomain: true,
    workerCount: workerCount ?? WORKER_COUNT_DEFAULT,
    pollMs: ENGINE_POLL_MS,
    directoryMs: DIRECTORY_MS,
  };
}

function signatureCheck({ hubspot, signedOrigin }: ServerSettings, world: World): SignatureCheck {
  if (hubspot === null) return () => ({ valid: false, reason: 'not_configured' });
  const secrets = [hubspot.clientSecret, hubspot.clientSecretPrevious].filter((secret) => secret !== null);
  return (request) => verifySignature(request, { publicBaseUrl: signedOrigin, secrets, now: world.clock.now() });
}

function syncMetrics(metrics: Metrics): SyncMetrics {
  return {
    count: (counter, amount) => metrics.sync.inc({ what: counter }, amount),
    observeLag: (lagMs) => metrics.lagSeconds.observe(lagMs / 1000),
  };
}

/** Open pages look again when a turn has changed something. */
function tellPages(events: EventHub, point: string, connection: ConnectionRef | null): void {
  if (connection === null) return;
  if (point === 'committed') {
    events.publish(connection.workspaceId, { kind: 'contracts', contractIds: [] });
    events.publish(connection.workspaceId, { kind: 'conflicts' });
  }
  if (point === 'settled') events.publish(connection.workspaceId, { kind: 'connections' });
}

function uninstaller(hosts: Hosts, store: Store): Uninstall {
  return async (connection) => {
    const credential = await store.vault.read(connection);
    const oauth = hosts[connection.host]?.oauth;
    return credential === null || oauth === undefined ? 'unreachable' : await oauth.end(credential);
  };
}
