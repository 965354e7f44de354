/** The input for one field, by its type. Fires `value` with `{ value }` as the org takes it: null for nothing. */
import { LightningElement, api } from 'lwc';
import { t } from '../../../org/words.js';

const INPUT_TYPES = {
  int: 'number',
  double: 'number',
  currency: 'number',
  percent: 'number',
  date: 'date',
  datetime: 'datetime',
  email: 'email',
  phone: 'tel',
  url: 'text',
  string: 'text',
};
const NUMBERS = new Set(['int', 'double', 'currency', 'percent']);

export default class FieldInput extends LightningElement {
  @api field;
  @api value;
  /** How the present value of a lookup reads. */
  @api display;
  @api error;
  shownError = null;

  renderedCallback() {
    if (this.shownError === this.error) return;
    this.shownError = this.error;
    const input = this.template.querySelector('[data-input]');
    input.setCustomValidity?.(this.error ?? '');
    input.reportValidity?.();
  }

  @api focus() {
    this.template.querySelector('[data-input]')?.focus();
  }

  get type() {
    return INPUT_TYPES[this.field.type];
  }
  get isInput() {
    return this.type !== undefined;
  }
  get isPicklist() {
    return this.field.type === 'picklist';
  }
  get isMulti() {
    return this.field.type === 'multipicklist';
  }
  get isArea() {
    return this.field.type === 'textarea';
  }
  get isBoolean() {
    return this.field.type === 'boolean';
  }
  get isLookup() {
    return this.field.type === 'reference';
  }
  get step() {
    return NUMBERS.has(this.field.type) ? String(10 ** -this.field.scale) : null;
  }
  get maxLength() {
    return this.field.length > 0 ? this.field.length : null;
  }
  get text() {
    return this.value ?? '';
  }
  /** The base input reads ISO 8601; the org spells the zone without a colon. */
  get inputValue() {
    const { text } = this;
    return this.field.type === 'datetime' ? String(text).replace(/([+-]\d{2})(\d{2})$/, '$1:$2') : text;
  }
  get isOn() {
    return this.value === true;
  }

  get options() {
    const entries = this.field.picklistValues.filter(({ active, value }) => active || value === this.value);
    const none = this.field.required ? [] : [{ value: '', label: t('record.none') }];
    const options = [...none, ...entries.map(({ value, label }) => ({ value, label }))];
    // A value that is no longer, or never was, among the choices stays choosable.
    const isKnown = options.some(({ value }) => value === this.text);
    return isKnown ? options : [...options, { value: this.text, label: this.text }];
  }

  get multiOptions() {
    return this.field.picklistValues.map(({ value, label }) => ({ value, label }));
  }
  get multiValue() {
    return this.text === '' ? [] : this.text.split(';');
  }

  handleInput(event) {
    const { value } = event.detail;
    if (value === '' || value === null || value === undefined) return this.tell(null);
    return this.tell(NUMBERS.has(this.field.type) ? Number(value) : value);
  }
  handleMulti(event) {
    this.tell(event.detail.value.length === 0 ? null : event.detail.value.join(';'));
  }
  handleCheck(event) {
    this.tell(event.detail.checked);
  }
  handleLookup(event) {
    event.stopPropagation();
    this.tell(event.detail.value);
  }

  tell(value) {
    this.dispatchEvent(new CustomEvent('value', { detail: { value } }));
  }
}
