/** One answer of the stream as a batch for the inbox. An event that cannot be read is counted as missed: a sweep finds what it was about. */
import { createHash } from 'node:crypto';
import type { Clock, Log } from '../../../world.ts';
import type { FeedBatch, FeedDelivery } from '../../change-feed.ts';
import { type ConnectionRef, HOST_OBJECT_TYPES } from '../../port.ts';
import { deliveryBody, leavesChangesOut, objectTypeOfEntity } from '../deliveries.ts';
import type { ChangeHeader } from './event-schema.ts';
import type { FetchResponse, PubSubRpc, RpcResult } from './rpc.ts';
import type { SchemaCache } from './schema-cache.ts';

type ConsumerEvent = FetchResponse['events'][number];
type Missed = FeedBatch['missed'][number];
type Read = { readonly delivery: FeedDelivery | null; readonly missed: readonly Missed[] };

export type BatchSource = {
  readonly connection: ConnectionRef;
  readonly topicName: string;
  readonly rpc: PubSubRpc;
  readonly schemas: SchemaCache;
  readonly world: { readonly clock: Clock; readonly log: Log };
};

/** Fails only when a schema could not be fetched; the same events come again then. */
export async function toBatch(source: BatchSource, response: FetchResponse): Promise<RpcResult<FeedBatch>> {
  const deliveries: FeedDelivery[] = [];
  const missed: Missed[] = [];
  for (const event of response.events) {
    const read = await readEvent(source, event);
    if (!read.ok) return read;
    if (read.value.delivery !== null) deliveries.push(read.value.delivery);
    missed.push(...read.value.missed);
  }
  return { ok: true, value: { deliveries, missed, position: positionAfter(response) } };
}

/** The last event's own replay id; without events, how far the stream has got, so that a quiet org's position does not grow too old. */
function positionAfter({ events, latestReplayId }: FetchResponse): string | null {
  const replayId = events.at(-1)?.replayId ?? latestReplayId;
  return replayId.length === 0 ? null : base64(replayId);
}

async function readEvent(source: BatchSource, { event, replayId }: ConsumerEvent): Promise<RpcResult<Read>> {
  const { connection, schemas, rpc, world } = source;
  const schema = await schemas.get(connection.accountId, event.schemaId, rpc);
  if (!schema.ok) return schema;
  const header = schema.value?.readHeader(event.payload) ?? null;
  if (header === null) {
    world.log.warn(
      { connectionId: connection.connectionId, schemaId: event.schemaId },
      'a change event could not be read; the records it may be about are looked for',
    );
    const sinceAt = world.clock.now();
    return {
      ok: true,
      value: { delivery: null, missed: HOST_OBJECT_TYPES.map((objectType) => ({ objectType, sinceAt })) },
    };
  }
  return { ok: true, value: readChange(source, header, replayId) };
}

/** Events of entities that are not mirrored, should somebody add one to the channel, only move the position on. */
function readChange(source: BatchSource, header: ChangeHeader, replayId: Uint8Array): Read {
  const objectType = objectTypeOfEntity(header.entityName);
  if (objectType === null) return { delivery: null, missed: [] };
  const { entityName, changeType, recordIds, commitTimestamp, commitUser, changeOrigin, transactionKey } = header;
  const body = deliveryBody({
    orgId: source.connection.accountId,
    entityName,
    changeType,
    recordIds,
    commitTimestamp,
    commitUser,
    changeOrigin,
    transactionKey,
    changedFields: header.changedFields,
    replayId: base64(replayId),
  });
  return {
    delivery: { digest: digestOf(source, header, replayId), body },
    missed: leavesChangesOut(header) ? [{ objectType, sinceAt: commitTimestamp }] : [],
  };
}

/**
 * The same for an event however often it comes. The transaction is part of it because replay ids may begin anew when an org moves (Pub/Sub
 * API guide, Event Message Durability), and another event must not pass for one that was seen.
 */
function digestOf({ connection, topicName }: BatchSource, header: ChangeHeader, replayId: Uint8Array): string {
  const parts = [connection.accountId, topicName, base64(replayId), header.transactionKey, header.sequenceNumber];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
