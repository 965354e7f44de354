/**
 * Saving one record, in the order of the Apex guide's "Triggers and order of execution": read the values, defaults, before-triggers, system
 * checks, validation rules, duplicates, save, after-triggers. A refusal at any step leaves the record as it was.
 */
import { readValue } from './field-check.ts';
import { type FieldValue, instantText } from './field-value.ts';
import type { FieldDefinition, ObjectDefinition } from './object-definition.ts';
import { type Access, systemAccess } from './permissions.ts';
import { type PracticeOrg, nextNumber } from './practice-org.ts';
import { makeId, readId } from './record-id.ts';
import { type StoredRow, isDeleted } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';
import { CLOSED_CASE_STATUSES, OPPORTUNITY_STAGES } from './standard-objects.ts';
import type { Transaction } from './transaction.ts';
import { type SaveInProgress, runAfterTriggers, runBeforeTriggers, runValidationRules } from './trigger-rules.ts';

export interface SaveInput {
  readonly object: ObjectDefinition;
  /** 18 characters, or null to create. */
  readonly id: string | null;
  readonly values: Readonly<Record<string, unknown>>;
  readonly access: Access;
}

/** Creates or updates a record; gives its id. Throws the refusal, having changed nothing. */
export function saveRecord(transaction: Transaction, input: SaveInput): string {
  const { org } = transaction;
  const mark = org.records.mark();
  try {
    return save(transaction, input);
  } catch (error) {
    if (error instanceof OrgRefusal) org.records.rollback(mark);
    throw error;
  }
}

function save(transaction: Transaction, input: SaveInput): string {
  const { org } = transaction;
  const { object, access } = input;
  const before = input.id === null ? undefined : existing(org, object, input.id);
  if (
    !access.canWrite(object, before === undefined ? 'create' : 'edit') ||
    !(before === undefined ? object.createable : object.updateable)
  )
    throw noAccess(object, before === undefined);
  const given = readValues(org, input, before === undefined);
  const values: Record<string, FieldValue> = { ...(before?.values ?? defaultsOf(object, transaction)), ...given };
  const id = before?.id ?? freshId(org, object);
  const progress: SaveInProgress = { transaction, object: object.name, before, values };
  runBeforeTriggers(progress);
  deriveFields(progress, given);
  checkRequired(object, values);
  checkReferences(org, object, progress);
  runValidationRules(progress);
  checkUnique(org, object, { id, values });
  if (before !== undefined && !org.behaviour().sameValueTouchesRecord && isSame(before, values)) return id;
  stamp(transaction, values, { id, isNew: before === undefined });
  numberRecord(org, object, values);
  org.records.put({ id, object: object.name, values, deletedWith: null });
  for (const change of runAfterTriggers(progress)) {
    const other = org.schema().findObject(change.object);
    if (other !== undefined)
      saveRecord(transaction, { object: other, id: change.id, values: change.values, access: systemAccess() });
  }
  return id;
}

const isSame = (before: StoredRow, values: Readonly<Record<string, FieldValue>>): boolean =>
  Object.entries(values).every(([name, value]) => (before.values[name] ?? null) === value);

/** An id that no record has had; loaded data brings ids of its own. */
function freshId(org: PracticeOrg, object: ObjectDefinition): string {
  let id = makeId(object.keyPrefix, nextNumber(org, `id/${object.name}`));
  while (org.records.get(object.name, id) !== undefined)
    id = makeId(object.keyPrefix, nextNumber(org, `id/${object.name}`));
  return id;
}

/** The live record; refuses ids that never were, that are in the bin, and rows that somebody holds. */
export function existing(org: PracticeOrg, object: ObjectDefinition, id: string): StoredRow {
  if (!id.startsWith(object.keyPrefix))
    throw new OrgRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  const row = org.records.get(object.name, id);
  if (row === undefined) throw new OrgRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  if (isDeleted(row)) throw new OrgRefusal('ENTITY_IS_DELETED', 'entity is deleted');
  checkLock(org, id);
  return row;
}

export function checkLock(org: PracticeOrg, id: string): void {
  const { lockedRowRate } = org.faults();
  if (org.lockedRows.has(id) || (lockedRowRate > 0 && org.random.next() < lockedRowRate))
    throw new OrgRefusal('UNABLE_TO_LOCK_ROW', `unable to obtain exclusive access to this record or 1 records: ${id}`);
}

const noAccess = (object: ObjectDefinition, isNew: boolean): OrgRefusal =>
  isNew
    ? new OrgRefusal('INVALID_TYPE', `sObject type '${object.name}' is not supported.`)
    : new OrgRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');

const isNested = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function readValues(org: PracticeOrg, input: SaveInput, isNew: boolean): Record<string, FieldValue> {
  const { object, access } = input;
  const values: Record<string, FieldValue> = {};
  const closed: string[] = [];
  for (const [name, value] of Object.entries(input.values)) {
    if (name === 'attributes' || name.toLowerCase() === 'id') continue;
    if (isNested(value)) {
      const [reference, id] = byForeignKey(org, object, { relationship: name, key: value });
      values[reference.name] = id;
      continue;
    }
    const field = org.schema().findField(object, name);
    if (field === undefined || !access.canReadField(object, field)) throw noSuchColumn(object, name);
    if (!(isNew ? field.createable : field.updateable) || !access.canEditField(object, field)) closed.push(field.name);
    else values[field.name] = readValue(field, value);
  }
  if (closed.length > 0) {
    throw new OrgRefusal(
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      `Unable to create/update fields: ${closed.join(', ')}. Please check the security settings of this field and verify that it is read/write for your user or permission set.`,
      { fields: closed },
    );
  }
  return values;
}

const noSuchColumn = (object: ObjectDefinition, name: string): OrgRefusal =>
  new OrgRefusal('INVALID_FIELD', `No such column '${name}' on sobject of type ${object.name}`);

/** A parent named by its own external id: `{"Parent__r": {"External_Id__c": "x"}}` (REST guide, Upsert with relationships). */
function byForeignKey(
  org: PracticeOrg,
  object: ObjectDefinition,
  { relationship, key }: { readonly relationship: string; readonly key: Readonly<Record<string, unknown>> },
): readonly [FieldDefinition, string] {
  const reference = object.fields.find((field) => field.relationshipName?.toLowerCase() === relationship.toLowerCase());
  const parent = reference === undefined ? undefined : org.schema().findObject(reference.referenceTo[0] ?? '');
  if (reference === undefined || parent === undefined) throw noSuchColumn(object, relationship);
  const [pair] = Object.entries(key).filter(([name]) => name !== 'attributes');
  const field = pair === undefined ? undefined : org.schema().findField(parent, pair[0]);
  if (pair === undefined || field === undefined || !field.externalId)
    throw new OrgRefusal(
      'INVALID_FIELD',
      `Foreign key external ID not found for field ${pair?.[0] ?? ''} in entity ${parent.name}`,
    );
  const found = findByValue(org, parent, field, String(pair[1]));
  if (found.length === 0)
    throw new OrgRefusal(
      'INVALID_FIELD',
      `Foreign key external ID: ${String(pair[1])} not found for field ${field.name} in entity ${parent.name}`,
    );
  return [reference, found[0]?.id ?? ''];
}

/** Live rows whose field has the value, without regard to case. */
export function findByValue(
  org: PracticeOrg,
  object: ObjectDefinition,
  field: FieldDefinition,
  value: string,
): readonly StoredRow[] {
  return org.records.find(object.name, field.name, value).filter((row) => !isDeleted(row));
}

function defaultsOf(object: ObjectDefinition, { origin }: Transaction): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  for (const field of object.fields) if (field.defaultValue !== null) values[field.name] = field.defaultValue;
  if (object.fields.some(({ name }) => name === 'OwnerId')) values.OwnerId = origin.userId;
  return values;
}

/** What the org works out itself: probability and closedness from the stage, closing of cases, full names. */
function deriveFields(
  { transaction, object, before, values }: SaveInProgress,
  given: Readonly<Record<string, FieldValue>>,
): void {
  deriveStage(object, { before, values, given });
  if (object === 'Case') {
    const closed = CLOSED_CASE_STATUSES.has(String(values.Status));
    if (closed && before?.values.IsClosed !== true) values.ClosedDate = instantText(transaction.at);
    if (!closed) values.ClosedDate = null;
    values.IsClosed = closed;
  }
  if (object === 'Contact' || object === 'User')
    values.Name = [values.FirstName, values.LastName].filter(Boolean).join(' ');
}

/** Probability, forecast category and closedness of an opportunity follow its stage unless the writer says otherwise. */
export function deriveStage(
  object: string,
  save: {
    readonly before: StoredRow | undefined;
    readonly values: Record<string, FieldValue>;
    readonly given: Readonly<Record<string, FieldValue>>;
  },
): void {
  const { before, values, given } = save;
  if (object === 'Opportunity') {
    const stage = OPPORTUNITY_STAGES.find(([name]) => name === values.StageName);
    const moved = before?.values.StageName !== values.StageName;
    if (moved && given.Probability === undefined) values.Probability = stage?.[1] ?? 0;
    if (moved) values.ForecastCategory = stage?.[2] ?? 'Pipeline';
    values.IsWon = stage?.[0] === 'Closed Won';
    values.IsClosed = stage?.[0]?.startsWith('Closed') === true;
    const close = typeof values.CloseDate === 'string' ? values.CloseDate : '';
    values.FiscalYear = close === '' ? null : Number(close.slice(0, 4));
    values.FiscalQuarter = close === '' ? null : Math.ceil(Number(close.slice(5, 7)) / 3);
  }
}

function checkRequired(object: ObjectDefinition, values: Readonly<Record<string, FieldValue>>): void {
  const missing = object.fields
    .filter(
      (field) => !field.nillable && (field.createable || field.updateable) && (values[field.name] ?? null) === null,
    )
    .map(({ name }) => name);
  if (missing.length > 0)
    throw new OrgRefusal('REQUIRED_FIELD_MISSING', `Required fields are missing: [${missing.join(', ')}]`, {
      fields: missing,
    });
}

function checkReferences(org: PracticeOrg, object: ObjectDefinition, { before, values }: SaveInProgress): void {
  for (const field of object.fields) {
    const id = values[field.name] ?? null;
    if (
      field.type !== 'reference' ||
      field.system ||
      typeof id !== 'string' ||
      id === (before?.values[field.name] ?? null)
    )
      continue;
    const parents = field.referenceTo.flatMap((name) => org.schema().findObject(name) ?? []);
    const target = parents.find(({ keyPrefix }) => id.startsWith(keyPrefix));
    if (target === undefined)
      throw new OrgRefusal('FIELD_INTEGRITY_EXCEPTION', `${field.label}: id value of incorrect type: ${id}`, {
        fields: [field.name],
      });
    const row = org.records.get(target.name, id);
    if (row === undefined)
      throw new OrgRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', { fields: [field.name] });
    if (isDeleted(row))
      throw new OrgRefusal('ENTITY_IS_DELETED', 'entity is deleted', { fields: [field.name], httpStatus: 400 });
  }
}

function checkUnique(
  org: PracticeOrg,
  object: ObjectDefinition,
  { id, values }: { readonly id: string; readonly values: Readonly<Record<string, FieldValue>> },
): void {
  for (const field of object.fields) {
    const value = values[field.name] ?? null;
    if (!field.unique || value === null) continue;
    const other = findByValue(org, object, field, String(value)).find((row) => row.id !== id);
    if (other !== undefined)
      throw new OrgRefusal(
        'DUPLICATE_VALUE',
        `duplicate value found: ${field.name} duplicates value on record with id: ${other.id}`,
      );
  }
}

function stamp(
  transaction: Transaction,
  values: Record<string, FieldValue>,
  { id, isNew }: { readonly id: string; readonly isNew: boolean },
): void {
  const now = instantText(transaction.at);
  const { userId } = transaction.origin;
  if (isNew) Object.assign(values, { Id: id, IsDeleted: false, CreatedDate: now, CreatedById: userId });
  Object.assign(values, { LastModifiedDate: now, LastModifiedById: userId, SystemModstamp: now });
}

export function numberRecord(org: PracticeOrg, object: ObjectDefinition, values: Record<string, FieldValue>): void {
  for (const field of object.fields) {
    if (field.autoNumber === null || (values[field.name] ?? null) !== null) continue;
    const serial = nextNumber(org, `number/${object.name}`);
    values[field.name] = field.autoNumber.replace(/\{(0+)\}/, (_, zeros: string) =>
      String(serial).padStart(zeros.length, '0'),
    );
  }
  if (object.custom && (values.Name ?? null) === null) values.Name = values.Id ?? null;
}

/** An id from a request as 18 characters; refuses text that is no id. */
export function requireId(text: unknown): string {
  const id = typeof text === 'string' ? readId(text) : null;
  if (id === null) throw new OrgRefusal('MALFORMED_ID', `bad id ${String(text)}`, { fields: ['Id'] });
  return id;
}
