/**
 * Practice mode's outside world: a HubSpot with two portals, one full and one that has never seen the app, filled from the portfolio. The
 * product meets it only over HTTP, with credentials like any other app's.
 */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readAppManifest } from './app-manifest.ts';
import { startPracticeHubSpot } from './hubspot/server.ts';
import type { Clock, Log, Random } from './hubspot/world.ts';
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

/** The app's public origin as HubSpot would know it; RFC 2606 reserves the name, and the portal serves it from this machine. */
export const APP_PUBLIC_ORIGIN = 'https://counterpart.example';
const PORTFOLIO_SEED = 20_261_121;
const SECRET_BYTES = 24;
const SEARCH_INDEX_DELAY_MS = 400;

export type PracticeOptions = {
  /** 0 picks a free port. */
  readonly port: number;
  /** Null keeps everything in memory. */
  readonly dataDir: string | null;
  /** Where this machine's browser and the portal reach the product, e.g. `http://localhost:4600`. */
  readonly appOrigin: string;
  /** Where the app's redirect address is, when a browser knows it under another origin than `appOrigin`. */
  readonly browserOrigin?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type RunningPractice = {
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
  readonly portfolio: Portfolio;
  readonly records: RecordIds;
  /** Presses Approve on the consent page as the portal's admin; gives back the address the browser is sent to. */
  approve(authorizeUrl: string, portalId: string): Promise<string>;
  stop(): Promise<void>;
};

const keptFile = z.object({ appId: z.int(), clientId: z.string(), clientSecret: z.string(), madeFor: z.iso.date() });

export async function startPractice(options: PracticeOptions): Promise<RunningPractice> {
  const kept = keepSecrets(options);
  const portfolio = makePortfolio(PORTFOLIO_SEED, kept.madeFor);
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
  return {
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
    portfolio,
    records: recordIds(portfolio),
    approve: (authorizeUrl, portalId) => approve(portal.url, authorizeUrl, portalId),
    stop: () => portal.stop(),
  };
}

async function approve(origin: string, authorizeUrl: string, portalId: string): Promise<string> {
  const form = new URLSearchParams({ query: new URL(authorizeUrl).search.slice(1), portalId, decision: 'approve' });
  const answer = await fetch(`${origin}/oauth/authorize/decision`, { method: 'POST', body: form, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`the consent page answered ${answer.status} without sending the browser on`);
  return location;
}

/** The app's credentials and the day the portfolio was made for stay the same from one start to the next. */
function keepSecrets({ dataDir, random, clock }: PracticeOptions): z.infer<typeof keptFile> {
  const file = dataDir === null ? null : path.join(dataDir, 'practice-app.json');
  if (file !== null && fs.existsSync(file)) return keptFile.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  const made = {
    appId: 998_877,
    clientId: random.uuid(),
    clientSecret: Buffer.from(random.bytes(SECRET_BYTES)).toString('hex'),
    madeFor: new Date(clock.now()).toISOString().slice(0, 10),
  };
  if (file !== null) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  return made;
}
