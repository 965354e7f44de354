/** A practice HubSpot for tests: seeded, on a clock that can be moved on, with an app to install and a place that receives its webhooks. */
import { type IncomingHttpHeaders, createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@hubspot/api-client';
import type { AppManifest } from '../../extensions/practice/hubspot/manifest.ts';
import type { PortalProfile } from '../../extensions/practice/hubspot/portal.ts';
import {
  type PracticeHubSpot,
  type PracticeHubSpotOptions,
  startPracticeHubSpot,
} from '../../extensions/practice/hubspot/server.ts';
import type { Clock, Log } from '../../extensions/practice/hubspot/world.ts';
import { createSeededRandom } from './seeded-random.ts';

/** The wall clock, moved on by whatever the test asks for; sleeping takes real time. */
interface MovableClock extends Clock {
  advance(byMs: number): void;
}

function createMovableClock(): MovableClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    sleep: async (delayMs, signal) => {
      await delay(delayMs, undefined, signal === undefined ? {} : { signal });
    },
    advance: (byMs) => {
      offset += byMs;
    },
  };
}

const ignore = (): void => undefined;
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export const PUBLIC_ORIGIN = 'https://counterpart.example';
export const CLIENT_SECRET = 'practice-client-secret';

export const EVERY_SCOPE: readonly string[] = [
  'oauth',
  'crm.objects.deals.read',
  'crm.objects.deals.write',
  'crm.objects.companies.read',
  'crm.objects.companies.write',
  'crm.schemas.deals.read',
  'crm.schemas.deals.write',
  'crm.schemas.companies.read',
  'crm.schemas.companies.write',
  'crm.objects.owners.read',
  'crm.lists.read',
  'crm.lists.write',
  'tickets',
];

export function practiceApp(more: Partial<AppManifest> = {}): AppManifest {
  return {
    appId: 4242,
    name: 'Counterpart',
    clientId: 'practice-client',
    clientSecret: CLIENT_SECRET,
    redirectUrls: [`${PUBLIC_ORIGIN}/oauth/hubspot/callback`],
    requiredScopes: ['oauth'],
    optionalScopes: EVERY_SCOPE.filter((scope) => scope !== 'oauth'),
    permittedUrls: [PUBLIC_ORIGIN],
    extensions: [],
    ...more,
  };
}

export function practicePortal(id: string, more: Partial<PortalProfile> = {}): PortalProfile {
  return {
    id,
    name: `Portal ${id}`,
    uiDomain: 'app.hubspot.com',
    timeZone: 'America/New_York',
    currency: 'USD',
    locale: 'en',
    accountType: 'STANDARD',
    dataHostingLocation: 'na1',
    user: { id: '77', email: 'rep@example.com', firstName: 'Rosa', lastName: 'Lind', locale: 'en' },
    customPropertyLimit: 1_000,
    ...more,
  };
}

export interface PracticeForTest {
  readonly hubspot: PracticeHubSpot;
  readonly clock: MovableClock;
  readonly app: AppManifest;
  stop(): Promise<void>;
}

/** Starts portals 1001 and 1002 in memory on a free port; any option may be replaced. */
export async function startPractice(
  options: Partial<PracticeHubSpotOptions> & { readonly app?: AppManifest } = {},
): Promise<PracticeForTest> {
  const clock = createMovableClock();
  const app = options.app ?? practiceApp();
  const hubspot = await startPracticeHubSpot({
    port: 0,
    dataDir: null,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    portals: [practicePortal('1001'), practicePortal('1002')],
    apps: [app],
    ...options,
    behaviour: {
      searchIndexDelayMs: 0,
      webhookBatchWindowMs: 10,
      webhookRetrySpanMs: 500,
      timeoutHoldMs: 20,
      ...options.behaviour,
    },
  });
  return { hubspot, clock, app, stop: () => hubspot.stop() };
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly hub_id: number;
  readonly user_id: number;
  readonly token_type: string;
  readonly token_use: string;
  readonly scopes: readonly string[];
}

export const authorizeQuery = (app: AppManifest, scopes: readonly string[] = EVERY_SCOPE): URLSearchParams =>
  new URLSearchParams({
    client_id: app.clientId,
    redirect_uri: app.redirectUrls[0] ?? '',
    scope: scopes.join(' '),
    state: 'state-1',
  });

/** Answers the consent page and gives the address the browser is sent to. */
export async function decide(
  practice: PracticeForTest,
  query: URLSearchParams,
  form: { readonly portalId: string; readonly decision: 'approve' | 'cancel' },
): Promise<URL> {
  const response = await fetch(`${practice.hubspot.url}/oauth/authorize/decision`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ query: query.toString(), ...form }),
  });
  return new URL(response.headers.get('location') ?? 'about:blank');
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Posts a form to one of the OAuth endpoints, with the app's own credentials. */
export async function oauthCall(
  practice: PracticeForTest,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const response = await fetch(`${practice.hubspot.url}/oauth/2026-09${path}`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: practice.app.clientId, client_secret: practice.app.clientSecret, ...form }),
  });
  return readAnswer(response);
}

async function readAnswer(response: {
  status: number;
  headers: Headers;
  text(): Promise<string>;
}): Promise<HttpAnswer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

/** Installs the app in a portal as an administrator would, and returns the tokens. */
export async function install(
  practice: PracticeForTest,
  portalId = '1001',
  scopes: readonly string[] = EVERY_SCOPE,
): Promise<Tokens> {
  const back = await decide(practice, authorizeQuery(practice.app, scopes), { portalId, decision: 'approve' });
  const answer = await oauthCall(practice, '/token', {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: practice.app.redirectUrls[0] ?? '',
  });
  if (answer.status !== 200) throw new Error(`install failed: ${JSON.stringify(answer.body)}`);
  // The token endpoint's own tests check this shape field by field.
  return answer.body as Tokens;
}

export type ApiCall = (method: string, path: string, body?: unknown) => Promise<HttpAnswer>;

/** Calls the portal through HubSpot's own client, which sends exactly what it sends to HubSpot. */
export function apiFor(practice: PracticeForTest, accessToken: string): ApiCall {
  const client = new Client({ accessToken, basePath: practice.hubspot.url, numberOfApiCallRetries: 0 });
  return async (method, path, body) => {
    const [route = '', query = ''] = path.split('?');
    const response = await client.apiRequest({
      method: method,
      path: route,
      qs: Object.fromEntries(new URLSearchParams(query)),
      ...(body === undefined ? {} : { body }),
    });
    return readAnswer({
      status: response.status,
      headers: new Headers([...response.headers.entries()]),
      text: () => response.text(),
    });
  };
}

/** The pages' own calls, which carry no token. */
export function pageFor(practice: PracticeForTest): ApiCall {
  return async (method, path, body) =>
    readAnswer(
      await fetch(`${practice.hubspot.url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    );
}

interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly receivedAt: number;
}

export interface Receiver {
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  /** Decides the answer to each request; 200 without a body unless replaced. */
  answer: (
    request: ReceivedRequest,
    index: number,
  ) => { readonly status: number; readonly body?: string; readonly delayMs?: number };
  stop(): Promise<void>;
}

/** A server on the loopback interface that keeps every request it gets. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        receivedAt: Date.now(),
      };
      requests.push(received);
      const { status, body = '', delayMs = 0 } = receiver.answer(received, requests.length - 1);
      setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end(body), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const receiver: Receiver = {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    answer: () => ({ status: 200 }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}

const POLL_MS = 5;
const WAIT_MS_MAX = 8_000;

/** Polls until the condition holds, and fails after eight seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS_MAX;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(POLL_MS);
  }
}

/** What lies at a path of keys and indexes in a parsed body; undefined where the path ends early. */
export function at(body: unknown, ...path: readonly (string | number)[]): unknown {
  let value: unknown = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([name]) => name === String(key))?.[1];
  }
  return value;
}

/** The text at a path of a body; fails when there is none. */
export function textAt(body: unknown, ...path: readonly (string | number)[]): string {
  const value = at(body, ...path);
  if (typeof value !== 'string') throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(body)}`);
  return value;
}
