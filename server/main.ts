/**
 * The process: reads the environment, opens the port, puts the server together and takes it down again. Nothing imports this file. It
 * prints the addresses to go on from when it is ready, and one sentence when it cannot start.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { RequestListener } from 'node:http';
import { composeServer, type ComposedServer, type ServerSettings } from './compose.ts';
import { type Config, type LiveConfig, parseConfig, type PracticeConfig } from './config.ts';
import { type HttpSettings, RATE_LIMITS_DEFAULT } from './http/dependencies.ts';
import { oauthCallbackPath } from './http/oauth-flow.ts';
import { PRACTICE_SIGN_IN_PATH } from './http/practice-sign-in.ts';
import { type HttpServer, listen } from './http/server.ts';
import { WEBHOOK_PATH } from './http/webhook.ts';
import { createLog } from './log.ts';
import { createRealWorld } from './real-world.ts';
import {
  fillPractice,
  type PracticeCrms,
  practiceHubSpot,
  practiceKeys,
  practiceSalesforce,
  practiceVisitor,
} from './start-practice.ts';
import { startEmbeddedPostgres } from './store/postgres/embedded-postgres.ts';
import { migrate } from './store/postgres/migrate.ts';
import type { World } from './world.ts';

const DRAIN_MS_MAX = 8_000;
const STOP_MS_MAX = 10_000;
/** A live server still answers for this long after it said that it leaves, so that a balancer hears of it before a request is refused. */
const LEAVE_NOTICE_MS = 1_000;
/** The practice CRMs take the two ports after ours. */
const PRACTICE_PORT_MAX = 65_533;
const PAGES_DIR = path.resolve(import.meta.dirname, '../app/web/dist');

/** Reasons not to start that a person can mend; the sentence is all they need. */
class CannotStart extends Error {}

type Started = { readonly addresses: readonly Address[]; readonly stop: () => Promise<void> };
type Address = { readonly label: string; readonly url: string };

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function start(): Promise<Started> {
  const parsed = parseConfig(process.env);
  if (!parsed.ok) throw new CannotStart(parsed.message);
  const { config } = parsed;
  const world = createRealWorld(createLog({ level: config.logLevel }));
  return config.mode === 'practice' ? await startPracticeMode(config, world) : await startLive(config, world);
}

async function startLive(config: LiveConfig, world: World): Promise<Started> {
  await migrateOrSay(config.databaseUrl);
  const door = await openDoor(config, world);
  const server = composeServer(
    {
      databaseUrl: config.databaseUrl,
      masterKeys: { currentId: 'main', keys: { main: config.masterKey } },
      hubspot: config.hubspot,
      salesforce: config.salesforce,
      signedOrigin: config.publicUrl,
      http: httpSettings(config, { publicUrl: config.publicUrl, sessionSecret: config.sessionSecret }),
    },
    world,
  );
  const stop = serve(server, door, { world, noticeMs: LEAVE_NOTICE_MS, afterwards: [] });
  return {
    stop,
    addresses: [
      { label: 'Workspace', url: `${config.publicUrl}/` },
      ...(config.hubspot === null ? [] : hubSpotAddresses(config.publicUrl)),
      ...(config.salesforce === null ? [] : salesforceAddresses(config.publicUrl)),
    ],
  };
}

const hubSpotAddresses = (origin: string): readonly Address[] => [
  { label: 'HubSpot redirect', url: `${origin}${oauthCallbackPath('hubspot')}` },
  { label: 'HubSpot webhooks', url: `${origin}${WEBHOOK_PATH}` },
];
const salesforceAddresses = (origin: string): readonly Address[] => [
  { label: 'Salesforce redirect', url: `${origin}${oauthCallbackPath('salesforce')}` },
];

async function startPracticeMode(config: PracticeConfig, world: World): Promise<Started> {
  if (config.port > PRACTICE_PORT_MAX)
    throw new CannotStart(`PORT must be below ${PRACTICE_PORT_MAX + 1}: the practice CRMs take the next two.`);
  const dataDir = writableFolder(config.dataDir);
  const door = await openDoor(config, world);
  const origin = config.publicUrl ?? `http://localhost:${door.port}`;
  const database = await practiceDatabase(config, dataDir);
  await migrateOrSay(database.url);
  const { startPractice } = await import('../extensions/practice/start.ts');
  const crms = await startPractice({
    port: config.port === 0 ? 0 : door.port + 1,
    salesforcePort: config.port === 0 ? 0 : door.port + 2,
    dataDir,
    appOrigin: origin,
    ...world,
  }).catch((error: unknown) => {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    const ports = `${door.port + 1} or ${door.port + 2}`;
    throw new CannotStart(`Port ${ports} is in use and the practice CRMs need both: set PORT to another number.`);
  });
  const keys = practiceKeys(dataDir, world);
  const settings: ServerSettings = {
    databaseUrl: database.url,
    masterKeys: { currentId: 'practice', keys: { practice: keys.masterKey } },
    hubspot: practiceHubSpot(crms.hubspot),
    salesforce: practiceSalesforce(crms.salesforce),
    signedOrigin: crms.hubspot.app.publicOrigin,
    http: httpSettings(config, { publicUrl: origin, sessionSecret: keys.sessionSecret }),
    practiceSignIn: () => practiceVisitor(server),
  };
  const server: ComposedServer = composeServer(settings, world);
  const stop = serve(server, door, { world, noticeMs: 0, afterwards: [() => crms.stop(), database.stop] });
  await fillPractice(server, crms, `http://127.0.0.1:${door.port}`);
  return {
    stop,
    addresses: [{ label: 'Workspace', url: `${origin}${PRACTICE_SIGN_IN_PATH}` }, ...recordAddresses(crms)],
  };
}

/** The same deal in both CRMs, with the contract card on it. */
function recordAddresses({ portfolio, hubspot, salesforce }: PracticeCrms): readonly Address[] {
  const key = portfolio.contracts.find(({ dealKey }) => dealKey !== null)?.dealKey ?? '';
  const portal = `${hubspot.url}/contacts/${hubspot.mainPortalId}`;
  return [
    { label: 'A deal in HubSpot', url: `${portal}/record/0-3/${hubspot.records.deals.get(key) ?? ''}` },
    {
      label: 'The same in Salesforce',
      url: `${salesforce.url}/lightning/r/Opportunity/${salesforce.records.opportunities.get(key) ?? ''}/view`,
    },
  ];
}

type Door = Pick<HttpServer, 'port' | 'drain'> & { readonly admit: (handle: RequestListener) => void };

/** Takes the port before anything slow happens; until the server is there, everybody is asked to come back. */
async function openDoor(config: Config, { clock }: World): Promise<Door> {
  let handle: RequestListener = (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end();
  const { port, bindAddress } = config;
  const opened = await listen({ port, bindAddress, clock, handle: (request, response) => handle(request, response) });
  if (!opened.ok) {
    const why = opened.reason === 'port_busy' ? 'is in use' : 'may not be opened by this user';
    throw new CannotStart(`Port ${port} ${why}: set PORT to another number.`);
  }
  return {
    ...opened.server,
    admit: (admitted) => {
      handle = admitted;
    },
  };
}

/** Asks before anything is started that would have to be taken down again. */
function writableFolder(dataDir: string): string {
  const folder = path.resolve(dataDir);
  const probe = path.join(folder, `.probe-${process.pid}`);
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(probe, '');
    fs.rmSync(probe);
    return folder;
  } catch (error) {
    const why = errorCode(error) ?? 'unknown';
    throw new CannotStart(`The folder ${folder} cannot be written (${why}): set DATA_DIR to one that can.`);
  }
}

/** What the database or the way to it answers when the address in DATABASE_URL is wrong, and not the statement. */
const DATABASE_REFUSALS = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
  '28P01',
  '28000',
  '3D000',
]);

async function migrateOrSay(url: string): Promise<void> {
  try {
    await migrate(url);
  } catch (error) {
    const code = errorCode(error);
    if (code === null || !DATABASE_REFUSALS.has(code)) throw error;
    throw new CannotStart(`The database cannot be reached (${code}): check DATABASE_URL.`);
  }
}

function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

async function practiceDatabase(
  config: PracticeConfig,
  dataDir: string,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  const started = await startEmbeddedPostgres({ folder: path.join(dataDir, 'postgres') });
  if (!started.ok) throw new CannotStart(started.failure.sentence);
  return { url: started.value.urlOf('postgres'), stop: started.value.stop };
}

function httpSettings(
  config: Config,
  { publicUrl, sessionSecret }: { readonly publicUrl: string; readonly sessionSecret: string },
): HttpSettings {
  const port = new URL(publicUrl).port;
  const alsoLocal = config.mode === 'practice' ? [`http://127.0.0.1:${port}`, `http://localhost:${port}`] : [];
  return {
    publicUrl,
    allowedOrigins: [publicUrl, ...alsoLocal],
    mode: config.mode,
    trustedProxies: config.trustedProxies,
    metricsToken: config.metricsToken,
    sessionSecret,
    pagesDir: PAGES_DIR,
    rateLimits: RATE_LIMITS_DEFAULT,
  };
}

type Serving = {
  readonly world: World;
  readonly noticeMs: number;
  readonly afterwards: readonly (() => Promise<void>)[];
};

/** Lets requests in and starts the engine; the result takes everything down in order. */
function serve(server: ComposedServer, door: Door, { world, noticeMs, afterwards }: Serving): () => Promise<void> {
  const stopping = new AbortController();
  const running = server
    .run(stopping.signal)
    .catch((error: unknown) => world.log.error({ error }, 'the engine ended unexpectedly'));
  door.admit(server.listener);
  return async () => {
    server.startDraining();
    stopping.abort();
    if (noticeMs > 0) await world.clock.sleep(noticeMs);
    await Promise.all([door.drain(DRAIN_MS_MAX), running]);
    await server.close();
    for (const end of afterwards) await end();
  };
}

/**
 * The first request to stop drains, the second ends at once. Whoever started us with a channel may be killed without a word: the channel
 * then closes, which counts as a request. Before the start is complete there is nothing to drain, and the database ends with us.
 */
function stopWhenAsked(started: { stop: (() => Promise<void>) | null }): void {
  let asked = false;
  const leave = (): void => {
    if (asked) process.exit(130);
    asked = true;
    if (started.stop === null) process.exit(0);
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
    started.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', leave);
  process.on('SIGTERM', leave);
  if (process.connected) process.once('disconnect', leave);
}

const started: { stop: (() => Promise<void>) | null } = { stop: null };
stopWhenAsked(started);
try {
  const { addresses, stop } = await start();
  started.stop = stop;
  const width = Math.max(...addresses.map(({ label }) => label.length));
  for (const { label, url } of addresses) say(`${label.padEnd(width)}  ${url}`);
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
