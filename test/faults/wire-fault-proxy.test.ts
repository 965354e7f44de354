/** The instrument itself: each fault does to the bytes what it says, and nothing else. */
import { createHash, randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FaultProxy, shiftContentLength, startFaultProxy } from '../support/fault-proxy.ts';

let origin: Server;
let proxy: FaultProxy;
/** Sizes of the pieces that the origin was handed. */
let pieces: Buffer[] = [];

beforeAll(async () => {
  // Says back what it hears, and ends when its caller ends.
  origin = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => void (pieces.push(bytes), socket.write(bytes)));
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address = origin.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  proxy = await startFaultProxy(address.port);
});
afterAll(async () => {
  await proxy.stop();
  await new Promise<void>((resolve) => void origin.close(() => resolve()));
});
beforeEach(() => {
  proxy.heal();
  pieces = [];
});

type Exchange = {
  readonly received: Buffer;
  /** `end`, `quiet`, or the code of the error. */
  readonly ended: string;
};
const QUIET_MS = 250;

/** Sends, and gives what came back until the end, an error, or silence. */
async function exchange(bytes: Buffer): Promise<Exchange> {
  const socket: Socket = connect(proxy.port, '127.0.0.1');
  const received: Buffer[] = [];
  let heardAt = Date.now();
  const ends: string[] = [];
  socket.on('data', (part) => {
    received.push(part);
    heardAt = Date.now();
    if (Buffer.concat(received).length === bytes.length) socket.end();
  });
  socket.once('end', () => void ends.push('end'));
  socket.once('error', (error) => void ends.push('code' in error ? String(error.code) : error.name));
  socket.write(bytes);
  while (ends.length === 0 && Date.now() - heardAt < QUIET_MS) await delay(5);
  socket.destroy();
  return { received: Buffer.concat(received), ended: ends[0] ?? 'quiet' };
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('bytes arrive unchanged and in order', () => {
  test.each([
    ['without a fault', {}],
    ['late', { latencyMs: 20 }],
    ['one at a time', { bytesPerWrite: 1 }],
    ['through a narrow line', { bytesPerSecond: 20_000 }],
  ])('%s', async (_name, fault) => {
    proxy.setFault('toOrigin', fault);
    proxy.setFault('toCaller', fault);
    const sent = randomBytes(2_000);
    const { received, ended } = await exchange(sent);
    expect([digest(received), ended]).toEqual([digest(sent), 'end']);
  });

  test('1-byte writes reach the other side as many small pieces', async () => {
    proxy.setFault('toOrigin', { bytesPerWrite: 1 });
    await exchange(randomBytes(2_000));
    expect(pieces.length).toBeGreaterThan(100);
  });
});

describe('the connection ends as asked', () => {
  const sent = randomBytes(1_000);
  test('reset at the n-th byte of the answer', async () => {
    proxy.setFault('toCaller', { endAfterBytes: { byteCount: 400, how: 'reset' } });
    const { received, ended } = await exchange(sent);
    expect(ended).toBe('ECONNRESET');
    expect(received.length).toBeLessThanOrEqual(400);
  });
  test('closed in the middle of the answer', async () => {
    proxy.setFault('toCaller', { endAfterBytes: { byteCount: 400, how: 'close' } });
    expect(await exchange(sent)).toEqual({ received: sent.subarray(0, 400), ended: 'end' });
  });
  test('silent after the n-th byte, and reset when the network heals', async () => {
    proxy.setFault('toCaller', { endAfterBytes: { byteCount: 400, how: 'stall' } });
    expect(await exchange(sent)).toEqual({ received: sent.subarray(0, 400), ended: 'quiet' });
    proxy.heal();
    expect((await exchange(sent)).received).toEqual(sent);
  });
  test('accepted without an answer, or hung up on', async () => {
    proxy.setDoor('silent');
    expect(await exchange(sent)).toEqual({ received: Buffer.alloc(0), ended: 'quiet' });
    proxy.setDoor('reset');
    expect((await exchange(sent)).ended).toBe('ECONNRESET');
  });
  test('cut at a text, which the origin has heard or has not', async () => {
    proxy.setFault('toOrigin', { cutAt: { text: 'COMMIT', deliver: true } });
    expect((await exchange(Buffer.from('so far, COMMIT'))).ended).toBe('ECONNRESET');
    expect([Buffer.concat(pieces).toString(), proxy.cuts()]).toEqual(['so far, COMMIT', 1]);
    pieces = [];
    proxy.setFault('toOrigin', { cutAt: { text: 'COMMIT', deliver: false } });
    expect((await exchange(Buffer.from('so far, COMMIT'))).ended).toBe('ECONNRESET');
    expect([pieces, proxy.cuts()]).toEqual([[], 1]);
  });
});

test('an open connection feels a fault that is set later, and none is kept after its end', async () => {
  const socket = connect(proxy.port, '127.0.0.1');
  const codes: unknown[] = [];
  socket.on('error', (error) => codes.push('code' in error ? error.code : error));
  socket.write('one');
  while (pieces.length === 0) await delay(5);
  proxy.setFault('toOrigin', { endAfterBytes: { byteCount: 0, how: 'reset' } });
  socket.write('two');
  while (!socket.destroyed) await delay(5);
  expect([codes, pieces.map(String)]).toEqual([['ECONNRESET'], ['one']]);
  for (let poll = 0; poll < 100 && proxy.openConnections() > 0; poll += 1) await delay(5);
  expect(proxy.openConnections()).toBe(0);
});

test('the declared length of an answer is moved, its body is not', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"a":"12345"}';
  expect(shiftContentLength(-5)(Buffer.from(answer)).toString()).toBe(answer.replace(': 12', ': 7'));
});
