/** The path of an opportunity or case: its stages in order, the present one marked, and a button that moves the record on. */
import { LightningElement, api } from 'lwc';
import { sayDone, sayFailed } from '../../../org/announce.js';
import { fieldOf } from '../../../org/object-pages.js';
import { editRecord } from '../../../org/org-api.js';
import { storeRecord } from '../../../org/record-store.js';
import { t, wordsOf } from '../../../org/words.js';

const LOST = /^Closed Lost$/i;

export default class Path extends LightningElement {
  @api object;
  @api fieldName;
  given;
  chosen = null;
  isSaving = false;
  words = wordsOf({ mark: 'record.markComplete', path: 'record.path' });

  @api get record() {
    return this.given;
  }
  set record(record) {
    if (this.given?.values[this.fieldName]?.value !== record.values[this.fieldName]?.value) this.chosen = null;
    this.given = record;
  }

  get current() {
    return this.given.values[this.fieldName]?.value ?? null;
  }

  get stages() {
    const entries = fieldOf(this.object, this.fieldName).picklistValues.filter(({ active }) => active);
    const at = entries.findIndex(({ value }) => value === this.current);
    return entries
      .filter(({ value }) => !LOST.test(value) || value === this.current)
      .map(({ value, label }) => {
        const index = entries.findIndex((each) => each.value === value);
        const state = LOST.test(value) ? 'slds-is-lost' : stateOf(index, at);
        const isChosen = (this.chosen ?? this.current) === value;
        return {
          value,
          label,
          selected: String(isChosen),
          tabIndex: isChosen ? '0' : '-1',
          isDone: state === 'slds-is-complete',
          className: `slds-path__item ${state} ${isChosen ? 'slds-is-active' : ''}`,
        };
      });
  }

  get isMarkOff() {
    return this.isSaving || this.chosen === null || this.chosen === this.current || !this.canEdit;
  }
  get canEdit() {
    return fieldOf(this.object, this.fieldName).editable;
  }
  get label() {
    return fieldOf(this.object, this.fieldName).label;
  }

  handleChoose(event) {
    event.preventDefault();
    this.chosen = event.currentTarget.dataset.value;
  }

  handleKey(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' || event.key === ' ') return this.handleChoose(event);
    if (step === undefined) return undefined;
    event.preventDefault();
    const { stages } = this;
    const at = stages.findIndex(({ value }) => value === event.currentTarget.dataset.value);
    const next = stages[(at + step + stages.length) % stages.length];
    this.chosen = next.value;
    return this.template.querySelector(`[data-value="${CSS.escape(next.value)}"]`).focus();
  }

  async handleMark() {
    this.isSaving = true;
    try {
      const { object, id } = this.given;
      storeRecord(await editRecord(object, id, { values: { [this.fieldName]: this.chosen } }));
      const stage = this.stages.find(({ value }) => value === this.chosen)?.label ?? '';
      sayDone(this, t('record.stageMoved', { stage }));
      this.chosen = null;
    } catch (failure) {
      sayFailed(this, failure);
    } finally {
      this.isSaving = false;
    }
  }
}

function stateOf(index, at) {
  if (index === at) return 'slds-is-current';
  return index < at ? 'slds-is-complete' : 'slds-is-incomplete';
}
