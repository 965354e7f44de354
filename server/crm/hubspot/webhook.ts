/**
 * What a verified webhook request says, per record. Classic events (`deal.creation`) and generic ones (`object.creation` with an
 * `objectTypeId`) mean the same. Values in events are ignored: they may be late, doubled or already overwritten. Pure, and total: whatever
 * the body is, the answer is a parse with the unusable entries listed.
 */
import { z } from 'zod';
import type { DeliveryParse, HostEvent, HostObjectType, HostRecordRef } from '../port.ts';
import { objectTypeOfPrefix, objectTypeOfTypeId } from './object-types.ts';
import { HUBSPOT_ID } from './wire.ts';

/** HubSpot sends up to 100 events at once; ten times that is taken, so that a change on their side loses nothing. */
export const DELIVERY_EVENTS_MAX = 1_000;

const EVENT = z.object({
  eventId: HUBSPOT_ID.optional(),
  portalId: HUBSPOT_ID,
  occurredAt: z.number().int().nonnegative(),
  subscriptionType: z.string().min(1).max(100),
  objectId: HUBSPOT_ID.optional(),
  objectTypeId: z.string().optional(),
  propertyName: z.string().optional(),
  changeSource: z.string().nullish(),
  sourceId: z.union([z.string(), z.number()]).nullish(),
  primaryObjectId: HUBSPOT_ID.optional(),
  mergedObjectIds: z.array(HUBSPOT_ID).max(1_000).optional(),
  newObjectId: HUBSPOT_ID.optional(),
  associationType: z.string().optional(),
  fromObjectId: HUBSPOT_ID.optional(),
  toObjectId: HUBSPOT_ID.optional(),
  fromObjectTypeId: z.string().optional(),
  toObjectTypeId: z.string().optional(),
});
type HubSpotEvent = z.infer<typeof EVENT>;

const KINDS: ReadonlyMap<string, HostEvent['kind']> = new Map([
  ['creation', 'created'],
  ['deletion', 'deleted'],
  ['restore', 'restored'],
  ['merge', 'merged'],
  ['propertyChange', 'changed'],
  ['associationChange', 'associated'],
]);

type EntryParse =
  | { readonly kind: 'events'; readonly events: readonly HostEvent[] }
  | { readonly kind: 'lifecycle'; readonly lifecycle: DeliveryParse['lifecycle'][number] }
  | { readonly kind: 'rejected'; readonly reason: string };

export function parseDelivery(body: string, appId: string): DeliveryParse {
  const entries = parseEntries(body);
  if (entries === null) return { events: [], lifecycle: [], rejected: [{ index: 0, reason: 'not_a_json_array' }] };
  const events: HostEvent[] = [];
  const lifecycle: DeliveryParse['lifecycle'][number][] = [];
  const rejected: DeliveryParse['rejected'][number][] = [];
  for (const [index, entry] of entries.slice(0, DELIVERY_EVENTS_MAX).entries()) {
    const parsed = parseEntry(entry, appId);
    if (parsed.kind === 'events') events.push(...parsed.events);
    else if (parsed.kind === 'lifecycle') lifecycle.push(parsed.lifecycle);
    else rejected.push({ index, reason: parsed.reason });
  }
  if (entries.length > DELIVERY_EVENTS_MAX) rejected.push({ index: DELIVERY_EVENTS_MAX, reason: 'too_many_events' });
  return { events, lifecycle, rejected };
}

function parseEntries(body: string): readonly unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return Array.isArray(parsed) ? (parsed as readonly unknown[]) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function parseEntry(entry: unknown, appId: string): EntryParse {
  const parsed = EVENT.safeParse(entry);
  if (!parsed.success) return reject(`invalid_${parsed.error.issues[0]?.path.join('.') ?? 'event'}`);
  const event = parsed.data;
  if (event.subscriptionType === 'contact.privacyDeletion') {
    const subjectId = event.objectId ?? null;
    return { kind: 'lifecycle', lifecycle: { accountId: event.portalId, kind: 'privacy_deletion', subjectId } };
  }
  const [prefix = '', name = ''] = event.subscriptionType.split('.');
  const kind = KINDS.get(name);
  if (kind === undefined) return reject('unknown_subscription_type');
  const refs = kind === 'associated' ? associatedRefs(event) : recordRefs(event, kind, prefix);
  if (refs.length === 0) return reject('no_mirrored_record');
  return { kind: 'events', events: refs.map((ref) => toHostEvent(event, kind, ref, appId)) };
}

function recordRefs(event: HubSpotEvent, kind: HostEvent['kind'], prefix: string): readonly HostRecordRef[] {
  const objectType = prefix === 'object' ? objectTypeOfTypeId(event.objectTypeId ?? '') : objectTypeOfPrefix(prefix);
  const recordId = kind === 'merged' ? mergedInto(event) : event.objectId;
  return objectType === null || recordId === undefined ? [] : [{ objectType, recordId }];
}

/** Both ends changed. The classic form names the kinds in `associationType` (`DEAL_TO_COMPANY`), the generic one by type ids. */
function associatedRefs(event: HubSpotEvent): readonly HostRecordRef[] {
  const [from = '', to = ''] = (event.associationType ?? '').split('_TO_');
  return [
    toRef(endType(event.fromObjectTypeId, from), event.fromObjectId),
    toRef(endType(event.toObjectTypeId, to), event.toObjectId),
  ].filter((ref) => ref !== null);
}

function endType(typeId: string | undefined, classicName: string): HostObjectType | null {
  return typeId === undefined ? objectTypeOfPrefix(classicName) : objectTypeOfTypeId(typeId);
}

function toRef(objectType: HostObjectType | null, recordId: string | undefined): HostRecordRef | null {
  return objectType === null || recordId === undefined ? null : { objectType, recordId };
}

/** A merge makes a third record; before 2025 the primary one stayed. */
function mergedInto(event: HubSpotEvent): string | undefined {
  return event.newObjectId ?? event.primaryObjectId ?? event.objectId;
}

function toHostEvent(event: HubSpotEvent, kind: HostEvent['kind'], ref: HostRecordRef, appId: string): HostEvent {
  const absorbed = [
    ...(event.mergedObjectIds ?? []),
    ...(event.primaryObjectId === undefined ? [] : [event.primaryObjectId]),
  ];
  return {
    accountId: event.portalId,
    eventId: eventKey(event, ref),
    ref,
    kind,
    mergedIds: kind === 'merged' ? [...new Set(absorbed)].filter((id) => id !== ref.recordId) : [],
    byUs: event.changeSource === 'INTEGRATION' && String(event.sourceId ?? '') === appId,
    at: event.occurredAt,
  };
}

/** `eventId` is not unique and `attemptNumber` differs between retries, so neither names an event alone (HubSpot docs, Webhooks). */
function eventKey(event: HubSpotEvent, ref: HostRecordRef): string {
  const what = event.propertyName ?? event.eventId ?? '';
  return [event.portalId, event.subscriptionType, ref.objectType, ref.recordId, what, event.occurredAt].join(':');
}

function reject(reason: string): EntryParse {
  return { kind: 'rejected', reason };
}
