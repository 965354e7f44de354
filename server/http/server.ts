/** Listening and leaving: strict limits on how long a request may take to arrive, and a drain that lets answers under way finish. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../world.ts';

export type ConnectionLimits = {
  /** From the first byte of a request to the end of its headers, and to the end of its body. */
  readonly headersMsMax: number;
  readonly requestMsMax: number;
  /** How often the two limits above are looked after; a request may outlive its limit by so much. */
  readonly checkEveryMs: number;
  readonly keepAliveMs: number;
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
};

export const CONNECTION_LIMITS: ConnectionLimits = {
  headersMsMax: 10_000,
  requestMsMax: 60_000,
  checkEveryMs: 2_000,
  keepAliveMs: 65_000,
  connectionsMax: 5_000,
  headerBytesMax: 16_384,
};

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
  readonly limits?: Partial<ConnectionLimits>;
};

export async function listen({ port, bindAddress, clock, handle, limits }: ListenOptions): Promise<Listening> {
  const { headersMsMax, requestMsMax, checkEveryMs, keepAliveMs, connectionsMax, headerBytesMax } = {
    ...CONNECTION_LIMITS,
    ...limits,
  };
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      insecureHTTPParser: false,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersMsMax,
      requestTimeout: requestMsMax,
      // Node looks after both limits every 30 s unless told otherwise, which would triple the shorter one.
      connectionsCheckingInterval: checkEveryMs,
    },
    handle,
  );
  server.maxConnections = connectionsMax;
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
