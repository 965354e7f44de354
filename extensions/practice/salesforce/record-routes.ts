/** Single rows: create, read, update, delete, by id and by external id (REST guide, sObject Rows; sObject Rows by External ID; Conditional requests). */
import { createHash } from 'node:crypto';
import { baseOf, originOf, versioned } from './api-version.ts';
import { deleteRecord } from './delete-record.ts';
import { type Call, type Reply, type Route, empty, json, readObject } from './exchange.ts';
import { parseInstant } from './field-value.ts';
import { objectOf } from './object-routes.ts';
import type { FieldDefinition, ObjectDefinition } from './object-definition.ts';
import { accessOf } from './permissions.ts';
import type { PracticeOrg } from './practice-org.ts';
import { readId } from './record-id.ts';
import { type StoredRow, isDeleted } from './record-store.ts';
import { readableFields, viewRecord } from './record-view.ts';
import { OrgRefusal, notFound } from './refusal.ts';
import { findByValue, saveRecord } from './save-record.ts';
import { inTransaction } from './transaction.ts';

const NOT_MODIFIED = 304;
const MULTIPLE_CHOICES = 300;
const PRECONDITION_FAILED = 412;
const CREATED = 201;
const SECOND_MS = 1_000;

export function recordRoutes(org: PracticeOrg): readonly Route[] {
  const row = '/sobjects/{object}/{id}';
  const byKey = '/sobjects/{object}/{field}/{value}';
  return [
    versioned('POST', '/sobjects/{object}', (call) =>
      created(save(org, call, { id: null, values: readObject(call) }), call),
    ),
    versioned('GET', row, (call) => read(org, call, rowOf(org, call))),
    versioned('PATCH', row, (call) => {
      const target = rowOf(org, call);
      const stop = precondition(org, call, target);
      if (stop !== undefined) return stop;
      save(org, call, { id: target.id, values: bodyWithoutId(call) });
      return empty();
    }),
    versioned('DELETE', row, (call) => remove(org, call, rowOf(org, call).id)),
    versioned('GET', byKey, (call) => {
      const found = rowsByKey(org, call);
      return found.length > 1 ? choices(call, found) : read(org, call, only(found, call));
    }),
    versioned('PATCH', byKey, (call) => upsert(org, call)),
    versioned('DELETE', byKey, (call) => remove(org, call, only(rowsByKey(org, call), call).id)),
  ];
}

function save(
  org: PracticeOrg,
  call: Call,
  record: { readonly id: string | null; readonly values: Readonly<Record<string, unknown>> },
): string {
  const object = objectOf(org, call);
  const access = accessOf(org, call.caller.userId);
  return inTransaction(org, originOf(org, call), (transaction) =>
    saveRecord(transaction, { object, access, ...record }),
  );
}

const created = (id: string, call: Call, more: Readonly<Record<string, unknown>> = {}): Reply =>
  json({ id, success: true, errors: [], ...more }, CREATED, {
    location: `${baseOf(call)}/sobjects/${call.params.object ?? ''}/${id}`,
  });

/** The id belongs in the address: in the body it is refused. */
function bodyWithoutId(call: Call): Readonly<Record<string, unknown>> {
  const body = readObject(call);
  const named = Object.keys(body).find((name) => name.toLowerCase() === 'id');
  if (named !== undefined)
    throw new OrgRefusal('INVALID_FIELD', `The ${named} field should not be specified in the sobject data.`);
  return body;
}

function rowOf(org: PracticeOrg, call: Call): StoredRow {
  const object = objectOf(org, call);
  const id = readId(call.params.id ?? '');
  if (id === null)
    throw new OrgRefusal(
      'NOT_FOUND',
      `Provided external ID field does not exist or is not accessible: ${call.params.id ?? ''}`,
    );
  const row = org.records.get(object.name, id);
  if (row === undefined) throw notFound();
  if (isDeleted(row)) throw new OrgRefusal('ENTITY_IS_DELETED', 'entity is deleted', { fields: [] });
  return row;
}

function read(org: PracticeOrg, call: Call, row: StoredRow): Reply {
  const object = objectOf(org, call);
  const stop = precondition(org, call, row);
  if (stop !== undefined) return stop;
  const names = call.query.get('fields')?.split(',') ?? null;
  const fields = readableFields(org, object, { access: accessOf(org, call.caller.userId), names });
  const headers = {
    'last-modified': new Date(modifiedAt(row)).toUTCString(),
    ...(object.name === 'Account' ? { etag: etagOf(row) } : {}),
  };
  return json(viewRecord(row, fields, baseOf(call)), 200, headers);
}

const modifiedAt = (row: StoredRow): number => parseInstant(String(row.values.LastModifiedDate)) ?? 0;
const etagOf = (row: StoredRow): string =>
  `"${createHash('sha1').update(JSON.stringify(row.values)).digest('base64')}"`;

/** Dates compare to the second; entity tags exist for accounts only. */
function precondition(org: PracticeOrg, call: Call, row: StoredRow): Reply | undefined {
  const since = headerInstant(call, 'if-modified-since');
  const unmodifiedSince = headerInstant(call, 'if-unmodified-since');
  const modified = Math.floor(modifiedAt(row) / SECOND_MS) * SECOND_MS;
  const tags = call.headers['if-match'];
  const noTags = call.headers['if-none-match'];
  const hasTag = (list: string): boolean =>
    list.trim() === '*' || list.split(',').some((tag) => tag.trim() === etagOf(row));
  const failed =
    (unmodifiedSince !== null && modified > unmodifiedSince) ||
    (row.object === 'Account' && tags !== undefined && !hasTag(tags));
  if (failed)
    return json(
      [{ message: 'The precondition of the request is not met', errorCode: 'ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE' }],
      PRECONDITION_FAILED,
    );
  const unchanged =
    (since !== null && modified <= since) || (row.object === 'Account' && noTags !== undefined && hasTag(noTags));
  if (!unchanged) return undefined;
  return call.method === 'GET' || call.method === 'HEAD' ? empty(NOT_MODIFIED) : json([], PRECONDITION_FAILED);
}

function headerInstant(call: Call, name: string): number | null {
  const text = call.headers[name];
  if (text === undefined) return null;
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new OrgRefusal('ILLEGAL_QUERY_PARAMETER_VALUE', `invalid date in header ${name}: ${text}`);
}

function remove(org: PracticeOrg, call: Call, id: string): Reply {
  const object = objectOf(org, call);
  const access = accessOf(org, call.caller.userId);
  inTransaction(org, originOf(org, call), (transaction) => deleteRecord(transaction, { object, id, access }));
  return empty();
}

export function externalIdField(org: PracticeOrg, object: ObjectDefinition, name: string): FieldDefinition {
  const field = org.schema().findField(object, name);
  if (field === undefined || !(field.externalId || field.type === 'id'))
    throw new OrgRefusal('NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${name}`);
  return field;
}

function rowsByKey(org: PracticeOrg, call: Call): readonly StoredRow[] {
  const object = objectOf(org, call);
  const field = externalIdField(org, object, call.params.field ?? '');
  return findByValue(org, object, field, call.params.value ?? '');
}

function only(found: readonly StoredRow[], call: Call): StoredRow {
  const [row] = found;
  if (row === undefined) throw notFound();
  if (found.length > 1)
    throw new OrgRefusal('DUPLICATE_EXTERNAL_ID', `more than one record has the value ${call.params.value ?? ''}`);
  return row;
}

/** REST guide, sObject Rows by External ID: 300 with the addresses of the records when the value is not unique. */
const choices = (call: Call, found: readonly StoredRow[]): Reply =>
  json(
    found.map(({ object, id }) => `${baseOf(call)}/sobjects/${object}/${id}`),
    MULTIPLE_CHOICES,
  );

function upsert(org: PracticeOrg, call: Call): Reply {
  const object = objectOf(org, call);
  const field = externalIdField(org, object, call.params.field ?? '');
  const found = rowsByKey(org, call);
  if (found.length > 1) return choices(call, found);
  const values = bodyWithoutId(call);
  if (Object.keys(values).some((name) => name.toLowerCase() === field.name.toLowerCase()))
    throw new OrgRefusal('INVALID_FIELD', `The ${field.name} field should not be specified in the sobject data.`);
  const [row] = found;
  if (row !== undefined) {
    const stop = precondition(org, call, row);
    if (stop !== undefined) return stop;
    save(org, call, { id: row.id, values });
    return json({ id: row.id, success: true, errors: [], created: false });
  }
  if (field.type === 'id') throw notFound();
  return created(save(org, call, { id: null, values: { ...values, [field.name]: call.params.value } }), call, {
    created: true,
  });
}
