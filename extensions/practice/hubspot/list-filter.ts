/**
 * Which records belong to a list: evaluates the filter branches a contract app builds (`lists` specification 2026-09: OR over AND branches
 * of PROPERTY filters). An operation the portal cannot evaluate is refused when the list is made, never silently ignored.
 */
import { z } from 'zod';
import { liveProperty, type Portal, type StoredList } from './portal.ts';
import type { ObjectTypeId } from './object-type.ts';
import { type Outcome, done, failed, invalidInput } from './problem.ts';
import { parseInstant } from './property-value.ts';
import { type StoredRecord, valueOf } from './stored-record.ts';

const BRANCH_DEPTH_MAX = 5;
const DAY_MS = 86_400_000;

const Offset = z.object({
  days: z.number().optional(),
  weeks: z.number().optional(),
  months: z.number().optional(),
  hours: z.number().optional(),
});
const TimePoint = z.discriminatedUnion('timeType', [
  z.object({ timeType: z.literal('DATE'), year: z.number(), month: z.number(), day: z.number(), zoneId: z.string() }),
  z.object({
    timeType: z.literal('INDEXED'),
    zoneId: z.string(),
    indexReference: z.object({ referenceType: z.enum(['TODAY', 'NOW']) }),
    offset: Offset.optional(),
  }),
]);
type TimePoint = z.infer<typeof TimePoint>;
const blank = { includeObjectsWithNoValueSet: z.boolean().default(false) };
const Operation = z.discriminatedUnion('operationType', [
  z.object({
    operationType: z.literal('ENUMERATION'),
    operator: z.enum(['IS_ANY_OF', 'IS_NONE_OF', 'IS_EXACTLY', 'IS_NOT_EXACTLY', 'CONTAINS_ALL']),
    values: z.array(z.string()),
    ...blank,
  }),
  z.object({
    operationType: z.literal('MULTISTRING'),
    operator: z.enum(['IS_EQUAL_TO', 'IS_NOT_EQUAL_TO', 'CONTAINS', 'DOES_NOT_CONTAIN']),
    values: z.array(z.string()),
    ...blank,
  }),
  z.object({
    operationType: z.literal('NUMBER'),
    operator: z.enum([
      'IS_EQUAL_TO',
      'IS_NOT_EQUAL_TO',
      'IS_GREATER_THAN',
      'IS_GREATER_THAN_OR_EQUAL_TO',
      'IS_LESS_THAN',
      'IS_LESS_THAN_OR_EQUAL_TO',
    ]),
    value: z.number(),
    ...blank,
  }),
  z.object({
    operationType: z.literal('BOOL'),
    operator: z.enum(['IS_EQUAL_TO', 'IS_NOT_EQUAL_TO']),
    value: z.boolean(),
    ...blank,
  }),
  z.object({ operationType: z.literal('ALL_PROPERTY'), operator: z.enum(['IS_KNOWN', 'IS_UNKNOWN']), ...blank }),
  z.object({
    operationType: z.literal('TIME_POINT'),
    operator: z.enum(['IS_BEFORE', 'IS_AFTER']),
    timePoint: TimePoint,
    ...blank,
  }),
  z.object({
    operationType: z.literal('TIME_RANGED'),
    operator: z.enum(['IS_BETWEEN', 'IS_NOT_BETWEEN']),
    lowerBoundTimePoint: TimePoint,
    upperBoundTimePoint: TimePoint,
    ...blank,
  }),
]);
type Operation = z.infer<typeof Operation>;
const PropertyFilter = z.object({ filterType: z.literal('PROPERTY'), property: z.string(), operation: Operation });
export type PropertyFilter = z.infer<typeof PropertyFilter>;

export interface FilterBranch {
  readonly filterBranchType: 'OR' | 'AND';
  readonly filterBranches: readonly FilterBranch[];
  readonly filters: readonly PropertyFilter[];
}
export const FilterBranch: z.ZodType<FilterBranch> = z.object({
  filterBranchType: z.enum(['OR', 'AND']),
  filterBranches: z.array(z.lazy(() => FilterBranch)).default([]),
  filters: z.array(PropertyFilter).default([]),
});

/** Checks that every property named exists and that the nesting is bounded. */
export function checkBranch(portal: Portal, typeId: ObjectTypeId, branch: FilterBranch, depth = 1): Outcome<null> {
  if (depth > BRANCH_DEPTH_MAX) return failed(invalidInput(`filter branches nest at most ${BRANCH_DEPTH_MAX} deep`));
  for (const filter of branch.filters) {
    if (liveProperty(portal, typeId, filter.property) === undefined)
      return failed(invalidInput(`Property ${filter.property} does not exist`));
  }
  for (const inner of branch.filterBranches) {
    const checked = checkBranch(portal, typeId, inner, depth + 1);
    if (!checked.ok) return checked;
  }
  return done(null);
}

/** Ids of the records in a list at `now`, archived ones left out. */
export function membersOf(portal: Portal, list: StoredList, now: number): readonly StoredRecord[] {
  const records = [...portal.records[list.objectTypeId].values()].filter((record) => record.archivedAt === null);
  if (list.processingType !== 'DYNAMIC') return records.filter((record) => list.memberIds.includes(record.id));
  const branch = FilterBranch.safeParse(list.filterBranch);
  return branch.success ? records.filter((record) => meetsBranch(record, branch.data, now)) : [];
}

function meetsBranch(record: StoredRecord, branch: FilterBranch, now: number): boolean {
  const tests = [
    ...branch.filters.map((filter) => () => meets(record, filter, now)),
    ...branch.filterBranches.map((inner) => () => meetsBranch(record, inner, now)),
  ];
  return branch.filterBranchType === 'OR' ? tests.some((test) => test()) : tests.every((test) => test());
}

function meets(record: StoredRecord, filter: PropertyFilter, now: number): boolean {
  const value = valueOf(record, filter.property);
  const { operation } = filter;
  if (operation.operationType === 'ALL_PROPERTY') return (value !== undefined) === (operation.operator === 'IS_KNOWN');
  if (value === undefined) return operation.includeObjectsWithNoValueSet;
  return meetsOperation(value, operation, now);
}

function meetsOperation(value: string, operation: Operation, now: number): boolean {
  switch (operation.operationType) {
    case 'ALL_PROPERTY':
      return operation.operator === 'IS_KNOWN';
    case 'ENUMERATION':
      return meetsEnumeration(value.split(';'), operation.operator, operation.values);
    case 'MULTISTRING': {
      const mine = value.toLowerCase();
      const any = operation.values.some((other) =>
        operation.operator.includes('CONTAIN') ? mine.includes(other.toLowerCase()) : mine === other.toLowerCase(),
      );
      return operation.operator === 'IS_EQUAL_TO' || operation.operator === 'CONTAINS' ? any : !any;
    }
    case 'NUMBER':
      return meetsNumber(Number(value), operation.operator, operation.value);
    case 'BOOL':
      return (value === String(operation.value)) === (operation.operator === 'IS_EQUAL_TO');
    case 'TIME_POINT': {
      const at = parseInstant(value) ?? Number.NaN;
      const point = instantOf(operation.timePoint, now);
      return operation.operator === 'IS_BEFORE' ? at < point : at > point;
    }
    case 'TIME_RANGED': {
      const at = parseInstant(value) ?? Number.NaN;
      const inside =
        at >= instantOf(operation.lowerBoundTimePoint, now) && at <= instantOf(operation.upperBoundTimePoint, now);
      return inside === (operation.operator === 'IS_BETWEEN');
    }
  }
}

function meetsEnumeration(mine: readonly string[], operator: string, wanted: readonly string[]): boolean {
  const any = wanted.some((value) => mine.includes(value));
  const all = wanted.every((value) => mine.includes(value));
  switch (operator) {
    case 'IS_ANY_OF':
      return any;
    case 'IS_NONE_OF':
      return !any;
    case 'CONTAINS_ALL':
      return all;
    case 'IS_EXACTLY':
      return all && mine.length === wanted.length;
    default:
      return !(all && mine.length === wanted.length);
  }
}

function meetsNumber(mine: number, operator: string, wanted: number): boolean {
  switch (operator) {
    case 'IS_EQUAL_TO':
      return mine === wanted;
    case 'IS_NOT_EQUAL_TO':
      return mine !== wanted;
    case 'IS_GREATER_THAN':
      return mine > wanted;
    case 'IS_GREATER_THAN_OR_EQUAL_TO':
      return mine >= wanted;
    case 'IS_LESS_THAN':
      return mine < wanted;
    default:
      return mine <= wanted;
  }
}

/** A fixed or relative point in time, counted in UTC days, as date properties are. */
function instantOf(point: TimePoint, now: number): number {
  if (point.timeType === 'DATE') return Date.UTC(point.year, point.month - 1, point.day);
  const start = point.indexReference.referenceType === 'TODAY' ? Math.floor(now / DAY_MS) * DAY_MS : now;
  const shifted = new Date(start);
  shifted.setUTCMonth(shifted.getUTCMonth() + (point.offset?.months ?? 0));
  return (
    shifted.getTime() +
    ((point.offset?.days ?? 0) + 7 * (point.offset?.weeks ?? 0)) * DAY_MS +
    (point.offset?.hours ?? 0) * 3_600_000
  );
}
