/** The quick action "Attach contract" of opportunities and accounts: the card's own search in the platform's dialog. */
import { LightningElement, api } from 'lwc';
import { CloseActionScreenEvent } from 'lightning/actions';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import { createCardHost, presenter, t } from 'c/cardHost';
import { createRecordCard } from 'c/recordCard';
import { createCardWrite } from 'c/cardWrite';
import { failureMessageKey } from 'c/counterpartCore';

export default class AttachContractAction extends LightningElement {
  @api objectApiName;
  write = { pending: null, failed: null, canRetry: false };
  cardHost = null;
  recordCard;
  cardWrite;
  id;
  words = {
    title: t('attach.title'),
    cancel: t('card.cancel'),
    retry: t('card.retry'),
    dismiss: t('card.dismiss'),
    writeFailed: t('failure.writeTitle'),
  };

  /** A screen action learns its record after it was put on the page. */
  @api get recordId() {
    return this.id;
  }

  set recordId(recordId) {
    this.id = recordId;
    if (!recordId || this.cardHost !== null) return;
    this.cardHost = createCardHost(recordId, this.objectName);
    this.recordCard = createRecordCard(this.cardHost, () => {});
    this.cardWrite = createCardWrite({
      host: this.cardHost,
      record: this.recordCard,
      onChange: () => {
        this.write = this.cardWrite.state;
      },
    });
  }

  /** The action may be given no object name; accounts are told by the prefix of their ids. */
  get objectName() {
    return this.objectApiName ?? (this.id.startsWith('001') ? 'Account' : 'Opportunity');
  }

  get writeFailure() {
    const { failed } = this.write;
    if (failed === null) return null;
    return presenter.moveRefusal(failed.failure.reason) ?? t(failureMessageKey(failed.failure));
  }

  disconnectedCallback() {
    this.recordCard?.stop();
  }

  handleWrite(event) {
    const { intent, title } = event.detail;
    this.cardWrite.send(intent, () => {
      this.dispatchEvent(new ShowToastEvent({ title: t('attach.done', { title }), variant: 'success' }));
      this.handleClose();
    });
  }

  handleRetry() {
    this.cardWrite.retry();
  }

  handleDismiss() {
    this.cardWrite.dismiss();
  }

  handleClose() {
    this.dispatchEvent(new CloseActionScreenEvent());
  }
}
