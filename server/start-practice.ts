/**
 * Practice mode around a composed server: an embedded database, a practice CRM of each kind, and a workspace filled on the first start. The
 * app is installed through the real consent pages and callbacks, so that nothing about the installed state is made up. Every step may be repeated.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { HubSpotSettings, SalesforceSettings } from './config.ts';
import type { ComposedServer } from './compose.ts';
import type { ConnectionRef, Host } from './crm/port.ts';
import { must } from './domain/assert.ts';
import { oauthStartPath } from './http/oauth-flow.ts';
import { practiceLoad, type PracticePortfolio, PRACTICE_WORKSPACE_ID } from './practice-mode.ts';
import { derivedColumns, calendarsOf } from './services/derived-columns.ts';
import { provenanceOf, todayOf } from './services/service-parts.ts';
import { loadPortfolio } from './store/prisma/load-portfolio.ts';
import type { World } from './world.ts';

/** What this needs of the practice CRMs; those in extensions/practice fit it. */
export type PracticePortal = {
  readonly url: string;
  readonly app: {
    readonly appId: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly publicOrigin: string;
  };
  readonly authorizeUrl: string;
  readonly mainPortalId: string;
  readonly records: { readonly companies: ReadonlyMap<string, string>; readonly deals: ReadonlyMap<string, string> };
  approve(authorizeUrl: string, portalId: string): Promise<string>;
};
export type PracticeOrg = {
  readonly url: string;
  readonly app: { readonly clientId: string; readonly clientSecret: string };
  readonly orgId: string;
  readonly pubSubEndpoint: string;
  readonly records: {
    readonly accounts: ReadonlyMap<string, string>;
    readonly opportunities: ReadonlyMap<string, string>;
  };
  approve(authorizeUrl: string): string;
};
export type PracticeCrms = {
  readonly portfolio: PracticePortfolio;
  readonly hubspot: PracticePortal;
  readonly salesforce: PracticeOrg;
  stop(): Promise<void>;
};

/** One of them as installing and attaching see it: which account, who presses the button, and which record is whose. */
type PracticeAccount = {
  readonly host: Host;
  readonly accountId: string;
  readonly approve: (authorizeUrl: string) => Promise<string>;
  readonly accounts: ReadonlyMap<string, string>;
  readonly opportunities: ReadonlyMap<string, string>;
};

function practiceAccounts({ hubspot, salesforce }: PracticeCrms): readonly PracticeAccount[] {
  return [
    {
      host: 'hubspot',
      accountId: hubspot.mainPortalId,
      approve: (url) => hubspot.approve(url, hubspot.mainPortalId),
      accounts: hubspot.records.companies,
      opportunities: hubspot.records.deals,
    },
    {
      host: 'salesforce',
      accountId: salesforce.orgId,
      approve: (url) => Promise.resolve(salesforce.approve(url)),
      ...salesforce.records,
    },
  ];
}

export type PracticeKeys = { readonly masterKey: Uint8Array; readonly sessionSecret: string };

const keysFile = z.object({ masterKey: z.base64(), sessionSecret: z.string().min(32) });
const MASTER_KEY_BYTES = 32;

/** The keys of a practice folder, made on its first start and readable by its owner only. */
export function practiceKeys(dataDir: string, world: World): PracticeKeys {
  const file = path.join(dataDir, 'practice-keys.json');
  if (!fs.existsSync(file)) {
    const random = (): string => Buffer.from(world.random.bytes(MASTER_KEY_BYTES)).toString('base64');
    fs.mkdirSync(dataDir, { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ masterKey: random(), sessionSecret: random() }), { mode: 0o600 });
  }
  const kept = keysFile.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  return { masterKey: new Uint8Array(Buffer.from(kept.masterKey, 'base64')), sessionSecret: kept.sessionSecret };
}

export function practiceHubSpot({ app, url, authorizeUrl }: PracticePortal): HubSpotSettings {
  return {
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    clientSecretPrevious: null,
    appId: app.appId,
    apiBase: new URL(url).origin,
    authorizeUrl,
  };
}

export function practiceSalesforce({ app, url, pubSubEndpoint }: PracticeOrg): SalesforceSettings {
  return { ...app, loginUrl: url, pubSubEndpoint };
}

/** Same key, same id, on every start: a version 8 UUID of its hash. */
function idOf(key: string): string {
  const hex = createHash('sha256').update(`counterpart practice: ${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const VISITOR = { email: 'you@harbourfinch.example', name: 'Practice admin' } as const;

/** Who a visitor of the practice workspace is; null until the workspace is there. */
export async function practiceVisitor(
  server: ComposedServer,
): Promise<{ readonly workspaceId: string; readonly userId: string } | null> {
  const { workspaces, contracts, world } = server.services.parts;
  if ((await contracts.getWorkspace(PRACTICE_WORKSPACE_ID)) === null) return null;
  const user = await workspaces.ensureUser(PRACTICE_WORKSPACE_ID, {
    hostUser: null,
    ...VISITOR,
    locale: 'en',
    roleIfNew: 'admin',
    at: world.clock.now(),
  });
  return { workspaceId: PRACTICE_WORKSPACE_ID, userId: user.id };
}

/** Fills the workspace, installs the app in both CRMs and attaches the contracts. `origin` is where the server listens now. */
export async function fillPractice(server: ComposedServer, crms: PracticeCrms, origin: string): Promise<void> {
  const { parts } = server.services;
  const load = practiceLoad(crms.portfolio, idOf);
  const loaded = await loadPortfolio(server.store.database, parts.world, load);
  if (loaded === 'loaded') await deriveAll(server, load.entries);
  const filled = [];
  for (const account of practiceAccounts(crms)) {
    const connection = await installed(server, account, origin);
    if ((await server.store.sync.readCursor(connection, ATTACHED)) !== null) continue;
    await attachAll(server, { account, connection, portfolio: crms.portfolio });
    filled.push(connection);
  }
  if (filled.length === 0) return;
  await untilAgreed(
    server,
    filled.map(({ connectionId }) => connectionId),
  );
  await server.housekeeping.closeMonths(PRACTICE_WORKSPACE_ID);
  const at = parts.world.clock.now();
  for (const connection of filled)
    await server.store.sync.advanceCursor(connection, { name: ATTACHED, value: 'all', at }, []);
}

async function installed(server: ComposedServer, account: PracticeAccount, origin: string): Promise<ConnectionRef> {
  const { workspaces } = server.services.parts;
  const known = await workspaces.findConnectionOfAccount(account.host, account.accountId);
  if (known !== null) return known;
  await installThroughBrowser(account, origin);
  return must(await workspaces.findConnectionOfAccount(account.host, account.accountId), 'practice connection');
}

/** Set once everything above is done; until then a start repeats it, and repeating changes nothing that is there. */
const ATTACHED = 'practice:attached';
const AGREE_MS_MAX = 60_000;
const LOOK_INTERVAL_MS = 250;

/** The first start ends when both CRMs show what the workspace says: read, attached, written and confirmed. */
async function untilAgreed(server: ComposedServer, connectionIds: readonly string[]): Promise<void> {
  const { parts } = server.services;
  const givesUpAt = parts.world.clock.now() + AGREE_MS_MAX;
  while (parts.world.clock.now() < givesUpAt) {
    const all = await parts.workspaces.listConnectionHealth(PRACTICE_WORKSPACE_ID);
    const open = all.filter(
      ({ connection, backfill, dirty }) =>
        connectionIds.includes(connection.id) && (backfill?.phase !== 'done' || dirty > 0),
    );
    if (open.length === 0) return;
    await parts.world.clock.sleep(LOOK_INTERVAL_MS);
  }
  parts.world.log.warn({ connectionIds }, 'the practice CRMs are still catching up');
}

async function deriveAll(server: ComposedServer, entries: ReturnType<typeof practiceLoad>['entries']): Promise<void> {
  const { parts } = server.services;
  const workspace = must(await parts.contracts.getWorkspace(PRACTICE_WORKSPACE_ID), 'practice workspace');
  const contracts = entries.map(({ contract }) => contract);
  const calendarOf = await calendarsOf(parts.calendars, contracts);
  const rows = await parts.contracts.loadContracts(
    PRACTICE_WORKSPACE_ID,
    contracts.map(({ id }) => id),
  );
  const asOf = todayOf(parts, workspace);
  const columns = rows.map(({ contract, sla }) =>
    derivedColumns(contract, sla, { calendar: calendarOf(contract.term.calendarId), asOf }),
  );
  await parts.contracts.saveDerived(PRACTICE_WORKSPACE_ID, columns);
}

/** Signs in, asks to connect, presses Approve and follows the callback, as an administrator's browser would. */
async function installThroughBrowser(account: PracticeAccount, origin: string): Promise<void> {
  const cookies = new Map<string, string>();
  const visit = async (url: string): Promise<string> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = answer.headers.get('location');
    if (location === null)
      throw new Error(`the practice install stopped at ${new URL(url).pathname} with ${answer.status}`);
    return location;
  };
  await visit(`${origin}/practice/sign-in`);
  const consent = await visit(`${origin}${oauthStartPath(account.host)}`);
  const callback = new URL(await account.approve(consent));
  await visit(`${origin}${callback.pathname}${callback.search}`);
}

type Attaching = {
  readonly account: PracticeAccount;
  readonly connection: ConnectionRef;
  readonly portfolio: PracticePortfolio;
};

async function attachAll(server: ComposedServer, attaching: Attaching): Promise<void> {
  const { account: of, portfolio } = attaching;
  const { connectionId } = attaching.connection;
  const { parts } = server.services;
  const provenance = provenanceOf(parts, { source: 'import', actor: VISITOR.name, connectionId, ref: null });
  const context = { workspaceId: PRACTICE_WORKSPACE_ID, provenance, once: null };
  for (const contract of portfolio.contracts) {
    const account = of.accounts.get(contract.companyKey);
    const opportunity = contract.dealKey === null ? undefined : of.opportunities.get(contract.dealKey);
    const refs = [
      ...(account === undefined ? [] : [{ objectType: 'account', recordId: account } as const]),
      ...(opportunity === undefined ? [] : [{ objectType: 'opportunity', recordId: opportunity } as const]),
    ];
    for (const ref of refs)
      await parts.contracts.attach(context, { connectionId, ref }, idOf(`contract ${contract.key}`));
  }
  parts.wake();
}
