/** The wire between the product and HubSpot: passes every request on and keeps count, unless a test answers in HubSpot's place. */
import { createServer, type IncomingMessage } from 'node:http';

type WireRequest = { readonly method: string; readonly target: string; readonly body: string };
type WireAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};
/** `pass`: let HubSpot answer. `cut`: HubSpot never hears of it. A function changes what HubSpot answered. */
type WireVerdict = 'pass' | 'cut' | WireAnswer | ((answered: unknown) => unknown);

export type HostWire = {
  readonly origin: string;
  readonly requests: readonly WireRequest[];
  /** Decides about each request; everything passes unless replaced. */
  rule: (request: WireRequest) => WireVerdict;
  stop(): Promise<void>;
};

export async function startHostWire(hostOrigin: string): Promise<HostWire> {
  const requests: WireRequest[] = [];
  const wire: HostWire = {
    origin: '',
    requests,
    rule: () => 'pass',
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const answer = async (incoming: IncomingMessage, request: WireRequest): Promise<WireAnswer | null> => {
    const verdict = wire.rule(request);
    if (verdict === 'cut') return null;
    if (typeof verdict === 'object') return verdict;
    const passed = await passOn(hostOrigin, incoming, request);
    return typeof verdict === 'function' && passed !== null ? { ...passed, body: await verdict(passed.body) } : passed;
  };
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const request = { method: incoming.method ?? 'GET', target: incoming.url ?? '/', body };
      requests.push(request);
      void answer(incoming, request).then((given) => {
        if (given === null) return void response.destroy();
        response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
        response.end(given.body === null ? undefined : JSON.stringify(given.body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return Object.assign(wire, { origin: `http://127.0.0.1:${address.port}` });
}

const NOT_FORWARDED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding']);

/** Null when HubSpot broke the connection off. */
async function passOn(hostOrigin: string, incoming: IncomingMessage, request: WireRequest): Promise<WireAnswer | null> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (!NOT_FORWARDED.has(name) && value !== undefined) headers.set(name, [value].flat().join(', '));
  try {
    const answered = await fetch(`${hostOrigin}${request.target}`, {
      method: request.method,
      headers,
      redirect: 'manual',
      ...(request.body === '' ? {} : { body: request.body }),
    });
    const text = await answered.text();
    const kept = [...answered.headers].filter(([name]) => !NOT_FORWARDED.has(name) && name !== 'content-encoding');
    return { status: answered.status, headers: Object.fromEntries(kept), body: text === '' ? null : JSON.parse(text) };
  } catch {
    return null;
  }
}
