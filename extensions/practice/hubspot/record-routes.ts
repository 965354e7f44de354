/** Single records: list, get, create, update, archive, merge (HubSpot docs, Using object APIs; `crm-objects` specification 2026-09). */
import { z } from 'zod';
import { addLink, findAssociationType } from './association-store.ts';
import { type Call, type Reply, type Route, empty, json, readJson, refuse } from './exchange.ts';
import { findObjectType } from './object-type.ts';
import type { Practice } from './practice.ts';
import { appSource, type WriteContext, type WriteSource } from './portal-change.ts';
import { type Outcome, done, failed, invalidInput, notFound } from './problem.ts';
import { checkProperties } from './property-check.ts';
import {
  associationsView,
  checkIdProperty,
  commaList,
  findRecord,
  inScope,
  selectionOf,
  type RecordScope,
} from './record-access.ts';
import { archiveRecord, createRecord, mergeRecords, updateRecord } from './record-writer.ts';
import { type StoredRecord, recordView } from './stored-record.ts';

const LIST_LIMIT_DEFAULT = 10;
const LIST_LIMIT_MAX = 100;
/** HubSpot docs, Using object APIs: a list that asks for history is limited to 50 records. */
const LIST_LIMIT_WITH_HISTORY_MAX = 50;

export const PropertyValues = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const CreateInput = z.object({
  properties: PropertyValues.default({}),
  associations: z
    .array(
      z.object({
        to: z.object({ id: z.union([z.string(), z.number()]).transform(String) }),
        types: z.array(z.object({ associationCategory: z.string(), associationTypeId: z.coerce.number() })),
      }),
    )
    .default([]),
});
export type CreateInput = z.infer<typeof CreateInput>;

const UpdateInput = z.object({ properties: PropertyValues });
const MergeInput = z.object({
  primaryObjectId: z.union([z.string(), z.number()]).transform(String),
  objectIdToMerge: z.union([z.string(), z.number()]).transform(String),
});

const recordMissing = (id: string): ReturnType<typeof notFound> =>
  notFound('Object not found.  objectId are usually numeric.', { id: [id] });

/** The routes of `/crm/objects/2026-09/{objectType}` that touch one record, and the list. */
export function recordRoutes(practice: Practice): readonly Route[] {
  const read = (params: Readonly<Record<string, string>>): string[][] => [
    [findObjectType(params.objectType ?? '')?.readScope ?? 'oauth'],
  ];
  const write = (params: Readonly<Record<string, string>>): string[][] => [
    [findObjectType(params.objectType ?? '')?.writeScope ?? 'oauth'],
  ];
  const base = '/crm/objects/2026-09/{objectType}';
  const one = `${base}/{objectId}`;
  return [
    { method: 'GET', path: base, kind: 'api', scopes: read, handle: inScope(practice, list) },
    {
      method: 'POST',
      path: base,
      kind: 'api',
      scopes: write,
      handle: inScope(practice, (call, scope) => create(practice, call, scope)),
    },
    { method: 'GET', path: one, kind: 'api', scopes: read, handle: inScope(practice, getOne) },
    {
      method: 'PATCH',
      path: one,
      kind: 'api',
      scopes: write,
      handle: inScope(practice, (call, scope) => update(practice, call, scope)),
    },
    {
      method: 'DELETE',
      path: one,
      kind: 'api',
      scopes: write,
      handle: inScope(practice, (call, scope) => archive(practice, call, scope)),
    },
    {
      method: 'POST',
      path: `${base}/merge`,
      kind: 'api',
      scopes: write,
      handle: inScope(practice, (call, scope) => merge(practice, call, scope)),
    },
  ];
}

function list(call: Call, scope: RecordScope): Reply {
  const limit = Number(call.query.get('limit') ?? LIST_LIMIT_DEFAULT);
  const withHistory = commaList(call.query.get('propertiesWithHistory'));
  const max = withHistory.length > 0 ? LIST_LIMIT_WITH_HISTORY_MAX : LIST_LIMIT_MAX;
  if (!Number.isInteger(limit) || limit < 1 || limit > max)
    return refuse(invalidInput(`limit must be between 1 and ${max}`));
  const archived = call.query.get('archived') === 'true';
  const after = call.query.get('after');
  const sorted = [...scope.portal.records[scope.type.id].values()]
    .filter((record) => (record.archivedAt !== null) === archived)
    .sort((a, b) => compareIds(a.id, b.id));
  const from = after === null ? sorted : sorted.filter((record) => compareIds(record.id, after) >= 0);
  const page = from.slice(0, limit);
  const selection = selectionOf(scope, commaList(call.query.get('properties')), withHistory);
  const associations = commaList(call.query.get('associations'));
  const next = from[limit];
  return json({
    results: page.map((record) => ({
      ...recordView(record, selection),
      ...associationsView(scope, record, associations),
    })),
    ...(next === undefined ? {} : { paging: { next: { after: next.id, link: nextLink(call, next.id) } } }),
  });
}

/** Numeric order of decimal ids that may exceed 2^53. */
export const compareIds = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : Number(a > b));

function nextLink(call: Call, after: string): string {
  const query = new URLSearchParams(call.query);
  query.set('after', after);
  return `https://api.hubapi.com${call.target.split('?')[0] ?? ''}?${query.toString()}`;
}

function getOne(call: Call, scope: RecordScope): Reply {
  const id = call.params.objectId ?? '';
  const idProperty = checkIdProperty(scope, call.query.get('idProperty') ?? undefined);
  if (!idProperty.ok) return refuse(idProperty.problem);
  const record = findRecord(scope, id, idProperty.value);
  const archived = call.query.get('archived') === 'true';
  if (record === undefined || (record.archivedAt !== null) !== archived) return refuse(recordMissing(id));
  const selection = selectionOf(
    scope,
    commaList(call.query.get('properties')),
    commaList(call.query.get('propertiesWithHistory')),
  );
  return json({
    ...recordView(record, selection),
    ...associationsView(scope, record, commaList(call.query.get('associations'))),
  });
}

function create(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, CreateInput);
  if (!input.ok) return refuse(input.problem);
  const created = createWithLinks(practice.writer(scope.portal), scope, input.value, appSource(call.caller.appId));
  if (!created.ok) return refuse(created.problem);
  return json(recordView(created.value, writtenSelection(scope, input.value.properties)), 201);
}

/** A write's answer shows the object's default properties and those it wrote. */
export const writtenSelection = (
  scope: RecordScope,
  properties: Readonly<Record<string, unknown>>,
): ReturnType<typeof selectionOf> =>
  selectionOf(scope, [...scope.type.defaultProperties, ...Object.keys(properties)], []);

/** Creates a record together with its associations; nothing is created when either is not valid. */
export function createWithLinks(
  context: WriteContext,
  scope: RecordScope,
  input: CreateInput,
  source: WriteSource,
): Outcome<StoredRecord> {
  const values = checkProperties(scope.portal, scope.type.id, input.properties, undefined);
  if (!values.ok) return values;
  for (const { to, types } of input.associations) {
    for (const { associationTypeId } of types) {
      const type = findAssociationType(associationTypeId);
      if (type === undefined || type.from !== scope.type.id) {
        return failed(invalidInput(`associationTypeId ${associationTypeId} is not valid from ${scope.type.plural}`));
      }
      const target = scope.portal.records[type.to].get(to.id);
      if (target === undefined || target.archivedAt !== null)
        return failed(notFound(`No ${type.to} with id ${to.id} exists`, { id: [to.id] }));
    }
  }
  const record = createRecord(context, scope.type.id, values.value, source);
  for (const { to, types } of input.associations) {
    for (const { associationTypeId } of types) {
      const type = findAssociationType(associationTypeId);
      if (type === undefined) continue;
      addLink(context, { fromType: type.from, fromId: record.id, toType: type.to, toId: to.id }, type, source);
    }
  }
  return done(record);
}

function update(practice: Practice, call: Call, scope: RecordScope): Reply {
  const id = call.params.objectId ?? '';
  const input = readJson(call, UpdateInput);
  if (!input.ok) return refuse(input.problem);
  const idProperty = checkIdProperty(scope, call.query.get('idProperty') ?? undefined);
  if (!idProperty.ok) return refuse(idProperty.problem);
  const record = findRecord(scope, id, idProperty.value);
  if (record === undefined || record.archivedAt !== null) return refuse(recordMissing(id));
  const values = checkProperties(scope.portal, scope.type.id, input.value.properties, record);
  if (!values.ok) return refuse(values.problem);
  const next = updateRecord(practice.writer(scope.portal), record, values.value, appSource(call.caller.appId));
  return json(recordView(next, writtenSelection(scope, input.value.properties)));
}

function archive(practice: Practice, call: Call, scope: RecordScope): Reply {
  const record = findRecord(scope, call.params.objectId ?? '', null);
  // Archiving what is not there answers 204 like the first time, as with batch archive.
  if (record !== undefined) archiveRecord(practice.writer(scope.portal), record, appSource(call.caller.appId));
  return empty();
}

function merge(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, MergeInput);
  if (!input.ok) return refuse(input.problem);
  const merged = mergeByIds(practice.writer(scope.portal), scope, {
    ...input.value,
    source: appSource(call.caller.appId),
  });
  return merged.ok ? json(recordView(merged.value, selectionOf(scope, [], []))) : refuse(merged.problem);
}

/** Merges two live, different records named by id. */
export function mergeByIds(
  context: WriteContext,
  scope: RecordScope,
  ids: { readonly primaryObjectId: string; readonly objectIdToMerge: string; readonly source: WriteSource },
): Outcome<StoredRecord> {
  const records = scope.portal.records[scope.type.id];
  const primary = records.get(ids.primaryObjectId);
  const other = records.get(ids.objectIdToMerge);
  if (primary === undefined || primary.archivedAt !== null) return failed(recordMissing(ids.primaryObjectId));
  if (other === undefined || other.archivedAt !== null) return failed(recordMissing(ids.objectIdToMerge));
  if (primary.id === other.id) return failed(invalidInput('Cannot merge a record with itself'));
  return done(mergeRecords(context, primary, other, ids.source));
}
