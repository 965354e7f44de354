/**
 * Batches of up to 100 records (HubSpot docs, Using object APIs; Error handling). When every input carries its own `objectWriteTraceId`, a
 * partial failure answers 207 with the faulty inputs named by it; otherwise one fault refuses the whole batch and nothing is written.
 */
import { z } from 'zod';
import { type Call, type Reply, type Route, empty, json, readJson, refuse } from './exchange.ts';
import { findObjectType } from './object-type.ts';
import { typeLabel } from './portal.ts';
import { appSource } from './portal-change.ts';
import type { Practice } from './practice.ts';
import { type Outcome, type Problem, done, failed, invalidInput, notFound } from './problem.ts';
import { checkProperties, findByUniqueValue } from './property-check.ts';
import { checkIdProperty, inScope, selectionOf, type RecordScope } from './record-access.ts';
import { CreateInput, PropertyValues, createWithLinks, writtenSelection } from './record-routes.ts';
import { archiveRecord, createRecord, updateRecord } from './record-writer.ts';
import { type StoredRecord, recordView } from './stored-record.ts';

const BATCH_MAX = 100;
const BATCH_WITH_HISTORY_MAX = 50;

const Id = z.union([z.string(), z.number()]).transform(String);
const traced = { objectWriteTraceId: z.string().optional() };
const ReadInput = z.object({
  inputs: z.array(z.object({ id: Id })),
  properties: z.array(z.string()).default([]),
  propertiesWithHistory: z.array(z.string()).default([]),
  idProperty: z.string().optional(),
});
const WriteInput = z.object({ id: Id, idProperty: z.string().optional(), properties: PropertyValues, ...traced });
type WriteInput = z.infer<typeof WriteInput>;
const CreateBatch = z.object({ inputs: z.array(CreateInput.extend(traced)) });
const WriteBatch = z.object({ inputs: z.array(WriteInput) });
const IdBatch = z.object({ inputs: z.array(z.object({ id: Id })) });

interface Written {
  readonly record: StoredRecord;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly isNew?: boolean;
}
interface Traced {
  readonly objectWriteTraceId?: string | undefined;
}
type Operation = 'create' | 'update' | 'upsert';

/** The routes below `/crm/objects/2026-09/{objectType}/batch`. */
export function batchRoutes(practice: Practice): readonly Route[] {
  const reading = (params: Readonly<Record<string, string>>): string[][] => [
    [findObjectType(params.objectType ?? '')?.readScope ?? 'oauth'],
  ];
  const writing = (params: Readonly<Record<string, string>>): string[][] => [
    [findObjectType(params.objectType ?? '')?.writeScope ?? 'oauth'],
  ];
  const post = (operation: string, handle: (practice: Practice, call: Call, scope: RecordScope) => Reply): Route => ({
    method: 'POST',
    path: `/crm/objects/2026-09/{objectType}/batch/${operation}`,
    kind: 'api',
    scopes: operation === 'read' ? reading : writing,
    handle: inScope(practice, (call, scope) => handle(practice, call, scope)),
  });
  return [
    post('read', read),
    post('create', createBatch),
    post('update', updateBatch),
    post('upsert', upsertBatch),
    post('archive', archiveBatch),
  ];
}

const tooMany = (count: number, max: number): Problem | undefined =>
  count > max
    ? invalidInput(
        `The maximum number of inputs supported in a batch request for property ${max === BATCH_MAX ? 'values' : 'histories'} is ${max}`,
      )
    : undefined;

function read(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, ReadInput);
  if (!input.ok) return refuse(input.problem);
  const { inputs, properties, propertiesWithHistory } = input.value;
  const limit = tooMany(inputs.length, propertiesWithHistory.length > 0 ? BATCH_WITH_HISTORY_MAX : BATCH_MAX);
  if (limit !== undefined) return refuse(limit);
  const idProperty = checkIdProperty(scope, input.value.idProperty);
  if (!idProperty.ok) return refuse(idProperty.problem);
  const archived = call.query.get('archived') === 'true';
  const selection = selectionOf(scope, properties, propertiesWithHistory);
  const found = new Map<string, StoredRecord>();
  const missing: string[] = [];
  for (const { id } of inputs) {
    const record = findForBatchRead(practice, scope, id, idProperty.value);
    if (record === undefined || (record.archivedAt !== null) !== archived) missing.push(id);
    else found.set(record.id, record);
  }
  const results = [...found.values()].map((record) => recordView(record, selection));
  if (missing.length === 0) return json(batchBody(practice, results));
  const message = `Could not get some ${typeLabel(scope.type.id)} objects, they may be deleted or not exist. Check that ids are valid.`;
  return json(
    {
      ...batchBody(practice, results),
      numErrors: 1,
      errors: [{ status: 'error', category: 'OBJECT_NOT_FOUND', message, context: { ids: missing } }],
    },
    207,
  );
}

function findForBatchRead(
  practice: Practice,
  scope: RecordScope,
  id: string,
  idProperty: string | null,
): StoredRecord | undefined {
  const { portal, type } = scope;
  if (idProperty !== null) return findByUniqueValue(portal, type.id, idProperty, id);
  const alias = practice.behaviour().batchReadResolvesMergedIds ? portal.aliases[type.id].get(id) : undefined;
  return portal.records[type.id].get(alias ?? id);
}

function batchBody(practice: Practice, results: readonly unknown[]): Record<string, unknown> {
  const now = new Date(practice.clock.now()).toISOString();
  return { status: 'COMPLETE', results, startedAt: now, completedAt: now };
}

/** One input's work in two steps, so that a batch can be checked whole before anything is written. */
interface Step {
  readonly check: () => Outcome<null>;
  readonly write: () => Outcome<Written>;
}

interface BatchPlan<I extends Traced> {
  readonly operation: Operation;
  readonly inputs: readonly I[];
  readonly step: (input: I) => Step;
}

function runBatch<I extends Traced>(practice: Practice, scope: RecordScope, plan: BatchPlan<I>): Reply {
  const { inputs, operation } = plan;
  const limit = tooMany(inputs.length, BATCH_MAX);
  if (limit !== undefined) return refuse(limit);
  const traces = inputs.map((input) => input.objectWriteTraceId);
  const multiStatus =
    practice.behaviour().multiStatus[operation] &&
    inputs.length > 0 &&
    traces.every((trace) => trace !== undefined) &&
    new Set(traces).size === traces.length;
  if (!multiStatus) {
    for (const input of inputs) {
      const checked = plan.step(input).check();
      if (!checked.ok) return refuse(checked.problem);
    }
  }
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const input of inputs) {
    const written = plan.step(input).write();
    if (written.ok) {
      const { record, properties, isNew } = written.value;
      results.push({
        ...recordView(record, writtenSelection(scope, properties)),
        ...(isNew === undefined ? {} : { new: isNew }),
        ...(input.objectWriteTraceId === undefined ? {} : { objectWriteTraceId: input.objectWriteTraceId }),
      });
    } else if (multiStatus) errors.push(inputError(written.problem, input.objectWriteTraceId ?? ''));
    else return refuse(written.problem);
  }
  const body = batchBody(practice, results);
  if (errors.length > 0) return json({ ...body, numErrors: errors.length, errors }, 207);
  return json(body, operation === 'create' ? 201 : 200);
}

const inputError = (problem: Problem, trace: string): Record<string, unknown> => ({
  status: 'error',
  category: problem.category,
  message: problem.message,
  context: { ...problem.context, objectWriteTraceId: [trace] },
  ...(problem.errors === undefined ? {} : { errors: problem.errors }),
});

function createBatch(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, CreateBatch);
  if (!input.ok) return refuse(input.problem);
  const context = practice.writer(scope.portal);
  const source = appSource(call.caller.appId);
  return runBatch(practice, scope, {
    operation: 'create',
    inputs: input.value.inputs,
    step: (one) => ({
      check: () => {
        const values = checkProperties(scope.portal, scope.type.id, one.properties, undefined);
        return values.ok ? done(null) : values;
      },
      write: () => {
        const created = createWithLinks(context, scope, one, source);
        return created.ok ? done({ record: created.value, properties: one.properties }) : created;
      },
    }),
  });
}

function repeatedId(practice: Practice, inputs: readonly WriteInput[]): Problem | undefined {
  if (!practice.behaviour().duplicateBatchInputsRejected) return undefined;
  const seen = new Set<string>();
  for (const { id } of inputs) {
    if (seen.has(id)) return invalidInput(`Duplicate IDs found in batch input: [${id}]. IDs must be unique`);
    seen.add(id);
  }
  return undefined;
}

/** Batch update takes present ids only: a merged-away id is not found (HubSpot docs, Using object APIs: merge). */
function findForBatchWrite(scope: RecordScope, input: WriteInput): Outcome<StoredRecord> {
  const idProperty = checkIdProperty(scope, input.idProperty);
  if (!idProperty.ok) return idProperty;
  const record =
    idProperty.value === null
      ? scope.portal.records[scope.type.id].get(input.id)
      : findByUniqueValue(scope.portal, scope.type.id, idProperty.value, input.id);
  if (record !== undefined && record.archivedAt === null) return done(record);
  const message = `Could not get some ${typeLabel(scope.type.id)} objects, they may be deleted or not exist. Check that ids are valid.`;
  return failed({ ...notFound(message, { ids: [input.id] }), httpStatus: 400 });
}

function updateBatch(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, WriteBatch);
  if (!input.ok) return refuse(input.problem);
  const repeated = repeatedId(practice, input.value.inputs);
  if (repeated !== undefined) return refuse(repeated);
  const context = practice.writer(scope.portal);
  const source = appSource(call.caller.appId);
  return runBatch(practice, scope, {
    operation: 'update',
    inputs: input.value.inputs,
    step: (one) => {
      const prepare = (): Outcome<{ record: StoredRecord; values: Record<string, string> }> => {
        const record = findForBatchWrite(scope, one);
        if (!record.ok) return record;
        const values = checkProperties(scope.portal, scope.type.id, one.properties, record.value);
        return values.ok ? done({ record: record.value, values: values.value }) : values;
      };
      return {
        check: () => {
          const prepared = prepare();
          return prepared.ok ? done(null) : prepared;
        },
        write: () => {
          const prepared = prepare();
          if (!prepared.ok) return prepared;
          const record = updateRecord(context, prepared.value.record, prepared.value.values, source);
          return done({ record, properties: one.properties });
        },
      };
    },
  });
}

function upsertBatch(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, WriteBatch);
  if (!input.ok) return refuse(input.problem);
  const repeated = repeatedId(practice, input.value.inputs);
  if (repeated !== undefined) return refuse(repeated);
  const context = practice.writer(scope.portal);
  const source = appSource(call.caller.appId);
  return runBatch(practice, scope, {
    operation: 'upsert',
    inputs: input.value.inputs,
    step: (one) => ({
      check: () => {
        const prepared = prepareUpsert(scope, one);
        return prepared.ok ? done(null) : prepared;
      },
      write: () => {
        const prepared = prepareUpsert(scope, one);
        if (!prepared.ok) return prepared;
        const { record, values } = prepared.value;
        if (record !== undefined)
          return done({
            record: updateRecord(context, record, values, source),
            properties: one.properties,
            isNew: false,
          });
        return done({
          record: createRecord(context, scope.type.id, values, source),
          properties: one.properties,
          isNew: true,
        });
      },
    }),
  });
}

interface PreparedUpsert {
  readonly record: StoredRecord | undefined;
  readonly values: Record<string, string>;
}

function prepareUpsert(scope: RecordScope, input: WriteInput): Outcome<PreparedUpsert> {
  const idProperty = checkIdProperty(scope, input.idProperty ?? 'hs_object_id');
  if (!idProperty.ok) return idProperty;
  const name = idProperty.value ?? 'hs_object_id';
  const record = findByUniqueValue(scope.portal, scope.type.id, name, input.id);
  if (record === undefined && name === 'hs_object_id')
    return failed({ ...notFound(`No record with id ${input.id} exists`, { ids: [input.id] }), httpStatus: 400 });
  const properties = record === undefined ? { ...input.properties, [name]: input.id } : input.properties;
  const values = checkProperties(scope.portal, scope.type.id, properties, record);
  return values.ok ? done({ record, values: values.value }) : values;
}

function archiveBatch(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, IdBatch);
  if (!input.ok) return refuse(input.problem);
  const limit = tooMany(input.value.inputs.length, BATCH_MAX);
  if (limit !== undefined) return refuse(limit);
  for (const { id } of input.value.inputs) {
    const record = scope.portal.records[scope.type.id].get(id);
    if (record !== undefined) archiveRecord(practice.writer(scope.portal), record, appSource(call.caller.appId));
  }
  return empty();
}
