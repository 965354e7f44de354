/**
 * Puts one server together from its settings: store, adapter, engine, services and the HTTP application. Reads no environment and opens
 * no port, so that tests run the very same server on a clock and a database of their own.
 */
import type { RequestListener } from 'node:http';
import type { Express } from 'express';
import { createCalendars } from './calendars/calendars.ts';
import { createHubSpotAdapter } from './crm/hubspot/adapter.ts';
import { createHubSpotOAuth, type HubSpotOAuth } from './crm/hubspot/oauth.ts';
import { REQUIRED_SCOPES } from './crm/hubspot/scopes.ts';
import { createTokenSource } from './crm/hubspot/token-source.ts';
import { verifySignature } from './crm/hubspot/verify.ts';
import type { ConnectionRef, CrmPort } from './crm/port.ts';
import type { BudgetGate, CallMetrics } from './crm/transport.ts';
import type { HubSpotSettings } from './config.ts';
import { createApp } from './http/app.ts';
import type { HttpDependencies, HttpSettings, SignatureCheck } from './http/dependencies.ts';
import { OAUTH_CALLBACK_PATH } from './http/oauth-flow.ts';
import { webhookHandler, webhooksFirst } from './http/webhook.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Uninstall } from './services/connections.ts';
import { createEventHub, type EventHub } from './services/event-hub.ts';
import { createHousekeeping } from './services/housekeeping.ts';
import { createServices } from './services/services.ts';
import type { ContractStore } from './store/contract-port.ts';
import { readBacklog } from './store/prisma/backlog.ts';
import { createContractStore } from './store/prisma/contracts-store.ts';
import { DIRTY_CHANNEL } from './store/prisma/dirty-marks.ts';
import type { MasterKeys } from './store/prisma/envelope.ts';
import { createImportStore } from './store/prisma/imports.ts';
import { openStore, type Store } from './store/prisma/open-store.ts';
import { createWorkspaceStore } from './store/prisma/workspaces-store.ts';
import { createEngine, type Engine } from './sync/engine.ts';
import type { EngineSettings, SyncMetrics } from './sync/settings.ts';
import type { World } from './world.ts';

export type ServerSettings = {
  readonly databaseUrl: string;
  readonly masterKeys: MasterKeys;
  readonly hubspot: HubSpotSettings;
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

export function composeServer(settings: ServerSettings, world: World): ComposedServer {
  const metrics = createMetrics();
  const events = createEventHub();
  const state = { draining: false, turning: false };
  const { store, oauth, hubspot, engine, services, workspaces } = composeCore(settings, { world, metrics, events });
  metrics.watchBacklog(() => readBacklog(store.database, world.clock.now()));
  const housekeeping = createHousekeeping(services.parts, { ...services, directory: store.sync });
  const deps: HttpDependencies = {
    settings: settings.http,
    world,
    metrics,
    services,
    workspaces,
    deliveries: store.sync,
    crm: { hubspot },
    checkSignature: signatureCheck(settings, world),
    oauth: { client: oauth, vault: store.vault, setState: store.sync.setConnectionState },
    engine: { wake: () => engine.wake(), isTurning: () => state.turning },
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
    engine,
    run: (signal) => runParts({ store, engine, services, housekeeping, state }, signal),
    startDraining: () => {
      state.draining = true;
      events.close();
    },
    close: () => store.close(),
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
  const oauth = createHubSpotOAuth({
    clientId: settings.hubspot.clientId,
    clientSecret: settings.hubspot.clientSecret,
    redirectUri: `${publicUrl}${OAUTH_CALLBACK_PATH}`,
    baseUrl: settings.hubspot.apiBase,
    authorizeUrl: settings.hubspot.authorizeUrl,
    world,
  });
  const hubspot = hubSpotPort({ settings, world, metrics, store, oauth });
  const calendars = createCalendars();
  const contracts = createContractStore(store.database, world);
  const workspaces = createWorkspaceStore(store.database, world);
  const engine = createEngine({
    store: store.sync,
    crm: { hubspot },
    world,
    calendars,
    settings: engineSettings(settings, contracts),
    metrics: syncMetrics(metrics),
    onCases: (connection, accountIds) => late.services?.slaRefresh.note(connection, accountIds),
    afterHook: (point, connection) => Promise.resolve(tellPages(events, point, connection)),
  });
  const imports = createImportStore(store.database, world);
  const services = createServices(
    {
      contracts,
      workspaces,
      imports,
      crm: { hubspot },
      calendars,
      world,
      events,
      publicUrl,
      wake: () => engine.wake(),
    },
    { uninstall: uninstaller(oauth, store), requiredScopes: REQUIRED_SCOPES },
  );
  late.services = services;
  return { store, oauth, hubspot, engine, services, workspaces };
}

type Running = Pick<ComposedServer, 'store' | 'engine' | 'services' | 'housekeeping'> & {
  readonly state: { turning: boolean };
};

async function runParts({ store, engine, services, housekeeping, state }: Running, signal: AbortSignal): Promise<void> {
  await store.database.listen(DIRTY_CHANNEL, () => engine.wake(), signal);
  state.turning = true;
  await Promise.all([engine.run(signal), housekeeping.run(signal), services.slaRefresh.run(signal)]).finally(() => {
    state.turning = false;
  });
}

function engineSettings({ http, workerCount }: ServerSettings, contracts: ContractStore): EngineSettings {
  return {
    contractUrl: (_connection, contractId) => `${http.publicUrl}/contracts/${contractId}`,
    timeZoneOf: async (workspaceId) => (await contracts.getWorkspace(workspaceId))?.timeZone ?? 'UTC',
    conflictPolicyOf: () =>
      Promise.resolve({ stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' } as const),
    linksByDomain: true,
    workerCount: workerCount ?? WORKER_COUNT_DEFAULT,
    pollMs: ENGINE_POLL_MS,
    directoryMs: DIRECTORY_MS,
  };
}

function signatureCheck({ hubspot, signedOrigin }: ServerSettings, world: World): SignatureCheck {
  const secrets = [hubspot.clientSecret, hubspot.clientSecretPrevious].filter((secret) => secret !== null);
  return (request) => verifySignature(request, { publicBaseUrl: signedOrigin, secrets, now: world.clock.now() });
}

type PortParts = {
  readonly settings: ServerSettings;
  readonly world: World;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly oauth: HubSpotOAuth;
};

function hubSpotPort({ settings, world, metrics, store, oauth }: PortParts): CrmPort {
  const gate: BudgetGate = {
    take: (connection, request) => store.budget.take(connection, request),
    report: (connection, report) => {
      if (report.max !== null && report.remaining !== null && report.max > 0) {
        metrics.budgetLeft.set(report.remaining / report.max);
      }
      return store.budget.report(connection, report);
    },
  };
  const calls: CallMetrics = {
    called: ({ operation, outcome, durationMs }) => {
      metrics.hostCalls.inc({ operation, outcome });
      metrics.hostCallSeconds.observe({ operation }, durationMs / 1000);
    },
  };
  return createHubSpotAdapter({
    baseUrl: settings.hubspot.apiBase,
    appId: settings.hubspot.appId,
    world,
    gate,
    tokens: createTokenSource({ vault: store.vault, oauth, world }),
    metrics: calls,
  });
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

/** The app is taken out of the portal first, while a token still works; then the refresh token is ended. */
function uninstaller(oauth: HubSpotOAuth, store: Store): Uninstall {
  return async (connection) => {
    const credential = await store.vault.read(connection);
    if (credential === null) return 'unreachable';
    const fresh = await oauth.refresh(credential);
    const current = fresh.ok ? fresh.value : credential;
    const removed = await oauth.uninstall(current.accessToken);
    const ended = await oauth.revoke(current.refreshToken);
    return removed.ok && ended.ok ? 'uninstalled' : 'unreachable';
  };
}
