/** One request and its answer, apart from node:http, and the table a route is declared in. */
import type { ServerResponse } from 'node:http';
import { OrgRefusal } from './refusal.ts';

/** Who calls: the user of the session, and the client that names itself in `Sforce-Call-Options`. */
export interface Caller {
  readonly userId: string;
  readonly accessToken: string;
  readonly client: string | null;
}

export interface Call {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Empty on routes other than `api`. */
  readonly caller: Caller;
}

export type Reply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'text';
      readonly status: number;
      readonly text: string;
      readonly contentType: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'bytes';
      readonly status: number;
      readonly bytes: Buffer;
      readonly contentType: string;
      readonly cache: string;
    }
  | { readonly kind: 'empty'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'stream'; readonly open: (response: ServerResponse) => void };

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply => ({
  kind: 'json',
  status,
  body,
  headers,
});
export const empty = (status = 204): Reply => ({ kind: 'empty', status });
export const redirect = (location: string): Reply => ({ kind: 'empty', status: 302, headers: { location } });
export const html = (text: string, status = 200): Reply => ({
  kind: 'text',
  status,
  text,
  contentType: 'text/html; charset=utf-8',
  headers: { 'cache-control': 'no-store' },
});

/** How a route is guarded: session and allocation (`api`), or nothing. */
export type RouteKind = 'api' | 'open';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly kind: RouteKind;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

/** The JSON body; throws the refusal of a body that is none. */
export function readBody(call: Call): unknown {
  const text = call.body.toString('utf8');
  const type = call.headers['content-type'] ?? 'application/json';
  if (call.path.startsWith('/services/') && text !== '' && !type.startsWith('application/json'))
    throw new OrgRefusal(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Type header specified in HTTP request is not supported: ${type}`,
    );
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new OrgRefusal('JSON_PARSER_ERROR', `${error.message.split('\n')[0] ?? ''} at [line:1, column:1]`);
    throw error;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON body as an object; throws when it is another value. */
export function readObject(call: Call): Readonly<Record<string, unknown>> {
  const body = readBody(call);
  if (!isObject(body)) throw new OrgRefusal('JSON_PARSER_ERROR', 'The request body must be a JSON object');
  return body;
}
