/**
 * A program that sends signed webhook requests over kept connections and measures each acknowledgement. Requests are signed before the
 * clock starts and bytes are written to plain sockets, so that this process is not what is measured. Answers each order with a report.
 */
import net from 'node:net';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import { CLIENT_SECRET, PUBLIC_ORIGIN } from '../support/practice.ts';
import { type IntakeOrder, intakeOrder, type IntakeReport } from './intake-order.ts';

const TARGET = '/webhooks/hubspot';
const HEAD_END = Buffer.from('\r\n\r\n');
const ACKNOWLEDGED = Buffer.from('HTTP/1.1 204');

process.on('message', (raw: unknown) => {
  run(intakeOrder.parse(raw)).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(0));

/** One signed request with `size` events that nothing links, each request with other bytes. */
function signedRequest(order: IntakeOrder, index: number): Buffer {
  const now = Date.now();
  const events = Array.from({ length: order.eventsPerRequest }, (_, place) => ({
    eventId: index * order.eventsPerRequest + place + order.firstEventId,
    subscriptionId: 4_242_001,
    portalId: order.portalId,
    appId: 4242,
    occurredAt: now,
    subscriptionType: 'deal.propertyChange',
    attemptNumber: 0,
    objectId: 900_000_000 + ((index * order.eventsPerRequest + place) % 10_000),
    propertyName: 'counterpart_renewal_date',
    propertyValue: '2028-01-31',
    changeSource: 'CRM_UI',
    sourceId: 'userId:77',
  }));
  const body = Buffer.from(JSON.stringify(events));
  const timestamp = String(now);
  const signature = signV3(
    signatureSource({ method: 'POST', target: TARGET, body }, PUBLIC_ORIGIN, timestamp),
    CLIENT_SECRET,
  );
  const head = [
    `POST ${TARGET} HTTP/1.1`,
    `host: 127.0.0.1:${order.port}`,
    'content-type: application/json',
    'user-agent: HubSpot Webhooks',
    `x-hubspot-signature-v3: ${signature}`,
    `x-hubspot-request-timestamp: ${timestamp}`,
    `content-length: ${body.length}`,
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), HEAD_END, body]);
}

async function run(order: IntakeOrder): Promise<IntakeReport> {
  const requests = Array.from({ length: order.requests }, (_, index) => signedRequest(order, index));
  const lines = await Promise.all(Array.from({ length: order.connections }, () => openLine(order.port)));
  const latencies: number[] = [];
  const counts = { acknowledged: 0, refused: 0 };
  const startedAt = performance.now();
  process.send?.({ kind: 'started' });
  let next = 0;
  const work = async (exchange: Line['exchange']): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const dueAt = order.perSecond === null ? performance.now() : startedAt + (index * 1000) / order.perSecond;
      await until(dueAt);
      const request = requests[index];
      if (request === undefined) return;
      const acknowledged = await exchange(request);
      // From when it was due: a server that falls behind cannot hide it by keeping the sender waiting.
      latencies.push(performance.now() - (order.perSecond === null ? dueAt : Math.min(dueAt, performance.now())));
      counts[acknowledged ? 'acknowledged' : 'refused'] += 1;
    }
  };
  await Promise.all(lines.map(({ exchange }) => work(exchange)));
  for (const { close } of lines) close();
  const wallMs = performance.now() - startedAt;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.max(0, Math.ceil(latencies.length * share) - 1)] ?? Number.NaN;
  return { kind: 'report', ...counts, wallMs, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

async function until(at: number): Promise<void> {
  for (let left = at - performance.now(); left > 0; left = at - performance.now())
    await new Promise((resolve) => (left > 2 ? setTimeout(resolve, left - 1) : setImmediate(resolve)));
}

type Line = {
  /** Sends one request and resolves with whether it was answered 204. */
  readonly exchange: (request: Buffer) => Promise<boolean>;
  readonly close: () => void;
};

function openLine(port: number): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let answer: Buffer = Buffer.alloc(0);
    let waiting: { readonly resolve: (acknowledged: boolean) => void; readonly reject: (error: Error) => void } | null =
      null;
    const fail = (error: Error): void => {
      waiting?.reject(error);
      reject(error);
    };
    socket.setNoDelay(true);
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the server closed a connection')));
    socket.on('data', (chunk) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      if (!answer.includes(HEAD_END)) return;
      const acknowledged = answer.subarray(0, ACKNOWLEDGED.length).equals(ACKNOWLEDGED);
      answer = Buffer.alloc(0);
      const asked = waiting;
      waiting = null;
      asked?.resolve(acknowledged);
    });
    socket.once('connect', () =>
      resolve({
        exchange: (request) =>
          new Promise((settle, refuse) => {
            waiting = { resolve: settle, reject: refuse };
            socket.write(request);
          }),
        close: () => void socket.destroy(),
      }),
    );
  });
}
