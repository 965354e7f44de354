/**
 * Stands in for zod inside the Lightning module, where zod itself is larger than a Lightning file may be and compiles functions from text,
 * which Lightning Web Security forbids. It knows the calls that `app/wire` and `app/core` make and accepts and refuses what zod does
 * (a test holds the two against each other); it says only that a document is refused, not why.
 */
type Read = { readonly success: true; readonly data: unknown } | { readonly success: false };
type Reader = (value: unknown) => Read;
type Schema = {
  readonly safeParse: Reader;
  readonly acceptsAbsence: boolean;
  nullable(): Schema;
  optional(): Schema;
  describe(text: string): Schema;
  refine(holds: (value: never) => boolean, options?: unknown): Schema;
};
type Shape = Readonly<Record<string, Schema>>;

const REFUSED: Read = { success: false };
const accepted = (data: unknown): Read => ({ success: true, data });
const when =
  (holds: (value: unknown) => boolean): Reader =>
  (value) =>
    holds(value) ? accepted(value) : REFUSED;

function schemaOf<Extra extends object>(safeParse: Reader, extra: Extra, acceptsAbsence = false): Schema & Extra {
  const base: Schema = {
    safeParse,
    acceptsAbsence,
    nullable: () => schemaOf((value) => (value === null ? accepted(null) : safeParse(value)), {}, acceptsAbsence),
    optional: () => schemaOf((value) => (value === undefined ? accepted(value) : safeParse(value)), {}, true),
    describe: () => schemaOf(safeParse, extra, acceptsAbsence),
    refine: (holds) => schemaOf(also(safeParse, holds as (value: unknown) => boolean), extra, acceptsAbsence),
  };
  return { ...base, ...extra };
}

const also =
  (read: Reader, holds: (value: unknown) => boolean): Reader =>
  (value) => {
    const result = read(value);
    return result.success && holds(result.data) ? result : REFUSED;
  };

type Sized = Schema & {
  min(least: number): Sized;
  max(most: number): Sized;
  length(size: number): Sized;
  regex(pattern: RegExp): Sized;
  trim(): Sized;
};

/** Strings, arrays and numbers share their bounds: `size` says what is bounded. */
function sized(read: Reader, size: (value: never) => number): Sized {
  const measure = size as (value: unknown) => number;
  const where = (holds: (value: unknown) => boolean): Sized => sized(also(read, holds), size);
  return schemaOf(read, {
    min: (least: number) => where((value) => measure(value) >= least),
    max: (most: number) => where((value) => measure(value) <= most),
    length: (exact: number) => where((value) => measure(value) === exact),
    regex: (pattern: RegExp) => where((value) => pattern.test(String(value))),
    trim: () =>
      sized((value) => {
        const result = read(value);
        return result.success ? accepted(String(result.data).trim()) : REFUSED;
      }, size),
  });
}

const isString = (value: unknown): value is string => typeof value === 'string';
const string = (): Sized => sized(when(isString), (text: string) => text.length);
const patterned = (pattern: RegExp): Sized => string().regex(pattern);
const numberWhere = (holds: (value: number) => boolean): Sized =>
  sized(
    when((value) => typeof value === 'number' && holds(value)),
    (value: number) => value,
  );

/** Keys that the shape does not name are left out of the result, or refused by a strict object. */
function object(shape: Shape, isStrict = false): Schema & { readonly shape: Shape; partial(): Schema } {
  const read: Reader = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return REFUSED;
    const given = value as Readonly<Record<string, unknown>>;
    if (isStrict && Object.keys(given).some((key) => !Object.hasOwn(shape, key))) return REFUSED;
    const data: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(shape)) {
      const result = schema.safeParse(given[key]);
      if (!result.success || (!Object.hasOwn(given, key) && !schema.acceptsAbsence)) return REFUSED;
      if (Object.hasOwn(given, key)) data[key] = result.data;
    }
    return accepted(data);
  };
  const partial = (): Schema =>
    object(Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.optional()])), isStrict);
  return schemaOf(read, { shape, partial });
}

function array(item: Schema): Sized {
  const read: Reader = (value) => {
    if (!Array.isArray(value)) return REFUSED;
    const results = Array.from(value, (each) => item.safeParse(each));
    return results.every((each) => each.success) ? accepted(results.map((each) => each.success && each.data)) : REFUSED;
  };
  return sized(read, (items: readonly unknown[]) => items.length);
}

/** ISO 8601 in UTC, with seconds, of a day that exists. */
function isInstant(text: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/.exec(text);
  const day = match?.[1];
  if (day === undefined) return false;
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

export const z = {
  string,
  boolean: () =>
    schemaOf(
      when((value) => typeof value === 'boolean'),
      {},
    ),
  unknown: () => schemaOf(accepted, {}, true),
  int: () => numberWhere(Number.isSafeInteger),
  array,
  object: (shape: Shape) => object(shape),
  strictObject: (shape: Shape) => object(shape, true),
  enum: (options: readonly string[]) =>
    schemaOf(
      when((value) => isString(value) && options.includes(value)),
      { options },
    ),
  uuid: () =>
    patterned(
      /^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$/,
    ),
  iso: {
    datetime: () =>
      schemaOf(
        when((value) => isString(value) && isInstant(value)),
        {},
      ),
  },
  coerce: {
    number: () =>
      schemaOf((value) => {
        const number = Number(value);
        return Number.isFinite(number) ? accepted(number) : REFUSED;
      }, {}),
  },
};
