/** Search (HubSpot docs, Search the CRM): eventually consistent, without archived records, never more than 10 000 results for one query. */
import { z } from 'zod';
import { type Call, type Reply, type Route, json, readJson, refuse } from './exchange.ts';
import { Filter, compareByProperty, meetsFilter } from './filter.ts';
import { findObjectType } from './object-type.ts';
import { liveProperty } from './portal.ts';
import type { Practice } from './practice.ts';
import { type Outcome, done, failed, invalidInput } from './problem.ts';
import { compareIds } from './record-routes.ts';
import { inScope, selectionOf, type RecordScope } from './record-access.ts';
import { type StoredRecord, recordView, valueOf } from './stored-record.ts';

const PAGE_DEFAULT = 10;
const PAGE_MAX = 200;
const RESULTS_MAX = 10_000;
const GROUPS_MAX = 5;
const FILTERS_PER_GROUP_MAX = 6;
const FILTERS_MAX = 18;
const BODY_CHARACTERS_MAX = 3_000;
const SORTS_MAX = 1;

const SearchInput = z.object({
  filterGroups: z.array(z.object({ filters: z.array(Filter) })).default([]),
  filters: z.array(Filter).optional(),
  query: z.string().optional(),
  sorts: z
    .array(
      z.union([
        z.string(),
        z.object({ propertyName: z.string(), direction: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING') }),
      ]),
    )
    .default([]),
  properties: z.array(z.string()).default([]),
  limit: z.number().int().default(PAGE_DEFAULT),
  after: z.union([z.string(), z.number()]).transform(Number).default(0),
});
type SearchInput = z.infer<typeof SearchInput>;

/** `POST /crm/objects/2026-09/{objectType}/search`. */
export function searchRoutes(practice: Practice): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/crm/objects/2026-09/{objectType}/search',
      kind: 'api',
      budget: 'search',
      scopes: (params) => [[findObjectType(params.objectType ?? '')?.readScope ?? 'oauth']],
      handle: inScope(practice, (call, scope) => search(practice, call, scope)),
    },
  ];
}

function search(practice: Practice, call: Call, scope: RecordScope): Reply {
  if (call.body.toString('utf8').length > BODY_CHARACTERS_MAX) {
    return refuse(invalidInput(`The request body must be ${BODY_CHARACTERS_MAX} characters or fewer`));
  }
  const parsed = readJson(call, SearchInput);
  if (!parsed.ok) return refuse(parsed.problem);
  const input = parsed.value;
  const test = compile(scope, input);
  if (!test.ok) return refuse(test.problem);
  const now = practice.clock.now();
  const matching: StoredRecord[] = [];
  for (const record of scope.portal.records[scope.type.id].values()) {
    if (record.archivedAt === null && record.indexedAt <= now && test.value(record)) matching.push(record);
  }
  matching.sort(order(scope, input));
  const end = input.after + input.limit;
  const selection = selectionOf(scope, input.properties, []);
  return json({
    total: matching.length,
    results: matching.slice(input.after, end).map((record) => recordView(record, selection)),
    ...(end < matching.length ? { paging: { next: { after: String(end) } } } : {}),
  });
}

function compile(scope: RecordScope, input: SearchInput): Outcome<(record: StoredRecord) => boolean> {
  const groups = [
    ...input.filterGroups.map((group) => group.filters),
    ...(input.filters === undefined ? [] : [input.filters]),
  ];
  const count = groups.reduce((sum, filters) => sum + filters.length, 0);
  if (
    groups.length > GROUPS_MAX ||
    count > FILTERS_MAX ||
    groups.some((filters) => filters.length > FILTERS_PER_GROUP_MAX)
  ) {
    return failed(
      invalidInput(
        `Too many filters: at most ${GROUPS_MAX} groups of ${FILTERS_PER_GROUP_MAX}, ${FILTERS_MAX} filters in all`,
      ),
    );
  }
  if (input.sorts.length > SORTS_MAX) return failed(invalidInput('Only one sort is supported'));
  if (input.limit < 0 || input.limit > PAGE_MAX) return failed(invalidInput(`limit must be at most ${PAGE_MAX}`));
  if (!Number.isInteger(input.after) || input.after < 0) return failed(invalidInput('after must be a whole number'));
  if (input.after + input.limit > RESULTS_MAX)
    return failed(invalidInput(`Searches are limited to ${RESULTS_MAX} results`));
  for (const filter of groups.flat()) {
    if (liveProperty(scope.portal, scope.type.id, filter.propertyName) === undefined) {
      return failed(
        invalidInput(`There was a problem with the request. Property ${filter.propertyName} does not exist`),
      );
    }
    if (needsValue(filter))
      return failed(invalidInput(`operator ${filter.operator} requires a value for ${filter.propertyName}`));
  }
  return done((record) => {
    if (!meetsQuery(scope, record, input.query)) return false;
    if (groups.length === 0) return true;
    return groups.some((filters) => filters.every((filter) => meets(scope, record, filter)));
  });
}

function needsValue(filter: Filter): boolean {
  if (filter.operator === 'HAS_PROPERTY' || filter.operator === 'NOT_HAS_PROPERTY') return false;
  if (filter.operator === 'IN' || filter.operator === 'NOT_IN') return filter.values === undefined;
  if (filter.operator === 'BETWEEN') return filter.value === undefined || filter.highValue === undefined;
  return filter.value === undefined;
}

function meets(scope: RecordScope, record: StoredRecord, filter: Filter): boolean {
  const property = liveProperty(scope.portal, scope.type.id, filter.propertyName);
  return property !== undefined && meetsFilter(record, property, filter);
}

/** A text query looks for every word in the object's searchable properties. */
export function meetsQuery(scope: RecordScope, record: StoredRecord, query: string | undefined): boolean {
  if (query === undefined || query.trim() === '') return true;
  const text = scope.type.searchableProperties
    .map((name) => valueOf(record, name) ?? '')
    .join(' ')
    .toLowerCase();
  return query
    .toLowerCase()
    .trim()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function order(scope: RecordScope, input: SearchInput): (a: StoredRecord, b: StoredRecord) => number {
  const [sort] = input.sorts;
  // HubSpot docs, Search the CRM: without a sort, results come in creation order, oldest first.
  const byCreation = (a: StoredRecord, b: StoredRecord): number => a.createdAt - b.createdAt || compareIds(a.id, b.id);
  if (sort === undefined) return byCreation;
  const name = typeof sort === 'string' ? sort.replace(/^-/, '') : sort.propertyName;
  const descending = typeof sort === 'string' ? sort.startsWith('-') : sort.direction === 'DESCENDING';
  const property = liveProperty(scope.portal, scope.type.id, name);
  if (property === undefined) return byCreation;
  const byProperty = compareByProperty(property, descending);
  return (a, b) => byProperty(a, b) || compareIds(a.id, b.id);
}
