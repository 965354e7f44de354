/** The JSON behind the practice pages: what a person sees and does in the portal, as opposed to what an app calls. */
import { z } from 'zod';
import { addLink, defaultAssociationType, linksFrom } from './association-store.ts';
import { type Call, type Reply, type Route, json, readJson, refuse } from './exchange.ts';
import { FILTER_OPERATORS, Filter, compareByProperty, meetsFilter } from './filter.ts';
import { membersOf } from './list-filter.ts';
import { OBJECT_TYPES, type ObjectTypeId, findObjectType } from './object-type.ts';
import { type Portal, liveProperty } from './portal.ts';
import { personSource } from './portal-change.ts';
import { type Practice, isInstalled } from './practice.ts';
import { invalidInput, notFound } from './problem.ts';
import { checkProperties } from './property-check.ts';
import { type RecordScope, commaList, findRecord } from './record-access.ts';
import { PropertyValues, compareIds, mergeByIds } from './record-routes.ts';
import { archiveRecord, createRecord, restoreRecord, updateRecord } from './record-writer.ts';
import { meetsQuery } from './search-routes.ts';
import { type StoredRecord, currentValues, historyView, valueOf } from './stored-record.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 500;
const FILTERS_MAX = 20;
const DAY_MS = 86_400_000;

const ViewFilter = z.object({
  property: z.string(),
  operator: z.enum([...FILTER_OPERATORS, 'IN_NEXT_DAYS']),
  value: z.union([z.string(), z.number()]).transform(String).optional(),
  highValue: z.union([z.string(), z.number()]).transform(String).optional(),
  values: z.array(z.string()).optional(),
});
type ViewFilter = z.infer<typeof ViewFilter>;
const ViewFilters = z.array(ViewFilter).max(FILTERS_MAX);

const PatchInput = z.object({ properties: PropertyValues });
const CreateInput = z.object({
  properties: PropertyValues,
  associations: z
    .array(z.object({ objectType: z.string().optional(), type: z.string().optional(), id: z.string() }))
    .default([]),
});
const MergeInput = z.object({ primaryId: z.string(), mergedId: z.string() });

type PortalHandler = (call: Call, portal: Portal) => Reply;
type ScopeHandler = (call: Call, scope: RecordScope) => Reply;

/** The routes below `/practice/api/portals`. */
export function pageRoutes(practice: Practice): readonly Route[] {
  const base = '/practice/api/portals/{portalId}';
  const inPortal =
    (handle: PortalHandler) =>
    (call: Call): Reply => {
      const portal = practice.portals.get(call.params.portalId ?? '');
      return portal === undefined ? refuse(notFound('Unknown portal')) : handle(call, portal);
    };
  const inType = (handle: ScopeHandler): ((call: Call) => Reply) =>
    inPortal((call, portal) => {
      const type = findObjectType(call.params.type ?? '');
      return type === undefined ? refuse(notFound('Unknown object type')) : handle(call, { portal, type });
    });
  const route = (method: Route['method'], path: string, handle: Route['handle']): Route => ({
    method,
    path: `${base}${path}`,
    kind: 'page',
    handle,
  });
  const objects = '/objects/{type}';
  return [
    { method: 'GET', path: '/practice/api/portals', kind: 'page', handle: () => json(portalList(practice)) },
    route(
      'GET',
      objects,
      inType((call, scope) => listRecords(practice, call, scope)),
    ),
    route(
      'POST',
      objects,
      inType((call, scope) => createByPerson(practice, call, scope)),
    ),
    route(
      'POST',
      `${objects}/merge`,
      inType((call, scope) => mergeByPerson(practice, call, scope)),
    ),
    route(
      'GET',
      `${objects}/{recordId}`,
      inType((call, scope) => withRecord(call, scope, (record) => json(detailView(scope, record)))),
    ),
    route(
      'PATCH',
      `${objects}/{recordId}`,
      inType((call, scope) => withRecord(call, scope, (record) => patchByPerson(practice, { call, scope, record }))),
    ),
    route(
      'POST',
      `${objects}/{recordId}/archive`,
      inType((call, scope) =>
        withRecord(call, scope, (record) =>
          json(detailView(scope, archiveRecord(practice.writer(scope.portal), record, person(scope.portal)))),
        ),
      ),
    ),
    route(
      'POST',
      `${objects}/{recordId}/restore`,
      inType((call, scope) =>
        withRecord(call, scope, (record) =>
          json(detailView(scope, restoreRecord(practice.writer(scope.portal), record, person(scope.portal)))),
        ),
      ),
    ),
    route(
      'GET',
      `${objects}/{recordId}/history`,
      inType((call, scope) => withRecord(call, scope, (record) => json(history(call, scope, record)))),
    ),
    route(
      'GET',
      '/properties/{type}',
      inType((_call, scope) => json(propertyCatalogue(scope))),
    ),
    route(
      'GET',
      '/pipelines/{type}',
      inType((_call, { portal, type }) => json([...portal.pipelines[type.id].values()])),
    ),
    route(
      'GET',
      '/owners',
      inPortal((_call, portal) => json([...portal.owners.values()])),
    ),
    route(
      'GET',
      '/lists',
      inPortal((_call, portal) => json(listsView(practice, portal))),
    ),
    route(
      'GET',
      '/extensions',
      inPortal((_call, portal) => json(extensionsView(practice, portal))),
    ),
    route(
      'GET',
      '/events',
      inPortal((_call, portal) => events(practice, portal)),
    ),
  ];
}

const person = (portal: Portal): ReturnType<typeof personSource> => personSource(portal.profile.user.id);

function portalList(practice: Practice): unknown[] {
  return [...practice.portals.values()].map(({ profile }) => ({
    id: profile.id,
    name: profile.name,
    uiDomain: profile.uiDomain,
    timeZone: profile.timeZone,
    currency: profile.currency,
    locale: profile.locale,
    user: profile.user,
    installed: practice.apps.some((app) => isInstalled(practice, profile.id, app.appId)),
  }));
}

function withRecord(call: Call, scope: RecordScope, handle: (record: StoredRecord) => Reply): Reply {
  const record = findRecord(scope, call.params.recordId ?? '', null);
  return record === undefined ? refuse(notFound('No such record')) : handle(record);
}

const rowView = (record: StoredRecord): Record<string, unknown> => ({
  id: record.id,
  properties: currentValues(record),
  archived: record.archivedAt !== null,
  createdAt: new Date(record.createdAt).toISOString(),
  updatedAt: new Date(record.updatedAt).toISOString(),
});

function listRecords(practice: Practice, call: Call, scope: RecordScope): Reply {
  const filters = readFilters(call.query.get('filters'));
  if (filters === undefined)
    return refuse(invalidInput('filters must be a JSON list of {property, operator, value, values, highValue}'));
  const limit = Math.min(Number(call.query.get('limit') ?? PAGE_DEFAULT) || PAGE_DEFAULT, PAGE_MAX);
  const start = Number(call.query.get('after') ?? 0) || 0;
  const archived = call.query.get('archived') === 'true';
  const query = call.query.get('q') ?? undefined;
  const now = practice.clock.now();
  const matching = [...scope.portal.records[scope.type.id].values()].filter(
    (record) =>
      (record.archivedAt !== null) === archived &&
      meetsQuery(scope, record, query) &&
      filters.every((filter) => meetsViewFilter(scope, record, { filter, now })),
  );
  const sort = liveProperty(scope.portal, scope.type.id, call.query.get('sort') ?? '');
  const descending = /^desc/i.test(call.query.get('direction') ?? '');
  const order = sort === undefined ? undefined : compareByProperty(sort, descending);
  matching.sort((a, b) => order?.(a, b) || compareIds(a.id, b.id));
  const end = start + limit;
  return json({
    total: matching.length,
    results: matching.slice(start, end).map(rowView),
    ...(end < matching.length ? { after: String(end) } : {}),
  });
}

function readFilters(text: string | null): readonly ViewFilter[] | undefined {
  if (text === null || text === '') return [];
  try {
    const parsed = ViewFilters.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A list view's filter; IN_NEXT_DAYS counts from today to `value` days ahead, both included. */
function meetsViewFilter(
  scope: RecordScope,
  record: StoredRecord,
  context: { filter: ViewFilter; now: number },
): boolean {
  const { filter, now } = context;
  const property = liveProperty(scope.portal, scope.type.id, filter.property);
  if (property === undefined) return false;
  const { operator, value, highValue } = filter;
  if (operator !== 'IN_NEXT_DAYS') {
    const values = property.type === 'string' ? filter.values?.map((one) => one.toLowerCase()) : filter.values;
    return meetsFilter(
      record,
      property,
      Filter.parse({ propertyName: filter.property, operator, value, highValue, values }),
    );
  }
  const day = (offset: number): string =>
    new Date((Math.floor(now / DAY_MS) + offset) * DAY_MS).toISOString().slice(0, 10);
  const last = property.type === 'datetime' ? `${day(Number(value ?? 0))}T23:59:59.999Z` : day(Number(value ?? 0));
  return meetsFilter(record, property, {
    propertyName: property.name,
    operator: 'BETWEEN',
    value: day(0),
    highValue: last,
  });
}

function detailView(scope: RecordScope, record: StoredRecord): Record<string, unknown> {
  const associated = (typeId: ObjectTypeId): unknown[] =>
    linksFrom(scope.portal, { typeId: scope.type.id, id: record.id }, typeId).flatMap((link) => {
      const other = scope.portal.records[typeId].get(link.toId);
      if (other === undefined || other.archivedAt !== null) return [];
      const primary = link.typeIds.some((id) => [5, 6, 25, 26].includes(id));
      return [
        {
          id: other.id,
          name: valueOf(other, OBJECT_TYPES[typeId].nameProperty) ?? other.id,
          label: primary ? 'Primary' : null,
        },
      ];
    });
  return {
    ...rowView(record),
    type: scope.type.id,
    mergedIds: record.mergedIds,
    associations: { deals: associated('0-3'), companies: associated('0-2'), tickets: associated('0-5') },
  };
}

function patchByPerson(
  practice: Practice,
  { call, scope, record }: { call: Call; scope: RecordScope; record: StoredRecord },
): Reply {
  const input = readJson(call, PatchInput);
  if (!input.ok) return refuse(input.problem);
  if (record.archivedAt !== null) return refuse(invalidInput('An archived record cannot be edited'));
  const values = checkProperties(scope.portal, scope.type.id, input.value.properties, record);
  if (!values.ok) return refuse(values.problem);
  return json(
    detailView(scope, updateRecord(practice.writer(scope.portal), record, values.value, person(scope.portal))),
  );
}

function createByPerson(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, CreateInput);
  if (!input.ok) return refuse(input.problem);
  const values = checkProperties(scope.portal, scope.type.id, input.value.properties, undefined);
  if (!values.ok) return refuse(values.problem);
  const context = practice.writer(scope.portal);
  const record = createRecord(context, scope.type.id, values.value, person(scope.portal));
  for (const one of input.value.associations) {
    const to = findObjectType(one.objectType ?? one.type ?? '');
    const type = to === undefined ? undefined : defaultAssociationType(scope.type.id, to.id);
    if (to === undefined || type === undefined || scope.portal.records[to.id].get(one.id) === undefined) continue;
    addLink(
      context,
      { fromType: scope.type.id, fromId: record.id, toType: to.id, toId: one.id },
      type,
      person(scope.portal),
    );
  }
  return json(detailView(scope, record), 201);
}

function mergeByPerson(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, MergeInput);
  if (!input.ok) return refuse(input.problem);
  const { primaryId, mergedId } = input.value;
  const merged = mergeByIds(practice.writer(scope.portal), scope, {
    primaryObjectId: primaryId,
    objectIdToMerge: mergedId,
    source: person(scope.portal),
  });
  return merged.ok ? json(detailView(scope, merged.value)) : refuse(merged.problem);
}

function history(call: Call, scope: RecordScope, record: StoredRecord): Record<string, unknown> {
  const asked = commaList(call.query.get('properties'));
  const names = asked.length > 0 ? asked : Object.keys(record.versions);
  return { id: record.id, type: scope.type.id, history: historyView(record, names) };
}

function propertyCatalogue({ portal, type }: RecordScope): Record<string, unknown> {
  const properties = [...portal.properties[type.id].values()].filter((property) => property.archivedAt === null);
  return {
    groups: [...portal.groups[type.id].values()].map(({ name, label }) => ({ name, label })),
    properties: properties.map((property) => ({
      name: property.name,
      label: property.label,
      type: property.type,
      fieldType: property.fieldType,
      groupName: property.groupName,
      options: optionsFor(portal, type.id, property.name) ?? property.options,
      hidden: property.hidden,
      readOnlyValue: property.readOnlyValue,
      description: property.description,
    })),
  };
}

/** Labels of values that live in pipelines and owners, so that an editor can offer them. */
function optionsFor(portal: Portal, typeId: ObjectTypeId, name: string): unknown[] | undefined {
  const pipelines = [...portal.pipelines[typeId].values()];
  const options = (rows: readonly { value: string; label: string }[]): unknown[] =>
    rows.map((row, displayOrder) => ({ ...row, displayOrder, hidden: false }));
  if (name === 'pipeline' || name === 'hs_pipeline')
    return options(pipelines.map((pipeline) => ({ value: pipeline.id, label: pipeline.label })));
  if (name === 'dealstage' || name === 'hs_pipeline_stage') {
    return options(
      pipelines.flatMap((pipeline) => pipeline.stages.map((stage) => ({ value: stage.id, label: stage.label }))),
    );
  }
  if (name === 'hubspot_owner_id')
    return options(
      [...portal.owners.values()].map((owner) => ({
        value: owner.id,
        label: `${owner.firstName} ${owner.lastName}`.trim(),
      })),
    );
  return undefined;
}

function listsView(practice: Practice, portal: Portal): unknown[] {
  return [...portal.lists.values()]
    .filter((list) => list.deletedAt === null)
    .map((list) => ({
      id: list.listId,
      name: list.name,
      objectType: list.objectTypeId,
      filters: list.filterBranch,
      size: membersOf(portal, list, practice.clock.now()).length,
    }));
}

function extensionsView(practice: Practice, portal: Portal): unknown[] {
  return practice.apps
    .filter((app) => isInstalled(practice, portal.id, app.appId))
    .flatMap((app) =>
      app.extensions.map((extension) => ({
        uid: extension.uid,
        title: extension.title,
        location: extension.location,
        objectTypes: extension.objectTypes,
        bundleUrl: `/bundles/${extension.bundle}`,
        appId: app.appId,
        appName: app.name,
        ...(extension.previewImage === undefined ? {} : { previewImage: extension.previewImage }),
      })),
    );
}

/** Server-sent events of one portal; the connection lives until either side ends it. */
function events(practice: Practice, portal: Portal): Reply {
  return {
    kind: 'stream',
    open: (response) => {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'keep-alive',
      });
      response.write('retry: 2000\n\n');
      const unsubscribe = practice.onPageNews((news) => {
        if (news.portalId !== portal.id) return;
        const data =
          news.type === 'record' ? { type: 'record', objectType: news.objectType, id: news.id } : { type: 'install' };
        response.write(`data: ${JSON.stringify(data)}\n\n`);
      });
      response.on('close', unsubscribe);
    },
  };
}
