/**
 * Reading a change event's Avro payload. Only its header is decoded: an org's objects may have hundreds of fields, and no value of an event
 * is ever used. The schema is cut after the header for that, and the names of all fields are kept to read bitmaps by.
 */
// A CommonJS package whose names Node cannot see from outside: only its default export is there.
import avro, { type Schema, type Type } from 'avsc';
import { z } from 'zod';
import { CHANGE_TYPES } from '../deliveries.ts';
import { fieldNames, type SchemaField } from './field-bitmap.ts';

const HEADER_FIELD = 'ChangeEventHeader';
const SCHEMA_CHARACTERS_MAX = 4 * 1_048_576;

const NAMED_FIELD = z.object({ name: z.string(), type: z.unknown() });
const EVENT_SCHEMA = z.looseObject({
  type: z.literal('record'),
  name: z.string(),
  namespace: z.string().optional(),
  fields: z.array(z.unknown()),
});
const COMPOUND = z.object({
  type: z.literal('record'),
  name: z.string(),
  namespace: z.string().optional(),
  fields: z.array(NAMED_FIELD),
});

const TEXTS = z.array(z.string());
const HEADER = z.object({
  entityName: z.string(),
  recordIds: TEXTS,
  changeType: z.enum(CHANGE_TYPES),
  changeOrigin: z.string(),
  transactionKey: z.string(),
  sequenceNumber: z.number(),
  commitTimestamp: z.bigint().transform(Number),
  /** Passes 2^53 (CDC guide, Change Event Header Fields). */
  commitNumber: z.bigint(),
  commitUser: z.string(),
  nulledFields: TEXTS.default([]),
  diffFields: TEXTS.default([]),
  changedFields: TEXTS.default([]),
});
/** A change event's header with field names in place of bitmaps. */
export type ChangeHeader = z.infer<typeof HEADER>;

export type EventSchema = {
  readonly name: string;
  /** Null when the payload does not follow the schema. */
  readHeader(payload: Uint8Array): ChangeHeader | null;
};

/** 64-bit numbers as bigint: the library's own reading refuses those that a double cannot hold. */
const LONG = avro.types.LongType['__with']({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** Null when the text is no schema of a change event. */
export function parseEventSchema(text: string): EventSchema | null {
  if (text.length > SCHEMA_CHARACTERS_MAX) return null;
  const parsed = EVENT_SCHEMA.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const fields = z.array(NAMED_FIELD).safeParse(parsed.data.fields);
  const headerIndex = fields.data?.findIndex(({ name }) => name === HEADER_FIELD) ?? -1;
  if (!fields.success || headerIndex < 0) return null;
  const type = typeOf({ ...parsed.data, fields: parsed.data.fields.slice(0, headerIndex + 1) });
  if (type === null) return null;
  const compounds = new Map<string, readonly string[]>();
  const named = fields.data.map(
    (field): SchemaField => ({ name: field.name, parts: partsOf(field.type, compounds, parsed.data.namespace) }),
  );
  return { name: parsed.data.name, readHeader: (payload) => readHeader(type, payload, named) };
}

function readHeader(type: Type, payload: Uint8Array, fields: readonly SchemaField[]): ChangeHeader | null {
  const decoded = decode(type, payload);
  const header = HEADER.safeParse(decoded === null ? null : decoded[HEADER_FIELD]);
  if (!header.success) return null;
  const { nulledFields, diffFields, changedFields, ...rest } = header.data;
  return {
    ...rest,
    nulledFields: [...fieldNames(nulledFields, fields)],
    diffFields: [...fieldNames(diffFields, fields)],
    changedFields: [...fieldNames(changedFields, fields)],
  };
}

/**
 * The fields of a compound, which may be one branch of a union with null and, for names, with a plain text. A schema defines a record once,
 * such as the address of an account, and names it from then on; `compounds` remembers those by both their names.
 */
function partsOf(
  type: unknown,
  compounds: Map<string, readonly string[]>,
  namespace: string | undefined,
): readonly string[] | null {
  const branches: readonly unknown[] = Array.isArray(type) ? type : [type];
  for (const branch of branches) {
    const known = typeof branch === 'string' ? compounds.get(branch) : undefined;
    if (known !== undefined) return known;
    const compound = COMPOUND.safeParse(branch);
    if (!compound.success) continue;
    const parts = compound.data.fields.map(({ name }) => name);
    const { name } = compound.data;
    compounds.set(name, parts).set(`${compound.data.namespace ?? namespace ?? ''}.${name}`, parts);
    return parts;
  }
  return null;
}

/** The library tells a wrong schema and a wrong payload by throwing; both come from outside and are no bugs of ours. */
function typeOf(schema: object): Type | null {
  try {
    return avro.Type.forSchema(schema as Schema, { registry: { long: LONG } });
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function decode(type: Type, payload: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const { value, offset }: { value: unknown; offset: number } = type.decode(Buffer.from(payload), 0);
    return offset < 0 || typeof value !== 'object' || value === null ? null : { ...value };
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
