/** The base class of dialogs, which Salesforce's preset leaves out. */
import { LightningElement, api } from 'lwc';

export default class LightningModal extends LightningElement {
  static open = jest.fn();
  @api label;
  @api size;
  @api close = jest.fn();
}
