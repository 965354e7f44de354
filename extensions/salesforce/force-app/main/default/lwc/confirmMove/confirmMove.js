/** Asks before a move that ends a contract. Resolves with true when the person went on, with undefined when not. */
import { api } from 'lwc';
import LightningModal from 'lightning/modal';
import { t } from 'c/cardHost';

export default class ConfirmMove extends LightningModal {
  /** What will be done, as the label of the button that does it. */
  @api action;
  @api message;
  words = { cancel: t('card.cancel') };

  handleConfirm() {
    this.close(true);
  }

  handleCancel() {
    this.close();
  }
}
