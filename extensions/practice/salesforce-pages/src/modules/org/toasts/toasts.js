/** Notices at the top of the page; an error stays until it is closed. */
import { LightningElement, api } from 'lwc';
import { t } from '../../../org/words.js';

const SHOWN_MS = 5_000;
const SHOWN_MAX = 3;

export default class Toasts extends LightningElement {
  toasts = [];
  count = 0;
  words = { close: t('toast.close'), region: t('toast.region') };

  /** @param detail that of a ShowToastEvent */
  @api show({ title, message = '', variant = 'info', mode = 'dismissible' }) {
    this.count += 1;
    const toast = {
      id: this.count,
      title,
      message,
      icon: `utility:${variant}`,
      className: `slds-notify slds-notify_toast slds-theme_${variant}`,
      role: variant === 'error' ? 'alert' : 'status',
    };
    this.toasts = [...this.toasts, toast].slice(-SHOWN_MAX);
    if (mode !== 'sticky') setTimeout(() => this.close(toast.id), SHOWN_MS);
  }

  close(id) {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  handleClose(event) {
    this.close(Number(event.currentTarget.dataset.id));
  }
}
