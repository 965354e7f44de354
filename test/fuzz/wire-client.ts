/** HTTP/1.1 as bytes over kept-alive sockets, so that requests can be sent which no HTTP library would write. */
import { connect, type Socket } from 'node:net';
import type { RawRequest } from './request.ts';

export type WireAnswer = {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly durationMs: number;
};

const ANSWER_MS_MAX = 60_000;
const ANSWER_BYTES_MAX = 40_000_000;

export type WireClient = {
  send(request: RawRequest): Promise<WireAnswer>;
  sendBytes(bytes: Buffer): Promise<WireAnswer>;
  close(): void;
};

/** One connection at a time; a new one when the server closed the last. */
export function createWireClient(port: number): WireClient {
  let socket: Socket | null = null;
  const open = (): Socket => {
    if (socket === null || socket.destroyed || socket.readyState !== 'open') {
      socket?.destroy();
      socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      // The server may reset a connection whose request it refused half-way; whoever waits for an answer hears of the end.
      socket.on('error', () => undefined);
    }
    return socket;
  };
  const exchange = async (bytes: Buffer, method: string, once: boolean): Promise<WireAnswer> => {
    const used = open();
    const answer = await ask(used, bytes, method);
    if (once || !answer.reusable) {
      used.destroy();
      socket = null;
    }
    return answer.answer;
  };
  return {
    send: async (request) => {
      const bytes = toBytes(request);
      const fresh = socket === null;
      const answer = await exchange(bytes, request.method, false);
      // A kept connection may have been closed by the server just then.
      return answer.status === 0 && !fresh ? await exchange(bytes, request.method, false) : answer;
    },
    sendBytes: (bytes) => {
      socket?.destroy();
      socket = null;
      return exchange(bytes, 'GET', true);
    },
    close: () => void socket?.destroy(),
  };
}

function toBytes({ method, target, headers, body }: RawRequest): Buffer {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(given.has('host') ? [] : ['host: 127.0.0.1']),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === null || given.has('content-length') || given.has('transfer-encoding')
      ? []
      : [`content-length: ${body.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}

type Asked = { readonly answer: WireAnswer; readonly reusable: boolean };

function ask(socket: Socket, bytes: Buffer, method: string): Promise<Asked> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const chunks: Buffer[] = [];
    const finish = (asked: Asked): void => {
      clearTimeout(timer);
      socket.off('data', hear);
      socket.off('close', ended);
      socket.off('error', failed);
      resolve(asked);
    };
    const answerOf = (read: Read): WireAnswer => ({ ...read, durationMs: performance.now() - startedAt });
    const none: Read = { status: 0, headers: new Map(), body: Buffer.alloc(0) };
    const hear = (chunk: Buffer): void => {
      chunks.push(chunk);
      received = chunks.length === 1 ? chunk : Buffer.concat(chunks.splice(0));
      if (chunks.length === 0) chunks.push(received);
      if (received.length > ANSWER_BYTES_MAX) return failed(new Error('the answer is too large'));
      const read = readAnswer(received, method, false);
      if (read === null) return;
      const reusable = read.headers.get('connection') !== 'close' && !isStream(read.headers);
      finish({ answer: answerOf(read), reusable });
    };
    const ended = (): void => finish({ answer: answerOf(readAnswer(received, method, true) ?? none), reusable: false });
    const failed = (error: Error): void => {
      // A refused upload may be cut off after its answer has arrived.
      if ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return;
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${ANSWER_MS_MAX} ms`));
    }, ANSWER_MS_MAX);
    socket.on('data', hear);
    socket.once('close', ended);
    socket.on('error', failed);
    socket.write(bytes);
  });
}

type Read = Omit<WireAnswer, 'durationMs'>;
const isStream = (headers: ReadonlyMap<string, string>): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true;

/** The whole answer once it is there; of a stream the head is enough. */
function readAnswer(bytes: Buffer, method: string, isEnd: boolean): Read | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [first = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(first.split(' ')[1]);
  const rest = bytes.subarray(headEnd + 4);
  if (status === 100) return readAnswer(rest, method, isEnd);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  if (method === 'HEAD' || status === 204 || status === 304 || isStream(headers)) {
    return { status, headers, body: Buffer.alloc(0) };
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const body = unchunk(rest);
    return body === null ? null : { status, headers, body };
  }
  const length = headers.get('content-length');
  if (length === undefined) return isEnd ? { status, headers, body: rest } : null;
  return rest.length < Number(length) ? null : { status, headers, body: rest.subarray(0, Number(length)) };
}

function unchunk(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', offset);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.subarray(offset, lineEnd).toString('latin1'), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return null;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(start, start + size));
    offset = start + size + 2;
  }
}
