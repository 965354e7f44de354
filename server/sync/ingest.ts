/**
 * Turns stored deliveries into marks (sync rule S4). An event says only that a record may have changed; what it claims the value to be
 * is never used. So a repeated, late or reordered delivery marks the same row again and changes nothing else. Marks and the ends of the
 * deliveries that called for them are one transaction.
 */
import type { ConnectionRef, DeliveryParse, Host, HostEvent, HostRecordRef } from '../crm/port.ts';
import { HOST_OBJECT_TYPES, HOSTS } from '../crm/port.ts';
import type { DirtyMark, StoredDelivery } from '../store/port.ts';
import type { EngineParts } from './settings.ts';
import { chunksOf, refKey, STORE_BATCH_MAX } from './turn.ts';

const DELIVERIES_PER_TURN_MAX = 200;
/** How long deliveries stay with a server that has died. One that is slower than that has them read twice, which changes nothing. */
/** Many times what digesting takes, so that an overloaded server is not overtaken by others who do the same again. */
const DELIVERY_LEASE_MS = 10_000;
/** Lets the other properties of one edit, which arrive as events of their own, share its reading. */
const EVENT_LINGER_MS = 40;

/** Digests a batch of deliveries; false when none was waiting. */
export async function ingestDeliveries(parts: EngineParts): Promise<boolean> {
  const now = parts.world.clock.now();
  const request = { limit: DELIVERIES_PER_TURN_MAX, now, leaseMs: DELIVERY_LEASE_MS };
  const deliveries = await parts.store.takeDeliveries(request);
  if (deliveries.length === 0) return false;
  await ingestTogether(parts, deliveries);
  parts.metrics?.count('deliveries', deliveries.length, null);
  return true;
}

/** All at once, since a burst names the same records again and again; one by one when that fails, so that one does not hold up the rest. */
async function ingestTogether(parts: EngineParts, deliveries: readonly StoredDelivery[]): Promise<void> {
  try {
    await ingest(parts, deliveries);
  } catch (error) {
    if (deliveries.length === 1) throw error;
    parts.world.log.warn({ error, deliveries: deliveries.length }, 'deliveries are digested one by one');
    for (const delivery of deliveries) await ingest(parts, [delivery]);
  }
}

async function ingest(parts: EngineParts, deliveries: readonly StoredDelivery[]): Promise<void> {
  const read = deliveries.map((delivery) => ({ delivery, parsed: parseSafely(parts, delivery) }));
  const marks: DirtyMark[] = [];
  for (const host of HOSTS) {
    const parsed = read.flatMap((entry) =>
      entry.delivery.host === host && entry.parsed !== null ? [entry.parsed] : [],
    );
    if (parsed.length > 0) marks.push(...(await marksOfHost(parts, host, together(parsed))));
  }
  const ends = read.map(({ delivery: { deliveryId }, parsed }) => ({
    deliveryId,
    rejected:
      parsed === null
        ? ['the delivery could not be read']
        : parsed.rejected.map(({ index, reason }) => `entry ${index}: ${reason}`),
  }));
  await parts.store.finishDeliveries(ends, marks);
  await parts.afterHook?.('delivery_finished', null);
}

function together(parsed: readonly DeliveryParse[]): Pick<DeliveryParse, 'events' | 'lifecycle'> {
  return {
    events: parsed.flatMap(({ events }) => events),
    lifecycle: parsed.flatMap(({ lifecycle }) => lifecycle),
  };
}

async function marksOfHost(
  parts: EngineParts,
  host: Host,
  { events, lifecycle }: Pick<DeliveryParse, 'events' | 'lifecycle'>,
): Promise<readonly DirtyMark[]> {
  const accountIds = new Set([...events, ...lifecycle].map((entry) => entry.accountId));
  const marks: DirtyMark[] = [];
  for (const connection of await parts.store.findConnections(host, [...accountIds])) {
    const own = events.filter((event) => event.accountId === connection.accountId);
    marks.push(...(await marksFor(parts, connection, own)));
    const ends = lifecycle.filter((entry) => entry.accountId === connection.accountId);
    marks.push(...(await endConnection(parts, connection, ends)));
  }
  return marks;
}

function parseSafely(parts: EngineParts, delivery: StoredDelivery): DeliveryParse | null {
  try {
    return parts.crm[delivery.host]?.parseDelivery(delivery.body) ?? null;
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
  const isOurs = (ref: HostRecordRef): boolean => latest.get(refKey(ref))?.byPerson === false;
  const mark = (ref: HostRecordRef, eventId: string | undefined): DirtyMark => ({
    workspaceId,
    connectionId,
    ref,
    // The confirming reading of our write stands in the queue already, unless nobody knew that the write would still land.
    reason: isOurs(ref) ? 'confirm' : 'event',
    notBefore,
    ...(eventId === undefined ? {} : { eventId }),
  });
  const cases = [...latest.values()].filter(({ ref }) => ref.objectType === 'case');
  const isEcho = ({ ref, awaitingConfirm }: Mirrored): boolean => !awaitingConfirm && isOurs(ref);
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
async function endConnection(
  parts: EngineParts,
  connection: ConnectionRef,
  ends: DeliveryParse['lifecycle'],
): Promise<readonly DirtyMark[]> {
  if (ends.some((entry) => entry.kind === 'uninstalled'))
    await parts.store.setConnectionState(connection, 'disconnected', 'uninstalled in the CRM');
  const subjects = ends.flatMap(({ kind, subjectId }) =>
    kind === 'privacy_deletion' && subjectId !== null ? [subjectId] : [],
  );
  const refs = subjects.flatMap((recordId) => HOST_OBJECT_TYPES.map((objectType) => ({ objectType, recordId })));
  const { workspaceId, connectionId } = connection;
  const mirrored = await findMirrored(parts, connection, refs);
  return mirrored.map(({ ref }) => ({ workspaceId, connectionId, ref, reason: 'event' }));
}
