/** The dialog for a new record or for editing one. Resolves with the saved record. */
import { api } from 'lwc';
import LightningModal from 'lightning/modal';
import { objects } from 'practice/session';
import { formFields } from '../../../org/object-pages.js';
import { createRecord, editRecord } from '../../../org/org-api.js';
import { storeRecord } from '../../../org/record-store.js';
import { t, wordsOf } from '../../../org/words.js';

export default class RecordForm extends LightningModal {
  @api objectName;
  /** The `PageRecord` to edit; undefined for a new one. */
  @api record;
  values = {};
  failure = null;
  isSaving = false;
  words = wordsOf({ save: 'record.save', cancel: 'record.cancel', fix: 'record.fix', required: 'record.required' });

  get object() {
    return objects().find(({ name }) => name === this.objectName);
  }

  get fields() {
    return formFields(this.object).map((field) => {
      const saved = this.record?.values[field.name];
      const isOff = field.required && this.isMissing(field.name);
      return {
        name: field.name,
        field,
        value: field.name in this.values ? this.values[field.name] : (saved?.value ?? this.defaultOf(field)),
        display: saved?.display ?? '',
        error: this.failure?.fields.includes(field.name) && !isOff ? this.failure.message : null,
      };
    });
  }

  defaultOf(field) {
    return this.record === undefined
      ? (field.picklistValues.find(({ defaultValue }) => defaultValue)?.value ?? null)
      : null;
  }

  isMissing(name) {
    return (this.values[name] ?? this.record?.values[name]?.value ?? null) === null;
  }

  get message() {
    return this.failure === null ? '' : this.failure.status === 0 ? t('state.unreachable') : this.failure.message;
  }

  handleValue(event) {
    this.values = { ...this.values, [event.currentTarget.dataset.field]: event.detail.value };
  }

  handleCancel() {
    this.close();
  }

  async handleSave() {
    this.isSaving = true;
    this.failure = null;
    try {
      this.close(await this.send());
    } catch (failure) {
      this.failure = failure;
    } finally {
      this.isSaving = false;
    }
  }

  async send() {
    if (this.record === undefined) {
      const defaults = formFields(this.object).map((field) => [field.name, this.defaultOf(field)]);
      const given = Object.fromEntries(defaults.filter(([, value]) => value !== null));
      return createRecord(this.objectName, { ...given, ...this.values });
    }
    const body = { values: this.values, ifUnmodifiedSince: this.record.lastModifiedAt };
    const saved = await editRecord(this.objectName, this.record.id, body);
    storeRecord(saved);
    return saved;
  }
}
