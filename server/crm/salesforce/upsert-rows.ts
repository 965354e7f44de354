/**
 * Puts rows of our own objects into an org under our own ids, so that saying the same thing twice changes nothing: Salesforce has no
 * idempotency key, and an external id is what takes its place (REST API guide, sObject Collections: upsert). Up to 200 rows go in one call
 * that counts once; each row has its own outcome.
 */
import { parsePlainDate } from '../../domain/dates.ts';
import type { CallOptions, ConnectionRef, HostFailure, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import { COLLECTION_MAX, saveCollection } from './collections.ts';
import { DOUBLE_DIGITS_MAX, parseDecimal } from './decimals.ts';
import { failureOfPart } from './failures.ts';
import type { Querying } from './query.ts';
import { longId } from './record-ids.ts';
import type { SaveResult } from './wire.ts';

export const UPSERT_BATCH_MAX = COLLECTION_MAX;

/** What a field of a row may hold. Numbers travel as decimal text, so that no digit is lost on our side; days as `YYYY-MM-DD`. */
export type RowValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly decimal: string }
  | { readonly kind: 'date'; readonly day: string }
  /** Epoch ms. */
  | { readonly kind: 'instant'; readonly at: number }
  | { readonly kind: 'checkbox'; readonly checked: boolean }
  /** The row of another object that has this external id; the field is the relationship's name, `counterpart__Contract_Record__r`. */
  | { readonly kind: 'lookup'; readonly externalIdField: string; readonly externalId: string }
  /** The id of a record of the org, in a field such as `counterpart__Opportunity__c`. */
  | { readonly kind: 'reference'; readonly recordId: string }
  | { readonly kind: 'empty' };

export type ProjectedRow = {
  readonly externalId: string;
  /** By API name as the org knows it, with the package's prefix. Absent fields are left alone. */
  readonly fields: Readonly<Record<string, RowValue>>;
};

export type RowOutcome =
  | { readonly kind: 'written'; readonly externalId: string; readonly recordId: string; readonly created: boolean }
  | { readonly kind: 'failed'; readonly externalId: string; readonly failure: HostFailure };

export type UpsertRequest = {
  /** `counterpart__Contract_Record__c`. */
  readonly object: string;
  /** `counterpart__External_Id__c`. */
  readonly externalIdField: string;
  /** At most `UPSERT_BATCH_MAX`, each external id once. */
  readonly rows: readonly ProjectedRow[];
};

export interface RowUpserter {
  /** One outcome per row in the order given, or the failure of the call as a whole. */
  upsertRows(
    connection: ConnectionRef,
    request: UpsertRequest,
    options: CallOptions,
  ): Promise<HostResult<readonly RowOutcome[]>>;
}

type Prepared =
  | { readonly kind: 'ready'; readonly row: ProjectedRow; readonly record: unknown }
  | { readonly kind: 'refused'; readonly row: ProjectedRow; readonly failure: HostFailure };

export async function upsertRows(
  { api, connection }: Querying,
  request: UpsertRequest,
  options: CallOptions,
): Promise<HostResult<readonly RowOutcome[]>> {
  const { object, externalIdField, rows } = request;
  assertRequest(request);
  const prepared = rows.map((row) => prepare(row, request));
  const ready = prepared.flatMap((one) => (one.kind === 'ready' ? [one] : []));
  if (ready.length === 0) return { ok: true, value: prepared.map((one) => toOutcome(one, undefined)) };
  const saved = await saveCollection(
    api,
    connection,
    {
      operation: 'composite.sobjects.upsert',
      path: `/composite/sobjects/${object}/${externalIdField}`,
      records: ready.map(({ record }) => record),
    },
    options,
  );
  // The package is not there, or its permission set is not assigned to the app's user.
  if (!saved.ok) return saved.failure.kind === 'notFound' ? failed({ kind: 'forbidden', missing: [object] }) : saved;
  const results = new Map(ready.map((one, index) => [one.row.externalId, saved.value[index]]));
  return { ok: true, value: prepared.map((one) => toOutcome(one, results.get(one.row.externalId))) };
}

const API_NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

function assertRequest({ object, externalIdField, rows }: UpsertRequest): void {
  if (rows.length > UPSERT_BATCH_MAX) throw new RangeError(`At most ${UPSERT_BATCH_MAX} rows can be put at once.`);
  if (!API_NAME.test(object) || !API_NAME.test(externalIdField)) throw new TypeError('API names go into the address.');
  if (new Set(rows.map(({ externalId }) => externalId)).size !== rows.length)
    throw new TypeError('One call names each external id once.');
}

/** A value that Salesforce cannot hold stops its own row, no other. */
function prepare(row: ProjectedRow, { object, externalIdField }: UpsertRequest): Prepared {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row.fields)) {
    const wire = toWire(value);
    if (wire === UNREPRESENTABLE)
      return {
        kind: 'refused',
        row,
        failure: { kind: 'rejected', code: 'NOT_REPRESENTABLE', field: null, detail: name },
      };
    fields[name] = wire;
  }
  const record = { attributes: { type: object }, [externalIdField]: row.externalId, ...fields };
  return { kind: 'ready', row, record };
}

const UNREPRESENTABLE = Symbol('not representable');

function toWire(value: RowValue): unknown {
  switch (value.kind) {
    case 'text':
      return value.text;
    case 'number': {
      // More digits than a double gives back would be stored as another number.
      const decimal = parseDecimal(value.decimal);
      return decimal === null || decimal.significant > DOUBLE_DIGITS_MAX ? UNREPRESENTABLE : Number(value.decimal);
    }
    case 'date':
      return parsePlainDate(value.day) ?? UNREPRESENTABLE;
    case 'instant':
      return new Date(value.at).toISOString();
    case 'checkbox':
      return value.checked;
    case 'lookup':
      return { [value.externalIdField]: value.externalId };
    case 'reference':
      return longId(value.recordId) ?? UNREPRESENTABLE;
    case 'empty':
      return null;
  }
}

function toOutcome(prepared: Prepared, result: SaveResult | undefined): RowOutcome {
  const { externalId } = prepared.row;
  if (prepared.kind === 'refused') return { kind: 'failed', externalId, failure: prepared.failure };
  if (result?.success === true && typeof result.id === 'string')
    return { kind: 'written', externalId, recordId: result.id, created: result.created === true };
  const failure: HostFailure =
    result === undefined ? { kind: 'unknown', detail: 'not_answered' } : failureOfPart(result.errors);
  return { kind: 'failed', externalId, failure };
}
