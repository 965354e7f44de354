/** Asks before something is done. Resolves with true when the person went on. */
import { api } from 'lwc';
import LightningModal from 'lightning/modal';
import { t } from '../../../org/words.js';

export default class Confirm extends LightningModal {
  @api text;
  /** Label of the button that goes on. */
  @api action;
  cancel = t('record.cancel');

  handleYes() {
    this.close(true);
  }
  handleNo() {
    this.close(false);
  }
}
