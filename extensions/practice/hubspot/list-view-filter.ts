/**
 * Shows a list's filter branch as the filters of a list view, so that a person can see them and go on filtering. What a view cannot express
 * becomes the single filter IN_LIST, which asks the portal for the list's own members.
 */
import { FilterBranch, type PropertyFilter } from './list-filter.ts';
import type { StoredList } from './portal.ts';

export interface ListViewFilter {
  readonly property: string;
  readonly operator: string;
  readonly value?: string;
  readonly values?: readonly string[];
}

/** View filters of a list, all of which must hold. */
export function viewFiltersOf(list: StoredList): readonly ListViewFilter[] {
  const whole: readonly ListViewFilter[] = [{ property: 'hs_object_id', operator: 'IN_LIST', value: list.listId }];
  const parsed = FilterBranch.safeParse(list.filterBranch);
  if (list.processingType !== 'DYNAMIC' || !parsed.success) return whole;
  const flat = singleBranch(parsed.data);
  const filters = flat?.map(viewFilter);
  return filters === undefined || filters.includes(undefined) ? whole : filters.flatMap((filter) => filter ?? []);
}

/** The filters of an OR with one AND, or of a lone AND. */
function singleBranch(branch: FilterBranch): readonly PropertyFilter[] | undefined {
  if (branch.filterBranchType === 'AND') return branch.filterBranches.length === 0 ? branch.filters : undefined;
  const [only, ...more] = branch.filterBranches;
  return only === undefined || more.length > 0 || branch.filters.length > 0 ? undefined : singleBranch(only);
}

const NUMBER_OPERATOR: Readonly<Record<string, string>> = {
  IS_EQUAL_TO: 'EQ',
  IS_NOT_EQUAL_TO: 'NEQ',
  IS_GREATER_THAN: 'GT',
  IS_GREATER_THAN_OR_EQUAL_TO: 'GTE',
  IS_LESS_THAN: 'LT',
  IS_LESS_THAN_OR_EQUAL_TO: 'LTE',
};

function viewFilter({ property, operation }: PropertyFilter): ListViewFilter | undefined {
  if (operation.operationType === 'ALL_PROPERTY') {
    return { property, operator: operation.operator === 'IS_KNOWN' ? 'HAS_PROPERTY' : 'NOT_HAS_PROPERTY' };
  }
  if (operation.includeObjectsWithNoValueSet) return undefined;
  switch (operation.operationType) {
    case 'ENUMERATION':
      return operation.operator === 'IS_ANY_OF' ? { property, operator: 'IN', values: operation.values } : undefined;
    case 'NUMBER':
      return { property, operator: NUMBER_OPERATOR[operation.operator] ?? 'EQ', value: String(operation.value) };
    case 'BOOL':
      return {
        property,
        operator: operation.operator === 'IS_EQUAL_TO' ? 'EQ' : 'NEQ',
        value: String(operation.value),
      };
    case 'TIME_RANGED': {
      const { lowerBoundTimePoint: from, upperBoundTimePoint: to } = operation;
      const fromToday =
        from.timeType === 'INDEXED' && from.indexReference.referenceType === 'TODAY' && from.offset === undefined;
      const days =
        to.timeType === 'INDEXED' && to.indexReference.referenceType === 'TODAY' ? to.offset?.days : undefined;
      if (operation.operator !== 'IS_BETWEEN' || !fromToday || days === undefined) return undefined;
      return { property, operator: 'IN_NEXT_DAYS', value: String(days) };
    }
    case 'MULTISTRING':
    case 'TIME_POINT':
      return undefined;
  }
}
