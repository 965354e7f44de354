/** What a person does in the org's pages: in user mode, through the pages' own door, triggers and checks included. */
import { deleteRecord, mergeRecords, undeleteRecord } from './delete-record.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { type Access, accessOf } from './permissions.ts';
import type { PracticeOrg } from './practice-org.ts';
import { OrgRefusal } from './refusal.ts';
import type { ActOptions, PeopleActs } from './running-org.ts';
import { requireId, saveRecord } from './save-record.ts';
import { type Transaction, inTransaction } from './transaction.ts';
import { MACHINERY } from './trigger-rules.ts';

type Work<T> = (transaction: Transaction, target: { readonly object: ObjectDefinition; readonly access: Access }) => T;

export function peopleActs(org: PracticeOrg): PeopleActs {
  const act = <T>(objectName: string, by: ActOptions | undefined, work: Work<T>): T => {
    const object = org.schema().findObject(objectName);
    const userId = by?.userId ?? org.adminId;
    const access = accessOf(org, userId);
    if (object === undefined || !access.canRead(object))
      throw new OrgRefusal('INVALID_TYPE', `sObject type '${objectName}' is not supported.`);
    const stampedAt = by?.stampedAt;
    const origin = { userId, client: null, door: 'ui', ...(stampedAt === undefined ? {} : { stampedAt }) } as const;
    const result = inTransaction(org, origin, (transaction) => work(transaction, { object, access }));
    org.database.flush();
    return result;
  };
  return {
    create: (name, values, by) =>
      act(name, by, (transaction, target) => saveRecord(transaction, { ...target, id: null, values: byHand(values) })),
    edit: (name, recordId, values, by) =>
      void act(name, by, (transaction, target) =>
        saveRecord(transaction, { ...target, id: requireId(recordId), values: byHand(values) }),
      ),
    delete: (name, recordId, by) =>
      act(name, by, (transaction, target) => deleteRecord(transaction, { ...target, id: requireId(recordId) })),
    undelete: (name, recordId, by) =>
      act(name, by, (transaction, target) => undeleteRecord(transaction, { ...target, id: requireId(recordId) })),
    merge: (name, masterId, mergedIds, by) =>
      act(name, by, (transaction, target) =>
        mergeRecords(transaction, { ...target, id: requireId(masterId) }, mergedIds.map(requireId)),
      ),
  };
}

/** The package's machinery stands on no page layout. */
function byHand<T extends Readonly<Record<string, unknown>>>(values: T): T {
  const hidden = Object.keys(values).filter((name) => MACHINERY.has(name));
  if (hidden.length > 0)
    throw new OrgRefusal('INVALID_FIELD_FOR_INSERT_UPDATE', `Unable to create/update fields: ${hidden.join(', ')}.`, {
      fields: hidden,
    });
  return values;
}
