/** WHERE and HAVING: turns the parsed conditions into a predicate over rows, checking names and types on the way. */
import type { ConditionWithValueQuery, HavingClause, Query, WhereClause } from '@jetstreamapp/soql-parser-js';
import { type FieldValue, instantText, isDay, parseInstant } from './field-value.ts';
import type { FieldDefinition, FieldType } from './object-definition.ts';
import { readId } from './record-id.ts';
import { OrgRefusal } from './refusal.ts';
import { type DaySpan, dayIn, literalSpan, startOfDay } from './soql-date.ts';
import { type QueryScope, queryFault } from './soql-path.ts';

/** What a condition looks at: how to find the value, and what kind it is. */
interface Operand<R> {
  readonly value: (row: R) => FieldValue;
  readonly type: FieldType;
  readonly field: FieldDefinition | null;
}
export interface ConditionSource<R> {
  readonly scope: QueryScope;
  readonly operand: (condition: ConditionWithValueQuery) => Operand<R>;
  /** Values of the one column of a subquery. */
  readonly subquery: (query: Query) => readonly FieldValue[];
}
export type Predicate<R> = (row: R) => boolean;

type Token<R> =
  | { readonly kind: '(' | ')' | 'AND' | 'OR' | 'NOT' }
  | { readonly kind: 'test'; readonly test: Predicate<R> };

/** Builds the predicate; an absent clause lets every row through. */
export function compileWhere<R>(
  clause: WhereClause | HavingClause | undefined,
  source: ConditionSource<R>,
): Predicate<R> {
  if (clause === undefined) return () => true;
  const tokens = flatten(clause, source);
  const reader = { tokens, at: 0 };
  const predicate = readExpression(reader, source.scope);
  if (reader.at < tokens.length) throw malformed(source.scope, ')');
  return predicate;
}

const malformed = (scope: QueryScope, near: string): OrgRefusal =>
  queryFault('MALFORMED_QUERY', scope.soql, { at: near, message: `unexpected token: '${near}'` });

/** The parser hands over a chain of conditions with counts of parentheses; this puts them back in a row. */
function flatten<R>(clause: WhereClause | HavingClause, source: ConditionSource<R>): readonly Token<R>[] {
  const tokens: Token<R>[] = [];
  let current: WhereClause | HavingClause | undefined = clause;
  while (current !== undefined) {
    const left: ConditionWithValueQuery | null = current.left;
    if (left !== null) pushCondition(tokens, left, source);
    if ('operator' in current) {
      tokens.push({ kind: current.operator });
      current = current.right;
    } else current = undefined;
  }
  return tokens;
}

function pushCondition<R>(tokens: Token<R>[], left: ConditionWithValueQuery, source: ConditionSource<R>): void {
  for (let count = 0; count < (left.openParen ?? 0); count += 1) tokens.push({ kind: '(' });
  if (!('operator' in left)) return;
  tokens.push({ kind: 'test', test: compileTest(left, source) });
  for (let count = 0; count < (left.closeParen ?? 0); count += 1) tokens.push({ kind: ')' });
}

interface Reader<R> {
  readonly tokens: readonly Token<R>[];
  at: number;
}

/** AND and OR do not mix on one level without parentheses (SOQL guide, Logical operators). */
function readExpression<R>(reader: Reader<R>, scope: QueryScope): Predicate<R> {
  const parts = [readTerm(reader, scope)];
  let joined: 'AND' | 'OR' | null = null;
  for (
    let token = reader.tokens[reader.at];
    token?.kind === 'AND' || token?.kind === 'OR';
    token = reader.tokens[reader.at]
  ) {
    if (joined !== null && joined !== token.kind) throw malformed(scope, token.kind);
    joined = token.kind;
    reader.at += 1;
    parts.push(readTerm(reader, scope));
  }
  return joined === 'OR' ? (row) => parts.some((part) => part(row)) : (row) => parts.every((part) => part(row));
}

function readTerm<R>(reader: Reader<R>, scope: QueryScope): Predicate<R> {
  const token = reader.tokens[reader.at];
  reader.at += 1;
  if (token?.kind === 'test') return token.test;
  if (token?.kind === 'NOT') {
    const inner = readTerm(reader, scope);
    return (row) => !inner(row);
  }
  if (token?.kind !== '(') throw malformed(scope, token?.kind ?? 'EOF');
  const inner = readExpression(reader, scope);
  if (reader.tokens[reader.at]?.kind !== ')') throw malformed(scope, '(');
  reader.at += 1;
  return inner;
}

type OperatorCondition = Extract<ConditionWithValueQuery, { readonly operator: string }>;
type Compare = (value: FieldValue) => boolean;

function compileTest<R>(condition: OperatorCondition, source: ConditionSource<R>): Predicate<R> {
  const operand = source.operand(condition);
  if ('valueQuery' in condition) {
    const wanted = new Set(source.subquery(condition.valueQuery));
    const isIn = condition.operator === 'IN';
    return (row) => wanted.has(operand.value(row)) === isIn;
  }
  const compare = compileCompare(condition, operand, source.scope);
  return (row) => compare(operand.value(row));
}

interface Literal {
  readonly text: string;
  readonly type: string;
}

function literalsOf(condition: Exclude<OperatorCondition, { readonly valueQuery: Query }>): readonly Literal[] {
  const values = Array.isArray(condition.value) ? condition.value : [condition.value];
  return values.map((text, index) => {
    const type = Array.isArray(condition.literalType) ? condition.literalType[index] : condition.literalType;
    return { text, type: type ?? 'STRING' };
  });
}

function compileCompare<R>(
  condition: Exclude<OperatorCondition, { readonly valueQuery: Query }>,
  operand: Operand<R>,
  scope: QueryScope,
): Compare {
  const { operator } = condition;
  const literals = literalsOf(condition);
  const [literal] = literals;
  if (literal === undefined) return () => false;
  if (operand.type === 'textarea' && operand.field !== null && operand.field.length > 255)
    throw queryFault('INVALID_FIELD', scope.soql, {
      at: operand.field.name,
      message: `field '${operand.field.name}' can not be filtered in a query call`,
    });
  switch (operator) {
    case 'IN':
    case 'NOT IN': {
      const wanted = new Set(literals.map((one) => keyOf(operand.type, readLiteral(one, operand, scope))));
      return (value) => wanted.has(keyOf(operand.type, value)) === (operator === 'IN');
    }
    case 'LIKE': {
      const pattern = likePattern(textLiteral(literal));
      return (value) => typeof value === 'string' && pattern.test(value);
    }
    case 'INCLUDES':
    case 'EXCLUDES': {
      const sets = literals.map((one) => textLiteral(one).split(';'));
      const includes: Compare = (value) => {
        const chosen = new Set(String(value ?? '').split(';'));
        return sets.some((set) => set.every((one) => chosen.has(one)));
      };
      return operator === 'INCLUDES' ? includes : (value) => !includes(value);
    }
    case '=':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return literal.type.startsWith('DATE_')
        ? compareSpan(operator, spanOf(literal, scope), { operand, scope })
        : compareValue(operator, operand.type, readLiteral(literal, operand, scope));
  }
}

function compareValue(operator: string, type: FieldType, wanted: FieldValue): Compare {
  if (operator === '=') return (value) => keyOf(type, value) === keyOf(type, wanted);
  if (operator === '!=') return (value) => keyOf(type, value) !== keyOf(type, wanted);
  return (value) => {
    const order = compareValues(type, value, wanted);
    if (value === null || wanted === null || order === null) return false;
    if (operator === '<') return order < 0;
    if (operator === '<=') return order <= 0;
    return operator === '>' ? order > 0 : order >= 0;
  };
}

/** Text is compared without regard to case, except ids (SOQL guide, Comparison operators). */
const keyOf = (type: FieldType, value: FieldValue): FieldValue =>
  typeof value === 'string' && type !== 'id' && type !== 'reference' ? value.toLowerCase() : value;

/** -1, 0 or 1; null when a side is empty. */
export function compareValues(type: FieldType, a: FieldValue, b: FieldValue): number | null {
  const [x, y] = [keyOf(type, a), keyOf(type, b)];
  if (x === null || y === null) return null;
  return x === y ? 0 : x < y ? -1 : 1;
}

function spanOf(literal: Literal, scope: QueryScope): DaySpan {
  const span = literalSpan(literal.text, dayIn(scope.timeZone, scope.now));
  if (span === null) throw malformed(scope, literal.text);
  return span;
}

/** A literal is a span: equal means inside, greater means after its end, and so on. */
function compareSpan<R>(
  operator: string,
  span: DaySpan,
  on: { readonly operand: Operand<R>; readonly scope: QueryScope },
): Compare {
  const edge = (day: string): string =>
    on.operand.type === 'date' ? day : instantText(startOfDay(on.scope.timeZone, day));
  const [from, until] = [edge(span.fromDate), edge(span.untilDate)];
  return (value) => {
    if (typeof value !== 'string') return operator === '!=';
    switch (operator) {
      case '=':
        return value >= from && value < until;
      case '!=':
        return value < from || value >= until;
      case '<':
        return value < from;
      case '<=':
        return value < until;
      case '>':
        return value >= until;
      default:
        return value >= from;
    }
  };
}

const textLiteral = (literal: Literal): string =>
  literal.text
    .replace(/^'|'$/g, '')
    .replace(
      /\\(['"\\nrtbf_%])/g,
      (whole, character: string) => ESCAPES[character] ?? (character === '_' || character === '%' ? whole : character),
    );
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function likePattern(text: string): RegExp {
  const source = text.replace(/\\([%_])|[%_]|[.*+?^${}()|[\]\\]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    return found === '%' ? '[\\s\\S]*' : found === '_' ? '[\\s\\S]' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 'i');
}

const TEXT_TYPES: ReadonlySet<FieldType> = new Set([
  'string',
  'textarea',
  'picklist',
  'multipicklist',
  'email',
  'phone',
  'url',
  'id',
  'reference',
]);
const NUMBER_TYPES: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent']);
const NUMBER_LITERALS: ReadonlySet<string> = new Set(['INTEGER', 'DECIMAL']);

function readLiteral<R>(literal: Literal, operand: Operand<R>, scope: QueryScope): FieldValue {
  if (literal.type === 'NULL') return null;
  const wrong = (expected: string): OrgRefusal =>
    queryFault('INVALID_FIELD', scope.soql, {
      at: operand.field?.name ?? '',
      message: `value of filter criterion for field '${operand.field?.name ?? ''}' must be of type ${expected}`,
    });
  if (TEXT_TYPES.has(operand.type)) {
    if (literal.type !== 'STRING') throw wrong('string and should be enclosed in quotes');
    return operand.type === 'id' || operand.type === 'reference'
      ? idLiteral(textLiteral(literal))
      : textLiteral(literal);
  }
  if (NUMBER_TYPES.has(operand.type)) {
    if (!NUMBER_LITERALS.has(literal.type)) throw wrong('double and should not be enclosed in quotes');
    return Number(literal.text);
  }
  if (operand.type === 'boolean') {
    if (literal.type !== 'BOOLEAN') throw wrong('boolean and should not be enclosed in quotes');
    return literal.text.toLowerCase() === 'true';
  }
  if (operand.type === 'date') {
    if (literal.type !== 'DATE' || !isDay(literal.text)) throw wrong('date and should not be enclosed in quotes');
    return literal.text;
  }
  const at = literal.type === 'DATETIME' ? parseInstant(literal.text) : null;
  if (at === null) throw wrong('dateTime and should not be enclosed in quotes');
  return instantText(at);
}

function idLiteral(text: string): FieldValue {
  if (text === '') return null;
  const id = readId(text);
  if (id === null) throw new OrgRefusal('INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${text}`);
  return id;
}
