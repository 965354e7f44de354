/** The bin and what leads into and out of it: delete with its consequences for children, undelete, and merging duplicates. */
import { type FieldValue, instantText } from './field-value.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { Access } from './permissions.ts';
import { type StoredRow, isDeleted } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';
import { checkLock, existing } from './save-record.ts';
import { type ChildRelationship, childRelationships } from './schema.ts';
import type { Transaction } from './transaction.ts';

const MERGED_MAX = 2;

interface Target {
  readonly object: ObjectDefinition;
  readonly id: string;
  readonly access: Access;
}

/** Puts a record into the bin, and with it what belongs to it; refuses where a child forbids it. */
export function deleteRecord(transaction: Transaction, { object, id, access }: Target): void {
  const { org } = transaction;
  const row = existing(org, object, id);
  if (!object.deletable || !access.canWrite(object, 'delete'))
    throw new OrgRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');
  const mark = org.records.mark();
  try {
    removeWithChildren(transaction, object, { row, root: row.id });
  } catch (error) {
    if (error instanceof OrgRefusal) org.records.rollback(mark);
    throw error;
  }
}

function removeWithChildren(
  transaction: Transaction,
  object: ObjectDefinition,
  { row, root }: { readonly row: StoredRow; readonly root: string },
): void {
  for (const relation of childRelationships(transaction.org.schema(), object)) {
    for (const child of childrenOf(transaction, relation, row.id)) {
      switch (relation.field.onParentDelete) {
        case 'cascade':
          checkLock(transaction.org, child.id);
          removeWithChildren(transaction, relation.child, { row: child, root });
          break;
        case 'restrict':
          throw new OrgRefusal(
            'DELETE_FAILED',
            `Your attempt to delete ${String(row.values.Name ?? row.id)} could not be completed because it is associated with the following ${relation.child.labelPlural.toLowerCase()}.: ${child.id}`,
          );
        case 'clear':
          clearLookup(transaction, child, relation.field.name);
          break;
      }
    }
  }
  put(transaction, row, { IsDeleted: true }, root);
}

function childrenOf(
  transaction: Transaction,
  { child, field }: ChildRelationship,
  parentId: string,
): readonly StoredRow[] {
  if (field.system) return [];
  return transaction.org.records
    .find(child.name, field.name, parentId)
    .filter((row) => row.values[field.name] === parentId && !isDeleted(row));
}

function put(
  transaction: Transaction,
  row: StoredRow,
  values: Readonly<Record<string, FieldValue>>,
  deletedWith: string | null,
): void {
  const now = instantText(transaction.at);
  const stamps = { LastModifiedDate: now, LastModifiedById: transaction.origin.userId, SystemModstamp: now };
  transaction.org.records.put({ ...row, values: { ...row.values, ...values, ...stamps }, deletedWith });
}

/** An automated process moves `SystemModstamp` on, but not the date of a user's last change (Object reference, System fields). */
function clearLookup(transaction: Transaction, row: StoredRow, field: string): void {
  const values = { ...row.values, [field]: null, SystemModstamp: instantText(transaction.at) };
  transaction.org.records.put({ ...row, values });
}

/** Brings a record back from the bin, and what went there with it. */
export function undeleteRecord(transaction: Transaction, { object, id }: Target): void {
  const { org } = transaction;
  const row = org.records.get(object.name, id);
  if (row === undefined) throw new OrgRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  if (!isDeleted(row)) throw new OrgRefusal('UNDELETE_FAILED', 'Entity is not in the recycle bin');
  if ((row.values.MasterRecordId ?? null) !== null)
    throw new OrgRefusal('UNDELETE_FAILED', 'Cannot undelete a record that was merged into another');
  for (const definition of org.schema().objects.values())
    for (const candidate of org.records.rows(definition.name))
      if (isDeleted(candidate) && (candidate.id === row.id || candidate.deletedWith === row.id))
        put(transaction, candidate, { IsDeleted: false }, null);
}

/**
 * Merges up to two records into a master: their children move to it, they go to the bin with `MasterRecordId` naming it (SOAP guide,
 * merge()). Values of the master stay as they are.
 */
export function mergeRecords(
  transaction: Transaction,
  { object, id, access }: Target,
  mergedIds: readonly string[],
): void {
  const { org } = transaction;
  if (!object.mergeable) throw new OrgRefusal('INVALID_TYPE', `entity type does not support merge: ${object.name}`);
  if (mergedIds.length === 0 || mergedIds.length > MERGED_MAX || mergedIds.includes(id))
    throw new OrgRefusal('INVALID_ID_FIELD', 'one or two other records can be merged into a master record');
  const master = existing(org, object, id);
  if (!access.canWrite(object, 'edit'))
    throw new OrgRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');
  for (const mergedId of mergedIds) {
    const loser = existing(org, object, mergedId);
    for (const relation of childRelationships(org.schema(), object)) {
      if (relation.field.name === 'MasterRecordId') continue;
      for (const child of childrenOf(transaction, relation, loser.id))
        put(transaction, child, { [relation.field.name]: master.id }, child.deletedWith);
    }
    put(transaction, loser, { IsDeleted: true, MasterRecordId: master.id }, null);
  }
  put(transaction, org.records.get(object.name, master.id) ?? master, {}, null);
}
