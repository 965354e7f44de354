/**
 * Practice mode's outside world: a HubSpot with two portals, one full and one that has never seen the app, and beside it a Salesforce org
 * that holds the same partners. The product meets both only over the network, with credentials like any other app's.
 */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readAppManifest } from './app-manifest.ts';
import { startPracticeHubSpot } from './hubspot/server.ts';
import type { Clock, Log, Random } from './hubspot/world.ts';
import { attachedRecordIds, ORG_ID_LONG, orgProfile, type OrgRecordIds, orgSeed } from './org-seed.ts';
import {
  MAIN_PORTAL_ID,
  mainPortalSeed,
  portalProfiles,
  type RecordIds,
  recordIds,
  SECOND_PORTAL_ID,
  secondPortalSeed,
} from './portal-seeds.ts';
import { makePortfolio, type Portfolio } from './portfolio/portfolio.ts';
import { playPackageApex } from './salesforce/apex/contract-card-controller.ts';
import { startPracticePubSub } from './salesforce/pubsub/server.ts';
import type { PracticeSalesforce } from './salesforce/running-org.ts';
import { startPracticeSalesforce } from './salesforce/server.ts';

/** The app's public origin as the CRMs would know it; RFC 2606 reserves the name, and both serve it from this machine. */
export const APP_PUBLIC_ORIGIN = 'https://counterpart.example';
const PORTFOLIO_SEED = 20_261_121;
const SECRET_BYTES = 24;
const SEARCH_INDEX_DELAY_MS = 400;
const NAMED_CREDENTIAL = 'counterpart__Counterpart';

export type PracticeOptions = {
  /** The portal's; 0 picks a free port. */
  readonly port: number;
  /** The org's; 0 picks a free port. */
  readonly salesforcePort?: number;
  /** Null keeps everything in memory. */
  readonly dataDir: string | null;
  /** Where this machine's browser and the CRMs reach the product, e.g. `http://localhost:4600`. */
  readonly appOrigin: string;
  /** Where the app's redirect addresses are, when a browser knows them under another origin than `appOrigin`. */
  readonly browserOrigin?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type RunningPortal = {
  /** Origin of the portal's pages and API. */
  readonly url: string;
  readonly app: {
    readonly appId: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly publicOrigin: string;
  };
  readonly authorizeUrl: string;
  readonly mainPortalId: string;
  readonly secondPortalId: string;
  readonly records: RecordIds;
  /** Presses Approve on the consent page as the portal's admin; gives back the address the browser is sent to. */
  approve(authorizeUrl: string, portalId: string): Promise<string>;
};

export type RunningOrg = {
  /** Origin of the org's sign-in, pages and API. */
  readonly url: string;
  readonly app: { readonly clientId: string; readonly clientSecret: string };
  /** 18 characters. */
  readonly orgId: string;
  readonly pubSubEndpoint: string;
  readonly records: OrgRecordIds;
  /** The org from inside, for people's acts in tests. */
  readonly org: PracticeSalesforce;
  /** Presses Allow on the consent page as the org's admin; gives back the address the browser is sent to. */
  approve(authorizeUrl: string): string;
};

export type RunningPractice = {
  readonly portfolio: Portfolio;
  readonly hubspot: RunningPortal;
  readonly salesforce: RunningOrg;
  stop(): Promise<void>;
};

const keptFile = z.object({
  appId: z.int(),
  clientId: z.string(),
  clientSecret: z.string(),
  madeFor: z.iso.date(),
  salesforce: z.object({ clientId: z.string(), clientSecret: z.string() }),
});
type Kept = z.infer<typeof keptFile>;

export async function startPractice(options: PracticeOptions): Promise<RunningPractice> {
  const kept = keepSecrets(options);
  const portfolio = makePortfolio(PORTFOLIO_SEED, kept.madeFor);
  const portal = await startPortal(options, kept, portfolio);
  try {
    const org = await startOrg(options, kept, portfolio);
    return {
      portfolio,
      hubspot: portal.running,
      salesforce: org.running,
      stop: async () => void (await Promise.all([portal.stop(), org.stop()])),
    };
  } catch (error) {
    await portal.stop();
    throw error;
  }
}

type Started<T> = { readonly running: T; readonly stop: () => Promise<void> };

async function startPortal(
  options: PracticeOptions,
  kept: Kept,
  portfolio: Portfolio,
): Promise<Started<RunningPortal>> {
  const manifest = readAppManifest(
    path.resolve(import.meta.dirname, '../hubspot'),
    { appId: kept.appId, clientId: kept.clientId, clientSecret: kept.clientSecret },
    { public: APP_PUBLIC_ORIGIN, browser: options.browserOrigin ?? options.appOrigin },
  );
  const portal = await startPracticeHubSpot({
    port: options.port,
    dataDir: options.dataDir === null ? null : path.join(options.dataDir, 'hubspot'),
    clock: options.clock,
    random: options.random,
    log: options.log,
    portals: portalProfiles(),
    apps: [manifest],
    publicToLocal: { [APP_PUBLIC_ORIGIN]: options.appOrigin },
    behaviour: { searchIndexDelayMs: SEARCH_INDEX_DELAY_MS },
    seed: { [MAIN_PORTAL_ID]: () => mainPortalSeed(portfolio), [SECOND_PORTAL_ID]: () => secondPortalSeed(portfolio) },
    pagesDir: path.resolve(import.meta.dirname, 'dist/pages'),
    bundlesDir: path.resolve(import.meta.dirname, 'dist/bundles'),
  });
  const url = portal.url.replace('127.0.0.1', 'localhost');
  const running: RunningPortal = {
    url,
    app: {
      appId: String(kept.appId),
      clientId: kept.clientId,
      clientSecret: kept.clientSecret,
      publicOrigin: APP_PUBLIC_ORIGIN,
    },
    authorizeUrl: `${url}/oauth/authorize`,
    mainPortalId: MAIN_PORTAL_ID,
    secondPortalId: SECOND_PORTAL_ID,
    records: recordIds(portfolio),
    approve: (authorizeUrl, portalId) => approve(portal.url, authorizeUrl, portalId),
  };
  return { running, stop: () => portal.stop() };
}

async function startOrg(options: PracticeOptions, kept: Kept, portfolio: Portfolio): Promise<Started<RunningOrg>> {
  const { clientId, clientSecret } = kept.salesforce;
  const org = await startPracticeSalesforce({
    port: options.salesforcePort ?? 0,
    dataDir: options.dataDir === null ? null : path.join(options.dataDir, 'salesforce'),
    clock: options.clock,
    random: options.random,
    log: options.log,
    org: orgProfile(),
    app: {
      name: 'Counterpart',
      clientId,
      clientSecret,
      redirectUris: [`${options.browserOrigin ?? options.appOrigin}/oauth/salesforce/callback`],
      scopes: ['api', 'refresh_token', 'id', 'openid'],
    },
    packageDir: path.resolve(import.meta.dirname, '../salesforce/force-app/main/default'),
    publicToLocal: { [APP_PUBLIC_ORIGIN]: options.appOrigin },
    namedCredentials: { [NAMED_CREDENTIAL]: APP_PUBLIC_ORIGIN },
    seed: () => orgSeed(portfolio),
    pagesDir: path.resolve(import.meta.dirname, 'dist/salesforce-pages'),
    apex: playPackageApex,
  });
  const feed = await startPracticePubSub({
    org,
    port: 0,
    clock: options.clock,
    random: options.random,
    log: options.log,
  });
  const running: RunningOrg = {
    url: org.url,
    app: { clientId, clientSecret },
    orgId: ORG_ID_LONG,
    pubSubEndpoint: feed.endpoint,
    records: attachedRecordIds(portfolio),
    org,
    approve: (authorizeUrl) => org.approve(authorizeUrl),
  };
  return {
    running,
    stop: async () => {
      await feed.stop();
      await org.stop();
    },
  };
}

async function approve(origin: string, authorizeUrl: string, portalId: string): Promise<string> {
  const form = new URLSearchParams({ query: new URL(authorizeUrl).search.slice(1), portalId, decision: 'approve' });
  const answer = await fetch(`${origin}/oauth/authorize/decision`, { method: 'POST', body: form, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`the consent page answered ${answer.status} without sending the browser on`);
  return location;
}

/**
 * The app's credentials and the day the portfolio was made for stay the same from one start to the next. A folder from before there was
 * an org gets credentials for it.
 */
function keepSecrets({ dataDir, random, clock }: PracticeOptions): Kept {
  const file = dataDir === null ? null : path.join(dataDir, 'practice-app.json');
  const secret = (): string => Buffer.from(random.bytes(SECRET_BYTES)).toString('hex');
  const made: Kept = {
    appId: 998_877,
    clientId: random.uuid(),
    clientSecret: secret(),
    madeFor: new Date(clock.now()).toISOString().slice(0, 10),
    salesforce: { clientId: `3MVG9${secret()}`, clientSecret: secret() },
  };
  if (file === null) return made;
  const before: unknown = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  const kept = keptFile.parse({ ...made, ...z.record(z.string(), z.unknown()).parse(before) });
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
  return kept;
}
