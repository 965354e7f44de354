/** A field's value as Lightning shows it: links to parents, addresses and telephone numbers as links, choices as words. */
import { LightningElement, api } from 'lwc';
import { formatValue } from '../../../org/format-value.js';
import { addressOf } from '../../../org/route.js';

export default class FieldValue extends LightningElement {
  @api field;
  /** A `PageValue`, or undefined. */
  @api value;

  get text() {
    return formatValue(this.field, this.value);
  }
  get choices() {
    return this.field.type === 'multipicklist' && this.text !== '' ? this.text.split(/[;；]\s*/) : null;
  }
  get isText() {
    return this.href === null && !this.choices;
  }
  get target() {
    return this.field.type === 'url' ? '_blank' : null;
  }
  get rel() {
    return this.field.type === 'url' ? 'noopener noreferrer' : null;
  }

  get href() {
    const raw = this.value?.value ?? null;
    if (raw === null || raw === '') return null;
    switch (this.field.type) {
      case 'reference':
        return this.field.referenceTo.includes('User') ? null : addressOf.record(this.field.referenceTo[0], raw);
      case 'email':
        return `mailto:${raw}`;
      case 'phone':
        return `tel:${raw}`;
      case 'url':
        return webAddress(String(raw));
      default:
        return null;
    }
  }
}

/** Only what a browser opens as a page; anything else is shown as text. */
function webAddress(text) {
  const address = /^[a-z][a-z\d+.-]*:/i.test(text) ? text : `https://${text}`;
  return /^https?:$/.test(URL.canParse(address) ? new URL(address).protocol : '') ? address : null;
}
