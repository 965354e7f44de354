/**
 * Reads records as they are now: one batch read, and a closer look at the records it does not return (`absent-records.ts`).
 */
import type { HostObjectType, HostRecord, HostRecordRef, HostResult, RecordRead } from '../port.ts';
import { judgeAbsent } from './absent-records.ts';
import { readAssociations } from './associations.ts';
import { batchRead } from './batch-read.ts';
import type { Reading, ReadOptions } from './batch-read.ts';
import { toHostRecord } from './records.ts';

export const READ_BATCH_MAX = 100;
/** HubSpot halves the batch when property history is asked for. */
export const READ_WITH_HISTORY_BATCH_MAX = 50;

/** One answer per ref. Asking for more than a batch, or for two object types at once, is a bug of the caller. */
export async function readRecords(
  reading: Reading,
  refs: readonly HostRecordRef[],
  options: ReadOptions,
): Promise<HostResult<readonly RecordRead[]>> {
  const objectType = refs[0]?.objectType;
  if (objectType === undefined) return { ok: true, value: [] };
  assertOneBatch(refs, objectType, options.history);
  const asked = new Set(refs.map((ref) => ref.recordId));
  const batch = await batchRead(reading, { objectType, ids: [...asked], archived: false, ...options });
  if (!batch.ok) return batch;
  const context = { objectType, history: options.history && objectType !== 'case', appId: reading.appId };
  // A merged-away id may be answered with the record it became, which nobody asked for.
  const found = batch.value.filter((raw) => asked.has(raw.id)).map((raw) => toHostRecord(raw, context));
  const foundIds = new Set(found.map((record) => record.ref.recordId));
  const absent = await judgeAbsent(
    reading,
    refs.filter((ref) => !foundIds.has(ref.recordId)),
    options,
  );
  if (!absent.ok) return absent;
  const associated = await withAccounts(reading, found, options);
  if (!associated.ok) return associated;
  const present = associated.value.map((record): RecordRead => ({ kind: 'live', record }));
  return { ok: true, value: [...present, ...absent.value] };
}

function assertOneBatch(refs: readonly HostRecordRef[], objectType: HostObjectType, history: boolean): void {
  const max = history ? READ_WITH_HISTORY_BATCH_MAX : READ_BATCH_MAX;
  if (refs.length > max) throw new RangeError(`At most ${max} records can be read at once.`);
  if (refs.some((ref) => ref.objectType !== objectType)) throw new TypeError('One read takes one object type.');
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
