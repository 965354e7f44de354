/** The shape of what is being loaded, so that nothing moves when it arrives. */
import { LightningElement, api } from 'lwc';

const LINES = 3;

export default class CardStencil extends LightningElement {
  @api label;
  /** `list` has the strip of figures on top; `detail` has lines only. */
  @api shape = 'list';
  figures = ['a', 'b', 'c', 'd'];
  lines = Array.from({ length: LINES }, (_none, index) => `line-${index}`);

  get isList() {
    return this.shape === 'list';
  }
}
