/**
 * A change event as the inbox keeps it, and what it says per record. Only which records may have changed is taken from it; the values of
 * an event are not even stored. Pure, and total: whatever the body is, the answer is a parse with the unusable parts listed.
 */
import { z } from 'zod';
import type { DeliveryParse, HostEvent, HostObjectType } from '../port.ts';

/** Our name in the header `Sforce-Call-Options: client=…`, which Salesforce repeats in an event's `changeOrigin`. */
export const CALL_CLIENT = 'Counterpart';
/** More ids than an event of one megabyte can hold. */
const RECORD_IDS_MAX = 100_000;
const RECORD_ID = /^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$/;
/** Stands for all records of an entity: `001*` after a lossy conversion of a field's type (CDC guide, Change Event Header Fields). */
const WILDCARD_ID = /^[a-zA-Z0-9]{3}\*$/;
/** What an overflow event names instead of records (CDC guide, Overflow Events). */
const EMPTY_ID = /^0{15}(?:AAA)?$/;

const OBJECT_TYPES: ReadonlyMap<string, HostObjectType> = new Map([
  ['Opportunity', 'opportunity'],
  ['Account', 'account'],
  ['Case', 'case'],
]);

/** The kind of record that an event's `entityName` means; null for entities that are not mirrored. */
export function objectTypeOfEntity(entityName: string): HostObjectType | null {
  return OBJECT_TYPES.get(entityName) ?? null;
}

export const CHANGE_TYPES = [
  'CREATE',
  'UPDATE',
  'DELETE',
  'UNDELETE',
  'GAP_CREATE',
  'GAP_UPDATE',
  'GAP_DELETE',
  'GAP_UNDELETE',
  'GAP_OVERFLOW',
  'SNAPSHOT',
] as const;
type ChangeType = (typeof CHANGE_TYPES)[number];

/** A gap event has no body and means the same: read the record (CDC guide, Gap Events). */
const KINDS: Record<ChangeType, HostEvent['kind']> = {
  CREATE: 'created',
  UPDATE: 'changed',
  DELETE: 'deleted',
  UNDELETE: 'restored',
  GAP_CREATE: 'created',
  GAP_UPDATE: 'changed',
  GAP_DELETE: 'deleted',
  GAP_UNDELETE: 'restored',
  GAP_OVERFLOW: 'changed',
  SNAPSHOT: 'changed',
};

const CHANGE_DELIVERY = z.object({
  orgId: z.string().regex(RECORD_ID),
  entityName: z.string().min(1).max(255),
  changeType: z.enum(CHANGE_TYPES),
  recordIds: z.array(z.string().max(32)).max(RECORD_IDS_MAX),
  commitTimestamp: z.number().int().nonnegative(),
  commitUser: z.string().max(32),
  changeOrigin: z.string().max(1_000),
  transactionKey: z.string().max(255),
  changedFields: z.array(z.string().max(255)).max(5_000),
  /** Base64 of the opaque bytes. */
  replayId: z.string().min(1).max(255),
});
export type ChangeDelivery = z.infer<typeof CHANGE_DELIVERY>;

export function deliveryBody(delivery: ChangeDelivery): string {
  return JSON.stringify(delivery);
}

/** Whether the event leaves changes out, so that only a sweep can find what it stands for. */
export function leavesChangesOut({ changeType, recordIds }: Pick<ChangeDelivery, 'changeType' | 'recordIds'>): boolean {
  return changeType === 'GAP_OVERFLOW' || recordIds.some((id) => WILDCARD_ID.test(id));
}

export function parseDelivery(body: string): DeliveryParse {
  const parsed = CHANGE_DELIVERY.safeParse(parseJson(body));
  if (!parsed.success) return rejected(`invalid_${parsed.error.issues[0]?.path.join('.') || 'body'}`);
  const objectType = objectTypeOfEntity(parsed.data.entityName);
  if (objectType === null) return rejected('unknown_entity');
  const ids = parsed.data.recordIds.filter((id) => !WILDCARD_ID.test(id) && !EMPTY_ID.test(id));
  return {
    events: ids.filter((id) => RECORD_ID.test(id)).map((recordId) => toEvent(parsed.data, { objectType, recordId })),
    lifecycle: [],
    rejected: ids.flatMap((id, index) => (RECORD_ID.test(id) ? [] : [{ index, reason: 'invalid_record_id' }])),
  };
}

function toEvent(delivery: ChangeDelivery, ref: HostEvent['ref']): HostEvent {
  return {
    accountId: delivery.orgId,
    eventId: [delivery.orgId, delivery.transactionKey, delivery.replayId, ref.recordId].join(':'),
    ref,
    kind: KINDS[delivery.changeType],
    mergedIds: [],
    byUs: clientOf(delivery.changeOrigin) === CALL_CLIENT,
    at: delivery.commitTimestamp,
  };
}

/** `com/salesforce/api/rest/68.0;client=Counterpart`; without a client for what was not done through an API. */
function clientOf(changeOrigin: string): string | null {
  const client = changeOrigin.split(';').find((part) => part.startsWith('client='));
  return client === undefined ? null : client.slice('client='.length);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function rejected(reason: string): DeliveryParse {
  return { events: [], lifecycle: [], rejected: [{ index: 0, reason }] };
}
