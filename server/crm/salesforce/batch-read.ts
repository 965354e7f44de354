/** One query for up to a batch of live records, with exactly the fields that the org has and shows. */
import type { CallOptions, ConnectionRef, HostFailure, HostObjectType, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import type { SalesforceApi } from './api.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import type { FieldDirectory } from './org-fields.ts';
import { idsIn, runQuery } from './query.ts';
import { requestedFields, requiredFields } from './records.ts';
import type { Row } from './wire.ts';

export type ReadOptions = CallOptions & { readonly history: boolean };
export type Reading = {
  readonly api: SalesforceApi;
  readonly connection: ConnectionRef;
  readonly directory: FieldDirectory;
};

/** The records found; absent ids are left out. `ids` are in their long form. */
export async function batchRead(
  reading: Reading,
  request: { readonly objectType: HostObjectType; readonly ids: readonly string[] },
  options: ReadOptions,
): Promise<HostResult<readonly Row[]>> {
  const { objectType, ids } = request;
  if (ids.length === 0) return { ok: true, value: [] };
  const known = await reading.directory.fields(reading.connection, objectType, options);
  if (!known.ok) return known;
  const missing = requiredFields(objectType).filter((name) => !known.value.has(name));
  if (missing.length > 0) {
    // Asked anew next time: an administrator may be about to put it right.
    reading.directory.forget(reading.connection, objectType);
    return failed(missingFields(objectType, missing));
  }
  const visible = new Set(known.value.keys());
  const { name } = SALESFORCE_OBJECTS[objectType];
  const select = requestedFields(objectType, { visible, history: options.history }).join(', ');
  const soql = `SELECT ${select} FROM ${name} WHERE ${idsIn('Id', ids)}`;
  const result = await runQuery(reading, { operation: 'query.records', soql }, options);
  if (result.ok) return { ok: true, value: result.value.rows };
  return failed(onUnknownField(reading, objectType, result.failure));
}

/** The package is not there, or its permission set is not assigned to the app's user: both look like this. */
export function missingFields(objectType: HostObjectType, missing: readonly string[]): HostFailure {
  const { name } = SALESFORCE_OBJECTS[objectType];
  return { kind: 'forbidden', missing: missing.map((field) => `${name}.${field}`) };
}

/** What was known of the fields is out of date; the next attempt asks again and then names what is missing. */
export function onUnknownField(
  { connection, directory }: Pick<Reading, 'connection' | 'directory'>,
  objectType: HostObjectType,
  failure: HostFailure,
): HostFailure {
  if (failure.kind !== 'rejected' || failure.code !== 'INVALID_FIELD') return failure;
  directory.forget(connection, objectType);
  return { kind: 'unavailable', retryAfterMs: null, detail: failure.code };
}
