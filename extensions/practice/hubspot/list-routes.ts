/** Lists (`lists` specification 2026-09): create with a filter branch, fetch, search, rename, delete, memberships. */
import { z } from 'zod';
import { type Call, type Reply, type Route, empty, json, readJson, refuse } from './exchange.ts';
import { FilterBranch, checkBranch, membersOf } from './list-filter.ts';
import { findObjectType } from './object-type.ts';
import { type Portal, type StoredList, nextNumber } from './portal.ts';
import type { Practice } from './practice.ts';
import { invalidInput, notFound } from './problem.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 250;
const SEARCH_DEFAULT = 20;

const CreateInput = z.object({
  name: z.string().min(1),
  objectTypeId: z.string(),
  processingType: z.enum(['MANUAL', 'DYNAMIC', 'SNAPSHOT']),
  filterBranch: FilterBranch.optional(),
});
const SearchInput = z.object({
  query: z.string().default(''),
  objectTypeId: z.string().optional(),
  listIds: z.array(z.string()).default([]),
  offset: z.number().int().default(0),
  count: z.number().int().default(SEARCH_DEFAULT),
});
const FilterUpdate = z.object({ filterBranch: FilterBranch });

/** The routes below `/crm/lists/2026-09`. */
export function listRoutes(practice: Practice): readonly Route[] {
  const base = '/crm/lists/2026-09';
  const route = (method: Route['method'], path: string, handle: (call: Call, portal: Portal) => Reply): Route => ({
    method,
    path: `${base}${path}`,
    kind: 'api',
    scopes: () => [listScopes(method, path)],
    handle: (call) => {
      const portal = practice.portals.get(call.caller.portalId);
      return portal === undefined ? refuse(notFound('account not found')) : handle(call, portal);
    },
  });
  const one =
    (handle: (call: Call, portal: Portal, list: StoredList) => Reply) =>
    (call: Call, portal: Portal): Reply => {
      const list = portal.lists.get(call.params.listId ?? '');
      if (list === undefined || list.deletedAt !== null) return refuse(notFound('List does not exist.'));
      return handle(call, portal, list);
    };
  return [
    route('POST', '', (call, portal) => create(practice, call, portal)),
    route('GET', '', (call, portal) => fetchMany(practice, call, portal)),
    route('POST', '/search', (call, portal) => search(practice, call, portal)),
    route('GET', '/object-type-id/{objectTypeId}/name/{listName}', (call, portal) => byName(practice, call, portal)),
    route(
      'GET',
      '/{listId}',
      one((call, portal, list) => json({ list: listView(practice, portal, list, withFilters(call)) })),
    ),
    route(
      'DELETE',
      '/{listId}',
      one((_call, portal, list) => remove(practice, portal, list)),
    ),
    route(
      'PUT',
      '/{listId}/update-list-filters',
      one((call, portal, list) => updateFilters(practice, { call, portal, list })),
    ),
    route(
      'PUT',
      '/{listId}/update-list-name',
      one((call, portal, list) => rename(practice, { call, portal, list })),
    ),
    route(
      'GET',
      '/{listId}/memberships',
      one((call, portal, list) => memberships(practice, { call, portal, list })),
    ),
  ];
}

/** Creating a list needs to write, changing one to read as well (`lists` specification 2026-09, security of each operation). */
function listScopes(method: Route['method'], path: string): readonly string[] {
  if (method === 'GET' || path === '/search') return ['crm.lists.read'];
  return method === 'POST' ? ['crm.lists.write'] : ['crm.lists.read', 'crm.lists.write'];
}

const withFilters = (call: Call): boolean => call.query.get('includeFilters') === 'true';

/** `PublicObjectList`; the filter branch is shown only when asked for. */
function listView(
  practice: Practice,
  portal: Portal,
  list: StoredList,
  includeFilters: boolean,
): Record<string, unknown> {
  return {
    listId: list.listId,
    listVersion: list.version,
    name: list.name,
    objectTypeId: list.objectTypeId,
    processingType: list.processingType,
    processingStatus: 'COMPLETE',
    size: membersOf(portal, list, practice.clock.now()).length,
    createdAt: new Date(list.createdAt).toISOString(),
    updatedAt: new Date(list.updatedAt).toISOString(),
    filtersUpdatedAt: new Date(list.updatedAt).toISOString(),
    ...(includeFilters && list.filterBranch !== null ? { filterBranch: list.filterBranch } : {}),
  };
}

const live = (portal: Portal): StoredList[] => [...portal.lists.values()].filter((list) => list.deletedAt === null);

function create(practice: Practice, call: Call, portal: Portal): Reply {
  const input = readJson(call, CreateInput);
  if (!input.ok) return refuse(input.problem);
  const { name, processingType, filterBranch } = input.value;
  const type = findObjectType(input.value.objectTypeId);
  if (type === undefined) return refuse(invalidInput(`objectTypeId ${input.value.objectTypeId} is not valid`));
  if (live(portal).some((list) => list.objectTypeId === type.id && list.name.toLowerCase() === name.toLowerCase())) {
    return refuse({
      ...invalidInput(`A list with the name '${name}' already exists.`),
      subCategory: 'ILS.DUPLICATE_LIST_NAMES',
    });
  }
  if (processingType === 'DYNAMIC' && filterBranch === undefined)
    return refuse(invalidInput('A dynamic list needs a filterBranch'));
  const checked = filterBranch === undefined ? undefined : checkBranch(portal, type.id, filterBranch);
  if (checked?.ok === false) return refuse(checked.problem);
  const now = practice.clock.now();
  const listId = String(nextNumber(portal, 'list', 1));
  const list: StoredList = {
    listId,
    name,
    objectTypeId: type.id,
    processingType,
    filterBranch: filterBranch ?? null,
    memberIds: [],
    version: 1,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
  const members =
    processingType === 'SNAPSHOT'
      ? membersOf(portal, { ...list, processingType: 'DYNAMIC' }, now).map((record) => record.id)
      : [];
  portal.lists.put(listId, { ...list, memberIds: members });
  return json({ list: listView(practice, portal, list, true) });
}

function fetchMany(practice: Practice, call: Call, portal: Portal): Reply {
  const ids = call.query.getAll('listIds').flatMap((part) => part.split(','));
  const lists = live(portal).filter((list) => ids.length === 0 || ids.includes(list.listId));
  return json({ lists: lists.map((list) => listView(practice, portal, list, withFilters(call))) });
}

function byName(practice: Practice, call: Call, portal: Portal): Reply {
  const type = findObjectType(call.params.objectTypeId ?? '');
  const list = live(portal).find(
    (candidate) => candidate.objectTypeId === type?.id && candidate.name === call.params.listName,
  );
  return list === undefined
    ? refuse(notFound('List does not exist.'))
    : json({ list: listView(practice, portal, list, withFilters(call)) });
}

function search(practice: Practice, call: Call, portal: Portal): Reply {
  const input = readJson(call, SearchInput);
  if (!input.ok) return refuse(input.problem);
  const { query, listIds, objectTypeId, offset, count } = input.value;
  const found = live(portal).filter(
    (list) =>
      list.name.toLowerCase().includes(query.toLowerCase()) &&
      (listIds.length === 0 || listIds.includes(list.listId)) &&
      (objectTypeId === undefined || list.objectTypeId === findObjectType(objectTypeId)?.id),
  );
  const page = found.slice(offset, offset + count);
  return json({
    lists: page.map((list) => ({ ...listView(practice, portal, list, false), additionalProperties: {} })),
    offset: offset + page.length,
    hasMore: offset + page.length < found.length,
    total: found.length,
  });
}

interface ListCall {
  readonly call: Call;
  readonly portal: Portal;
  readonly list: StoredList;
}

function remove(practice: Practice, portal: Portal, list: StoredList): Reply {
  portal.lists.put(list.listId, { ...list, deletedAt: practice.clock.now() });
  return empty();
}

function updateFilters(practice: Practice, { call, portal, list }: ListCall): Reply {
  const input = readJson(call, FilterUpdate);
  if (!input.ok) return refuse(input.problem);
  const checked = checkBranch(portal, list.objectTypeId, input.value.filterBranch);
  if (!checked.ok) return refuse(checked.problem);
  const next = {
    ...list,
    filterBranch: input.value.filterBranch,
    version: list.version + 1,
    updatedAt: practice.clock.now(),
  };
  portal.lists.put(list.listId, next);
  return json({ updatedList: listView(practice, portal, next, true) });
}

function rename(practice: Practice, { call, portal, list }: ListCall): Reply {
  const name = call.query.get('listName') ?? '';
  if (name === '') return refuse(invalidInput('listName is required'));
  const next = { ...list, name, version: list.version + 1, updatedAt: practice.clock.now() };
  portal.lists.put(list.listId, next);
  return json({ updatedList: listView(practice, portal, next, withFilters(call)) });
}

function memberships(practice: Practice, { call, portal, list }: ListCall): Reply {
  const limit = Number(call.query.get('limit') ?? PAGE_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX)
    return refuse(invalidInput(`limit must be between 1 and ${PAGE_MAX}`));
  const members = membersOf(portal, list, practice.clock.now());
  const start = Number(call.query.get('after') ?? 0);
  const page = members.slice(start, start + limit);
  const more = start + limit < members.length;
  return json({
    results: page.map((record) => ({
      recordId: record.id,
      membershipTimestamp: new Date(record.updatedAt).toISOString(),
    })),
    total: members.length,
    ...(more ? { paging: { next: { after: String(start + limit) } } } : {}),
  });
}
