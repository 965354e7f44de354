/** A practice HubSpot portal with this app installed through the real consent flow, and the adapter speaking to it over real HTTP. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPracticeHubSpot } from '../../extensions/practice/hubspot/server.ts';
import type { PracticeHubSpot, PracticeHubSpotOptions } from '../../extensions/practice/hubspot/server.ts';
import type { Credential, CredentialVault } from '../../server/crm/credentials.ts';
import { createHubSpotAdapter } from '../../server/crm/hubspot/adapter.ts';
import type { HubSpotAdapterOptions } from '../../server/crm/hubspot/adapter.ts';
import { createHubSpotOAuth } from '../../server/crm/hubspot/oauth.ts';
import type { HubSpotOAuth } from '../../server/crm/hubspot/oauth.ts';
import { OPTIONAL_SCOPES, REQUIRED_SCOPES } from '../../server/crm/hubspot/scopes.ts';
import { createTokenSource } from '../../server/crm/hubspot/token-source.ts';
import type { ConnectionRef, CrmPort, HostResult } from '../../server/crm/port.ts';
import type { BudgetGate, BudgetReport, TokenSource } from '../../server/crm/transport.ts';
import type { World } from '../../server/world.ts';

export const APP_ID = 54321;
export const PORTAL_ID = '62515';
export const REDIRECT_URI = 'http://localhost:3000/oauth/hubspot/callback';
export const CALL = { priority: 'pull' } as const;

function testWorld(seed = 'seed'): World {
  let count = 0;
  const digest = (): Buffer =>
    createHash('sha256')
      .update(`${seed}/${(count += 1)}`)
      .digest();
  const silent = (): void => undefined;
  return {
    clock: {
      now: () => Date.now(),
      sleep: (delayMs, signal) => sleep(delayMs, undefined, signal === undefined ? {} : { signal }),
    },
    random: {
      next: () => digest().readUInt32BE(0) / 0x1_0000_0000,
      uuid: () => {
        const hex = digest().toString('hex');
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
      },
      bytes: (byteCount) => new Uint8Array(digest().subarray(0, byteCount)),
    },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  };
}

/** Keeps tokens in memory; the lock is a chain of promises per connection. */
function memoryVault(): CredentialVault & { readonly writes: Credential[] } {
  const credentials = new Map<string, Credential>();
  const locks = new Map<string, Promise<unknown>>();
  const writes: Credential[] = [];
  return {
    writes,
    read: async (connection) => credentials.get(connection.connectionId) ?? null,
    write: async (connection, credential) => {
      writes.push(credential);
      credentials.set(connection.connectionId, credential);
    },
    delete: async (connection) => void credentials.delete(connection.connectionId),
    withRefreshLock: (connection, work) => {
      const before = locks.get(connection.connectionId) ?? Promise.resolve();
      const turn = before.then(work, work);
      locks.set(connection.connectionId, turn);
      return turn;
    },
  };
}

function openGate(): BudgetGate & { readonly reports: BudgetReport[] } {
  const reports: BudgetReport[] = [];
  return {
    reports,
    take: async () => ({ kind: 'granted' }),
    report: async (_connection, report) => void reports.push(report),
  };
}

export type Installed = {
  readonly server: PracticeHubSpot;
  readonly connection: ConnectionRef;
  readonly adapter: CrmPort;
  readonly oauth: HubSpotOAuth;
  readonly vault: ReturnType<typeof memoryVault>;
  readonly tokens: TokenSource;
  readonly gate: ReturnType<typeof openGate>;
  readonly world: World;
  /** What a person does in the portal. */
  readonly person: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly calls: () => Promise<
    readonly { readonly method: string; readonly path: string; readonly status: number; readonly count: number }[]
  >;
  readonly forgetCalls: () => Promise<void>;
  readonly faults: (faults: Record<string, number>) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type InstallOptions = {
  readonly behaviour?: NonNullable<PracticeHubSpotOptions['behaviour']>;
  readonly customPropertyLimit?: number;
  readonly optionalScopes?: readonly string[];
  readonly schema?: boolean;
  readonly webhooks?: PracticeHubSpotOptions['apps'][number]['webhooks'];
  readonly publicToLocal?: Readonly<Record<string, string>>;
  readonly adapter?: Partial<HubSpotAdapterOptions>;
};

export async function installApp(options: InstallOptions = {}): Promise<Installed> {
  const world = testWorld();
  const server = await startPracticeHubSpot({
    port: 0,
    dataDir: null,
    ...testWorld('server'),
    portals: [profile(options.customPropertyLimit ?? 1_000)],
    apps: [
      {
        ...manifest(options.optionalScopes ?? OPTIONAL_SCOPES),
        ...(options.webhooks === undefined ? {} : { webhooks: options.webhooks }),
      },
    ],
    publicToLocal: options.publicToLocal ?? {},
    behaviour: { searchIndexDelayMs: 0, timeoutHoldMs: 20, ...options.behaviour },
  });
  const oauth = createHubSpotOAuth({
    clientId: 'client-1',
    clientSecret: 'secret-1',
    redirectUri: REDIRECT_URI,
    baseUrl: server.url,
    authorizeUrl: `${server.url}/oauth/authorize`,
    world,
  });
  const vault = memoryVault();
  const gate = openGate();
  const connection: ConnectionRef = { workspaceId: 'w1', connectionId: 'c1', host: 'hubspot', accountId: PORTAL_ID };
  const optional = options.optionalScopes ?? OPTIONAL_SCOPES;
  await vault.write(connection, expectOk(await grantByPerson(oauth, server.url, optional)));
  vault.writes.length = 0;
  const tokens = createTokenSource({ vault, oauth, world });
  const adapter = createHubSpotAdapter({
    baseUrl: server.url,
    appId: String(APP_ID),
    world,
    gate,
    tokens,
    ...options.adapter,
  });
  if (options.schema !== false) expectOk(await adapter.ensureSchema(connection, CALL));
  const person = (method: string, path: string, body?: unknown) =>
    askJson(`${server.url}/practice/api/portals/${PORTAL_ID}${path}`, method, body);
  return {
    server,
    connection,
    adapter,
    oauth,
    vault,
    tokens,
    gate,
    world,
    person,
    calls: async () => ((await person('GET', '/calls')) as { calls: Awaited<ReturnType<Installed['calls']>> }).calls,
    forgetCalls: async () => void (await person('DELETE', '/calls')),
    faults: async (faults) => void (await askJson(`${server.url}/practice/api/faults`, 'PUT', faults)),
    stop: () => server.stop(),
  };
}

/** Follows the consent page as a browser would, and exchanges the code it brings back. */
export async function grantByPerson(
  oauth: HubSpotOAuth,
  serverUrl: string,
  optionalScopes: readonly string[] = OPTIONAL_SCOPES,
) {
  const verifier = oauth.createVerifier();
  const code = await consentCode(oauth, { serverUrl, verifier, state: 'state-1', optionalScopes });
  return oauth.exchange({ code, verifier });
}

export async function consentCode(
  oauth: HubSpotOAuth,
  request: {
    readonly serverUrl: string;
    readonly verifier: string;
    readonly state: string;
    readonly optionalScopes?: readonly string[];
  },
): Promise<string> {
  const url = new URL(oauth.authorizeUrl(request));
  if (request.optionalScopes !== undefined) url.searchParams.set('optional_scope', request.optionalScopes.join(' '));
  const form = new URLSearchParams({ query: url.search.slice(1), decision: 'approve', portalId: PORTAL_ID });
  const response = await fetch(`${request.serverUrl}/oauth/authorize/decision`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  const back = new URL(response.headers.get('location') ?? `http://failed.invalid/?status=${response.status}`);
  if (back.searchParams.get('state') !== request.state) throw new Error(`consent failed: ${back.href}`);
  return back.searchParams.get('code') ?? '';
}

export async function askJson(url: string, method: string, body?: unknown): Promise<unknown> {
  const init =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? null : (JSON.parse(text) as unknown);
}

export function expectOk<T>(result: HostResult<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

function profile(customPropertyLimit: number): PracticeHubSpotOptions['portals'][number] {
  return {
    id: PORTAL_ID,
    name: 'Practice',
    uiDomain: 'app.hubspot.com',
    timeZone: 'Asia/Shanghai',
    currency: 'CNY',
    locale: 'en',
    accountType: 'STANDARD',
    dataHostingLocation: 'na1',
    user: { id: '77', email: 'mia.chen@example.com', firstName: 'Mia', lastName: 'Chen', locale: 'en' },
    customPropertyLimit,
  };
}

function manifest(optionalScopes: readonly string[]): PracticeHubSpotOptions['apps'][number] {
  return {
    appId: APP_ID,
    name: 'Counterpart',
    clientId: 'client-1',
    clientSecret: 'secret-1',
    redirectUrls: [REDIRECT_URI],
    requiredScopes: [...REQUIRED_SCOPES],
    optionalScopes: [...optionalScopes],
    permittedUrls: [],
    extensions: [],
  };
}
