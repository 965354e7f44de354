/** The workspace's client of the HTTP API: every answer is parsed by its schema, every refusal is a problem document. */
import { type Problem, problem } from '@counterpart/app/wire/problem.ts';
import { REQUEST_HEADER } from '@counterpart/app/wire/workspace.ts';
import type { z } from 'zod';

export class Refusal extends Error {
  readonly problem: Problem;
  constructor(document: Problem) {
    super(document.title);
    this.problem = document;
  }
}
export const isRefusal = (error: unknown): error is Refusal => error instanceof Refusal;

type Sent = { readonly method: 'POST' | 'PATCH' | 'DELETE'; readonly json?: unknown; readonly file?: File };

/** @throws Refusal when the server answered with a problem; TypeError when it could not be reached. */
export async function call<T extends z.ZodType>(path: string, schema: T, sent?: Sent): Promise<z.infer<T>> {
  const response = await fetch(path, {
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(sent === undefined ? {} : { [REQUEST_HEADER.name]: REQUEST_HEADER.value, ...contentType(sent) }),
    },
    ...(sent === undefined
      ? {}
      : { method: sent.method, body: sent.file ?? (sent.json === undefined ? null : JSON.stringify(sent.json)) }),
  });
  if (response.status === 204) return schema.parse(undefined);
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return schema.parse(body);
  const refused = problem.safeParse(body);
  throw refused.success ? new Refusal(refused.data) : new Error(`The server answered ${response.status}.`);
}

const contentType = (sent: Sent): Record<string, string> =>
  sent.file === undefined
    ? sent.json === undefined
      ? {}
      : { 'content-type': 'application/json' }
    : { 'content-type': 'application/octet-stream' };

/** Builds a query string, leaving out what is empty. */
export function query(values: Readonly<Record<string, string | number | null | undefined>>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
