/**
 * Writes fields to many records in one call, and says for each what became of it. Each record names the version it is based on, and the
 * package's trigger refuses it when the record has moved on: nobody's edit is ever overwritten unseen. Writing is repeatable: the second
 * time, the sync token is there already and the trigger sees no change of ours.
 */
import type {
  CallOptions,
  ConnectionRef,
  HostFailure,
  HostRecordRef,
  HostResult,
  RecordWrite,
  WriteOutcome,
} from '../port.ts';
import { failed } from '../transport.ts';
import type { SalesforceApi } from './api.ts';
import { onUnknownField } from './batch-read.ts';
import { COLLECTION_MAX, saveCollection } from './collections.ts';
import { failureOfPart } from './failures.ts';
import { BASE_VERSION_FIELD, SYNC_TOKEN_FIELD } from './field-names.ts';
import { toSalesforceFields } from './fields.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import type { FieldDirectory } from './org-fields.ts';
import { longId } from './record-ids.ts';
import type { SaveResult } from './wire.ts';

export const WRITE_BATCH_MAX = COLLECTION_MAX;

type Writing = {
  readonly api: SalesforceApi;
  readonly connection: ConnectionRef;
  readonly directory: FieldDirectory;
};
type Input = { readonly ref: HostRecordRef; readonly record: unknown };

/** One outcome per write, or the failure of the call as a whole. */
export async function writeRecords(
  writing: Writing,
  writes: readonly RecordWrite[],
  options: CallOptions,
): Promise<HostResult<readonly WriteOutcome[]>> {
  const objectType = writes[0]?.ref.objectType;
  if (objectType === undefined) return { ok: true, value: [] };
  if (writes.length > WRITE_BATCH_MAX)
    throw new RangeError(`At most ${WRITE_BATCH_MAX} records can be written at once.`);
  if (writes.some(({ ref }) => ref.objectType !== objectType)) throw new TypeError('One write takes one object type.');
  const prepared = writes.map(prepare);
  const inputs = prepared.flatMap((one) => (one.kind === 'ready' ? [one.input] : []));
  const refused = prepared.flatMap((one) => (one.kind === 'refused' ? [one.outcome] : []));
  if (inputs.length === 0) return { ok: true, value: refused };
  const saved = await saveCollection(
    writing.api,
    writing.connection,
    {
      operation: 'composite.sobjects.update',
      path: '/composite/sobjects',
      records: inputs.map(({ record }) => record),
    },
    options,
  );
  if (!saved.ok) return failed(onUnknownField(writing, objectType, saved.failure));
  return { ok: true, value: [...refused, ...inputs.map((input, index) => toOutcome(input.ref, saved.value[index]))] };
}

type Prepared =
  | { readonly kind: 'ready'; readonly input: Input }
  | { readonly kind: 'refused'; readonly outcome: WriteOutcome };

/** A value that Salesforce cannot hold stops its own record, no other. */
function prepare(write: RecordWrite): Prepared {
  const { ref } = write;
  const id = longId(ref.recordId);
  if (id === null) return refuse(ref, { kind: 'notFound' });
  const mapped = toSalesforceFields(write.values);
  if (!mapped.ok) return refuse(ref, mapped.failure);
  const record = {
    attributes: { type: SALESFORCE_OBJECTS[ref.objectType].name },
    id,
    ...mapped.fields,
    [SYNC_TOKEN_FIELD]: write.syncToken,
    [BASE_VERSION_FIELD]: write.baseVersion === null ? null : Number(write.baseVersion),
  };
  return { kind: 'ready', input: { ref, record } };
}

function refuse(ref: HostRecordRef, failure: HostFailure): Prepared {
  return { kind: 'refused', outcome: { kind: 'failed', ref, failure } };
}

function toOutcome(ref: HostRecordRef, result: SaveResult | undefined): WriteOutcome {
  if (result?.success === true) return { kind: 'written', ref };
  const failure: HostFailure =
    result === undefined ? { kind: 'unknown', detail: 'not_answered' } : failureOfPart(result.errors);
  return { kind: 'failed', ref, failure };
}
