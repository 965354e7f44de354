/** `lightning/uiRecordApi` over the page's record store, which every component of the page shares, as Lightning Data Service does. */
import { objects } from 'practice/session';
import { askOrg } from '../org/org-api.js';
import { objectOfId, refreshRecords, storeRecord, watchRecord } from '../org/record-store.js';

const nameOf = (field) => {
  const text = typeof field === 'string' ? field : `${field.objectApiName}.${field.fieldApiName}`;
  return text.slice(text.indexOf('.') + 1);
};

const asUiRecord = (record) => ({
  id: record.id,
  apiName: record.object,
  fields: Object.fromEntries(
    Object.entries(record.values).map(([name, { value, display }]) => [name, { value, displayValue: display }]),
  ),
});

/** Wire adapter. A field that the person may not read fails the wire when it stands in `fields`; in `optionalFields` it is left out. */
export class getRecord {
  constructor(callback) {
    this.callback = callback;
    this.unwatch = () => {};
    callback({ data: undefined, error: undefined });
  }

  update({ recordId, fields = [], optionalFields = [] }) {
    this.unwatch();
    if (recordId === undefined || recordId === null) return;
    const required = [fields].flat().map(nameOf);
    const wanted = [...required, ...[optionalFields].flat().map(nameOf)];
    this.unwatch = watchRecord(recordId, ({ record, error }) => {
      if (record === undefined) return this.callback({ data: undefined, error });
      const missing = required.find((name) => !(name in record.values));
      if (missing !== undefined)
        return this.callback({
          data: undefined,
          error: { status: 400, body: { message: `No such column '${missing}' on entity '${record.object}'` } },
        });
      const all = asUiRecord(record);
      const kept = Object.entries(all.fields).filter(([name]) => wanted.includes(name));
      return this.callback({ data: { ...all, fields: Object.fromEntries(kept) }, error: undefined });
    });
  }

  connect() {}

  disconnect() {
    this.unwatch();
  }
}

export const getFieldValue = (record, field) => record?.fields?.[nameOf(field)]?.value;
export const getFieldDisplayValue = (record, field) => record?.fields?.[nameOf(field)]?.displayValue;

export async function updateRecord({ fields: { Id, ...values } }) {
  const object = objectOfId(Id, objects());
  const record = await askOrg(`/objects/${object.name}/records/${Id}`, { method: 'PATCH', body: { values } });
  storeRecord(record);
  return asUiRecord(record);
}

/** @param {readonly { recordId: string }[]} changed */
export const notifyRecordUpdateAvailable = (changed) => refreshRecords(changed.map(({ recordId }) => recordId));
