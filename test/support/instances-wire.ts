/** What stands before and behind several servers under test: a balancer for webhooks, and a tap on their calls to the practice HubSpot. */
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { PracticeForTest } from './practice.ts';

export type TappedCall = {
  readonly method: string;
  readonly path: string;
  /** Whose token it carries; null when it carries none that is known. */
  readonly portalId: string | null;
  readonly at: number;
  status: number | null;
};

type Hold = { readonly reached: Promise<TappedCall>; release(): void };

export type Tap = {
  readonly url: string;
  readonly calls: readonly TappedCall[];
  /** Holds the first call that matches: before the portal sees it, or its answer after the portal has acted. */
  hold(where: 'request' | 'answer', matches: (call: TappedCall) => boolean): Hold;
  clear(): void;
};

async function listening(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<{
  readonly url: string;
  readonly stop: () => Promise<void>;
}> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  return Buffer.concat(chunks);
}

type Forwarded = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer };

/** Passes a request on as it came, its target and headers untouched, since both are signed. */
async function forward(request: IncomingMessage, body: Buffer, to: string): Promise<Forwarded> {
  const { hostname, port } = new URL(to);
  return await new Promise((resolve, reject) => {
    const passed = httpRequest(
      { hostname, port, path: request.url, method: request.method, headers: request.headers, timeout: 40_000 },
      (answer) => {
        bodyOf(answer).then(
          (content) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: content }),
          reject,
        );
      },
    );
    passed.once('error', reject);
    passed.end(body);
  });
}

function answer(response: ServerResponse, { status, headers, body }: Forwarded): void {
  const { 'transfer-encoding': _, connection: __, ...rest } = headers;
  response.writeHead(status, { ...rest, 'content-length': String(body.length) }).end(body);
}

export type Balancer = {
  readonly url: string;
  /** Servers in turn; whoever is taken out of the set gets nothing more. */
  readonly targets: Set<string>;
  /** Bodies of the webhook requests that a server acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  stop(): Promise<void>;
};

export async function startBalancer(): Promise<Balancer> {
  const targets = new Set<string>();
  const acknowledged = new Set<string>();
  let next = 0;
  const { url, stop } = await listening((request, response) => {
    const serve = async (): Promise<void> => {
      const body = await bodyOf(request);
      next += 1;
      const target = [...targets][next % Math.max(1, targets.size)];
      // While the scene is set nobody listens, and nobody needs to.
      if (target === undefined) return void response.writeHead(204).end();
      const passed = await forward(request, body, target).catch(() => null);
      if (passed?.status === 204) acknowledged.add(body.toString('utf8'));
      if (passed === null) response.writeHead(502).end();
      else answer(response, passed);
    };
    serve().catch(() => response.destroy());
  });
  return { url, targets, acknowledged, stop };
}

type Waiting = {
  readonly where: 'request' | 'answer';
  readonly matches: (call: TappedCall) => boolean;
  readonly reach: (call: TappedCall) => void;
  readonly released: Promise<void>;
};

export async function startTap(practice: PracticeForTest): Promise<Tap & { stop(): Promise<void> }> {
  const calls: TappedCall[] = [];
  const waiting: Waiting[] = [];
  const pass = async (where: Waiting['where'], call: TappedCall): Promise<void> => {
    const index = waiting.findIndex((one) => one.where === where && one.matches(call));
    const [found] = index < 0 ? [] : waiting.splice(index, 1);
    found?.reach(call);
    await found?.released;
  };
  const portalOf = (request: IncomingMessage, body: Buffer): string | null => {
    const { grants } = practice.hubspot.practice;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token !== undefined) return grants.accessTokens.get(token)?.portalId ?? null;
    const refreshToken = new URLSearchParams(body.toString('utf8')).get('refresh_token') ?? '';
    return grants.refreshTokens.get(refreshToken)?.portalId ?? null;
  };
  const { url, stop } = await listening((request, response) => {
    const serve = async (): Promise<void> => {
      const body = await bodyOf(request);
      const path = (request.url ?? '').split('?')[0] ?? '';
      const call: TappedCall = {
        method: request.method ?? '',
        path,
        portalId: portalOf(request, body),
        at: Date.now(),
        status: null,
      };
      calls.push(call);
      await pass('request', call);
      // The caller died while it was held: the portal never hears of it.
      if (request.socket.destroyed) return;
      const passed = await forward(request, body, practice.hubspot.url);
      call.status = passed.status;
      await pass('answer', call);
      answer(response, passed);
    };
    serve().catch(() => response.destroy());
  });
  return {
    url,
    calls,
    hold: (where, matches) => {
      const reached = Promise.withResolvers<TappedCall>();
      const released = Promise.withResolvers<void>();
      waiting.push({ where, matches, reach: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
    clear: () => void (calls.length = 0),
    stop,
  };
}
