/** Listening and leaving: strict limits on how long a request may take to arrive, and a drain that lets answers under way finish. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../world.ts';

const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;
const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_MAX = 5000;
const HEADER_BYTES_MAX = 16_384;

export type HttpServer = {
  readonly port: number;
  /** Takes no new connections, waits for answers under way up to the limit, then closes what is left. */
  drain(limitMs: number): Promise<void>;
};
export type Listening =
  | { readonly ok: true; readonly server: HttpServer }
  | { readonly ok: false; readonly reason: 'port_busy' | 'port_forbidden' };

export type ListenOptions = {
  readonly port: number;
  readonly bindAddress: string;
  readonly clock: Clock;
  readonly handle: RequestListener;
};

export async function listen({ port, bindAddress, clock, handle }: ListenOptions): Promise<Listening> {
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, insecureHTTPParser: false, keepAliveTimeout: KEEP_ALIVE_MS },
    handle,
  );
  server.headersTimeout = HEADERS_MS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve);
    server.listen(port, bindAddress, () => resolve(null));
  });
  if (failure?.code === 'EADDRINUSE') return { ok: false, reason: 'port_busy' };
  if (failure?.code === 'EACCES') return { ok: false, reason: 'port_forbidden' };
  if (failure !== null) throw failure;
  return { ok: true, server: { port: portOf(server), drain: (limitMs) => drain(server, clock, limitMs) } };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function drain(server: Server, clock: Clock, limitMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const stop = new AbortController();
  const late = clock.sleep(limitMs, stop.signal).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await Promise.race([closed, late]);
  stop.abort();
}
