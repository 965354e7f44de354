/**
 * The only file that touches HubSpot's SDK. Its limiter and retries are process-wide and its generated methods use paths that end in 2027,
 * so only `apiRequest` is used, with both switched off. It takes no time limit and follows redirects; so the body is read here, under a
 * size limit, and an answer that came by way of a redirect is refused (fetch itself drops the token when the origin changes, and a form
 * cannot be sent twice).
 */
import { Readable } from 'node:stream';
import { Client } from '@hubspot/api-client';
import { isShallow } from '../../domain/json-depth.ts';
import type { HttpAnswer, SendResult } from '../transport.ts';

const HUBSPOT_API_ORIGIN = 'https://api.hubapi.com';
/** 100 records with their history stay far below this. */
export const ANSWER_BYTES_MAX = 16_777_216;
/** HubSpot's answers nest less than ten deep. */
const JSON_DEPTH_MAX = 32;

export type HubSpotRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Begins with `/`; ids in it are already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
};

export interface HubSpotClient {
  /** Never rejects. A null token sends no Authorization header (OAuth calls). */
  send(request: HubSpotRequest, accessToken: string | null, signal: AbortSignal): Promise<SendResult>;
}

/**
 * `baseUrl`: HubSpot's API, or a practice server on this machine. Throws on anything else that is not https: every call carries a token.
 */
export function createHubSpotClient(baseUrl: string = HUBSPOT_API_ORIGIN): HubSpotClient {
  const origin = parseApiOrigin(baseUrl);
  return {
    async send(request, accessToken, signal) {
      if (new URL(request.path, origin).origin !== origin || !request.path.startsWith('/')) {
        throw new Error('A HubSpot path must stay on the configured origin.');
      }
      const sdk = new Client({
        basePath: origin,
        numberOfApiCallRetries: 0,
        ...(accessToken === null ? {} : { accessToken }),
      });
      try {
        const response = await sdk.apiRequest(toSdkRequest(request));
        return await readAnswer(response, signal);
      } catch (cause) {
        return wasNeverSent(cause)
          ? { kind: 'unsent', detail: causeCode(cause) }
          : { kind: 'broken', detail: causeCode(cause) };
      }
    },
  };
}

/** The origin calls may go to. Plain http is for loopback only. */
export function parseApiOrigin(baseUrl: string): string {
  const url = new URL(baseUrl);
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Error('The HubSpot API address must be https, or http on this machine.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/') {
    throw new Error('The HubSpot API address must be an origin, for example https://api.hubapi.com.');
  }
  return url.origin;
}

function toSdkRequest(request: HubSpotRequest): Parameters<Client['apiRequest']>[0] {
  const base = {
    method: request.method,
    path: request.path,
    ...(request.query === undefined ? {} : { qs: { ...request.query } }),
  };
  return request.form === undefined
    ? { ...base, ...(request.json === undefined ? {} : { body: request.json }) }
    : { ...base, ...sentOnce(new URLSearchParams(request.form).toString()) };
}

type SentOnce = {
  readonly defaultJson: false;
  readonly headers: { readonly 'Content-Type': string; readonly 'Content-Length': string };
  readonly body: Readable;
};

/**
 * A form as a stream: fetch cannot send it a second time, and so fails instead of handing it to wherever a redirect (307, 308) points. Forms
 * carry the client secret and refresh tokens, which no rule of fetch would hold back. The length is named, so that the request is not
 * chunked. JSON bodies carry no secret and stay text: some versions of Node 24 mistake a 401 to a stream for a broken connection.
 */
function sentOnce(form: string): SentOnce {
  const bytes = Buffer.from(form);
  return {
    defaultJson: false,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(bytes.length) },
    body: Readable.from([bytes]),
  };
}

async function readAnswer(response: Response, signal: AbortSignal): Promise<SendResult> {
  if (response.redirected || (response.status >= 300 && response.status < 400)) {
    await response.body?.cancel();
    return { kind: 'garbled', detail: 'redirect_refused' };
  }
  const text = await readText(response, signal);
  if (typeof text === 'string') return { kind: text === 'left' ? 'broken' : 'garbled', detail: text };
  const body = parseJson(text.text);
  if (body === undefined && response.ok) return { kind: 'garbled', detail: 'not_json' };
  const headers = Object.fromEntries([...response.headers].map(([name, value]) => [name.toLowerCase(), value]));
  const answer: HttpAnswer = { status: response.status, headers, body: body ?? null };
  return { kind: 'answer', answer };
}

async function readText(
  response: Response,
  signal: AbortSignal,
): Promise<{ readonly text: string } | 'too_large' | 'too_deep' | 'left'> {
  if (response.body === null) return { text: '' };
  if (signal.aborted) {
    // Whoever asked left before the answer began; its end is for nobody to wait for.
    await response.body.cancel();
    return 'left';
  }
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  const reader = response.body.getReader();
  const leave = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (;;) {
      const part = await reader.read();
      if (part.done) break;
      byteCount += part.value.byteLength;
      if (byteCount > ANSWER_BYTES_MAX) {
        await reader.cancel();
        return 'too_large';
      }
      chunks.push(part.value);
    }
  } finally {
    signal.removeEventListener('abort', leave);
  }
  if (signal.aborted) return 'left';
  const bytes = Buffer.concat(chunks);
  return isShallow(bytes, JSON_DEPTH_MAX) ? { text: bytes.toString('utf8') } : 'too_deep';
}

/** Undefined for text that is no JSON; null for none. */
function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Connection errors before the first byte left; anything else may have reached HubSpot. */
const NEVER_SENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function wasNeverSent(cause: unknown): boolean {
  return NEVER_SENT_CODES.has(causeCode(cause));
}

function causeCode(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (typeof inner === 'object' && inner !== null && 'code' in inner && typeof inner.code === 'string')
    return inner.code;
  return inner instanceof Error ? inner.name : 'unknown_error';
}
