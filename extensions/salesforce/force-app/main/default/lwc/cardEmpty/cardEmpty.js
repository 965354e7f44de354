/** Where a list or a page would be but nothing is: why, and in the slot the way on. */
import { LightningElement, api } from 'lwc';

export default class CardEmpty extends LightningElement {
  @api heading;
  @api message;
  @api iconName = 'utility:contract_doc';
  /** Set when this took the place of something a person asked for. */
  @api announced = false;

  get role() {
    return this.announced ? 'alert' : null;
  }
}
