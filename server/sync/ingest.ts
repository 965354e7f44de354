/**
 * Turns stored deliveries into marks (sync rule S4). An event says only that a record may have changed; what it claims the value to be
 * is never used. So a repeated, late or reordered delivery marks the same row again and changes nothing else. Marks and the end of the
 * delivery are one transaction.
 */
import type { ConnectionRef, CrmPort, DeliveryParse, HostEvent, HostRecordRef } from '../crm/port.ts';
import type { DirtyMark, StoredDelivery } from '../store/port.ts';
import type { EngineParts } from './settings.ts';
import { chunksOf, refKey, STORE_BATCH_MAX } from './turn.ts';

const DELIVERIES_PER_TURN_MAX = 50;
const DELIVERY_LEASE_MS = 30_000;
/** Lets the other properties of one edit, which arrive as events of their own, share its reading. */
const EVENT_LINGER_MS = 40;

/** Digests a batch of deliveries; false when none was waiting. */
export async function ingestDeliveries(parts: EngineParts): Promise<boolean> {
  const now = parts.world.clock.now();
  const request = { limit: DELIVERIES_PER_TURN_MAX, now, leaseMs: DELIVERY_LEASE_MS };
  const deliveries = await parts.store.takeDeliveries(request);
  for (const delivery of deliveries) await ingestDelivery(parts, delivery);
  if (deliveries.length > 0) parts.metrics?.count('deliveries', deliveries.length, null);
  return deliveries.length > 0;
}

async function ingestDelivery(parts: EngineParts, delivery: StoredDelivery): Promise<void> {
  const port = parts.crm[delivery.host];
  const parsed = port === undefined ? null : parseSafely(parts, port, delivery);
  if (parsed === null) {
    await parts.store.finishDelivery(delivery.deliveryId, [], ['the delivery could not be read']);
    return;
  }
  const accountIds = new Set([...parsed.events, ...parsed.lifecycle].map((entry) => entry.accountId));
  const connections = await parts.store.findConnections(delivery.host, [...accountIds]);
  const marks: DirtyMark[] = [];
  for (const connection of connections) {
    const events = parsed.events.filter((event) => event.accountId === connection.accountId);
    marks.push(...(await marksFor(parts, connection, events)));
    await endConnection(parts, connection, parsed);
  }
  const rejected = parsed.rejected.map(({ index, reason }) => `entry ${index}: ${reason}`);
  await parts.store.finishDelivery(delivery.deliveryId, marks, rejected);
  await parts.afterHook?.('delivery_finished', null);
}

function parseSafely(parts: EngineParts, port: CrmPort, delivery: StoredDelivery): DeliveryParse | null {
  try {
    return port.parseDelivery(delivery.body);
  } catch (error) {
    parts.world.log.error({ error, deliveryId: delivery.deliveryId }, 'parsing a delivery failed');
    return null;
  }
}

/** One mark per record. Records that nothing links are of no concern; cases always are. */
async function marksFor(
  parts: EngineParts,
  connection: ConnectionRef,
  events: readonly HostEvent[],
): Promise<readonly DirtyMark[]> {
  const latest = new Map<string, { readonly ref: HostRecordRef; readonly event: HostEvent; byPerson: boolean }>();
  for (const event of events) {
    const merged = event.mergedIds.map((recordId) => ({ objectType: event.ref.objectType, recordId }));
    for (const ref of [event.ref, ...merged]) {
      const byPerson = !event.byUs || (latest.get(refKey(ref))?.byPerson ?? false);
      latest.set(refKey(ref), { ref, event, byPerson });
    }
  }
  const mirrored = await findMirrored(
    parts,
    connection,
    [...latest.values()].map(({ ref }) => ref).filter((ref) => ref.objectType !== 'case'),
  );
  const { workspaceId, connectionId } = connection;
  const notBefore = parts.world.clock.now() + EVENT_LINGER_MS;
  const mark = (ref: HostRecordRef, eventId: string | undefined): DirtyMark => ({
    workspaceId,
    connectionId,
    ref,
    reason: 'event',
    notBefore,
    ...(eventId === undefined ? {} : { eventId }),
  });
  const cases = [...latest.values()].filter(({ ref }) => ref.objectType === 'case');
  const isEcho = ({ ref, awaitingConfirm }: Mirrored): boolean =>
    !awaitingConfirm && latest.get(refKey(ref))?.byPerson === false;
  const kept = mirrored.filter((record) => !isEcho(record));
  parts.metrics?.count('eventsMarked', kept.length + cases.length, connection);
  parts.metrics?.count('echoesIgnored', mirrored.length - kept.length, connection);
  return [
    ...cases.map(({ ref, event }) => mark(ref, event.eventId)),
    ...kept.map(({ ref }) => mark(ref, latest.get(refKey(ref))?.event.eventId)),
  ];
}

type Mirrored = { readonly ref: HostRecordRef; readonly awaitingConfirm: boolean };

/**
 * Which of these records have links, and whether a write of ours to them is still unconfirmed. For the old id of a merged record the
 * store answers with the record that carries on, so the result may name others than were asked for.
 */
export async function findMirrored(
  parts: EngineParts,
  connection: ConnectionRef,
  refs: readonly HostRecordRef[],
): Promise<readonly Mirrored[]> {
  const found = new Map<string, Mirrored>();
  for (const chunk of chunksOf(refs, STORE_BATCH_MAX)) {
    for (const record of await parts.store.filterMirrored(connection, chunk)) found.set(refKey(record.ref), record);
  }
  return [...found.values()];
}

/** An uninstalled app keeps its contracts and stops calling; a deletion asked for by a person's privacy right is looked at at once. */
async function endConnection(parts: EngineParts, connection: ConnectionRef, parsed: DeliveryParse): Promise<void> {
  const ends = parsed.lifecycle.filter((entry) => entry.accountId === connection.accountId);
  if (ends.some((entry) => entry.kind === 'uninstalled'))
    await parts.store.setConnectionState(connection, 'disconnected', 'uninstalled in the CRM');
  for (const { subjectId } of ends.filter((entry) => entry.kind === 'privacy_deletion')) {
    if (subjectId === null) continue;
    const refs = (['opportunity', 'account', 'case'] as const).map((objectType) => ({
      objectType,
      recordId: subjectId,
    }));
    const { workspaceId, connectionId } = connection;
    const mirrored = await findMirrored(parts, connection, refs);
    await parts.store.markDirty(mirrored.map(({ ref }) => ({ workspaceId, connectionId, ref, reason: 'event' })));
  }
}
