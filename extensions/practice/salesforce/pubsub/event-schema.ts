/**
 * The Avro schema of an object's change events and events written in it: the header, then the object's fields in the order of a describe
 * answer, each a union with null (Change Data Capture guide, Change event message structure). Parts of an address are one compound field, as
 * in real events; Id, IsDeleted and SystemModstamp are left out.
 */
// A CommonJS package whose names Node cannot see from outside: only its default export is there.
import avro, { type Schema } from 'avsc';
import { type FieldValue, parseInstant } from '../field-value.ts';
import type { FieldDefinition, FieldType, ObjectDefinition } from '../object-definition.ts';
import { BUS_CHANGE_TYPES, type BusChange } from './bus-change.ts';
import { type BitmapField, toBitmaps } from './field-bitmap.ts';

const NAMESPACE = 'com.sforce.eventbus';
const LEFT_OUT: readonly string[] = ['Id', 'IsDeleted', 'SystemModstamp'];
const ADDRESS_PARTS = ['Street', 'City', 'State', 'PostalCode', 'Country'] as const;
const ADDRESS_PREFIXES = ['Billing', 'Shipping'] as const;

const ADDRESS = {
  type: 'record',
  name: 'Address',
  fields: ADDRESS_PARTS.map((part) => ({ name: part, type: ['null', 'string'] })),
} as const;

const AVRO_TYPES: Record<FieldType, 'string' | 'boolean' | 'int' | 'double' | 'long'> = {
  id: 'string',
  string: 'string',
  textarea: 'string',
  boolean: 'boolean',
  int: 'int',
  double: 'double',
  currency: 'double',
  percent: 'double',
  date: 'long',
  datetime: 'long',
  picklist: 'string',
  multipicklist: 'string',
  reference: 'string',
  email: 'string',
  phone: 'string',
  url: 'string',
};

export interface EventSchema {
  readonly schemaId: string;
  readonly schemaJson: string;
  encode(change: BusChange): Buffer;
}

interface EventField {
  readonly name: string;
  readonly type: unknown;
  readonly bitmap: BitmapField;
  readonly valueOf: (values: BusChange['values']) => unknown;
}

/** 64-bit numbers as bigint; commit numbers pass 2^53. */
const LONG = avro.types.LongType['__with']({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: (value: number) => BigInt(value),
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

const TEXTS = { type: 'array', items: 'string' };
const HEADER = {
  type: 'record',
  name: 'ChangeEventHeader',
  fields: [
    { name: 'entityName', type: 'string' },
    { name: 'recordIds', type: TEXTS },
    { name: 'changeType', type: { type: 'enum', name: 'ChangeType', symbols: [...BUS_CHANGE_TYPES] } },
    { name: 'changeOrigin', type: 'string' },
    { name: 'transactionKey', type: 'string' },
    { name: 'sequenceNumber', type: 'int' },
    { name: 'commitTimestamp', type: 'long' },
    { name: 'commitNumber', type: 'long' },
    { name: 'commitUser', type: 'string' },
    { name: 'nulledFields', type: TEXTS },
    { name: 'diffFields', type: TEXTS },
    { name: 'changedFields', type: TEXTS },
  ],
};

export function makeEventSchema(object: ObjectDefinition): EventSchema {
  const fields = eventFields(object);
  const shape = {
    type: 'record',
    name: eventName(object.name),
    namespace: NAMESPACE,
    fields: [
      { name: 'ChangeEventHeader', type: HEADER },
      ...fields.map(({ name, type }) => ({ name, type, default: null })),
    ],
  };
  const type = avro.Type.forSchema(shape as Schema, { registry: { long: LONG }, wrapUnions: 'always' });
  const bitmaps = [{ name: 'ChangeEventHeader', parts: null }, ...fields.map(({ bitmap }) => bitmap)];
  return {
    schemaId: type.fingerprint('md5').toString('base64url'),
    schemaJson: JSON.stringify(shape),
    encode: (change) =>
      type.toBuffer({
        ChangeEventHeader: headerOf(change, bitmaps),
        ...Object.fromEntries(fields.map(({ name, valueOf }) => [name, valueOf(change.values)])),
      }),
  };
}

/** `OpportunityChangeEvent`, and `Contract_Record__ChangeEvent` for `Contract_Record__c`. */
export function eventName(objectName: string): string {
  return objectName.endsWith('__c') ? `${objectName.slice(0, -1)}ChangeEvent` : `${objectName}ChangeEvent`;
}

function headerOf(change: BusChange, fields: readonly BitmapField[]): object {
  return {
    entityName: change.entityName,
    recordIds: [...change.recordIds],
    changeType: change.changeType,
    changeOrigin: change.changeOrigin,
    transactionKey: change.transactionKey,
    sequenceNumber: change.sequenceNumber,
    commitTimestamp: BigInt(change.commitTimestamp),
    commitNumber: change.commitNumber,
    commitUser: change.commitUser,
    nulledFields: [...toBitmaps(new Set(change.nulledFields), fields)],
    diffFields: [],
    changedFields: [...toBitmaps(new Set(change.changedFields), fields)],
  };
}

function eventFields(object: ObjectDefinition): readonly EventField[] {
  const names = new Set(object.fields.map(({ name }) => name));
  const prefixes = ADDRESS_PREFIXES.filter((prefix) => ADDRESS_PARTS.every((part) => names.has(`${prefix}${part}`)));
  const parts = new Set(prefixes.flatMap((prefix) => ADDRESS_PARTS.map((part) => `${prefix}${part}`)));
  return object.fields.flatMap((field): readonly EventField[] => {
    if (LEFT_OUT.includes(field.name)) return [];
    if (!parts.has(field.name)) return [plainField(field)];
    // The compound stands where its first part stood.
    const prefix = prefixes.find((each) => field.name === `${each}${ADDRESS_PARTS[0]}`);
    return prefix === undefined ? [] : [addressField(prefix, prefix === prefixes[0])];
  });
}

function plainField(field: FieldDefinition): EventField {
  const { name, type } = field;
  return {
    name,
    type: ['null', AVRO_TYPES[type]],
    bitmap: { name, parts: null },
    valueOf: (values) => wrapped(AVRO_TYPES[type], avroValue(type, values[name] ?? null)),
  };
}

/** A schema defines a record once and refers to it by name from then on. */
function addressField(prefix: (typeof ADDRESS_PREFIXES)[number], isFirst: boolean): EventField {
  const name = `${prefix}Address`;
  return {
    name,
    type: ['null', isFirst ? ADDRESS : ADDRESS.name],
    bitmap: { name, parts: ADDRESS_PARTS.map((part) => `${prefix}${part}`) },
    valueOf: (values) => {
      const given = ADDRESS_PARTS.map((part) => [part, wrapped('string', values[`${prefix}${part}`] ?? null)] as const);
      if (given.every(([, value]) => value === null)) return null;
      return { [`${NAMESPACE}.${ADDRESS.name}`]: Object.fromEntries(given) };
    },
  };
}

function wrapped(branch: string, value: unknown): unknown {
  return value === null ? null : { [branch]: value };
}

/** Days and instants are epoch milliseconds on the bus. */
function avroValue(type: FieldType, value: FieldValue): unknown {
  if (value === null) return null;
  switch (AVRO_TYPES[type]) {
    case 'long': {
      const at = type === 'date' ? Date.parse(`${String(value)}T00:00:00Z`) : parseInstant(String(value));
      return at === null || Number.isNaN(at) ? null : BigInt(at);
    }
    case 'boolean':
      return Boolean(value);
    case 'int':
    case 'double':
      return Number(value);
    case 'string':
      return String(value);
  }
}
