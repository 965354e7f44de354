/** One request and its answer, apart from node:http, and the table a route is declared in. */
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import { done, failed, invalidInput, type Outcome, type Problem } from './problem.ts';

export interface Caller {
  readonly portalId: string;
  readonly appId: number;
  readonly userId: string;
  readonly scopes: readonly string[];
}

export interface Call {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Set on routes of kind `api`. */
  readonly caller: Caller;
}

export type Reply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'html'; readonly status: number; readonly html: string }
  | {
      readonly kind: 'bytes';
      readonly status: number;
      readonly bytes: Buffer;
      readonly contentType: string;
      readonly cache: string;
    }
  | { readonly kind: 'empty'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'stream'; readonly open: (response: ServerResponse) => void };

export const json = (body: unknown, status = 200): Reply => ({ kind: 'json', status, body });
export const empty = (status = 204): Reply => ({ kind: 'empty', status });
export const refuse = (problem: Problem): Reply => ({ kind: 'problem', problem });
export const redirect = (location: string): Reply => ({ kind: 'empty', status: 302, headers: { location } });

/** How a route is guarded: bearer token and budget (`api`), client credentials (`oauth`), or nothing, as for the pages' own data. */
type RouteKind = 'api' | 'oauth' | 'page';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Template such as `/crm/objects/2026-09/{objectType}`. */
  readonly path: string;
  readonly kind: RouteKind;
  /** Scope sets, any one of which suffices; absent means `oauth` alone. */
  readonly scopes?: (params: Readonly<Record<string, string>>) => readonly (readonly string[])[];
  /** Search has its own per-account limit and does not count in the ten-second window. */
  readonly budget?: 'search';
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

/** Parses a JSON body with a schema; a body that does not fit is HubSpot's 400 for unreadable input. */
export function readJson<S extends z.ZodType>(call: Call, schema: S): Outcome<z.infer<S>> {
  const text = call.body.toString('utf8');
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      return failed(invalidInput('Invalid input JSON: unable to parse the request body'));
    throw error;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return done(parsed.data);
  const first = parsed.error.issues[0];
  const where = first?.path.join('.') ?? '';
  return failed(
    invalidInput(
      `Invalid input JSON on line 1, column 1: ${first?.message ?? 'invalid input'}${where === '' ? '' : ` at ${where}`}`,
    ),
  );
}
