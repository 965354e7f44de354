/** List views of the practice pages: any property filtered, sorted and paged, as a manager does it by hand. */
import { z } from 'zod';
import { type Call, type Reply, json, refuse } from './exchange.ts';
import { FILTER_OPERATORS, Filter, compareByProperty, meetsFilter } from './filter.ts';
import { membersOf } from './list-filter.ts';
import { rowView } from './page-record.ts';
import { liveProperty } from './portal.ts';
import type { Practice } from './practice.ts';
import { invalidInput } from './problem.ts';
import type { RecordScope } from './record-access.ts';
import { compareIds } from './record-routes.ts';
import { meetsQuery } from './search-routes.ts';
import type { StoredRecord } from './stored-record.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 500;
const FILTERS_MAX = 20;
const DAY_MS = 86_400_000;

const ViewFilter = z.object({
  property: z.string(),
  operator: z.enum([...FILTER_OPERATORS, 'IN_NEXT_DAYS', 'IN_LIST']),
  value: z.union([z.string(), z.number()]).transform(String).optional(),
  highValue: z.union([z.string(), z.number()]).transform(String).optional(),
  values: z.array(z.string()).optional(),
});
type ViewFilter = z.infer<typeof ViewFilter>;
const ViewFilters = z.array(ViewFilter).max(FILTERS_MAX);

export function listRecords(practice: Practice, call: Call, scope: RecordScope): Reply {
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

/** A list view's filter; IN_NEXT_DAYS counts from today to `value` days ahead, both included, IN_LIST asks for the members of a list. */
function meetsViewFilter(
  scope: RecordScope,
  record: StoredRecord,
  context: { filter: ViewFilter; now: number },
): boolean {
  const { filter, now } = context;
  const property = liveProperty(scope.portal, scope.type.id, filter.property);
  if (property === undefined) return false;
  const { operator, value, highValue } = filter;
  if (operator === 'IN_LIST') {
    const list = scope.portal.lists.get(value ?? '');
    return list !== undefined && membersOf(scope.portal, list, now).some((member) => member.id === record.id);
  }
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
