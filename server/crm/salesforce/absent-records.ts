/**
 * Records that a query did not return. Absence alone never means deletion (sync rule S12): a merged record lies in the recycle bin with the
 * id of the one that carries on, a deleted one without, a purged one not at all. One query over the bin tells them apart.
 */
import type { HostObjectType, HostResult, RecordRead } from '../port.ts';
import type { ReadOptions, Reading } from './batch-read.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import { idsIn, runQuery } from './query.ts';
import { textAt } from './records.ts';
import type { Row } from './wire.ts';

export type Absence = Exclude<RecordRead['kind'], 'live'> | 'back';

/** By long id. `back`: it lives again since the query. */
export async function judgeAbsent(
  reading: Reading,
  request: { readonly objectType: HostObjectType; readonly ids: readonly string[] },
  options: ReadOptions,
): Promise<HostResult<ReadonlyMap<string, { readonly kind: Absence; readonly intoId: string | null }>>> {
  const { objectType, ids } = request;
  if (ids.length === 0) return { ok: true, value: new Map() };
  const { name, mergeable } = SALESFORCE_OBJECTS[objectType];
  const soql = `SELECT Id, IsDeleted${mergeable ? ', MasterRecordId' : ''} FROM ${name} WHERE ${idsIn('Id', ids)}`;
  const bin = await runQuery(reading, { operation: 'queryAll.absent', soql, withDeleted: true }, options);
  if (!bin.ok) return bin;
  const rows = new Map(bin.value.rows.map((row) => [textAt(row, 'Id') ?? '', row]));
  return { ok: true, value: new Map(ids.map((id) => [id, judge(rows.get(id))])) };
}

function judge(row: Row | undefined): { readonly kind: Absence; readonly intoId: string | null } {
  if (row === undefined) return { kind: 'missing', intoId: null };
  if (row['IsDeleted'] !== true) return { kind: 'back', intoId: null };
  const intoId = textAt(row, 'MasterRecordId');
  return { kind: intoId === null ? 'archived' : 'merged', intoId };
}
