/** COUNT, COUNT_DISTINCT, SUM, AVG, MIN and MAX, with or without GROUP BY (SOQL guide, Aggregate functions). */
import type { FieldFunctionExpression, FunctionExp, GroupByClause, Query } from '@jetstreamapp/soql-parser-js';
import type { FieldValue } from './field-value.ts';
import type { FieldType, ObjectDefinition } from './object-definition.ts';
import type { StoredRow } from './record-store.ts';
import { type ConditionSource, compareValues, compileWhere } from './soql-condition.ts';
import { type QueryScope, queryFault, resolvePath, valueAt } from './soql-path.ts';

interface AggregateQuery {
  readonly scope: QueryScope;
  readonly object: ObjectDefinition;
  readonly query: Query;
  readonly rows: readonly StoredRow[];
}
type Group = readonly StoredRow[];

const isFunction = (item: { readonly type: string }): item is FieldFunctionExpression =>
  item.type === 'FieldFunctionExpression';

export const isAggregate = (query: Query): boolean =>
  query.groupBy !== undefined || (query.fields ?? []).some((item) => isFunction(item) && item.isAggregateFn === true);

/** Runs the query over the rows that passed WHERE. */
export function runAggregate(input: AggregateQuery): {
  readonly count: number | null;
  readonly records: readonly Readonly<Record<string, unknown>>[];
} {
  const { query, rows } = input;
  const [only] = query.fields ?? [];
  if (
    query.groupBy === undefined &&
    only !== undefined &&
    isFunction(only) &&
    only.functionName.toUpperCase() === 'COUNT' &&
    only.parameters.length === 0
  )
    return { count: Math.min(rows.length, query.limit ?? rows.length), records: [] };
  const columns = compileColumns(input);
  const keep = compileWhere(query.having, havingSource(input));
  const groups = orderGroups(input, groupRows(input).filter(keep));
  const from = query.offset ?? 0;
  return {
    count: null,
    records: groups.slice(from, from + (query.limit ?? groups.length)).map((group) => ({
      attributes: { type: 'AggregateResult' },
      ...Object.fromEntries(columns.map(({ name, value }) => [name, value(group)])),
    })),
  };
}

function groupFields({ query, scope }: AggregateQuery): readonly string[] {
  const clauses: readonly GroupByClause[] =
    query.groupBy === undefined ? [] : Array.isArray(query.groupBy) ? query.groupBy : [query.groupBy];
  return clauses.map((clause) => {
    if ('field' in clause) return clause.field;
    throw queryFault('MALFORMED_QUERY', scope.soql, {
      at: 'GROUP',
      message: 'functions in GROUP BY are not supported',
    });
  });
}

function groupRows(input: AggregateQuery): readonly Group[] {
  const { scope, object, query, rows } = input;
  const names = groupFields(input);
  if (names.length === 0) return [rows];
  const paths = names.map((name) => resolvePath(scope, object, { name, alias: query.sObjectAlias }));
  return [...Map.groupBy(rows, (row) => JSON.stringify(paths.map((path) => valueAt(scope, row, path)))).values()];
}

interface Column {
  readonly name: string;
  readonly value: (group: Group) => FieldValue;
}

/** Columns without an alias are named `expr0`, `expr1` … */
function compileColumns(input: AggregateQuery): readonly Column[] {
  const grouped = new Set(groupFields(input).map((name) => name.toLowerCase()));
  let unnamed = 0;
  return (input.query.fields ?? []).map((item): Column => {
    if (isFunction(item)) {
      const name = item.alias ?? `expr${unnamed}`;
      if (item.alias === undefined) unnamed += 1;
      return { name, value: compileFunction(input, item).value };
    }
    if (item.type !== 'Field' && item.type !== 'FieldRelationship')
      throw queryFault('MALFORMED_QUERY', input.scope.soql, {
        at: 'SELECT',
        message: 'only grouped fields and functions can be selected',
      });
    const full = item.type === 'Field' ? item.field : [...item.relationships, item.field].join('.');
    if (!grouped.has(full.toLowerCase()))
      throw queryFault('MALFORMED_QUERY', input.scope.soql, {
        at: full,
        message: `Field must be grouped or aggregated: ${full}`,
      });
    const path = resolvePath(input.scope, input.object, { name: full, alias: input.query.sObjectAlias });
    return {
      name: path.field.name,
      value: ([first]) => (first === undefined ? null : valueAt(input.scope, first, path)),
    };
  });
}

function compileFunction(
  { scope, object, query }: AggregateQuery,
  call: FunctionExp | FieldFunctionExpression,
): { readonly value: (group: Group) => FieldValue; readonly type: FieldType } {
  const name = (call.functionName ?? '').toUpperCase();
  const [parameter] = call.parameters ?? [];
  if (parameter === undefined && name === 'COUNT') return { value: (group) => group.length, type: 'int' };
  if (typeof parameter !== 'string')
    throw queryFault('MALFORMED_QUERY', scope.soql, { at: name, message: `unknown function: ${name}` });
  const path = resolvePath(scope, object, { name: parameter, alias: query.sObjectAlias });
  const present = (group: Group): readonly FieldValue[] =>
    group.map((row) => valueAt(scope, row, path)).filter((value) => value !== null);
  const numbers = (group: Group): readonly number[] => present(group).map(Number);
  const { type } = path.field;
  switch (name) {
    case 'COUNT':
      return { value: (group) => present(group).length, type: 'int' };
    case 'COUNT_DISTINCT':
      return { value: (group) => new Set(present(group)).size, type: 'int' };
    case 'SUM':
      return { value: (group) => (numbers(group).length === 0 ? null : total(numbers(group))), type: 'double' };
    case 'AVG':
      return {
        value: (group) => (numbers(group).length === 0 ? null : total(numbers(group)) / numbers(group).length),
        type: 'double',
      };
    case 'MIN':
    case 'MAX':
      return {
        value: (group) =>
          present(group)
            .toSorted((a, b) => compareValues(type, a, b) ?? 0)
            .at(name === 'MIN' ? 0 : -1) ?? null,
        type,
      };
    default:
      throw queryFault('MALFORMED_QUERY', scope.soql, { at: name, message: `unknown function: ${name}` });
  }
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

function havingSource(input: AggregateQuery): ConditionSource<Group> {
  return {
    scope: input.scope,
    operand: (condition) => {
      if ('fn' in condition) return { ...compileFunction(input, condition.fn), field: null };
      if (!('field' in condition))
        throw queryFault('MALFORMED_QUERY', input.scope.soql, { at: 'HAVING', message: 'unexpected condition' });
      const path = resolvePath(input.scope, input.object, { name: condition.field, alias: input.query.sObjectAlias });
      return {
        value: ([first]) => (first === undefined ? null : valueAt(input.scope, first, path)),
        type: path.field.type,
        field: path.field,
      };
    },
    subquery: () => [],
  };
}

function orderGroups(input: AggregateQuery, groups: readonly Group[]): readonly Group[] {
  const { orderBy } = input.query;
  const clauses = orderBy === undefined ? [] : Array.isArray(orderBy) ? orderBy : [orderBy];
  const source = havingSource(input);
  const keys = clauses.map((clause) => ({
    direction: clause.order === 'DESC' ? -1 : 1,
    operand:
      'field' in clause
        ? source.operand({ field: clause.field, operator: '=', value: '' })
        : source.operand({ fn: clause.fn, operator: '=', value: '' }),
  }));
  return groups.toSorted((a, b) => {
    for (const { direction, operand } of keys) {
      const [x, y] = [operand.value(a), operand.value(b)];
      const sign =
        x === null || y === null
          ? Number(x !== null) - Number(y !== null)
          : direction * (compareValues(operand.type, x, y) ?? 0);
      if (sign !== 0) return sign;
    }
    return 0;
  });
}
