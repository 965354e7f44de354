/** The five things that can happen to a record: created, updated, archived, restored, merged. Each keeps history and tells what changed. */
import type { ObjectTypeId } from './object-type.ts';
import { moveLinks } from './association-store.ts';
import { nextNumber, type Portal } from './portal.ts';
import type { WriteContext, WriteSource } from './portal-change.ts';
import { type PropertyVersion, type StoredRecord, VERSIONS_MAX, currentValues, valueOf } from './stored-record.ts';

type Values = Readonly<Record<string, string>>;

/** Properties the portal sets itself; they never fire a webhook of their own (`hs_lastmodifieddate` cannot be subscribed). */
const SYSTEM_PROPERTIES: ReadonlySet<string> = new Set([
  'hs_object_id',
  'hs_lastmodifieddate',
  'hs_createdate',
  'hs_merged_object_ids',
]);

/** Creates a record from checked values and returns it. */
export function createRecord(
  context: WriteContext,
  typeId: ObjectTypeId,
  values: Values,
  source: WriteSource,
): StoredRecord {
  const at = context.clock.now();
  const id = String(nextNumber(context.portal, 'record'));
  const iso = new Date(at).toISOString();
  const stamped: Values = {
    ...defaultPipeline(context.portal, typeId, values),
    ...closeDate(context, { typeId, values, at }),
    ...values,
    createdate: values.createdate || iso,
    hs_createdate: iso,
    hs_lastmodifieddate: iso,
    hs_object_id: id,
  };
  const versions = Object.fromEntries(
    Object.entries(stamped).flatMap(([name, value]) => (value === '' ? [] : [[name, [{ value, at, ...source }]]])),
  );
  const record: StoredRecord = {
    id,
    typeId,
    versions,
    mergedIds: [],
    createdAt: at,
    updatedAt: at,
    archivedAt: null,
    indexedAt: at + context.behaviour().searchIndexDelayMs,
  };
  context.portal.records[typeId].put(id, record);
  const base = { portalId: context.portal.id, typeId, objectId: id, at, source };
  context.emit({ ...base, detail: { kind: 'creation' } });
  for (const [name, value] of Object.entries(stamped)) {
    if (value !== '' && !SYSTEM_PROPERTIES.has(name)) {
      context.emit({ ...base, detail: { kind: 'propertyChange', propertyName: name, propertyValue: value } });
    }
  }
  return record;
}

/** HubSpot docs, Deals and Tickets: without a pipeline, the first one is used. */
function defaultPipeline(portal: Portal, typeId: ObjectTypeId, values: Values): Values {
  const name = { '0-3': 'pipeline', '0-5': 'hs_pipeline', '0-2': undefined }[typeId];
  if (name === undefined || (values[name] ?? '') !== '') return {};
  const [first] = [...portal.pipelines[typeId].values()].sort((a, b) => a.displayOrder - b.displayOrder);
  return first === undefined ? {} : { [name]: first.id };
}

/** A ticket that enters a closed status gets its close date, unless the same write gives one. */
function closeDate(
  context: WriteContext,
  write: {
    readonly typeId: ObjectTypeId;
    readonly values: Values;
    readonly at: number;
    readonly record?: StoredRecord;
  },
): Values {
  const stageId = write.values.hs_pipeline_stage;
  if (write.typeId !== '0-5' || stageId === undefined || !context.behaviour().closingTicketSetsCloseDate) return {};
  const stages = [...context.portal.pipelines['0-5'].values()].flatMap((pipeline) => pipeline.stages);
  const isClosed = (id: string | undefined): boolean =>
    stages.some((stage) => stage.id === id && stage.metadata.ticketState === 'CLOSED');
  const before = write.record === undefined ? undefined : valueOf(write.record, 'hs_pipeline_stage');
  return isClosed(stageId) && !isClosed(before) ? { closed_date: new Date(write.at).toISOString() } : {};
}

/** Writes checked values onto a record; only values that differ make a version (see `sameValueMakesVersion`). */
export function updateRecord(
  context: WriteContext,
  record: StoredRecord,
  values: Values,
  source: WriteSource,
): StoredRecord {
  const at = context.clock.now();
  const written = { ...closeDate(context, { typeId: record.typeId, values, at, record }), ...values };
  const changed = Object.entries(written).filter(
    ([name, value]) => context.behaviour().sameValueMakesVersion || (valueOf(record, name) ?? '') !== value,
  );
  const versions: Record<string, readonly PropertyVersion[]> = { ...record.versions };
  const push = (name: string, value: string): void => {
    versions[name] = [{ value, at, ...source }, ...(versions[name] ?? [])].slice(0, VERSIONS_MAX);
  };
  for (const [name, value] of changed) push(name, value);
  versions.hs_lastmodifieddate = [{ value: new Date(at).toISOString(), at, ...source }];
  const next: StoredRecord = {
    ...record,
    versions,
    updatedAt: at,
    indexedAt: at + context.behaviour().searchIndexDelayMs,
  };
  context.portal.records[record.typeId].put(record.id, next);
  const base = { portalId: context.portal.id, typeId: record.typeId, objectId: record.id, at, source };
  for (const [propertyName, propertyValue] of changed) {
    if (!SYSTEM_PROPERTIES.has(propertyName))
      context.emit({ ...base, detail: { kind: 'propertyChange', propertyName, propertyValue } });
  }
  return next;
}

/** Moves a record to the recycle bin; one that is there already stays as it is. */
export function archiveRecord(context: WriteContext, record: StoredRecord, source: WriteSource): StoredRecord {
  if (record.archivedAt !== null) return record;
  return setArchived(context, record, { archived: true, source });
}

/** Brings a record back from the recycle bin; only the user interface can (HubSpot docs, Using object APIs). */
export function restoreRecord(context: WriteContext, record: StoredRecord, source: WriteSource): StoredRecord {
  if (record.archivedAt === null) return record;
  return setArchived(context, record, { archived: false, source });
}

function setArchived(
  context: WriteContext,
  record: StoredRecord,
  change: { archived: boolean; source: WriteSource },
): StoredRecord {
  const at = context.clock.now();
  const next: StoredRecord = {
    ...record,
    archivedAt: change.archived ? at : null,
    updatedAt: at,
    indexedAt: at + context.behaviour().searchIndexDelayMs,
  };
  context.portal.records[record.typeId].put(record.id, next);
  context.emit({
    portalId: context.portal.id,
    typeId: record.typeId,
    objectId: record.id,
    at,
    source: change.source,
    detail: { kind: change.archived ? 'deletion' : 'restore' },
  });
  return next;
}

/**
 * Merges two records into a third with a new id (since 2025-01-14; HubSpot docs, Using object APIs: merge). The primary's values win, the
 * other's fill gaps; both histories are kept; the old ids become aliases and are listed in `hs_merged_object_ids`.
 */
export function mergeRecords(
  context: WriteContext,
  primary: StoredRecord,
  other: StoredRecord,
  source: WriteSource,
): StoredRecord {
  const { portal } = context;
  const at = context.clock.now();
  const id = String(nextNumber(portal, 'record'));
  const mergedIds = [...new Set([...primary.mergedIds, ...other.mergedIds, primary.id, other.id])];
  const { versions, moved } = mergeVersions(primary, other, at);
  const set = (name: string, value: string): void => {
    versions[name] = [{ value, at, ...source }, ...(versions[name] ?? [])].slice(0, VERSIONS_MAX);
  };
  set('hs_object_id', id);
  set('hs_merged_object_ids', mergedIds.join(';'));
  versions.hs_lastmodifieddate = [{ value: new Date(at).toISOString(), at, ...source }];
  const record: StoredRecord = {
    id,
    typeId: primary.typeId,
    versions,
    mergedIds,
    createdAt: Math.min(primary.createdAt, other.createdAt),
    updatedAt: at,
    archivedAt: null,
    indexedAt: at + context.behaviour().searchIndexDelayMs,
  };
  const records = portal.records[primary.typeId];
  records.delete(primary.id);
  records.delete(other.id);
  records.put(id, record);
  for (const old of mergedIds) portal.aliases[primary.typeId].put(old, id);
  for (const old of [primary.id, other.id]) moveLinks(portal, primary.typeId, old, id);
  announceMerge(context, { record, primary, other, moved, source, at });
  return record;
}

function mergeVersions(
  primary: StoredRecord,
  other: StoredRecord,
  at: number,
): { versions: Record<string, readonly PropertyVersion[]>; moved: number } {
  const versions: Record<string, readonly PropertyVersion[]> = {};
  const wanted = { ...currentValues(other), ...currentValues(primary) };
  let moved = 0;
  for (const name of new Set([...Object.keys(primary.versions), ...Object.keys(other.versions)])) {
    const joined = [...(primary.versions[name] ?? []), ...(other.versions[name] ?? [])].sort((a, b) => b.at - a.at);
    const value = wanted[name] ?? '';
    if (valueOf(primary, name) === undefined && value !== '') moved += 1;
    const top =
      joined[0]?.value === value ? [] : [{ value, at, sourceType: 'MERGE_OBJECTS', sourceId: `mergeId:${primary.id}` }];
    versions[name] = [...top, ...joined].slice(0, VERSIONS_MAX);
  }
  return { versions, moved };
}

interface MergeNews {
  readonly record: StoredRecord;
  readonly primary: StoredRecord;
  readonly other: StoredRecord;
  readonly moved: number;
  readonly source: WriteSource;
  readonly at: number;
}

function announceMerge(context: WriteContext, news: MergeNews): void {
  const base = { portalId: context.portal.id, typeId: news.record.typeId, at: news.at, source: news.source };
  context.emit({
    ...base,
    objectId: news.record.id,
    detail: {
      kind: 'merge',
      primaryObjectId: news.primary.id,
      mergedObjectIds: [news.other.id],
      newObjectId: news.record.id,
      numberOfPropertiesMoved: news.moved,
    },
  });
  if (!context.behaviour().mergeSendsLifecycleEvents) return;
  for (const old of [news.primary, news.other])
    context.emit({ ...base, objectId: old.id, detail: { kind: 'deletion' } });
  context.emit({ ...base, objectId: news.record.id, detail: { kind: 'creation' } });
}
