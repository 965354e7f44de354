/** Reads records as they are now: one query, and a closer look at the records it does not return (`absent-records.ts`). */
import type { HostObjectType, HostRecord, HostRecordRef, HostResult, RecordRead } from '../port.ts';
import { judgeAbsent } from './absent-records.ts';
import { batchRead } from './batch-read.ts';
import type { Reading, ReadOptions } from './batch-read.ts';
import { longId } from './record-ids.ts';
import { toHostRecord } from './records.ts';

/** Ids of one query, which travel in its address; and as many as one write takes. */
export const READ_BATCH_MAX = 200;
/** Journals have up to 32,768 characters. */
export const READ_WITH_HISTORY_BATCH_MAX = 200;

/** One answer per ref. Asking for more than a batch, or for two object types at once, is a bug of the caller. */
export async function readRecords(
  reading: Reading,
  refs: readonly HostRecordRef[],
  options: ReadOptions,
): Promise<HostResult<readonly RecordRead[]>> {
  const objectType = refs[0]?.objectType;
  if (objectType === undefined) return { ok: true, value: [] };
  assertOneBatch(refs, objectType);
  const ids = [...new Set(refs.flatMap(({ recordId }) => longId(recordId) ?? []))];
  const found = await readLive(reading, { objectType, ids }, options);
  if (!found.ok) return found;
  const absent = ids.filter((id) => !found.value.has(id));
  const judged = await judgeAbsent(reading, { objectType, ids: absent }, options);
  if (!judged.ok) return judged;
  const backIds = absent.filter((id) => judged.value.get(id)?.kind === 'back');
  const back = await readLive(reading, { objectType, ids: backIds }, options);
  if (!back.ok) return back;
  const live = new Map([...found.value, ...back.value]);
  return { ok: true, value: refs.map((ref) => answerFor(ref, live, judged.value)) };
}

type Judged = Extract<Awaited<ReturnType<typeof judgeAbsent>>, { readonly ok: true }>['value'];

function answerFor(ref: HostRecordRef, live: ReadonlyMap<string, HostRecord>, judged: Judged): RecordRead {
  const id = longId(ref.recordId) ?? '';
  const record = live.get(id);
  if (record !== undefined) return { kind: 'live', record: { ...record, ref } };
  const absence = judged.get(id);
  if (absence?.kind === 'merged' && absence.intoId !== null) {
    return { kind: 'merged', ref, into: { ...ref, recordId: absence.intoId } };
  }
  return { kind: absence?.kind === 'archived' ? 'archived' : 'missing', ref };
}

async function readLive(
  reading: Reading,
  request: { readonly objectType: HostObjectType; readonly ids: readonly string[] },
  options: ReadOptions,
): Promise<HostResult<ReadonlyMap<string, HostRecord>>> {
  const { objectType } = request;
  const rows = await batchRead(reading, request, options);
  if (!rows.ok) return rows;
  const records = rows.value.map((row) => toHostRecord(row, { objectType, history: options.history }));
  return { ok: true, value: new Map(records.map((record) => [record.ref.recordId, record])) };
}

function assertOneBatch(refs: readonly HostRecordRef[], objectType: HostObjectType): void {
  if (refs.length > READ_BATCH_MAX) throw new RangeError(`At most ${READ_BATCH_MAX} records can be read at once.`);
  if (refs.some((ref) => ref.objectType !== objectType)) throw new TypeError('One read takes one object type.');
}
