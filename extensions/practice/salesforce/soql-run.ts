/** Runs one SOQL query over the org's rows and gives records in the shape of the REST answer. */
import {
  type FieldType as SelectItem,
  type Query,
  type Subquery,
  type WhereClause,
  parseQuery,
} from '@jetstreamapp/soql-parser-js';
import type { FieldValue } from './field-value.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { readId } from './record-id.ts';
import { type StoredRow, isDeleted } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';
import { childRelationships } from './schema.ts';
import { isAggregate, runAggregate } from './soql-aggregate.ts';
import { type ConditionSource, compareValues, compileWhere } from './soql-condition.ts';
import {
  type FieldPath,
  type QueryScope,
  findObject,
  parentAt,
  queryFault,
  resolvePath,
  valueAt,
} from './soql-path.ts';

/** SOQL guide, OFFSET. */
const OFFSET_MAX = 2_000;
const SOQL_CHARACTERS_MAX = 100_000;
const FIELDS_ALL_LIMIT_MAX = 200;

export interface QueryAnswer {
  /** A bare `COUNT()` answers a number and no records. */
  readonly count: number | null;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly object: ObjectDefinition;
  /** What was selected, parents as `Account.Name`; functions and children are not among them. */
  readonly columns: readonly string[];
}

/** Parses and runs; throws MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD and their like. */
export function runQuery(scope: QueryScope): QueryAnswer {
  const query = parse(scope);
  const object = findObject(scope, query.sObject ?? '');
  if ((query.offset ?? 0) > OFFSET_MAX)
    throw new OrgRefusal('NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${OFFSET_MAX}`);
  const rows = selectRows(scope, object, query);
  if (isAggregate(query))
    return { ...runAggregate({ scope, object, query, rows: rows.matching }), object, columns: [] };
  const project = compileSelect(scope, object, query);
  return { count: null, records: rows.page().map(project), object, columns: columnsOf(scope, object, query) };
}

function columnsOf(scope: QueryScope, object: ObjectDefinition, query: Query): readonly string[] {
  return (query.fields ?? []).flatMap((item) => {
    if (item.type !== 'Field' && item.type !== 'FieldRelationship') return [];
    const name = item.type === 'Field' ? item.field : [...item.relationships, item.field].join('.');
    const path = resolvePath(scope, object, { name, alias: query.sObjectAlias });
    return [[...path.parents.map(({ field }) => field.relationshipName ?? field.name), path.field.name].join('.')];
  });
}

function parse(scope: QueryScope): Query {
  if (scope.soql.trim() === '') throw new OrgRefusal('MALFORMED_QUERY', 'A query string has to be specified');
  if (scope.soql.length > SOQL_CHARACTERS_MAX)
    throw new OrgRefusal('MALFORMED_QUERY', 'SOQL statements cannot be longer than 100000 characters.');
  try {
    // Without options the parser is used again; with any it is built anew, which takes longer than the whole query.
    return parseQuery(scope.soql);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const near = /but found: ?(?:--> )?'([^']*)'/.exec(message)?.[1] ?? scope.soql.trim().split(/\s+/).at(-1) ?? '';
    throw queryFault('MALFORMED_QUERY', scope.soql, { at: near, message: `unexpected token: '${near}'` });
  }
}

interface Selection {
  /** In no order, without limit and offset. */
  readonly matching: readonly StoredRow[];
  readonly page: () => readonly StoredRow[];
}

function selectRows(
  scope: QueryScope,
  object: ObjectDefinition,
  query: Query | Subquery,
  candidates?: Iterable<StoredRow>,
): Selection {
  const source = sourceOf(scope, object, query.sObjectAlias);
  const matches = compileWhere(query.where, source);
  const matching: StoredRow[] = [];
  for (const row of candidates ?? rowsById(scope, object, query.where) ?? scope.records.rows(object.name))
    if ((scope.includeDeleted || !isDeleted(row)) && matches(row)) matching.push(row);
  const page = (): readonly StoredRow[] => {
    const ordered = order(scope, object, { query, rows: matching });
    const from = query.offset ?? 0;
    return query.limit === undefined && from === 0
      ? ordered
      : ordered.slice(from, from + (query.limit ?? ordered.length));
  };
  return { matching, page };
}

/** Where nothing but AND joins the conditions and one of them names ids, only their rows can match. */
function rowsById(
  scope: QueryScope,
  object: ObjectDefinition,
  where: WhereClause | undefined,
): readonly StoredRow[] | undefined {
  let ids: readonly string[] | undefined;
  for (let clause = where; clause !== undefined; clause = 'operator' in clause ? clause.right : undefined) {
    if ('operator' in clause && clause.operator !== 'AND') return undefined;
    const { left } = clause;
    if (left === null || !('field' in left) || !('value' in left) || left.field.toLowerCase() !== 'id') continue;
    if (left.operator === '=' || left.operator === 'IN') ids = Array.isArray(left.value) ? left.value : [left.value];
  }
  if (ids === undefined) return undefined;
  const found = new Set(ids.map((text) => readId(text.replaceAll("'", ''))));
  return [...found].flatMap((id) => (id === null ? [] : (scope.records.get(object.name, id) ?? [])));
}

/** Fields of conditions, with parents; used for WHERE. */
function sourceOf(scope: QueryScope, object: ObjectDefinition, alias: string | undefined): ConditionSource<StoredRow> {
  return {
    scope,
    operand: (condition) => {
      if (!('field' in condition))
        throw queryFault('MALFORMED_QUERY', scope.soql, {
          at: 'WHERE',
          message: 'functions in conditions are not supported',
        });
      const path = resolvePath(scope, object, { name: condition.field, alias });
      return { value: (row) => valueAt(scope, row, path), type: path.field.type, field: path.field };
    },
    subquery: (inner) => subqueryValues(scope, inner),
  };
}

function subqueryValues(scope: QueryScope, query: Query): readonly FieldValue[] {
  const object = findObject(scope, query.sObject ?? '');
  const [only] = query.fields ?? [];
  if (only?.type !== 'Field')
    throw queryFault('MALFORMED_QUERY', scope.soql, { at: '(SELECT', message: 'a semi join takes one field' });
  const path = resolvePath(scope, object, { name: only.field });
  return selectRows(scope, object, query)
    .matching.map((row) => valueAt(scope, row, path))
    .filter((value) => value !== null);
}

/** Without ORDER BY the order is that of creation, which is not promised; nulls come first unless told otherwise (SOQL guide, ORDER BY). */
function order(
  scope: QueryScope,
  object: ObjectDefinition,
  { query, rows }: { readonly query: Query | Subquery; readonly rows: readonly StoredRow[] },
): readonly StoredRow[] {
  const clauses = query.orderBy === undefined ? [] : Array.isArray(query.orderBy) ? query.orderBy : [query.orderBy];
  if (clauses.length === 0) return rows;
  const keys = clauses.map((clause) => {
    if (!('field' in clause))
      throw queryFault('MALFORMED_QUERY', scope.soql, { at: 'ORDER', message: 'functions in ORDER BY need GROUP BY' });
    const path = resolvePath(scope, object, { name: clause.field, alias: query.sObjectAlias });
    const direction = clause.order === 'DESC' ? -1 : 1;
    return { path, direction, nulls: clause.nulls === 'LAST' ? 1 : -1 };
  });
  return rows.toSorted((a, b) => {
    for (const { path, direction, nulls } of keys) {
      const [x, y] = [valueAt(scope, a, path), valueAt(scope, b, path)];
      const sign =
        x === null || y === null
          ? x === y
            ? 0
            : x === null
              ? nulls
              : -nulls
          : direction * (compareValues(path.field.type, x, y) ?? 0);
      if (sign !== 0) return sign;
    }
    return 0;
  });
}

type Project = (row: StoredRow) => Readonly<Record<string, unknown>>;
type Put = (row: StoredRow, record: Record<string, unknown>) => void;

const attributesOf = (scope: QueryScope, object: ObjectDefinition, id: string): Readonly<Record<string, string>> => ({
  type: object.name,
  url: `${scope.base}/sobjects/${object.name}/${id}`,
});

function compileSelect(scope: QueryScope, object: ObjectDefinition, query: Query | Subquery): Project {
  const puts = (query.fields ?? []).flatMap((item) => compileItem(scope, object, { item, query }));
  return (row) => {
    const record: Record<string, unknown> = { attributes: attributesOf(scope, object, row.id) };
    for (const put of puts) put(row, record);
    return record;
  };
}

function compileItem(
  scope: QueryScope,
  object: ObjectDefinition,
  { item, query }: { readonly item: SelectItem; readonly query: Query | Subquery },
): readonly Put[] {
  const alias = query.sObjectAlias;
  switch (item.type) {
    case 'Field':
      return [putPath(scope, resolvePath(scope, object, { name: item.field, alias }))];
    case 'FieldRelationship':
      return [
        putPath(scope, resolvePath(scope, object, { name: [...item.relationships, item.field].join('.'), alias })),
      ];
    case 'FieldSubquery':
      return [putChildren(scope, object, item.subquery)];
    case 'FieldFunctionExpression': {
      const [parameter] = item.parameters;
      if (item.functionName.toUpperCase() === 'FIELDS') return allFields(scope, object, query);
      if (item.functionName.toUpperCase() !== 'TOLABEL' || typeof parameter !== 'string')
        throw queryFault('MALFORMED_QUERY', scope.soql, {
          at: item.functionName,
          message: `unknown function: ${item.functionName}`,
        });
      const path = resolvePath(scope, object, { name: parameter, alias });
      return [putLabel(scope, path, item.alias)];
    }
    case 'FieldTypeof':
      throw queryFault('MALFORMED_QUERY', scope.soql, { at: 'TYPEOF', message: "unexpected token: 'TYPEOF'" });
  }
}

function allFields(scope: QueryScope, object: ObjectDefinition, query: Query | Subquery): readonly Put[] {
  if (query.limit === undefined || query.limit > FIELDS_ALL_LIMIT_MAX)
    throw new OrgRefusal('MALFORMED_QUERY', 'The SOQL FIELDS function must have a LIMIT of at most 200');
  return object.fields
    .filter((field) => scope.access.canReadField(object, field))
    .map((field) => putPath(scope, { parents: [], field, object }));
}

/** Puts a value below its parents; a parent that is missing is null. */
function putPath(scope: QueryScope, path: FieldPath): Put {
  return (row, record) => {
    let target: Record<string, unknown> = record;
    for (const [index, { field, object }] of path.parents.entries()) {
      const key = field.relationshipName ?? field.name;
      const parent = parentAt(scope, row, { parents: path.parents.slice(0, index + 1) });
      if (parent === undefined) {
        target[key] = null;
        return;
      }
      const known = target[key];
      // What stands under a relationship's name was put there by an earlier column of this same query.
      const below = (known ?? { attributes: attributesOf(scope, object, parent.id) }) as Record<string, unknown>;
      target[key] = below;
      target = below;
    }
    target[path.field.name] = valueAt(scope, row, path);
  };
}

function putLabel(scope: QueryScope, path: FieldPath, alias: string | undefined): Put {
  const labels = new Map(
    path.field.picklistValues.map((entry) => [
      entry.value,
      path.field.labels[`${scope.language}.${entry.label}`] ?? entry.label,
    ]),
  );
  return (row, record) => {
    const value = valueAt(scope, row, path);
    record[alias ?? path.field.name] = typeof value === 'string' ? (labels.get(value) ?? value) : value;
  };
}

/** Children as a list of their own, null when there are none (REST guide, relationship queries). */
function putChildren(scope: QueryScope, object: ObjectDefinition, query: Subquery): Put {
  const relation = childRelationships(scope.schema, object).find(
    ({ field }) => field.childRelationshipName?.toLowerCase() === query.relationshipName.toLowerCase(),
  );
  if (
    relation === undefined ||
    !scope.access.canRead(relation.child) ||
    !scope.access.canReadField(relation.child, relation.field)
  ) {
    throw queryFault('INVALID_TYPE', scope.soql, {
      at: query.relationshipName,
      message: `Didn't understand relationship '${query.relationshipName}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
    });
  }
  const project = compileSelect(scope, relation.child, query);
  const children = lazily(() =>
    Map.groupBy(scope.records.rows(relation.child.name), (row) => row.values[relation.field.name] ?? null),
  );
  return (row, record) => {
    const found = selectRows(scope, relation.child, query, children().get(row.id) ?? []).page();
    record[query.relationshipName] =
      found.length === 0 ? null : { totalSize: found.length, done: true, records: found.map(project) };
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
