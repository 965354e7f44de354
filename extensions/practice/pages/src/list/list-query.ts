import { z } from 'zod';
import type { ObjectType } from '../portal/object-types.ts';
import { filterSchema } from '../portal/portal-schema.ts';
import type { Filter, Property } from '../portal/portal-schema.ts';

// A list view is its address: search, filters, sort and columns live in the query string, so that a link shows the very
// same view to somebody else.

export type ListView = {
  readonly q: string;
  readonly filters: readonly Filter[];
  readonly sort: string | null;
  readonly direction: 'asc' | 'desc';
  /** Null means the default columns. */
  readonly columns: readonly string[] | null;
};

export const EMPTY_VIEW: ListView = { q: '', filters: [], sort: null, direction: 'asc', columns: null };

const filtersSchema = z.array(filterSchema);

/** Filters that cannot be read (a cut or hand-made address) are left out: the plain list is then shown. */
function parseFilters(text: string | null): readonly Filter[] {
  if (text === null) return [];
  try {
    const parsed = filtersSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

export function parseListView(search: string): ListView {
  const params = new URLSearchParams(search);
  return {
    q: params.get('q') ?? '',
    filters: parseFilters(params.get('filters')),
    sort: params.get('sort'),
    direction: params.get('direction') === 'desc' ? 'desc' : 'asc',
    columns: params.get('columns')?.split(',') ?? null,
  };
}

/** The query string of a view, with its "?", or an empty string for the plain list. */
export function listViewSearch(view: ListView): string {
  const params = new URLSearchParams();
  if (view.q !== '') params.set('q', view.q);
  if (view.filters.length > 0) params.set('filters', JSON.stringify(view.filters));
  if (view.sort !== null) {
    params.set('sort', view.sort);
    params.set('direction', view.direction);
  }
  if (view.columns !== null) params.set('columns', view.columns.join(','));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** The newest records stand first until a person sorts otherwise, as in HubSpot's own views. */
export function effectiveSort(view: ListView): { readonly sort: string; readonly direction: 'asc' | 'desc' } {
  return view.sort === null
    ? { sort: 'createdate', direction: 'desc' }
    : { sort: view.sort, direction: view.direction };
}

const OPERATORS = [
  'EQ',
  'NEQ',
  'LT',
  'LTE',
  'GT',
  'GTE',
  'BETWEEN',
  'IN',
  'NOT_IN',
  'CONTAINS_TOKEN',
  'IN_NEXT_DAYS',
  'HAS_PROPERTY',
  'NOT_HAS_PROPERTY',
] as const;
export type Operator = (typeof OPERATORS)[number];

type FilterKind = 'choice' | 'date' | 'number' | 'text';

const OPERATORS_FOR: Record<FilterKind, readonly Operator[]> = {
  choice: ['IN', 'NOT_IN', 'HAS_PROPERTY', 'NOT_HAS_PROPERTY'],
  date: ['IN_NEXT_DAYS', 'BETWEEN', 'LT', 'GT', 'EQ', 'HAS_PROPERTY', 'NOT_HAS_PROPERTY'],
  number: ['EQ', 'NEQ', 'GT', 'GTE', 'LT', 'LTE', 'BETWEEN', 'HAS_PROPERTY', 'NOT_HAS_PROPERTY'],
  text: ['CONTAINS_TOKEN', 'EQ', 'NEQ', 'HAS_PROPERTY', 'NOT_HAS_PROPERTY'],
};

/** `hasChoices` is for properties whose values are listed elsewhere (stages, owners). */
export function filterKind(property: Property, hasChoices: boolean): FilterKind {
  if (hasChoices) return 'choice';
  if (property.type === 'date' || property.type === 'datetime') return 'date';
  if (property.type === 'number') return 'number';
  return 'text';
}

export const operatorsFor = (kind: FilterKind): readonly Operator[] => OPERATORS_FOR[kind];

export type ValueShape = 'none' | 'one' | 'two' | 'many' | 'days';

const SHAPES: Record<Operator, ValueShape> = {
  EQ: 'one',
  NEQ: 'one',
  LT: 'one',
  LTE: 'one',
  GT: 'one',
  GTE: 'one',
  BETWEEN: 'two',
  IN: 'many',
  NOT_IN: 'many',
  CONTAINS_TOKEN: 'one',
  IN_NEXT_DAYS: 'days',
  HAS_PROPERTY: 'none',
  NOT_HAS_PROPERTY: 'none',
};

export const valueShape = (operator: Operator): ValueShape => SHAPES[operator];

export function parseOperator(text: string): Operator | null {
  return OPERATORS.find((operator) => operator === text) ?? null;
}

/** Whether a filter has the values its operator needs. */
export function isComplete(filter: Filter): boolean {
  const operator = parseOperator(filter.operator);
  if (operator === null) return true;
  switch (valueShape(operator)) {
    case 'none':
      return true;
    case 'many':
      return (filter.values?.length ?? 0) > 0;
    case 'two':
      return Boolean(filter.value) && Boolean(filter.highValue);
    case 'one':
    case 'days':
      return Boolean(filter.value);
  }
}

/** A range of the manager's questions that the properties of this portal can answer. */
export type QuickFilter = { readonly key: 'noticeSoon' | 'slaMissed' | 'renewalOpen'; readonly filter: Filter };

/** A notice within a quarter is what managers plan for (the list the app itself creates uses the same span). */
const NOTICE_DAYS = 90;

const optionValue = (property: Property, pattern: RegExp): string | undefined =>
  property.options.find((option) => pattern.test(option.value) || pattern.test(option.label))?.value;

/** Finds the contract properties an installed app brought, and offers the questions they answer. */
export function quickFilters(properties: readonly Property[]): readonly QuickFilter[] {
  const own = properties.filter((property) => property.name.startsWith('counterpart_'));
  const found: QuickFilter[] = [];
  const notice = own.find((property) => property.type.startsWith('date') && property.name.includes('notice'));
  if (notice) {
    found.push({
      key: 'noticeSoon',
      filter: { property: notice.name, operator: 'IN_NEXT_DAYS', value: String(NOTICE_DAYS) },
    });
  }
  const sla = own.find((property) => property.type === 'enumeration' && property.name.includes('sla'));
  const missed = sla && optionValue(sla, /miss|breach/i);
  if (sla && missed) found.push({ key: 'slaMissed', filter: { property: sla.name, operator: 'IN', values: [missed] } });
  const decision = own.find((property) => property.type === 'enumeration' && property.name.includes('decision'));
  const undecided = decision && optionValue(decision, /undecided|open|none/i);
  if (decision && undecided) {
    found.push({ key: 'renewalOpen', filter: { property: decision.name, operator: 'IN', values: [undecided] } });
  }
  return found;
}

/** Contract columns worth a place in the default list, nearest question first. */
const CONTRACT_COLUMN_WORDS = ['contract_stage', 'stage', 'notice', 'renewal_date', 'sla_status'] as const;

/** Default columns of a type: the standard ones, then what the installed app added. */
export function defaultColumns(standard: readonly string[], properties: readonly Property[]): readonly string[] {
  const own = properties.filter((property) => property.name.startsWith('counterpart_') && !property.hidden);
  const picked = CONTRACT_COLUMN_WORDS.flatMap((word) => {
    const property = own.find((candidate) => candidate.name.includes(word));
    return property ? [property.name] : [];
  });
  const known = new Set(properties.map((property) => property.name));
  return [...new Set([...standard.filter((name) => known.has(name)), ...picked])];
}

export type SavedView = { readonly id: string; readonly name: string; readonly view: ListView };

const savedViewsSchema = z.array(z.object({ id: z.string(), name: z.string(), search: z.string() }));

const storageKey = (portalId: number, type: ObjectType): string => `practice-portal.views.${portalId}.${type}`;

/** Views a person saved in this browser. */
export function readSavedViews(portalId: number, type: ObjectType): readonly SavedView[] {
  const text = localStorage.getItem(storageKey(portalId, type));
  const parsed = savedViewsSchema.safeParse(text === null ? [] : JSON.parse(text));
  if (!parsed.success) return [];
  return parsed.data.map((saved) => ({ id: saved.id, name: saved.name, view: parseListView(saved.search) }));
}

export function writeSavedViews(portalId: number, type: ObjectType, views: readonly SavedView[]): void {
  const plain = views.map((saved) => ({ id: saved.id, name: saved.name, search: listViewSearch(saved.view) }));
  localStorage.setItem(storageKey(portalId, type), JSON.stringify(plain));
}
