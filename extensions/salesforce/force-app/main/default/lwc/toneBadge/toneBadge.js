/** A badge in one of the presenter's tones. */
import { LightningElement, api } from 'lwc';

export default class ToneBadge extends LightningElement {
  @api label;
  /** `neutral`, `good`, `notice`, `bad` or `info`. */
  @api tone = 'neutral';

  get tintClass() {
    return `tint ${this.tone}`;
  }
}
