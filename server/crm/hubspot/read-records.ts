/**
 * Reads records as they are now. A record that a batch read does not return is looked at on its own, because absence alone never means
 * deletion (sync rule S12): a merged record answers with the id it became, an archived one only when asked for, a purged one not at all.
 */
import type {
  CallOptions,
  ConnectionRef,
  HostObjectType,
  HostRecord,
  HostRecordRef,
  HostResult,
  RecordRead,
} from '../port.ts';
import { objectsPath } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { readAssociations } from './associations.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { MIRROR_PROPERTY_NAMES } from './properties.ts';
import { requestedProperties, toHostRecord } from './records.ts';
import { BATCH_READ, OBJECT } from './wire.ts';
import type { HubSpotRecord } from './wire.ts';

export const READ_BATCH_MAX = 100;
/** HubSpot halves the batch when property history is asked for. */
export const READ_WITH_HISTORY_BATCH_MAX = 50;

export type ReadOptions = CallOptions & { readonly history: boolean };
type Reading = { readonly api: HubSpotApi; readonly appId: string; readonly connection: ConnectionRef };

/** One answer per ref. Asking for more than a batch, or for two object types at once, is a bug of the caller. */
export async function readRecords(
  reading: Reading,
  refs: readonly HostRecordRef[],
  options: ReadOptions,
): Promise<HostResult<readonly RecordRead[]>> {
  const objectType = refs[0]?.objectType;
  if (objectType === undefined) return { ok: true, value: [] };
  assertOneBatch(refs, objectType, options.history);
  const context = { objectType, history: options.history && objectType !== 'case', appId: reading.appId };
  const batch = await batchRead(reading, {
    objectType,
    ids: refs.map((ref) => ref.recordId),
    ...options,
    archived: false,
  });
  if (!batch.ok) return batch;
  const live = new Map(batch.value.map((raw) => [raw.id, toHostRecord(raw, context)]));
  const absent = await judgeAbsent(
    reading,
    refs.filter((ref) => !live.has(ref.recordId)),
    options,
  );
  if (!absent.ok) return absent;
  const associated = await withAccounts(reading, [...live.values()], options);
  if (!associated.ok) return associated;
  const present = associated.value.map((record): RecordRead => ({ kind: 'live', record }));
  return { ok: true, value: [...present, ...absent.value] };
}

function assertOneBatch(refs: readonly HostRecordRef[], objectType: HostObjectType, history: boolean): void {
  const max = history ? READ_WITH_HISTORY_BATCH_MAX : READ_BATCH_MAX;
  if (refs.length > max) throw new RangeError(`At most ${max} records can be read at once.`);
  if (refs.some((ref) => ref.objectType !== objectType)) throw new TypeError('One read takes one object type.');
}

async function batchRead(
  { api, connection }: Reading,
  request: ReadOptions & {
    readonly objectType: HostObjectType;
    readonly ids: readonly string[];
    readonly archived: boolean;
  },
): Promise<HostResult<readonly HubSpotRecord[]>> {
  const { objectType, ids, archived, history } = request;
  const result = await api.request(
    connection,
    {
      operation: 'objects.batchRead',
      effect: 'read',
      method: 'POST',
      path: objectsPath(HUBSPOT_OBJECTS[objectType].path, '/batch/read'),
      query: { archived: String(archived) },
      json: {
        inputs: ids.map((id) => ({ id })),
        properties: requestedProperties(objectType),
        ...(history && objectType !== 'case' ? { propertiesWithHistory: MIRROR_PROPERTY_NAMES } : {}),
      },
    },
    BATCH_READ,
    request,
  );
  return result.ok ? { ok: true, value: result.value.value.results } : result;
}

/** Merged first: a merged-away id may also stand in the recycle bin, and a tombstone would be wrong. */
async function judgeAbsent(
  reading: Reading,
  refs: readonly HostRecordRef[],
  options: ReadOptions,
): Promise<HostResult<readonly RecordRead[]>> {
  const reads: RecordRead[] = [];
  const unresolved: HostRecordRef[] = [];
  for (const ref of refs) {
    const single = await readOne(reading, ref, options);
    if (single.ok) reads.push(toSingleRead(reading, ref, single.value));
    else if (single.failure.kind === 'notFound') unresolved.push(ref);
    else return single;
  }
  const [first] = unresolved;
  if (first === undefined) return { ok: true, value: reads };
  const bin = await batchRead(reading, {
    ...options,
    objectType: first.objectType,
    ids: unresolved.map((ref) => ref.recordId),
    history: false,
    archived: true,
  });
  if (!bin.ok && bin.failure.kind !== 'notFound') return bin;
  const archivedIds = new Set(bin.ok ? bin.value.map((raw) => raw.id) : []);
  for (const ref of unresolved) reads.push({ kind: archivedIds.has(ref.recordId) ? 'archived' : 'missing', ref });
  return { ok: true, value: reads };
}

async function readOne(reading: Reading, ref: HostRecordRef, options: ReadOptions): Promise<HostResult<HubSpotRecord>> {
  const path = objectsPath(HUBSPOT_OBJECTS[ref.objectType].path, `/${encodeURIComponent(ref.recordId)}`);
  const history = options.history && ref.objectType !== 'case';
  const result = await reading.api.request(
    reading.connection,
    {
      operation: 'objects.get',
      effect: 'read',
      method: 'GET',
      path,
      query: {
        properties: requestedProperties(ref.objectType).join(','),
        ...(history ? { propertiesWithHistory: MIRROR_PROPERTY_NAMES.join(',') } : {}),
      },
    },
    OBJECT,
    options,
  );
  return result.ok ? { ok: true, value: result.value.value } : result;
}

function toSingleRead(reading: Reading, ref: HostRecordRef, raw: HubSpotRecord): RecordRead {
  if (raw.id !== ref.recordId) return { kind: 'merged', ref, into: { ...ref, recordId: raw.id } };
  const context = {
    objectType: ref.objectType,
    history: raw.propertiesWithHistory !== undefined,
    appId: reading.appId,
  };
  return { kind: 'live', record: toHostRecord(raw, context) };
}

/** A case tells whose it is: its accounts decide which contracts' response times it counts for. Other records need none. */
async function withAccounts(
  { api, connection }: Reading,
  records: readonly HostRecord[],
  options: ReadOptions,
): Promise<HostResult<readonly HostRecord[]>> {
  const ids = records.map((record) => record.ref.recordId);
  if (records[0]?.ref.objectType !== 'case') return { ok: true, value: records };
  const result = await readAssociations(api, connection, { from: 'case', to: 'account', ids }, options);
  if (!result.ok) return result;
  const value = records.map((record) => ({
    ...record,
    associations: { account: result.value.get(record.ref.recordId) ?? [] },
  }));
  return { ok: true, value };
}
