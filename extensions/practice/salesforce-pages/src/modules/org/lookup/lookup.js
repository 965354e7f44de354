/** Finds a parent record by name. Fires `value` with `{ value, name }`; null takes the parent away. */
import { LightningElement, api } from 'lwc';
import { objects } from 'practice/session';
import { listRecords } from '../../../org/org-api.js';
import { t } from '../../../org/words.js';

const RESULTS_MAX = 8;
const SEARCH_MS = 200;

export default class Lookup extends LightningElement {
  @api field;
  @api value;
  @api display;
  /** Ids that are not offered. */
  @api without = [];
  results = null;
  active = -1;
  chosenName = null;
  message = '';
  placeholder = t('lookup.search');
  none = t('lookup.none');
  timer;

  @api focus() {
    this.template.querySelector('input, button')?.focus();
  }

  @api setCustomValidity(message) {
    this.message = message;
  }

  @api reportValidity() {
    return this.message === '';
  }

  get hasValue() {
    return this.value !== null && this.value !== undefined && this.value !== '';
  }
  get name() {
    return this.chosenName ?? (this.display || this.value);
  }
  get clearLabel() {
    return t('lookup.clear', { name: this.name });
  }
  get isOpen() {
    return this.results !== null;
  }
  get isClosed() {
    return !this.isOpen;
  }
  get expanded() {
    return String(this.isOpen);
  }
  get hasNone() {
    return this.results?.length === 0;
  }
  get rows() {
    return this.results.map((row, index) => ({
      id: row.id,
      name: row.name,
      selected: String(index === this.active),
      className: `slds-listbox__option org-lookup__option ${index === this.active ? 'slds-has-focus' : ''}`,
    }));
  }
  get formClass() {
    return `slds-form-element ${this.message === '' ? '' : 'slds-has-error'}`;
  }

  handleInput(event) {
    const search = event.target.value.trim();
    clearTimeout(this.timer);
    if (search === '') this.results = null;
    else this.timer = setTimeout(() => void this.find(search), SEARCH_MS);
  }

  async find(search) {
    const target = this.field.referenceTo.find((name) => objects().some((object) => object.name === name));
    if (target === undefined) return;
    try {
      const { rows } = await listRecords(target, { search, limit: RESULTS_MAX });
      this.results = rows.filter(({ id }) => !this.without.includes(id));
      this.active = this.results.length > 0 ? 0 : -1;
    } catch (failure) {
      this.results = null;
      this.message = failure.message;
    }
  }

  handleKey(event) {
    if (!this.isOpen) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) this.active = (this.active + step + this.results.length) % Math.max(1, this.results.length);
    else if (event.key === 'Enter' && this.active >= 0) this.choose(this.results[this.active]);
    else if (event.key === 'Escape') this.results = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  handleChoose(event) {
    this.choose(this.results.find(({ id }) => id === event.currentTarget.dataset.id));
  }

  /** A press on a choice takes the focus from the input first; the list must still be there then. */
  handleDown(event) {
    event.preventDefault();
  }

  handleBlur() {
    this.results = null;
  }

  choose(row) {
    this.results = null;
    this.chosenName = row.name;
    this.tell(row.id, row.name);
  }

  handleClear() {
    this.chosenName = null;
    this.tell(null, '');
  }

  tell(value, name) {
    this.dispatchEvent(new CustomEvent('value', { detail: { value, name } }));
  }
}
