/**
 * The only file that touches jsforce. Left to itself it follows redirects with the token, asks again without end when a fresh token is
 * refused, retries, and hides status and headers. So each call gets a connection of its own, without a refresh function, and a
 * transport of ours under it: one fetch, no redirect, a limit on the answer, and the answer kept as it came (decision 008).
 */
import { PassThrough } from 'node:stream';
import { Connection } from 'jsforce/lib/connection.js';
import { OAuth2 } from 'jsforce/lib/oauth2.js';
import { Transport } from 'jsforce/lib/transport.js';
import { StreamPromise } from 'jsforce/lib/util/promise.js';
import { isShallow } from '../../domain/json-depth.ts';
import type { HttpAnswer, SendResult } from '../transport.ts';
import { CALL_CLIENT } from './deliveries.ts';

/** Winter '27. */
export const API_VERSION = '68.0';
/** 200 records with full journals (32,768 characters each) stay below this. */
export const ANSWER_BYTES_MAX = 33_554_432;
export const REDIRECT_REFUSED = 'redirect_refused';
/**
 * How the former address of an org that was moved, or that renamed its My Domain, answers: with redirects for a time, then not at all
 * (Salesforce help, My Domain redirections). Nothing was done there.
 */
const FORMER_ADDRESS: ReadonlySet<string> = new Set([REDIRECT_REFUSED, 'ENOTFOUND', 'ECONNREFUSED']);
export const maySpeakOfFormerAddress = (detail: string): boolean => FORMER_ADDRESS.has(detail);
/** Salesforce's answers nest less than ten deep. */
const JSON_DEPTH_MAX = 32;

export type SalesforceRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Begins with `/`; ids in it are already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `text`: results of bulk queries, which are CSV. */
  readonly answer?: 'json' | 'text';
};

export type TokenRequest =
  | { readonly kind: 'code'; readonly code: string; readonly verifier: string }
  | { readonly kind: 'refresh'; readonly refreshToken: string }
  | { readonly kind: 'revoke'; readonly token: string };

type OAuthClientSettings = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
};

export interface SalesforceClient {
  /** Never rejects for what the network or the org does. `origin` is validated where it came from (`origins.ts`). */
  send(
    origin: string,
    request: SalesforceRequest,
    call: { readonly accessToken: string; readonly signal: AbortSignal },
  ): Promise<SendResult>;
  /** A call to the token endpoint of a sign-in page; secrets travel in the body only. */
  askToken(
    loginOrigin: string,
    request: TokenRequest,
    call: { readonly settings: OAuthClientSettings; readonly signal: AbortSignal },
  ): Promise<SendResult>;
}

export function createSalesforceClient(): SalesforceClient {
  return {
    async send(origin, request, { accessToken, signal }) {
      const url = addressOf(origin, request);
      const transport = new OneFetchTransport(request.answer ?? 'json', signal);
      const connection = new Connection({
        instanceUrl: origin,
        accessToken,
        version: API_VERSION,
        callOptions: { client: CALL_CLIENT },
      });
      const { method, json, headers } = request;
      const body = json === undefined ? {} : { body: JSON.stringify(json) };
      const type = json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' };
      return transport.resultOf(() =>
        connection.request(
          { method, url, headers: { accept: acceptOf(request), ...headers, ...type }, ...body },
          { transport, responseType: 'text/plain' },
        ),
      );
    },
    async askToken(loginOrigin, request, { settings, signal }) {
      const transport = new OneFetchTransport('json', signal);
      const oauth2 = new OAuth2({ loginUrl: loginOrigin, ...settings });
      Object.assign(oauth2, { _transport: transport });
      return transport.resultOf(() => ask(oauth2, request));
    },
  };
}

function ask(oauth2: OAuth2, request: TokenRequest): Promise<unknown> {
  switch (request.kind) {
    case 'code':
      return oauth2.requestToken(request.code, { code_verifier: request.verifier });
    case 'refresh':
      return oauth2.refreshToken(request.refreshToken);
    case 'revoke':
      return oauth2.revokeToken(request.token);
  }
}

/** Throws for a path that would leave the org: every call carries a token. */
function addressOf(origin: string, { path, query }: SalesforceRequest): string {
  const url = new URL(path, origin);
  if (url.origin !== origin || !path.startsWith('/')) throw new Error('A Salesforce path must stay in its org.');
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url.href;
}

function acceptOf({ answer }: SalesforceRequest): string {
  return answer === 'text' ? 'text/csv' : 'application/json';
}

type JsforceRequest = Parameters<Transport['httpRequest']>[0];
type JsforceResponse = Awaited<ReturnType<Transport['httpRequest']>>;

/** Sends what jsforce made of a call, once, and remembers how it ended. */
class OneFetchTransport extends Transport {
  readonly #answerForm: 'json' | 'text';
  readonly #signal: AbortSignal;
  #result: SendResult | null = null;

  constructor(answerForm: 'json' | 'text', signal: AbortSignal) {
    super();
    this.#answerForm = answerForm;
    this.#signal = signal;
  }

  /** jsforce throws for what is no success; how it ended is known here already, with status and headers. */
  async resultOf(call: () => PromiseLike<unknown>): Promise<SendResult> {
    try {
      await call();
    } catch (error) {
      if (this.#result === null) throw error;
    }
    return this.#result ?? { kind: 'unsent', detail: 'not_called' };
  }

  override httpRequest(request: JsforceRequest): StreamPromise<JsforceResponse> {
    // Nothing of ours reads the stream; jsforce wants one.
    return StreamPromise.create(() => ({ stream: new PassThrough(), promise: this.#fetchOnce(request) }));
  }

  async #fetchOnce(request: JsforceRequest): Promise<JsforceResponse> {
    if (this.#result !== null) throw new Error('one call sends one request');
    this.#result = { kind: 'broken', detail: 'not_answered' };
    const sent = await fetchText(request, this.#signal);
    if ('kind' in sent) {
      this.#result = sent;
      throw new Error(sent.detail);
    }
    this.#result = toResult(sent, this.#answerForm);
    return { statusCode: sent.status, headers: { ...sent.headers }, body: sent.bytes.toString('utf8') };
  }
}

type TextAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
};

type NoAnswer = Exclude<SendResult, { readonly kind: 'answer' }>;

async function fetchText(request: JsforceRequest, signal: AbortSignal): Promise<TextAnswer | NoAnswer> {
  const { url, method, headers, body } = request;
  if (signal.aborted) return { kind: 'unsent', detail: 'aborted' };
  const init = { method, headers: withoutLength(headers), redirect: 'manual', signal } as const;
  try {
    const response = await fetch(url, typeof body === 'string' ? { ...init, body } : init);
    if (response.status >= 300 && response.status < 400 && response.headers.has('location')) {
      await response.body?.cancel();
      return { kind: 'garbled', detail: REDIRECT_REFUSED };
    }
    const bytes = await readBytes(response);
    if (bytes === null) return { kind: 'garbled', detail: 'too_large' };
    return { status: response.status, headers: Object.fromEntries(response.headers), bytes };
  } catch (cause) {
    const detail = signal.aborted ? 'left' : causeCode(cause);
    return { kind: NEVER_SENT_CODES.has(detail) ? 'unsent' : 'broken', detail };
  }
}

/** fetch counts for itself. */
function withoutLength(headers: JsforceRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-length'));
}

/** Null when there is more than the limit. */
async function readBytes(response: Response): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  // Leaving the loop cancels the body.
  for await (const chunk of response.body ?? []) {
    byteCount += chunk.byteLength;
    if (byteCount > ANSWER_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResult({ status, headers, bytes }: TextAnswer, form: 'json' | 'text'): SendResult {
  const isSuccess = status >= 200 && status < 300;
  if (form === 'text' && isSuccess) return answered({ status, headers, body: bytes.toString('utf8') });
  if (!isShallow(bytes, JSON_DEPTH_MAX)) return { kind: 'garbled', detail: 'too_deep' };
  const body = parseJson(bytes.toString('utf8'));
  if (body === undefined && isSuccess) return { kind: 'garbled', detail: 'not_json' };
  return answered({ status, headers, body: body ?? null });
}

function answered(answer: HttpAnswer): SendResult {
  return { kind: 'answer', answer };
}

/** Every number as its own text, because a double would not give all of them back. Undefined for text that is no JSON; null for none. */
function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    ) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Connection errors before the first byte left; anything else may have reached the org. */
const NEVER_SENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function causeCode(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (typeof inner === 'object' && inner !== null && 'code' in inner && typeof inner.code === 'string')
    return inner.code;
  return inner instanceof Error ? inner.name : 'unknown_error';
}
