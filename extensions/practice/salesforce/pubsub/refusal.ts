/** How an RPC fails: a gRPC status and, in the trailers, Salesforce's own code (Pub/Sub API guide, Handle errors). */
import { Metadata, status as STATUS } from '@grpc/grpc-js';

const PREFIX = 'sfdc.platform.eventbus.grpc.';

/** The codes with the status each comes with. Where the guide names no status, the gRPC documentation's meaning decides. */
const STATUSES = {
  'service.auth.error': STATUS.UNAUTHENTICATED,
  'service.auth.headers.invalid': STATUS.UNAUTHENTICATED,
  'service.unavailable': STATUS.UNAVAILABLE,
  'topic.not.found': STATUS.NOT_FOUND,
  'topic.validation.empty': STATUS.INVALID_ARGUMENT,
  'schema.validation.failed': STATUS.INVALID_ARGUMENT,
  'subscription.topic.cannot.subscribe': STATUS.PERMISSION_DENIED,
  'subscription.fetch.replayid.corrupted': STATUS.INVALID_ARGUMENT,
  'subscription.fetch.replayid.validation.failed': STATUS.INVALID_ARGUMENT,
  'subscription.fetch.requested.events.invalid': STATUS.INVALID_ARGUMENT,
  'subscription.fetch.topic.mismatch': STATUS.INVALID_ARGUMENT,
  'subscription.fetch.overflow': STATUS.RESOURCE_EXHAUSTED,
  'subscription.limit.exceeded': STATUS.RESOURCE_EXHAUSTED,
} as const satisfies Readonly<Record<string, number>>;
export type RefusalCode = keyof typeof STATUSES;

export interface Refusal {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

export function refusalOf(code: RefusalCode, rpcId: string): Refusal {
  const metadata = new Metadata();
  metadata.set('error-code', `${PREFIX}${code}`);
  metadata.set('rpc-id', rpcId);
  return { code: STATUSES[code], details: `${code.replaceAll('.', ' ')}. rpcId: ${rpcId}`, metadata };
}

/** What a network or a proxy does: a status without a code of Salesforce's. */
export function brokenOff(details: string): Refusal {
  return { code: STATUS.UNAVAILABLE, details, metadata: new Metadata() };
}
