/** A list of records on a page: a view's filter, a search over names, an order and a part, all asked as one query in the reader's name. */
import { z } from 'zod';
import { conditionOf, listViewsOf, quoted, usualColumns } from './list-views.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { type Reading, viewRow } from './page-view.ts';
import { PAGE_FILTER_OPERATORS, type PageFilter, type PageList } from './page-wire.ts';
import { scopeOf } from './query-routes.ts';
import { OrgRefusal, notFound } from './refusal.ts';
import { nameFieldOf } from './schema.ts';
import { runQuery } from './soql-run.ts';

const ROWS_USUAL = 50;
const ROWS_MAX = 500;
const FILTERS_MAX = 10;
const Filters = z
  .array(z.object({ field: z.string(), operator: z.enum(PAGE_FILTER_OPERATORS), value: z.string() }))
  .max(FILTERS_MAX);

export function listRecords(reading: Reading, object: ObjectDefinition, query: URLSearchParams): PageList {
  const { org } = reading;
  const viewName = query.get('view');
  const view = viewName === null ? undefined : listViewsOf(org, object).find(({ name }) => name === viewName);
  if (viewName !== null && view === undefined) throw notFound();
  const search = query.get('search')?.trim() ?? '';
  const deleted = query.get('deleted') === 'true';
  const conditions = [
    ...[...(view?.filters ?? []), ...filtersOf(query)]
      .flatMap((filter) => conditionOf(org, object, filter) ?? [])
      .map((one) => `(${one})`),
    ...(search === ''
      ? []
      : [`${nameFieldOf(object)} LIKE ${quoted(`%${search.replace(/[%_]/g, (one) => `\\${one}`)}%`)}`]),
    ...(deleted ? ['IsDeleted = TRUE'] : []),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const soql = `SELECT Id FROM ${object.name}${where} ORDER BY ${sortOf(reading, object, query)}, Id`;
  const { records } = runQuery(scopeOf(org, reading.userId, { soql, includeDeleted: deleted, base: '' }));
  const columns = (view?.columns ?? usualColumns(object))
    .flatMap((name) => org.schema().findField(object, name) ?? [])
    .filter((field) => reading.access.canReadField(object, field));
  const from = whole(query.get('offset'), 0);
  const page = records.slice(from, from + Math.min(ROWS_MAX, whole(query.get('limit'), ROWS_USUAL)));
  return {
    columns: columns.map(({ name }) => name),
    rows: page.flatMap(({ Id }) => {
      const row = org.records.get(object.name, String(Id));
      return row === undefined ? [] : [viewRow(reading, row, columns)];
    }),
    total: records.length,
  };
}

function filtersOf(query: URLSearchParams): readonly PageFilter[] {
  const text = query.get('filters');
  if (text === null) return [];
  try {
    const parsed = Filters.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new OrgRefusal('ILLEGAL_QUERY_PARAMETER_VALUE', 'filters is not a list of filters');
}

function sortOf({ org }: Reading, object: ObjectDefinition, query: URLSearchParams): string {
  const field = org.schema().findField(object, query.get('sort') ?? nameFieldOf(object));
  return `${field?.name ?? nameFieldOf(object)} ${query.get('order') === 'desc' ? 'DESC' : 'ASC'} NULLS LAST`;
}

function whole(text: string | null, usual: number): number {
  const number = Number(text ?? usual);
  return Number.isInteger(number) && number >= 0 ? number : usual;
}
