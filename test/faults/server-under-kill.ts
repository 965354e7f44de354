/**
 * The product's own server, composed as server/main.ts does, with a watch on every port that kills the process with SIGKILL at the n-th
 * passing of one place (kill-points.ts). It listens at once; the engine waits for the parent's word when `KILL_HOLD` is set, so that
 * what runs right after a start can be watched too. `KILL_CLOCK_AHEAD_MS` moves its clock on: a server that comes back two minutes
 * later finds the leases of the dead one over. The product itself holds no fault code.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { Client } from 'pg';
import { composeServer } from '../../server/compose.ts';
import { parseConfig } from '../../server/config.ts';
import { RATE_LIMITS_DEFAULT } from '../../server/http/dependencies.ts';
import { listen } from '../../server/http/server.ts';
import { createLog } from '../../server/log.ts';
import { createRealWorld } from '../../server/real-world.ts';
import { migrate } from '../../server/store/postgres/migrate.ts';
import type { World } from '../../server/world.ts';
import { KILLED_AT, type Order } from './kill-points.ts';

const STDOUT = 1;
/** A request that is on its way: the host has it, the answer is not read. */
const IN_FLIGHT_MS = 3;

let armed: Order['arm'] = null;
let passed = 0;
/** The port call under whose name statements are sent. */
const callUnderWay = new AsyncLocalStorage<{ readonly name: string; readonly says: () => string }>();

function pass(place: string, says: () => string): void {
  if (armed === null || armed.place !== place) return;
  if (armed.says !== undefined && !says().includes(armed.says)) return;
  passed += 1;
  if (passed === armed.passing) die(place);
}

function die(place: string): void {
  writeSync(STDOUT, `${KILLED_AT} ${place}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? entry.toString() : entry)) ?? 'nothing'
  );
}

type Method = (...given: readonly unknown[]) => unknown;
const isMethod = (value: unknown): value is Method => typeof value === 'function';

/** Watches every method of a port in place, so that whoever holds the port is watched. Methods that answer at once are left alone. */
function watch(name: string, port: object): void {
  for (const [key, method] of Object.entries(port)) {
    if (!isMethod(method)) continue;
    const place = `${name}.${key}`;
    Object.assign(port, {
      [key]: (...given: readonly unknown[]): unknown => {
        const says = (): string => textOf(given);
        pass(`${place}.before`, says);
        const answer = callUnderWay.run({ name: place, says }, () => method.apply(port, [...given]));
        if (!(answer instanceof Promise)) return answer;
        return answer.then((result: unknown) => {
          pass(`${place}.after`, () => `${says()}${textOf(result)}`);
          return result;
        });
      },
    });
  }
}

/** Names the COMMIT of a transaction after the port call that it belongs to. */
function watchCommits(): void {
  const query: unknown = Reflect.get(Client.prototype, 'query');
  if (!isMethod(query)) throw new Error('the database client has no query method');
  const watched = function (this: Client, ...given: readonly unknown[]): unknown {
    const [first] = given;
    const text = typeof first === 'string' ? first : (first as { readonly text?: unknown } | undefined)?.text;
    const call = callUnderWay.getStore();
    if (text !== 'COMMIT' || call === undefined) return query.apply(this, [...given]);
    pass(`${call.name}.before_commit`, call.says);
    const answer = query.apply(this, [...given]);
    pass(`${call.name}.commit_sent`, call.says);
    return answer;
  };
  Reflect.set(Client.prototype, 'query', watched);
}

/** Dies a moment after a request to the host has left. */
function watchWire(): void {
  const send = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const answer = send(input, init);
    const address = input instanceof Request ? input.url : String(input);
    const place = `wire.${address.split('/').slice(-2).join('/')}.sent`;
    if (armed?.place === place) setTimeout(() => pass(place, () => ''), IN_FLIGHT_MS);
    return answer;
  };
}

function worldOf(level: Parameters<typeof createLog>[0]['level']): World {
  const world = createRealWorld(createLog({ level }));
  const aheadMs = Number(process.env['KILL_CLOCK_AHEAD_MS'] ?? 0);
  return { ...world, clock: { ...world.clock, now: () => world.clock.now() + aheadMs } };
}

const parsed = parseConfig(process.env);
if (!parsed.ok || parsed.config.mode !== 'live') throw new Error('a live configuration is needed');
const { config } = parsed;
const world = worldOf(config.logLevel);
watchCommits();
watchWire();
await migrate(config.databaseUrl);
const server = composeServer(
  {
    databaseUrl: config.databaseUrl,
    masterKeys: { currentId: 'main', keys: { main: config.masterKey } },
    hubspot: config.hubspot,
    signedOrigin: config.publicUrl,
    http: {
      publicUrl: config.publicUrl,
      allowedOrigins: [config.publicUrl],
      mode: 'live',
      trustedProxies: 0,
      metricsToken: null,
      sessionSecret: config.sessionSecret,
      pagesDir: null,
      rateLimits: RATE_LIMITS_DEFAULT,
    },
  },
  world,
);
/** Negative control: a server that forgets what it acknowledges and writes everything twice. The checks must notice both. */
function sabotage(): void {
  const { sync } = server.store;
  const port = server.services.parts.crm.hubspot;
  if (port === undefined) throw new Error('no port to sabotage');
  const writeRecords = port.writeRecords.bind(port);
  Object.assign(sync, { acceptDelivery: () => Promise.resolve('stored') });
  Object.assign(port, {
    writeRecords: async (...[connection, writes, options]: Parameters<typeof writeRecords>) => {
      await writeRecords(connection, writes, options);
      const again = writes.map((write) => ({ ...write, syncToken: world.random.uuid() }));
      return await writeRecords(connection, again, options);
    },
  } satisfies Partial<typeof port>);
}
if (process.env['KILL_SABOTAGE'] !== undefined) sabotage();
const { contracts, workspaces, imports, crm } = server.services.parts;
const ports = { store: server.store.sync, vault: server.store.vault, contracts, workspaces, imports, crm: crm.hubspot };
for (const [name, port] of Object.entries(ports)) if (port !== undefined) watch(name, port);

const told = Promise.withResolvers<void>();
process.on('message', (order: Order) => {
  armed = order.arm;
  passed = 0;
  told.resolve();
  writeSync(STDOUT, `armed ${order.arm?.place ?? 'nowhere'}\n`);
});
process.once('disconnect', () => process.exit(0));
const opened = await listen({
  port: config.port,
  bindAddress: config.bindAddress,
  clock: world.clock,
  handle: server.app,
});
if (!opened.ok) throw new Error(`Port ${config.port} is in use`);
if (process.env['KILL_HOLD'] !== undefined) await told.promise;
const stopping = new AbortController();
const running = server.run(stopping.signal);
process.once('SIGTERM', () => {
  stopping.abort();
  void Promise.all([opened.server.drain(1_000), running])
    .then(() => server.close())
    .finally(() => process.exit(0));
});
