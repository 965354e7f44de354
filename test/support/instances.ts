/**
 * Several real servers on one PostgreSQL: processes of their own (server-process.ts) behind a balancer, a practice HubSpot behind a tap
 * that notes and can hold its calls, and triggers in the database that write down which process held which lane when, and whether a
 * write ever happened on a lane that another process held.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { readAppManifest } from '../../extensions/practice/app-manifest.ts';
import { updateRecord } from '../../extensions/practice/hubspot/record-writer.ts';
import { composeServer } from '../../server/compose.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { RATE_LIMITS_DEFAULT } from '../../server/http/dependencies.ts';
import { CREDENTIALS_KEPT_MS } from '../../server/store/prisma/credential-cache.ts';
import { linkedContract } from '../conformance/store-battery-fixture.ts';
import { createDatabase } from './database.ts';
import {
  CLIENT_SECRET,
  type PracticeForTest,
  PUBLIC_ORIGIN,
  install,
  practiceApp,
  practicePortal,
  startPractice,
} from './practice.ts';
import { type Balancer, startBalancer, startTap, type Tap } from './instances-wire.ts';
import {
  MASTER_KEY,
  SESSION_SECRET,
  type ServerProcess,
  type ServerProcessOptions,
  startServerProcess,
} from './server-process.ts';
import { insertContract } from './store-rows.ts';
import { systemWorld } from './system-world.ts';

const PROJECT = new URL('../../extensions/hubspot/', import.meta.url).pathname;
const POLL_MS = 20;
const SETTLE_MS_MAX = 90_000;
const START_ATTEMPTS_MAX = 3;

export type Place = { readonly portalId: string; readonly dealId: string; readonly contractId: string };
export type Portal = {
  readonly portalId: string;
  readonly connection: ConnectionRef;
  readonly places: readonly Place[];
};

/** One period in which a process held a lane. */
type Tenure = {
  readonly connectionId: string;
  readonly fence: number;
  readonly instance: string;
  readonly from: number;
  readonly to: number | null;
};

export type Instance = ServerProcess & { readonly name: string; freeze(): void; thaw(): void };

export type Scene = {
  readonly practice: PracticeForTest;
  readonly tap: Tap;
  readonly portals: readonly Portal[];
  /** As the superuser, who sees every workspace. */
  readonly admin: Pool;
  readonly balancer: Balancer;
  start(name: string): Promise<Instance>;
  /** A person's edit in a portal: the renewal date of one deal. */
  edit(place: Place, renewalDate: string): void;
  /** The end date of each contract asked for, by its id. */
  endDates(places: readonly Place[]): Promise<ReadonlyMap<string, string | null>>;
  tenures(): Promise<readonly Tenure[]>;
  /** When a record of a connection became dirty. */
  marks(): Promise<readonly { readonly connectionId: string; readonly at: number }[]>;
  /** Writes on a lane by a process that did not hold it. */
  trespasses(): Promise<readonly unknown[]>;
  /** How often the app has written to a deal: each write carries a token of its own. */
  writesTo(place: Place): number;
  /** Instances whose statement waits for a lock now. */
  waitingForLocks(): Promise<readonly string[]>;
  /** Which states the connections have. */
  connectionStates(): Promise<readonly string[]>;
  storedDeliveries(): Promise<ReadonlySet<string>>;
  /** Instances that hold a refresh lock now. */
  refreshing(): Promise<readonly string[]>;
  /** Ends the access tokens of these portals in the eyes of every server. */
  expireTokens(portals: readonly Portal[]): Promise<void>;
  /** Nothing waits and no write is unconfirmed, whatever is the matter with the portal left out. */
  isQuiet(except?: Portal): Promise<boolean>;
  close(): Promise<void>;
};

/** `deals` says how many linked deals each portal has; two portals share a workspace. */
export async function openScene({ deals }: { readonly deals: readonly number[] }): Promise<Scene> {
  const balancer = await startBalancer();
  const app = practiceApp({
    ...readAppManifest(
      PROJECT,
      { appId: 4242, clientId: 'practice-client', clientSecret: CLIENT_SECRET },
      { public: PUBLIC_ORIGIN, browser: PUBLIC_ORIGIN },
    ),
    extensions: [],
  });
  const ids = deals.map((_, index) => String(2001 + index));
  const practice = await startPractice({
    app,
    portals: ids.map((id) => practicePortal(id)),
    publicToLocal: { [PUBLIC_ORIGIN]: balancer.url },
    behaviour: { webhookBatchWindowMs: 20, webhookRetrySpanMs: 3_000, webhookTimeoutMs: 5_000 },
  });
  const tap = await startTap(practice);
  const database = await createDatabase();
  const portals = await installAll(practice, database.url, deals);
  practice.hubspot.practice.budget.clear();
  const admin = new Pool({ connectionString: database.url, max: 3 });
  admin.on('error', () => undefined);
  await admin.query('DELETE FROM budget; DELETE FROM job_lease');
  await admin.query(LEDGER);
  const running = new Set<Instance>();
  return {
    practice,
    tap,
    portals,
    admin,
    balancer,
    start: async (name) => {
      const url = new URL(database.url);
      url.searchParams.set('application_name', name);
      const server = await startPatiently({ databaseUrl: url.href, hubspotUrl: tap.url });
      const instance: Instance = {
        ...server,
        name,
        freeze: () => void process.kill(server.pid, 'SIGSTOP'),
        thaw: () => void process.kill(server.pid, 'SIGCONT'),
      };
      running.add(instance);
      void server.ended.then(() => running.delete(instance));
      balancer.targets.add(server.url);
      return instance;
    },
    edit: (place, renewalDate) => editRecord(practice, place, renewalDate),
    endDates: async (places) => {
      const { rows } = await admin.query<{ id: string; end_date: string | null }>(
        'SELECT id, end_date::text FROM contract WHERE id = ANY($1::uuid[])',
        [places.map(({ contractId }) => contractId)],
      );
      return new Map(rows.map((row) => [row.id, row.end_date]));
    },
    tenures: async () => await readTenures(admin),
    marks: async () => {
      const { rows } = await admin.query<{ connection_id: string; at: Date }>('SELECT * FROM test_mark ORDER BY at');
      return rows.map((row) => ({ connectionId: row.connection_id, at: row.at.getTime() }));
    },
    trespasses: async () => (await admin.query('SELECT * FROM test_trespass')).rows,
    writesTo: ({ portalId, dealId }) => {
      const record = practice.hubspot.portals.get(portalId)?.records['0-3'].get(dealId);
      return record?.versions['counterpart_sync_token']?.length ?? 0;
    },
    waitingForLocks: async () => {
      const { rows } = await admin.query<{ name: string }>(
        `SELECT application_name AS name FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.map(({ name }) => name);
    },
    connectionStates: async () => {
      const { rows } = await admin.query<{ state: string }>('SELECT DISTINCT state FROM connection');
      return rows.map(({ state }) => state);
    },
    storedDeliveries: async () => {
      const { rows } = await admin.query<{ body: Buffer }>('SELECT body FROM delivery');
      return new Set(rows.map(({ body }) => body.toString('utf8')));
    },
    refreshing: async () => {
      const { rows } = await admin.query<{ name: string }>(
        `SELECT DISTINCT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND a.datname = current_database()`,
      );
      return rows.map(({ name }) => name);
    },
    expireTokens: async (expired) => {
      await admin.query('UPDATE credential SET access_expires_at = now() WHERE connection_id = ANY($1::uuid[])', [
        expired.map(({ connection }) => connection.connectionId),
      ]);
      // A server remembers what it opened for this long.
      await delay(CREDENTIALS_KEPT_MS);
    },
    isQuiet: async (except) => {
      const { rows } = await admin.query<{ waiting: string }>(
        `SELECT (SELECT count(*) FROM dirty WHERE connection_id IS DISTINCT FROM $1::uuid)
           + (SELECT count(*) FROM intent WHERE connection_id IS DISTINCT FROM $1::uuid)
           + (SELECT count(*) FROM delivery WHERE state = 'waiting') AS waiting`,
        [except?.connection.connectionId ?? null],
      );
      return Number(rows[0]?.waiting) === 0 && practice.hubspot.webhooks.pendingCount() === 0;
    },
    close: async () => {
      await Promise.all([...running].map((instance) => instance.kill9()));
      await practice.stop();
      await tap.stop();
      await balancer.stop();
      await admin.end();
      await database.drop();
    },
  };
}

/** On a machine that is busy with other tests a start may take longer than one try allows. */
async function startPatiently(options: ServerProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startServerProcess(options);
    } catch (error) {
      if (attempt >= START_ATTEMPTS_MAX) throw error;
    }
  }
}

/** Polls until the condition holds; false when it did not within the span. */
export async function holdsWithin(spanMs: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + spanMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function editRecord(practice: PracticeForTest, place: Place, renewalDate: string): void {
  const portal = practice.hubspot.portals.get(place.portalId);
  const record = portal?.records['0-3'].get(place.dealId);
  if (portal === undefined || record === undefined) throw new Error(`no deal ${place.dealId}`);
  updateRecord(
    practice.hubspot.practice.writer(portal),
    record,
    { counterpart_renewal_date: renewalDate },
    { sourceType: 'CRM_UI', sourceId: 'userId:77', updatedByUserId: 77 },
  );
  practice.hubspot.practice.database.flush();
}

/** Installs the app everywhere and lets one engine make the first round, so that the processes find everything agreed. */
async function installAll(
  practice: PracticeForTest,
  url: string,
  deals: readonly number[],
): Promise<readonly Portal[]> {
  const { app, hubspot } = practice;
  const server = composeServer(
    {
      databaseUrl: url,
      masterKeys: { currentId: 'main', keys: { main: MASTER_KEY } },
      hubspot: {
        clientId: app.clientId,
        clientSecret: CLIENT_SECRET,
        clientSecretPrevious: null,
        appId: String(app.appId),
        apiBase: hubspot.url,
        authorizeUrl: `${hubspot.url}/oauth/authorize`,
      },
      signedOrigin: PUBLIC_ORIGIN,
      http: {
        publicUrl: PUBLIC_ORIGIN,
        allowedOrigins: [],
        mode: 'live',
        trustedProxies: 0,
        metricsToken: null,
        sessionSecret: SESSION_SECRET,
        pagesDir: null,
        rateLimits: RATE_LIMITS_DEFAULT,
      },
    },
    systemWorld(),
  );
  try {
    const portals: Portal[] = [];
    for (const [index, count] of deals.entries()) {
      const sharing = index % 2 === 1 ? (portals[index - 1]?.connection.workspaceId ?? null) : null;
      portals.push(await installOne({ practice, server }, String(2001 + index), { count, workspaceId: sharing }));
    }
    const stopping = new AbortController();
    const running = server.run(stopping.signal);
    const settled = await holdsWithin(SETTLE_MS_MAX, () => isSettled(server, portals));
    stopping.abort();
    await running;
    if (!settled) throw new Error('the portals were not agreed with in time');
    return portals;
  } finally {
    await server.close();
  }
}

async function isSettled(server: ReturnType<typeof composeServer>, portals: readonly Portal[]): Promise<boolean> {
  for (const workspaceId of new Set(portals.map(({ connection }) => connection.workspaceId))) {
    const health = await server.services.parts.workspaces.listConnectionHealth(workspaceId);
    if (health.some(({ backfill, dirty }) => backfill?.phase !== 'done' || dirty > 0)) return false;
  }
  return true;
}

type Setup = { readonly practice: PracticeForTest; readonly server: ReturnType<typeof composeServer> };

async function installOne(
  { practice, server }: Setup,
  portalId: string,
  { count, workspaceId }: { readonly count: number; readonly workspaceId: string | null },
): Promise<Portal> {
  const at = Date.now();
  const tokens = await install(practice, portalId);
  const installed = await server.services.parts.workspaces.install({
    host: 'hubspot',
    accountId: portalId,
    name: `Portal ${portalId}`,
    scopes: tokens.scopes,
    installedBy: null,
    at,
    workspaceId,
  });
  if (installed.kind !== 'installed') throw new Error(`${portalId} is taken`);
  const { connection } = installed;
  await server.store.vault.write(connection, {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    expiresAt: at + tokens.expires_in * 1000,
    scopes: tokens.scopes,
  });
  await server.store.sync.setConnectionState(connection, 'installing', null);
  const places = Array.from(
    { length: count },
    (_, index): Place => ({
      portalId,
      dealId: String(Number(portalId) * 100_000 + index),
      contractId: randomUUID(),
    }),
  );
  practice.hubspot.loadPortal(portalId, {
    deals: places.map(({ dealId }) => ({
      id: dealId,
      properties: { dealname: `Deal ${dealId}` },
      createdAt: at - 3_600_000,
    })),
  });
  await Promise.all(
    places.map(({ contractId, dealId }) =>
      insertContract(
        server.store.database,
        connection.workspaceId,
        linkedContract({ id: contractId, number: `C-${dealId}` }),
      ),
    ),
  );
  const refs = places.map(({ dealId }) => ({ objectType: 'opportunity', recordId: dealId }) as const);
  const { connectionId } = connection;
  await server.store.database.withPrisma(connection.workspaceId, (prisma) =>
    prisma.contractLink.createMany({
      data: places.map(({ contractId, dealId: recordId }) => ({
        workspaceId: connection.workspaceId,
        connectionId,
        objectType: 'opportunity',
        recordId,
        contractId,
        linkedAt: new Date(0),
      })),
    }),
  );
  await server.store.sync.markDirty(
    refs.map((ref) => ({ workspaceId: connection.workspaceId, connectionId, ref, reason: 'ours' })),
  );
  return { portalId, connection, places };
}

/** Who held which lane when, and writes of a judgement by somebody else than the holder. Runs with the owner's rights, behind all policies. */
const LEDGER = `
CREATE TABLE test_tenure (connection_id uuid, fence bigint, instance text, began timestamptz, ended timestamptz);
CREATE TABLE test_trespass (connection_id uuid, record_id text, instance text, holder text, at timestamptz);
CREATE FUNCTION test_note_lease() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW.fence <> OLD.fence OR NEW.leased_by IS NULL THEN
    UPDATE test_tenure SET ended = clock_timestamp() WHERE connection_id = OLD.connection_id AND ended IS NULL;
  END IF;
  IF NEW.fence <> OLD.fence THEN
    INSERT INTO test_tenure VALUES (NEW.connection_id, NEW.fence, current_setting('application_name'), clock_timestamp(), NULL);
  END IF;
  RETURN NEW;
END $$;
CREATE TABLE test_mark (connection_id uuid, at timestamptz);
CREATE FUNCTION test_note_mark() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO test_mark VALUES (NEW.connection_id, clock_timestamp());
  RETURN NEW;
END $$;
CREATE TRIGGER test_note_mark AFTER INSERT ON dirty FOR EACH ROW EXECUTE FUNCTION test_note_mark();
CREATE TRIGGER test_note_lease AFTER UPDATE ON lane_lease FOR EACH ROW EXECUTE FUNCTION test_note_lease();
CREATE FUNCTION test_check_holder() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE holder text;
BEGIN
  SELECT instance INTO holder FROM test_tenure WHERE connection_id = NEW.connection_id AND ended IS NULL;
  IF holder IS DISTINCT FROM current_setting('application_name') THEN
    INSERT INTO test_trespass VALUES (NEW.connection_id, NEW.record_id, current_setting('application_name'), holder, clock_timestamp());
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER test_check_holder AFTER INSERT OR UPDATE ON mirror FOR EACH ROW EXECUTE FUNCTION test_check_holder();
CREATE TRIGGER test_check_holder AFTER INSERT ON intent FOR EACH ROW EXECUTE FUNCTION test_check_holder();
`;

async function readTenures(admin: Pool): Promise<readonly Tenure[]> {
  const { rows } = await admin.query<{
    connection_id: string;
    fence: string;
    instance: string;
    began: Date;
    ended: Date | null;
  }>('SELECT * FROM test_tenure ORDER BY began');
  return rows.map((row) => ({
    connectionId: row.connection_id,
    fence: Number(row.fence),
    instance: row.instance,
    from: row.began.getTime(),
    to: row.ended?.getTime() ?? null,
  }));
}
