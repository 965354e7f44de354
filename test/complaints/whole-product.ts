/**
 * The whole server on PostgreSQL against a practice HubSpot, on one clock that the test moves on: hours of trouble take milliseconds, and
 * every call crosses real HTTP. Between the two stands a wire that a test may cut, slow down or make lie.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { type ComposedServer, composeServer } from '../../server/compose.ts';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import { must } from '../../server/domain/assert.ts';
import type { Contract } from '../../server/domain/contract.ts';
import { RATE_LIMITS_DEFAULT } from '../../server/http/dependencies.ts';
import { type HttpServer, listen } from '../../server/http/server.ts';
import { createRealWorld } from '../../server/real-world.ts';
import type { FaultSettings } from '../../extensions/practice/hubspot/faults.ts';
import type { PracticeBehaviour } from '../../extensions/practice/hubspot/behaviour.ts';
import type { Log } from '../../server/world.ts';
import { type TestDatabase, TEST_MASTER_KEYS } from '../support/database.ts';
import {
  type ApiCall,
  CLIENT_SECRET,
  type HttpAnswer,
  PUBLIC_ORIGIN,
  type PracticeForTest,
  at,
  pageFor,
  practiceApp,
  startPractice,
  textAt,
} from '../support/practice.ts';
import { insertContract, insertLink } from '../support/store-rows.ts';
import { sampleContract, sampleLinked } from '../support/simulation-world.ts';
import { type HostWire, startHostWire } from './host-wire.ts';
import { createLeapingClock, type LeapingClock } from './leaping-clock.ts';

export const PORTAL = '1001';
export const OTHER_PORTAL = '1002';

const SESSION_SECRET = 'a session secret for tests, long enough';
const STEPS_MAX = 4_000;
const TURNS_MAX = 5_000;
/** Long stretches are crossed in few leaps: what is due at each instant runs, and nothing in between matters to it. */
const LEAPS_PER_PASS = 6;
/** An app that is authorised again while it runs is looked at within a minute. */
const FIRST_READING_WAITS_MAX = 200;
/** Longer than our own delays between a write and the reading that confirms it. */
const SETTLE_MS = 1_500;

type DealProperties = Readonly<Record<string, string | null | undefined>>;

export type WholeProduct = {
  readonly clock: LeapingClock;
  readonly wire: HostWire;
  readonly server: ComposedServer;
  readonly practice: PracticeForTest;
  /** What the server logged as an error; a correct run has none. */
  readonly errors: readonly unknown[];
  /** Installs the app as an administrator would, and lets the first reading come to its end. */
  install(portalId?: string): Promise<ConnectionRef>;
  /** As the workspace page of the signed-in administrator; bytes are sent as a file. */
  page(method: 'GET' | 'POST', path: string, body?: unknown): Promise<HttpAnswer>;
  /** What a person does in the portal. */
  person(method: string, path: string, body?: unknown, portalId?: string): Promise<unknown>;
  makeDeal(properties?: Readonly<Record<string, string>>, portalId?: string): Promise<HostRecordRef>;
  editDeal(ref: HostRecordRef, properties: Readonly<Record<string, string>>, portalId?: string): Promise<void>;
  dealProperties(ref: HostRecordRef, portalId?: string): Promise<DealProperties>;
  putContract(workspaceId: string, change?: Partial<Contract>): Promise<Contract>;
  /** A deal whose contract is already shown on it. */
  linkedDeal(
    connection: ConnectionRef,
    change?: Partial<Contract>,
  ): Promise<{ ref: HostRecordRef; contract: Contract }>;
  link(connection: ConnectionRef, ref: HostRecordRef, contractId: string): Promise<void>;
  contractRow(contractId: string): Promise<Readonly<Record<string, unknown>>>;
  rows(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Posts a webhook body as HubSpot signs it. */
  deliver(events: unknown): Promise<number>;
  /** Runs everything that becomes due while so much time passes. */
  pass(durationMs: number): Promise<void>;
  /** Lets what is under way come to its end. */
  settle(): Promise<void>;
  /** Writes that reached HubSpot since the last look. */
  writesSince(): number;
  faults(faults: Partial<FaultSettings>): Promise<void>;
  behaviour(behaviour: Partial<PracticeBehaviour>): Promise<void>;
};

type Parts = {
  readonly door: HttpServer;
  readonly wire: HostWire;
  readonly server: ComposedServer;
  readonly practice: PracticeForTest;
};

/** The webhooks that the app's own project subscribes to. */
function subscriptions() {
  const file = path.resolve(import.meta.dirname, '../../extensions/hubspot/app/webhooks/webhooks-hsmeta.json');
  const parsed: { config: { subscriptions: { crmObjects: { subscriptionType: string; objectType: string }[] } } } =
    JSON.parse(readFileSync(file, 'utf8'));
  return parsed.config.subscriptions.crmObjects;
}

/** `hears: false`: every webhook of the portal is lost. */
export function useWholeProduct(
  database: TestDatabase,
  { hears = true }: { readonly hears?: boolean } = {},
): WholeProduct {
  // Days of virtual time are seconds of work; a busy machine may need many times that.
  vi.setConfig({ testTimeout: 60_000 });
  const clock = createLeapingClock();
  const errors: unknown[] = [];
  let parts: Parts | null = null;
  const own = (): Parts => must(parts, 'the parts, once beforeAll has run');
  const cookies = new Map<string, string>();
  let writesSeen = 0;

  beforeAll(async () => {
    parts = await start({ database, clock, errors, hears });
  });
  afterAll(async () => {
    await parts?.door.drain(200);
    await parts?.server.close();
    await parts?.wire.stop();
    await parts?.practice.stop();
  });

  const origin = (): string => `http://127.0.0.1:${own().door.port}`;
  const send = async (target: string, init: RequestInit = {}): Promise<HttpAnswer> => {
    const headers = new Headers(init.headers);
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await fetch(`${origin()}${target}`, { redirect: 'manual', ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
  };
  const control: ApiCall = async (method, target, body) => {
    const answer = await pageFor(own().practice)(method, target, body);
    if (answer.status >= 400) throw new Error(`${method} ${target}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const rows = async (sql: string, values: readonly unknown[] = []) =>
    (await database.admin.query<Record<string, unknown>>(sql, [...values])).rows;
  const pass = async (durationMs: number): Promise<void> => {
    const { engine, store } = own().server;
    const endAt = clock.now() + durationMs;
    const stepMs = Math.max(2_000, durationMs / LEAPS_PER_PASS);
    for (let step = 0; step < STEPS_MAX; step += 1) {
      for (let turn = 0; await engine.turn(); turn += 1)
        if (turn > TURNS_MAX) throw new Error('the engine found no rest');
      const now = clock.now();
      if (now >= endAt) return;
      const dueAt = (await store.sync.nextDueAt(now)) ?? endAt;
      clock.advance(Math.max(1, Math.min(endAt - now, stepMs, dueAt - now)));
    }
    throw new Error('time did not pass');
  };
  const writes = (): number => own().wire.requests.filter(({ target }) => target.includes('/batch/update')).length;

  const product: WholeProduct = {
    clock,
    errors,
    get wire() {
      return own().wire;
    },
    get server() {
      return own().server;
    },
    get practice() {
      return own().practice;
    },
    async install(portalId = PORTAL) {
      const consent = new URL((await send('/oauth/hubspot/start')).headers.get('location') ?? 'about:blank');
      const approved = await fetch(`${own().practice.hubspot.url}/oauth/authorize/decision`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ query: consent.search.slice(1), portalId, decision: 'approve' }),
      });
      const back = new URL(approved.headers.get('location') ?? 'about:blank');
      const done = await send(`${back.pathname}${back.search}`);
      if (done.status !== 302) throw new Error(`the callback answered ${done.status}: ${JSON.stringify(done.body)}`);
      const { workspaces } = own().server.services.parts;
      const connection = must(await workspaces.findConnectionOfAccount('hubspot', portalId), 'the new connection');
      for (let waits = 0; waits < FIRST_READING_WAITS_MAX; waits += 1) {
        await pass(3 * SETTLE_MS);
        if ((await own().server.store.sync.readBackfill(connection))?.phase === 'done') return connection;
      }
      throw new Error('the first reading does not end');
    },
    page: (method, target, body) => {
      const isFile = body instanceof Uint8Array;
      const contentType = isFile ? 'application/octet-stream' : 'application/json';
      return send(target, {
        method,
        headers: { origin: origin(), 'x-counterpart-request': '1', 'content-type': contentType },
        ...(body === undefined ? {} : { body: isFile ? Buffer.from(body) : JSON.stringify(body) }),
      });
    },
    person: async (method, target, body, portalId = PORTAL) =>
      (await control(method, `/practice/api/portals/${portalId}${target}`, body)).body,
    async makeDeal(properties = { dealname: 'A deal' }, portalId = PORTAL) {
      const made = await product.person('POST', '/objects/deals', { properties }, portalId);
      return { objectType: 'opportunity', recordId: textAt(made, 'id') };
    },
    async editDeal(ref, properties, portalId = PORTAL) {
      await product.person('PATCH', `/objects/deals/${ref.recordId}`, { properties }, portalId);
    },
    async dealProperties(ref, portalId = PORTAL) {
      const found = await product.person('GET', `/objects/deals/${ref.recordId}`, undefined, portalId);
      return at(found, 'properties') as DealProperties;
    },
    async putContract(workspaceId, change = {}) {
      const contract = sampleContract(randomUUID(), {
        number: `C-${randomUUID().slice(0, 8)}`,
        parties: [],
        ...change,
      });
      await insertContract(own().server.store.database, workspaceId, sampleLinked(contract, clock.now()));
      return contract;
    },
    async linkedDeal(connection, change = {}) {
      const ref = await product.makeDeal(undefined, connection.accountId);
      const contract = await product.putContract(connection.workspaceId, change);
      await product.link(connection, ref, contract.id);
      await product.settle();
      return { ref, contract };
    },
    link: (connection, ref, contractId) => insertLink(own().server.store, connection, ref, contractId),
    contractRow: async (contractId) =>
      must(
        (
          await rows(
            `SELECT stage, to_char(end_date, 'YYYY-MM-DD') AS end_date, renewal_decision, value_minor, currency, revision
             FROM contract WHERE id = $1`,
            [contractId],
          )
        )[0],
        'the contract',
      ),
    rows,
    async deliver(events) {
      const body = Buffer.from(JSON.stringify(events));
      const timestamp = String(clock.now());
      const source = signatureSource({ method: 'POST', target: '/webhooks/hubspot', body }, PUBLIC_ORIGIN, timestamp);
      const answer = await send('/webhooks/hubspot', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-hubspot-signature-v3': signV3(source, CLIENT_SECRET),
          'x-hubspot-request-timestamp': timestamp,
        },
        body,
      });
      return answer.status;
    },
    pass,
    async settle() {
      for (let wait = 0; own().practice.hubspot.webhooks.pendingCount() > 0 && wait < 400; wait += 1)
        await clock.reallySleep(5);
      await pass(SETTLE_MS);
    },
    writesSince() {
      const fresh = writes() - writesSeen;
      writesSeen = writes();
      return fresh;
    },
    faults: async (faults) => void (await control('PUT', '/practice/api/faults', faults)),
    behaviour: async (behaviour) => void (await control('PUT', '/practice/api/behaviour', behaviour)),
  };
  return product;
}

type StartOptions = {
  readonly database: TestDatabase;
  readonly clock: LeapingClock;
  readonly errors: unknown[];
  readonly hears: boolean;
};

async function start({ database, clock, errors, hears }: StartOptions): Promise<Parts> {
  const silent = (): void => undefined;
  const log: Log = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (fields, text) => void errors.push({ text, ...fields }),
  };
  let handle: RequestListener = (_request, response) => response.writeHead(503).end();
  const opened = await listen({
    port: 0,
    bindAddress: '127.0.0.1',
    clock,
    handle: (request, response) => handle(request, response),
  });
  if (!opened.ok) throw new Error(opened.reason);
  const local = `http://127.0.0.1:${opened.server.port}`;
  const app = practiceApp({
    redirectUrls: [`${local}/oauth/hubspot/callback`],
    webhooks: { targetUrl: `${PUBLIC_ORIGIN}/webhooks/hubspot`, subscriptions: subscriptions() },
  });
  const practice = await startPractice({
    app,
    clock,
    publicToLocal: { [PUBLIC_ORIGIN]: local },
    faults: { webhookDropRate: hears ? 0 : 1 },
  });
  const wire = await startHostWire(practice.hubspot.url);
  const server = composeServer(
    {
      databaseUrl: database.url,
      masterKeys: TEST_MASTER_KEYS,
      hubspot: {
        clientId: app.clientId,
        clientSecret: CLIENT_SECRET,
        clientSecretPrevious: null,
        appId: String(app.appId),
        apiBase: wire.origin,
        authorizeUrl: `${practice.hubspot.url}/oauth/authorize`,
      },
      signedOrigin: PUBLIC_ORIGIN,
      http: {
        publicUrl: local,
        allowedOrigins: [local],
        mode: 'live',
        trustedProxies: 0,
        metricsToken: null,
        sessionSecret: SESSION_SECRET,
        pagesDir: null,
        rateLimits: RATE_LIMITS_DEFAULT,
      },
    },
    { ...createRealWorld(log), clock },
  );
  handle = server.app;
  return { door: opened.server, wire, server, practice };
}
