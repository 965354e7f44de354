/**
 * What an RPC that failed means for the feed. Salesforce puts a code of its own into the trailers (Pub/Sub API guide, Handle Errors); the
 * gRPC status decides only when there is none, or none that we know.
 */
import { status as STATUS } from '@grpc/grpc-js';
import { z } from 'zod';
import type { FeedEnd } from '../../change-feed.ts';

const ERROR_CODE_PREFIX = 'sfdc.platform.eventbus.grpc.';
const DETAIL_CHARACTERS_MAX = 120;

export type RpcFailure = {
  readonly status: number;
  /** Without the prefix that all of them have; null when the trailers hold none. */
  readonly code: string | null;
};
/** `auth`: the token was refused, and a newer one may do. */
export type RpcFate = Exclude<FeedEnd['kind'], 'stopped' | 'closed'> | 'auth';

const FATES_BY_CODE: ReadonlyMap<string, RpcFate> = new Map<string, RpcFate>([
  ['service.auth.error', 'auth'],
  ['service.auth.headers.invalid', 'auth'],
  ['service.tenant.license', 'refused'],
  ['topic.not.found', 'refused'],
  ['topic.meta.permission', 'refused'],
  ['schema.meta.permission', 'refused'],
  ['subscription.topic.cannot.subscribe', 'refused'],
  ['subscription.fetch.replayid.corrupted', 'positionLost'],
  ['subscription.fetch.replayid.validation.failed', 'positionLost'],
  ['subscription.limit.exceeded', 'limited'],
]);
const FATES_BY_STATUS: ReadonlyMap<number, RpcFate> = new Map<number, RpcFate>([
  [STATUS.UNAUTHENTICATED, 'auth'],
  [STATUS.PERMISSION_DENIED, 'refused'],
  [STATUS.NOT_FOUND, 'refused'],
  [STATUS.UNIMPLEMENTED, 'refused'],
]);

const SERVICE_ERROR = z.object({
  code: z.number().int(),
  metadata: z.custom<{ get(key: string): readonly unknown[] }>(
    (value) => typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function',
  ),
});

/** Null when the error is none of gRPC's, and so a bug. */
export function rpcFailure(error: unknown): RpcFailure | null {
  if (!(error instanceof Error)) return null;
  const parsed = SERVICE_ERROR.safeParse({
    code: 'code' in error ? error.code : null,
    metadata: 'metadata' in error ? error.metadata : null,
  });
  if (!parsed.success) return null;
  const [code] = parsed.data.metadata.get('error-code');
  return {
    status: parsed.data.code,
    code: typeof code === 'string' && code.startsWith(ERROR_CODE_PREFIX) ? code.slice(ERROR_CODE_PREFIX.length) : null,
  };
}

export function fateOf({ status, code }: RpcFailure): RpcFate {
  return (code === null ? undefined : FATES_BY_CODE.get(code)) ?? FATES_BY_STATUS.get(status) ?? 'unavailable';
}

/** Names the failure for the log, by codes alone. */
export function detailOf({ status, code }: RpcFailure): string {
  return `${STATUS[status] ?? status}${code === null ? '' : ` ${code}`}`.slice(0, DETAIL_CHARACTERS_MAX);
}
