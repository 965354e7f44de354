/** One quiet line: whether Salesforce and Counterpart agree, and the way to the workspace. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';

export default class SyncLine extends LightningElement {
  @api sync;
  @api today;
  @api refreshing = false;
  @api url;
  words = { open: t('card.open'), newTab: t('card.newTab') };

  get isBusy() {
    return this.refreshing || this.sync.state === 'pending';
  }

  get text() {
    return this.refreshing ? t('card.refreshing') : presenter.sync(this.sync, this.today);
  }

  get iconName() {
    return this.sync.state === 'current' ? 'utility:success' : 'utility:warning';
  }

  get iconVariant() {
    return this.sync.state === 'current' ? 'success' : 'warning';
  }
}
