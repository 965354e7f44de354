/** sObject Collections: up to 200 records in one call, each with its own result (REST guide, sObject Collections). */
import { baseOf, originOf, versioned } from './api-version.ts';
import { deleteRecord } from './delete-record.ts';
import { type Call, type Reply, type Route, isObject, json, readObject } from './exchange.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { objectOf } from './object-routes.ts';
import { accessOf } from './permissions.ts';
import type { PracticeOrg } from './practice-org.ts';
import { externalIdField } from './record-routes.ts';
import { readId } from './record-id.ts';
import { isDeleted } from './record-store.ts';
import { readableFields, viewRecord } from './record-view.ts';
import { OrgRefusal, saveError } from './refusal.ts';
import { findByValue, requireId, saveRecord } from './save-record.ts';
import { type Origin, type Transaction, inTransaction } from './transaction.ts';

const RECORDS_MAX = 200;
const CHUNKS_MAX = 10;
const RETRIEVE_MAX = 2_000;

type Result = Readonly<Record<string, unknown>> & { readonly success: boolean };
type Act = (transaction: Transaction) => Readonly<Record<string, unknown>>;

export function collectionRoutes(org: PracticeOrg): readonly Route[] {
  const path = '/composite/sobjects';
  return [
    versioned('POST', path, (call) => {
      const { records, allOrNone } = readRecords(call);
      return results(org, call, { allOrNone, acts: records.map((record) => createAct(org, call, record)) });
    }),
    versioned('PATCH', path, (call) => {
      const { records, allOrNone } = readRecords(call);
      return results(org, call, { allOrNone, acts: records.map((record) => updateAct(org, call, record)) });
    }),
    versioned('PATCH', `${path}/{object}/{field}`, (call) => upsertAll(org, call)),
    versioned('DELETE', path, (call) => deleteAll(org, call)),
    versioned('GET', `${path}/{object}`, (call) =>
      retrieve(org, call, {
        ids: call.query.get('ids')?.split(',') ?? [],
        fields: call.query.get('fields')?.split(',') ?? [],
      }),
    ),
    versioned('POST', `${path}/{object}`, (call) => {
      const { ids, fields } = readObject(call);
      return retrieve(org, call, { ids: texts(ids), fields: texts(fields) });
    }),
  ];
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

interface Batch {
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly allOrNone: boolean;
}

function readRecords(call: Call): Batch {
  const { records, allOrNone } = readObject(call);
  if (!Array.isArray(records) || !records.every(isObject))
    throw new OrgRefusal('JSON_PARSER_ERROR', 'The request body must hold a list of records');
  checkCount(records.length);
  const chunks = records.filter((record, index) => index === 0 || typeOf(record) !== typeOf(records[index - 1] ?? {}));
  if (chunks.length > CHUNKS_MAX)
    throw new OrgRefusal(
      'INVALID_BATCH_SIZE',
      `the collection cannot have more than ${CHUNKS_MAX} chunks of object types`,
    );
  return { records, allOrNone: allOrNone === true };
}

function checkCount(count: number): void {
  if (count > RECORDS_MAX)
    throw new OrgRefusal(
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${RECORDS_MAX} records into this call`,
    );
}

function typeOf(record: Readonly<Record<string, unknown>>): string {
  const { attributes } = record;
  return isObject(attributes) && typeof attributes.type === 'string' ? attributes.type : '';
}

function objectOfRecord(org: PracticeOrg, call: Call, record: Readonly<Record<string, unknown>>): ObjectDefinition {
  const name = typeOf(record);
  const object = org.schema().findObject(name);
  if (object === undefined || !accessOf(org, call.caller.userId).canRead(object))
    throw new OrgRefusal('INVALID_TYPE', `sObject type '${name}' is not supported.`);
  return object;
}

const createAct =
  (org: PracticeOrg, call: Call, record: Readonly<Record<string, unknown>>): Act =>
  (transaction) => {
    const object = objectOfRecord(org, call, record);
    if (idOf(record) !== undefined)
      throw new OrgRefusal('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', {
        fields: ['Id'],
      });
    return {
      id: saveRecord(transaction, { object, id: null, values: record, access: accessOf(org, call.caller.userId) }),
    };
  };

const updateAct =
  (org: PracticeOrg, call: Call, record: Readonly<Record<string, unknown>>): Act =>
  (transaction) => {
    const object = objectOfRecord(org, call, record);
    const given = idOf(record);
    if (given === undefined) throw new OrgRefusal('MISSING_ARGUMENT', 'Id not specified in an update call');
    const id = requireId(given);
    saveRecord(transaction, { object, id, values: record, access: accessOf(org, call.caller.userId) });
    return { id };
  };

const idOf = (record: Readonly<Record<string, unknown>>): unknown =>
  Object.entries(record).find(([name]) => name.toLowerCase() === 'id')?.[1];

function upsertAll(org: PracticeOrg, call: Call): Reply {
  const { records, allOrNone } = readRecords(call);
  const object = objectOf(org, call);
  const field = externalIdField(org, object, call.params.field ?? '');
  const keyOf = (record: Readonly<Record<string, unknown>>): string => {
    const key = Object.entries(record).find(([name]) => name.toLowerCase() === field.name.toLowerCase())?.[1] ?? '';
    return typeof key === 'string' ? key : JSON.stringify(key);
  };
  const counts = Map.groupBy(records, (record) => keyOf(record).toLowerCase());
  const acts = records.map(
    (record): Act =>
      (transaction) => {
        const key = keyOf(record);
        if (key === '') throw new OrgRefusal('MISSING_ARGUMENT', `${field.name} not specified`);
        if ((counts.get(key.toLowerCase())?.length ?? 0) > 1)
          throw new OrgRefusal('DUPLICATE_VALUE', `Duplicate external id specified: ${key}`, { fields: [field.name] });
        const found = field.type === 'id' ? [] : findByValue(org, object, field, key);
        if (found.length > 1)
          throw new OrgRefusal(
            'DUPLICATE_EXTERNAL_ID',
            `${field.name}: more than one record found for external id field: [${found.map(({ id }) => id).join(', ')}]`,
          );
        const id = field.type === 'id' ? requireId(key) : (found[0]?.id ?? null);
        const values = Object.fromEntries(
          Object.entries(record).filter(([name]) => id === null || name.toLowerCase() !== field.name.toLowerCase()),
        );
        return {
          id: saveRecord(transaction, { object, id, values, access: accessOf(org, call.caller.userId) }),
          created: id === null,
        };
      },
  );
  return results(org, call, { allOrNone, acts });
}

function deleteAll(org: PracticeOrg, call: Call): Reply {
  const ids =
    call.query
      .get('ids')
      ?.split(',')
      .filter((id) => id !== '') ?? [];
  checkCount(ids.length);
  const access = accessOf(org, call.caller.userId);
  const acts = ids.map(
    (given): Act =>
      (transaction) => {
        const id = requireId(given);
        const object = [...org.schema().objects.values()].find(({ keyPrefix }) => id.startsWith(keyPrefix));
        if (object === undefined) throw new OrgRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
        deleteRecord(transaction, { object, id, access });
        return { id };
      },
  );
  return results(org, call, { allOrNone: call.query.get('allOrNone') === 'true', acts });
}

/** Runs the acts in order; `allOrNone` undoes them all when one fails. */
function results(
  org: PracticeOrg,
  call: Call,
  batch: { readonly allOrNone: boolean; readonly acts: readonly Act[] },
): Reply {
  return json(runActs(org, originOf(org, call, true), batch));
}

class RolledBack extends Error {
  readonly results: readonly Result[];
  constructor(results: readonly Result[]) {
    super('rolled back');
    this.results = results;
  }
}

function runActs(
  org: PracticeOrg,
  origin: Origin,
  batch: { readonly allOrNone: boolean; readonly acts: readonly Act[] },
): readonly Result[] {
  const mark = org.records.mark();
  try {
    return inTransaction(org, origin, (transaction) => {
      const list = batch.acts.map((act) => runAct(transaction, act));
      if (batch.allOrNone && list.some(({ success }) => !success)) throw new RolledBack(list);
      return list;
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    org.records.rollback(Math.min(mark, org.records.mark()));
    return error.results.map((result) => (result.success ? ROLLED_BACK : result));
  }
}

const ROLLED_BACK: Result = {
  success: false,
  errors: [
    {
      statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      message: 'Record rolled back because not all records were valid and the request was using AllOrNone header',
      fields: [],
    },
  ],
};

function runAct(transaction: Transaction, act: Act): Result {
  try {
    return { ...act(transaction), success: true, errors: [] };
  } catch (error) {
    if (!(error instanceof OrgRefusal)) throw error;
    return { success: false, errors: [saveError(error)] };
  }
}

/** Records in the order of the ids, null for those that are not there. */
function retrieve(
  org: PracticeOrg,
  call: Call,
  asked: { readonly ids: readonly string[]; readonly fields: readonly string[] },
): Reply {
  const object = objectOf(org, call);
  if (asked.ids.length === 0 || asked.fields.length === 0)
    throw new OrgRefusal('MISSING_ARGUMENT', 'ids and fields are required');
  if (asked.ids.length > RETRIEVE_MAX)
    throw new OrgRefusal('EXCEEDED_ID_LIMIT', `cannot retrieve more than ${RETRIEVE_MAX} records`);
  const fields = readableFields(org, object, { access: accessOf(org, call.caller.userId), names: asked.fields });
  return json(
    asked.ids.map((given) => {
      const id = readId(given);
      const row = id === null ? undefined : org.records.get(object.name, id);
      return row === undefined || isDeleted(row) ? null : viewRecord(row, fields, baseOf(call));
    }),
  );
}
