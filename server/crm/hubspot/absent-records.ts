/**
 * Records that a batch read did not return. Absence alone never means deletion (sync rule S12): a merged record answers a single read with
 * the id it became, an archived one answers only when the recycle bin is asked, a purged one not at all. Merged is asked first, because
 * a merged-away id may also stand in the bin, and a tombstone would be wrong.
 */
import type { HostRecordRef, HostResult, RecordRead } from '../port.ts';
import type { Absence } from './absence-memo.ts';
import { objectsPath } from './api.ts';
import { batchRead } from './batch-read.ts';
import type { Reading, ReadOptions } from './batch-read.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { MIRROR_PROPERTY_NAMES } from './properties.ts';
import { requestedProperties, toHostRecord } from './records.ts';
import { OBJECT } from './wire.ts';
import type { HubSpotRecord } from './wire.ts';

/** One answer per ref, all of one object type. What was learned before a failure is kept for the next attempt. */
export async function judgeAbsent(
  reading: Reading,
  refs: readonly HostRecordRef[],
  options: ReadOptions,
): Promise<HostResult<readonly RecordRead[]>> {
  const live: RecordRead[] = [];
  const absences = new Map<HostRecordRef, Absence>();
  for (const ref of refs) {
    const known = reading.memo.take(reading.connection, ref);
    const seen = known === null ? await lookAt(reading, ref, options) : { ok: true as const, value: known };
    if (!seen.ok) {
      reading.memo.keep(reading.connection, absences);
      return seen;
    }
    if (seen.value.kind === 'live') live.push(seen.value);
    else absences.set(ref, seen.value);
  }
  const gone = [...absences].flatMap(([ref, absence]) => (absence.kind === 'gone' ? [ref] : []));
  const archivedIds = await idsInBin(reading, gone, options);
  if (!archivedIds.ok) {
    reading.memo.keep(reading.connection, absences);
    return archivedIds;
  }
  const reads = [...absences].map(([ref, absence]): RecordRead => {
    if (absence.kind === 'merged') return { kind: 'merged', ref, into: { ...ref, recordId: absence.intoId } };
    return { kind: archivedIds.value.has(ref.recordId) ? 'archived' : 'missing', ref };
  });
  return { ok: true, value: [...live, ...reads] };
}

/** Live when it was made or restored since the batch read. */
async function lookAt(
  reading: Reading,
  ref: HostRecordRef,
  options: ReadOptions,
): Promise<HostResult<Absence | Extract<RecordRead, { kind: 'live' }>>> {
  const single = await readOne(reading, ref, options);
  if (!single.ok) return single.failure.kind === 'notFound' ? { ok: true, value: { kind: 'gone' } } : single;
  if (single.value.id !== ref.recordId) return { ok: true, value: { kind: 'merged', intoId: single.value.id } };
  const { objectType } = ref;
  const context = { objectType, history: options.history && objectType !== 'case', appId: reading.appId };
  return { ok: true, value: { kind: 'live', record: toHostRecord(single.value, context) } };
}

async function readOne(reading: Reading, ref: HostRecordRef, options: ReadOptions): Promise<HostResult<HubSpotRecord>> {
  const history = options.history && ref.objectType !== 'case';
  const result = await reading.api.request(
    reading.connection,
    {
      operation: 'objects.get',
      effect: 'read',
      method: 'GET',
      path: objectsPath(HUBSPOT_OBJECTS[ref.objectType].path, `/${encodeURIComponent(ref.recordId)}`),
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

async function idsInBin(
  reading: Reading,
  refs: readonly HostRecordRef[],
  options: ReadOptions,
): Promise<HostResult<ReadonlySet<string>>> {
  const [first] = refs;
  if (first === undefined) return { ok: true, value: new Set() };
  const ids = refs.map((ref) => ref.recordId);
  const { objectType } = first;
  const bin = await batchRead(reading, { ...options, objectType, ids, history: false, archived: true });
  return bin.ok ? { ok: true, value: new Set(bin.value.map((raw) => raw.id)) } : bin;
}
