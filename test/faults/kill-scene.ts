/**
 * The state that every run begins with, made once: two portals of one workspace with contracts on their deals, all agreed. A run gets
 * copies of both the database and the portals, so that runs know nothing of each other.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../../server/store/postgres/migrate.ts';
import { startServerProcess } from '../support/server-process.ts';
import { attach, createDeal, createOn, dayAfter, importRows } from './kill-acts.ts';
import { createKillClient, type KillClient } from './kill-client.ts';
import { type KillPortal, PORTALS, type PortalId, startKillPortal } from './kill-portal.ts';
import { isAtRest } from './kill-checks.ts';

/** A contract and the deals that show it. */
export type Placed = {
  readonly contractId: string;
  readonly deals: { readonly [P in PortalId]?: string };
};

export type KillTemplate = {
  readonly clusterUrl: string;
  readonly database: string;
  readonly portalDir: string;
  readonly cookies: Readonly<Record<string, string>>;
  /** Each on one deal of portals 1001 and 1002. */
  readonly shared: readonly Placed[];
  /** Each on one deal of portal 1001 alone. */
  readonly single: readonly Placed[];
  /** When it was finished, epoch ms. */
  readonly madeAt: number;
  dispose(): Promise<void>;
};

const SHARED_COUNT = 6;
const SINGLE_COUNT = 8;
export const NEW_PORTAL_DEALS = 3;
const TEMPLATE_SEED = 77;
/** A bound for a machine that is busy with other things. */
const SETTLED_MS_MAX = 120_000;
const POLL_MS = 40;

const today = () => new Date().toISOString().slice(0, 10);

function urlOf(clusterUrl: string, database: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** One statement in the cluster's maintenance database. */
async function inCluster(clusterUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Installs, fills and settles; takes some seconds. */
export async function makeKillTemplate(clusterUrl: string): Promise<KillTemplate> {
  const portalDir = mkdtempSync(path.join(os.tmpdir(), 'counterpart-kill-'));
  const database = `kill_template_${path.basename(portalDir).slice(-6).toLowerCase()}`;
  await inCluster(clusterUrl, `CREATE DATABASE "${database}"`);
  const databaseUrl = urlOf(clusterUrl, database);
  await migrate(databaseUrl);
  const portal = await startKillPortal(portalDir, TEMPLATE_SEED);
  const server = await startServerProcess({ databaseUrl, hubspotUrl: portal.practice.hubspot.url });
  portal.relay.target = server.url;
  const client = createKillClient(portal.practice, () => server.url);
  try {
    const content = await fill(portal, client);
    await withClient(databaseUrl, (sql) => untilAtRest(sql, portal));
    return {
      clusterUrl,
      database,
      portalDir,
      cookies: client.cookies(),
      madeAt: Date.now(),
      ...content,
      dispose: async () => {
        await inCluster(clusterUrl, `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
        rmSync(portalDir, { recursive: true, force: true });
      },
    };
  } finally {
    await server.stop();
    await portal.stop();
  }
}

async function untilAtRest(sql: Client, portal: KillPortal): Promise<void> {
  const deadline = Date.now() + SETTLED_MS_MAX;
  while (!(await isAtRest(sql, portal))) {
    if (Date.now() > deadline) throw new Error('the template never settled');
    await delay(POLL_MS);
  }
}

async function fill(portal: KillPortal, client: KillClient) {
  await client.install('1001');
  await client.install('1002');
  const deal = (portalId: PortalId, name: string): Promise<string> => createDeal(portal, portalId, name);
  const shared: Placed[] = [];
  for (let index = 0; index < SHARED_COUNT; index += 1) {
    const [first, second] = [await deal('1001', `Shared ${index}`), await deal('1002', `Shared ${index}`)];
    const contractId = await createOn(client, '1001', { recordId: first, title: `Shared contract ${index}` });
    await attach(client, '1002', { recordId: second, contractId, key: `template-attach-${index}` });
    shared.push({ contractId, deals: { '1001': first, '1002': second } });
  }
  const single: Placed[] = [];
  for (let index = 0; index < SINGLE_COUNT; index += 1) {
    const recordId = await deal('1001', `Single ${index}`);
    const contractId = await createOn(client, '1001', { recordId, title: `Single contract ${index}` });
    single.push({ contractId, deals: { '1001': recordId } });
  }
  // Signed, and begins in two days: the day roll will make it active.
  const [from, to] = [dayAfter(today(), 2), dayAfter(today(), 800)];
  await importRows(client, [`ROLL-1,Begins soon,Vendor,${from},${to},10,USD,已签署`]);
  for (const portalId of PORTALS.slice(2))
    for (let index = 0; index < NEW_PORTAL_DEALS; index += 1) await deal(portalId, `New ${index}`);
  return { shared, single };
}

/** A copy of the template for one run; copies of one template wait for each other. */
export async function copyTemplate(template: KillTemplate, name: string) {
  await inCluster(template.clusterUrl, `CREATE DATABASE "${name}" TEMPLATE "${template.database}"`);
  const portalDir = mkdtempSync(path.join(os.tmpdir(), 'counterpart-kill-run-'));
  cpSync(template.portalDir, portalDir, { recursive: true });
  return {
    databaseUrl: urlOf(template.clusterUrl, name),
    portalDir,
    dispose: async () => {
      await inCluster(template.clusterUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      rmSync(portalDir, { recursive: true, force: true });
    },
  };
}
