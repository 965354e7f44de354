/** A short message inside the card: what it says, how strongly, and, in its slots, what can be done about it. */
import { LightningElement, api } from 'lwc';

const ICONS = {
  neutral: { name: 'utility:info', variant: '' },
  good: { name: 'utility:success', variant: 'success' },
  notice: { name: 'utility:warning', variant: 'warning' },
  bad: { name: 'utility:error', variant: 'error' },
  info: { name: 'utility:info', variant: '' },
};

export default class CardNotice extends LightningElement {
  @api heading;
  @api message;
  @api tone = 'info';
  /** Set for what happens in answer to a person, so that a screen reader says it at once. */
  @api announced = false;

  get icon() {
    return ICONS[this.tone];
  }

  get role() {
    return this.announced ? 'alert' : 'note';
  }
}
