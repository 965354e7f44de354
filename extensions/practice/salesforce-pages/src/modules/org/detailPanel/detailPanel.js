/**
 * The details tab. A pencil, or a double click on a value, opens all fields for editing, as in Lightning; what others change meanwhile shows
 * in the fields the person has not touched, and saving over a record that changed is refused by the org.
 */
import { LightningElement, api } from 'lwc';
import { sayDone } from '../../../org/announce.js';
import { sectionsOf } from '../../../org/object-pages.js';
import { editRecord } from '../../../org/org-api.js';
import { refreshRecords, storeRecord } from '../../../org/record-store.js';
import { t, wordsOf } from '../../../org/words.js';

export default class DetailPanel extends LightningElement {
  @api object;
  given;
  edits = null;
  /** `lastModifiedAt` of the record on which the person started. */
  startedOn = 0;
  failure = null;
  isSaving = false;
  focusOn = null;
  words = wordsOf({
    save: 'record.save',
    cancel: 'record.cancel',
    fix: 'record.fix',
    changed: 'record.changedElsewhere',
    changedBody: 'record.changedElsewhereBody',
    reload: 'record.reload',
  });

  @api get record() {
    return this.given;
  }
  set record(record) {
    const isOther = this.given !== undefined && this.given.id !== record.id;
    this.given = record;
    if (isOther) this.close();
  }

  renderedCallback() {
    if (this.focusOn === null) return;
    const input = this.template.querySelector(`org-field-input[data-field="${String(this.focusOn)}"]`);
    if (input === null) return;
    this.focusOn = null;
    input.focus();
  }

  get isEditing() {
    return this.edits !== null;
  }
  get isStale() {
    return this.failure?.code === 'STALE';
  }
  get failureText() {
    return this.isStale ? this.words.changed : (this.failure?.message ?? '');
  }
  get formClass() {
    return `org-details ${this.isEditing ? 'org-details_editing' : ''}`;
  }

  get sections() {
    const values = this.given.values;
    return sectionsOf(this.object).map(({ name, fields }) => ({
      name,
      title: t(`section.${name}`, { object: this.object.label }),
      fields: fields.map((field) => {
        const canEdit = field.editable && !this.given.isDeleted;
        return {
          name: field.name,
          field,
          value: values[field.name],
          canEdit,
          isInput: this.isEditing && canEdit,
          draft:
            this.edits !== null && field.name in this.edits
              ? this.edits[field.name]
              : (values[field.name]?.value ?? null),
          display: values[field.name]?.display ?? '',
          pencil: t('record.editField', { field: field.label }),
          error: this.failure?.fields.includes(field.name) ? this.failure.message : null,
        };
      }),
    }));
  }

  handlePencil(event) {
    this.open(event.currentTarget.dataset.field);
  }

  handleDouble(event) {
    const { field, editable } = event.currentTarget.dataset;
    if (editable === 'true' && !this.isEditing) this.open(field);
  }

  open(field) {
    this.edits = {};
    this.startedOn = this.given.lastModifiedAt;
    this.focusOn = field;
  }

  close() {
    this.edits = null;
    this.failure = null;
  }

  handleValue(event) {
    this.edits = { ...this.edits, [event.currentTarget.dataset.field]: event.detail.value };
  }

  handleKey(event) {
    if (event.key === 'Escape') this.handleCancel();
  }

  handleCancel() {
    this.close();
  }

  async handleReload() {
    await refreshRecords([this.given.id]);
    this.startedOn = this.given.lastModifiedAt;
    this.failure = null;
  }

  async handleSubmit(event) {
    event.preventDefault();
    const changed = Object.entries(this.edits).filter(
      ([name, value]) => value !== (this.given.values[name]?.value ?? null),
    );
    if (changed.length === 0) return this.close();
    this.isSaving = true;
    this.failure = null;
    try {
      const { object, id } = this.given;
      const body = { values: Object.fromEntries(changed), ifUnmodifiedSince: this.startedOn };
      const saved = await editRecord(object, id, body);
      storeRecord(saved);
      this.close();
      return sayDone(this, t('record.saved', { object: this.object.label, name: saved.name }));
    } catch (failure) {
      this.failure = failure;
      return undefined;
    } finally {
      this.isSaving = false;
    }
  }
}
