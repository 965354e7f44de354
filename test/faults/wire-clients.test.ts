/**
 * Callers whose wire fails, or who mean harm: requests that come too slowly, break off, contradict themselves or come in masses. Each has
 * one outcome, the server stays well, and of webhooks only whole and signed ones are stored.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CONNECTION_LIMITS } from '../../server/http/server.ts';
import { contractInput, newKey } from '../integration/api-server.ts';
import { useDatabase } from '../support/database.ts';
import { eventually, type FaultServer, signatureHeaders, startFaultServer } from '../support/fault-server.ts';
import { textAt } from '../support/practice.ts';

const PORTAL = '1001';
const LIMITS = { headersMsMax: 800, requestMsMax: 1_600, checkEveryMs: 100, keepAliveMs: 2_000, connectionsMax: 700 };
/** Beyond the limits by so much on a busy machine. */
const CLOSED_MS_MAX = 8_000;
const HEALTH_MS_MAX = 5_000;
const MEGABYTE = 2 ** 20;
const database = useDatabase();
let rig: FaultServer;
const sockets = new Set<Socket>();

beforeAll(async () => {
  rig = await startFaultServer({ databaseUrl: database.url, limits: LIMITS });
});
afterAll(async () => await rig.stop());
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  rig.toServer.heal();
  for (const path of ['/healthz', '/readyz']) {
    await eventually(`${path} answers 200 in time`, async () => {
      const answer = fetch(`${rig.origin}${path}`, { signal: AbortSignal.timeout(HEALTH_MS_MAX) });
      return (await answer.then(({ status }) => status).catch(() => 0)) === 200;
    });
  }
});

type Caller = { readonly socket: Socket; heard: string; readonly closed: Promise<void>; isClosed: boolean };

function call(port: number = Number(new URL(rig.origin).port)): Caller {
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  const caller: Caller = {
    socket,
    heard: '',
    isClosed: false,
    closed: new Promise((resolve) => {
      // A reset is one of the ways in which a server may end a connection.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        caller.isClosed = true;
        resolve();
      });
    }),
  };
  socket.on('data', (bytes) => (caller.heard += bytes.toString('latin1')));
  return caller;
}
const statuses = ({ heard }: Caller): readonly number[] =>
  [...heard.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
const ends = async (caller: Caller): Promise<void> =>
  await eventually('the connection is closed', () => caller.isClosed, CLOSED_MS_MAX);

let lastEvent = 500_000;
/** A signed webhook as bytes on the wire; nothing links the record it names. */
function webhook({ more = [], body: given }: { readonly more?: readonly string[]; readonly body?: Buffer } = {}) {
  const eventId = (lastEvent += 1);
  const event = { eventId, portalId: 1001, objectId: 9, objectTypeId: '0-3', occurredAt: 1_780_000_000_000 };
  const body =
    given ?? Buffer.from(JSON.stringify([{ ...event, subscriptionType: 'object.propertyChange', propertyName: 'x' }]));
  const target = '/webhooks/hubspot';
  const signed = signatureHeaders({ method: 'POST', target, bytes: body }, rig.clock.now());
  const headers = [...Object.entries(signed).map(([name, value]) => `${name}: ${value}`), ...more];
  const head = (framing: string): string =>
    [`POST ${target} HTTP/1.1`, 'host: localhost', ...headers, framing, '', ''].join('\r\n');
  return { eventId, body, head, whole: Buffer.concat([Buffer.from(head(`content-length: ${body.length}`)), body]) };
}
async function timesStored(eventId: number): Promise<number> {
  const { rows } = await database.admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM delivery WHERE position(convert_to($1, 'UTF8') in body) > 0`,
    [`"eventId":${eventId},`],
  );
  return rows[0]?.count ?? 0;
}

describe('a request that comes too slowly is ended', () => {
  test('while its headers drip in', async () => {
    const caller = call();
    caller.socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n');
    for (let drip = 0; !caller.isClosed && drip < 200; drip += 1) {
      caller.socket.write(`x-${drip}: 1\r\n`);
      await delay(50);
    }
    await ends(caller);
    expect(statuses(caller)).toEqual([408]);
  });

  test('while its body drips in', async () => {
    const { head, body, eventId } = webhook();
    const caller = call();
    caller.socket.write(head(`content-length: ${body.length}`));
    for (let drip = 0; !caller.isClosed && drip < body.length - 1; drip += 1) {
      caller.socket.write(body.subarray(drip, drip + 1));
      await delay(50);
    }
    await ends(caller);
    expect(statuses(caller).filter((status) => status < 400)).toEqual([]);
    expect(await timesStored(eventId)).toBe(0);
  });

  test('when the caller says nothing at all, or stops in the middle', async () => {
    const silent = call();
    const half = call();
    half.socket.write('POST /webhooks/hubspot HTTP/1.1\r\nhost: lo');
    await ends(half);
    await ends(silent);
  });

  test('with limits that a real server has, too', () => {
    expect(CONNECTION_LIMITS.headersMsMax).toBeLessThanOrEqual(10_000);
    expect(CONNECTION_LIMITS.requestMsMax).toBeLessThanOrEqual(60_000);
    expect(CONNECTION_LIMITS.checkEveryMs).toBeLessThanOrEqual(2_000);
    expect(CONNECTION_LIMITS.headerBytesMax).toBeLessThanOrEqual(16_384);
  });
});

describe('a webhook is stored once, when it came whole', () => {
  test('byte by byte', async () => {
    rig.toServer.setFault('toOrigin', { bytesPerWrite: 1 });
    const { whole, eventId } = webhook();
    const caller = call(rig.toServer.port);
    caller.socket.write(whole);
    await eventually('it is answered', () => statuses(caller).length > 0);
    expect([statuses(caller), await timesStored(eventId)]).toEqual([[204], 1]);
  });

  test('not when the connection is reset within its body', async () => {
    const { head, body, eventId } = webhook();
    const caller = call();
    caller.socket.write(Buffer.concat([Buffer.from(head(`content-length: ${body.length}`)), body.subarray(0, 40)]));
    await delay(50);
    caller.socket.resetAndDestroy();
    await ends(caller);
    expect(await timesStored(eventId)).toBe(0);
  });

  test.each([
    ['longer than the body', 9],
    ['shorter than the body', -9],
  ])('not when its length is %s', async (_name, by) => {
    const { head, body, eventId } = webhook();
    const caller = call();
    caller.socket.end(Buffer.concat([Buffer.from(head(`content-length: ${body.length + by}`)), body]));
    await ends(caller);
    expect(statuses(caller).filter((status) => status < 400)).toEqual([]);
    expect(await timesStored(eventId)).toBe(0);
  });

  test.each([
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked'],
    ['two lengths', 'content-length: 5\r\ncontent-length: 500'],
    ['a coding that nobody knows', 'transfer-encoding: chunked, gzip'],
  ])('not when it names %s: 400, and the connection ends', async (_name, framing) => {
    const { head, body, eventId } = webhook();
    const caller = call();
    caller.socket.write(Buffer.concat([Buffer.from(head(framing)), body]));
    await ends(caller);
    expect(statuses(caller)).toEqual([400]);
    expect(await timesStored(eventId)).toBe(0);
  });

  test('also when garbage follows it on the same connection, which is refused', async () => {
    const { whole, eventId } = webhook();
    const caller = call();
    caller.socket.write(Buffer.concat([whole, Buffer.from('\u0000\u0001 not a request\r\n\r\n')]));
    await ends(caller);
    await eventually('it is stored', async () => (await timesStored(eventId)) === 1);
    expect(statuses(caller).every((status) => status === 204 || status === 400)).toBe(true);
  });

  test('S4 when the answers are lost the portal sends again, and the edit counts once', {
    timeout: 60_000,
  }, async () => {
    await rig.install(PORTAL);
    const recordId = await rig.createDeal(PORTAL);
    const record = { objectType: 'opportunity', recordId };
    const body = { idempotencyKey: newKey(), record, contract: contractInput() };
    const made = await rig.insist(PORTAL, { method: 'POST', path: '/v1/card/contracts', body });
    const contractId = textAt(made, 'contractId');
    const shown = async () => (await rig.deal(PORTAL, recordId))['counterpart_renewal_decision'];
    const stored = async () => {
      const { rows } = await database.admin.query<{ decision: string; revision: number; open: number }>(
        `SELECT renewal_decision AS decision, revision, (SELECT count(*)::int FROM dirty) AS open FROM contract WHERE id = $1`,
        [contractId],
      );
      return rows[0];
    };
    await eventually(
      'the deal shows the contract',
      async () => (await shown()) === 'undecided' && (await stored())?.open === 0,
    );
    const before = await stored();
    rig.toServer.setFault('toCaller', { endAfterBytes: { byteCount: 10, how: 'reset' } });
    await rig.editDeal(PORTAL, recordId, { counterpart_renewal_decision: 'exit' });
    await eventually(
      'the edit arrived although no acknowledgement did',
      async () => (await stored())?.decision === 'exit',
    );
    const lost = rig.toServer.totalConnections();
    await eventually('it is sent again', () => rig.toServer.totalConnections() > lost);
    rig.toServer.heal();
    await eventually('nothing waits', async () => (await stored())?.open === 0);
    expect((await stored())?.revision).toBe((before?.revision ?? 0) + 1);
  });
});

describe('what is too large is not taken in', () => {
  test('64 KB of headers: 431', async () => {
    const caller = call();
    caller.socket.write(`GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-large: ${'x'.repeat(65_536)}\r\n\r\n`);
    await ends(caller);
    expect(statuses(caller)).toEqual([431]);
  });

  test('a gzip bomb is bytes like others: refused unsigned, unreadable signed, and never unpacked', async () => {
    const member = gzipSync(Buffer.alloc(16 * MEGABYTE), { level: 9 });
    const bomb = Buffer.concat(Array.from({ length: 40 }, () => member));
    const before = process.memoryUsage();
    const post = (headers: Readonly<Record<string, string>>, path = '/webhooks/hubspot') =>
      fetch(`${rig.origin}${path}`, {
        method: 'POST',
        headers: { 'content-encoding': 'gzip', ...headers },
        body: bomb,
      }).then(({ status }) => status);
    const target = '/webhooks/hubspot';
    expect(await post({})).toBe(401);
    expect(await post(signatureHeaders({ method: 'POST', target, bytes: bomb }, rig.clock.now()))).toBe(204);
    expect(await post({ 'content-type': 'application/json' }, '/v1/card/contracts')).toBe(415);
    await eventually('it is put aside', async () => {
      const { rowCount } = await database.admin.query(
        `SELECT 1 FROM delivery WHERE state = 'finished' AND rejected IS NOT NULL`,
      );
      return rowCount === 1;
    });
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(100 * MEGABYTE);
  });

  test('a body without an announced end is cut at the cap', async () => {
    const { head, eventId } = webhook();
    const caller = call();
    caller.socket.write(head('transfer-encoding: chunked'));
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    let written = 0;
    for (; !caller.isClosed && written < 64; written += 1) {
      await new Promise((resolve) => caller.socket.write(chunk, () => resolve(null)));
      await delay(5);
    }
    await ends(caller);
    expect(written).toBeLessThan(64);
    expect(await timesStored(eventId)).toBe(0);
  });
});

test('500 connections at once leave the server well, and go when their time is up', { timeout: 60_000 }, async () => {
  const flood = Array.from({ length: 500 }, () => call());
  for (const { socket } of flood) socket.write('GET /healthz HTTP/1.1\r\nhost: lo');
  const during = await fetch(`${rig.origin}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS_MAX) });
  expect(during.status).toBe(200);
  const { whole, eventId } = webhook();
  const caller = call();
  caller.socket.write(whole);
  await eventually('a webhook is taken meanwhile', async () => (await timesStored(eventId)) === 1);
  await eventually('all are gone', () => flood.every(({ isClosed }) => isClosed));
});
