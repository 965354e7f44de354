/**
 * An org with a contract behind each of its opportunities and a real server that follows its change events. The server can be started
 * anew, after which its sweeps run at once and then not for a minute: what is measured in that minute was caused by edits.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ROW_KINDS } from '../../server/domain/contract-row.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { openStore, type Store } from '../../server/store/prisma/open-store.ts';
import { createProjectionStore } from '../../server/store/prisma/projection.ts';
import { freePort, MASTER_KEY } from '../support/server-process.ts';
import { systemWorld } from '../support/system-world.ts';
import { type BenchHost, startBenchHost } from './bench-host.ts';
import { type BenchOrg, startBenchOrg } from './bench-org.ts';
import type { BenchContext } from './bench-row.ts';
import { type BenchAccount, type BenchWorkspace, fillBenchWorkspace } from './bench-workspace.ts';
import { opportunityId, type OrgCalls } from './org-protocol.ts';
import { type ProbedServer, startProbedServer } from './probed-server.ts';

const POLL_MS = 50;
/** Longer than any wait between two calls that one edit causes. */
const QUIET_MS = 1_000;
const TOKENS_MS = 86_400_000;
/** The server offers HubSpot in any case. */
const NO_HUBSPOT = 'http://127.0.0.1:9';

export const PORTAL_ID = '1001';

export type OrgRig = {
  readonly org: BenchOrg;
  readonly portal: BenchHost | null;
  readonly workspace: BenchWorkspace;
  readonly connection: ConnectionRef;
  readonly store: Store;
  /** Stops the server, starts it and waits until its sweeps have run and everything is at rest. */
  restart(): Promise<OrgCalls>;
  /** Waits until nothing is dirty and the org has not been called for a while. */
  untilQuiet(): Promise<void>;
  /** Waits until the org's own rows of contracts say what the contracts say. */
  untilProjected(): Promise<void>;
};

export type OrgRigOptions = {
  readonly records: number;
  /** Also a portal with a deal behind each contract; without one, nothing is connected to HubSpot. */
  readonly portal?: boolean;
};

export async function withOrg<T>(
  context: BenchContext,
  { records, portal: withPortal = false }: OrgRigOptions,
  work: (rig: OrgRig) => Promise<T>,
): Promise<T> {
  const org = await startBenchOrg({ opportunities: records });
  const port = await freePort();
  const portals = [{ id: PORTAL_ID, deals: records, companies: 1 }];
  const portal = withPortal ? await startBenchHost({ serverPort: port, portals, webhookWindowMs: 0 }) : null;
  const parts: { server: ProbedServer | null; workspace: BenchWorkspace | null; store: Store | null } = {
    server: null,
    workspace: null,
    store: null,
  };
  try {
    const installed = await org.install();
    const databaseUrl = await context.createDatabase();
    const { orgId, accessToken, refreshToken, instanceUrl } = installed;
    const credential = { accessToken, refreshToken, instanceUrl, expiresAt: Date.now() + TOKENS_MS, scopes: [] };
    const account = { portalId: orgId, host: 'salesforce', credential, dealId: opportunityId } as const;
    const workspace = await fillBenchWorkspace(databaseUrl, {
      contracts: records,
      deals: records,
      portals: [account, ...(await accountsOf(portal))],
    });
    parts.workspace = workspace;
    const { workspaceId } = workspace;
    const connectionId = workspace.connectionIds[0] ?? '';
    const connection: ConnectionRef = { workspaceId, connectionId, host: 'salesforce', accountId: orgId };
    const masterKeys = { currentId: 'main', keys: { main: MASTER_KEY } };
    const store = openStore({ url: databaseUrl, world: systemWorld(), masterKeys });
    parts.store = store;
    const env = {
      SALESFORCE_CLIENT_ID: installed.clientId,
      SALESFORCE_CLIENT_SECRET: installed.clientSecret,
      SALESFORCE_LOGIN_URL: org.url,
      SALESFORCE_PUBSUB_ENDPOINT: installed.pubSubEndpoint,
    };
    const untilQuiet = (): Promise<void> => restOf(org, workspace, context.signal);
    const restart = async (): Promise<OrgCalls> => {
      await parts.server?.stop();
      await org.calls({ forget: true });
      parts.server = await startProbedServer({ databaseUrl, hubspotUrl: portal?.url ?? NO_HUBSPOT, port, env });
      await untilFollowed(org, context.signal);
      await untilQuiet();
      return await org.calls({ forget: true });
    };
    const untilProjected = (): Promise<void> => projectionOf(store, connection, context.signal);
    return await work({ org, portal, workspace, connection, store, restart, untilQuiet, untilProjected });
  } finally {
    await parts.server?.stop();
    await parts.store?.close();
    await parts.workspace?.close();
    await portal?.stop();
    await org.stop();
  }
}

async function accountsOf(portal: BenchHost | null): Promise<readonly BenchAccount[]> {
  return portal === null ? [] : [{ portalId: PORTAL_ID, credential: await portal.install(PORTAL_ID) }];
}

async function untilFollowed(org: BenchOrg, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { streams, kinds } = await org.calls();
    if (streams > 0 && kinds.sweep.calls > 0) return;
    await delay(POLL_MS);
  }
  throw new Error('the server did not follow the org in time');
}

async function restOf(org: BenchOrg, workspace: BenchWorkspace, signal: AbortSignal): Promise<void> {
  let before = '';
  let since = performance.now();
  while (!signal.aborted) {
    await workspace.untilQuiet(signal);
    const now = JSON.stringify((await org.calls()).kinds);
    if (now !== before) since = performance.now();
    else if (performance.now() - since >= QUIET_MS) return;
    before = now;
    await delay(POLL_MS);
  }
  throw new Error('the org did not come to rest in time');
}

async function projectionOf(store: Store, connection: ConnectionRef, signal: AbortSignal): Promise<void> {
  const projection = createProjectionStore(store.database);
  while (!signal.aborted) {
    const due = await Promise.all(ROW_KINDS.map((kind) => projection.listDue(connection, kind, 1)));
    if (due.every((rows) => rows.length === 0)) return;
    await delay(POLL_MS);
  }
  throw new Error('the rows of contracts were not written in time');
}
