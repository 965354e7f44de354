/** What a mutation is: a changed request together with what the server has to make of it. */
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Draft, Json, RawRequest } from './request.ts';
import type { Sample } from './route-samples.ts';
import type { Tenant } from './tenant.ts';

/**
 * `refused`: one of these statuses, with a problem document and nothing changed. `understood`: the request is still right, so one of the
 * sample's own statuses. `bounded`: both are right; it must be answered within the law of every answer.
 */
export type Expectation =
  | { readonly kind: 'refused'; readonly statuses: readonly number[] }
  | { readonly kind: 'understood' }
  | { readonly kind: 'bounded' };

export const refusedWith = (...statuses: readonly number[]): Expectation => ({ kind: 'refused', statuses });
export const UNDERSTOOD: Expectation = { kind: 'understood' };
export const BOUNDED: Expectation = { kind: 'bounded' };

export type MutationContext = {
  readonly sample: Sample;
  readonly draft: Draft;
  readonly by: Tenant;
  readonly other: Tenant;
  readonly random: SeededRandom;
  readonly origin: string;
};

export type Mutated = {
  readonly request: RawRequest;
  readonly expect: Expectation;
  /** What was done, for the report. */
  readonly note: string;
};

export type Mutation = {
  readonly name: string;
  /** Share among the mutations that apply; 1 when absent. */
  readonly weight?: number;
  /** Null when it does not apply to this request. */
  readonly apply: (context: MutationContext) => Mutated | null;
};

type JsonPath = readonly (string | number)[];
export type JsonPlace = { readonly path: JsonPath; readonly value: Json };

/** Every value within, the whole excepted. */
export function placesOf(value: Json, path: JsonPath = []): readonly JsonPlace[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly (readonly [string | number, Json])[] = isList(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  return entries.flatMap(([key, item]) => [{ path: [...path, key], value: item }, ...placesOf(item, [...path, key])]);
}

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** As the samples write them: positions of a list are `*`. */
export const pointerOf = (path: JsonPath): string =>
  path.map((key) => `/${typeof key === 'number' ? '*' : key}`).join('');

/** A copy with the value at a path replaced, or taken out when `undefined`. */
export function changedAt(value: Json, path: JsonPath, change: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  if (isList(value)) {
    return value.flatMap((item, index) => {
      if (index !== key) return [item];
      if (rest.length > 0) return [changedAt(item, rest, change)];
      return change === undefined ? [] : [change];
    });
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]: readonly [string, Json]) => {
      if (name !== key) return [[name, item]];
      if (rest.length > 0) return [[name, changedAt(item, rest, change)]];
      return change === undefined ? [] : [[name, change]];
    }),
  );
}

/** Text that takes the place of a value and is not JSON the serialiser would write. */
const MARK = '@@raw@@';
export function textWith(value: Json, path: JsonPath, raw: string): string {
  const text = path.length === 0 ? `"${MARK}"` : JSON.stringify(changedAt(value, path, MARK));
  return text.replace(`"${MARK}"`, () => raw);
}
