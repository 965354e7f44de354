/** Toasts from code that is not a component on the page, such as after a dialog. */
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import { t } from './words.js';

export const sayDone = (source, title) => source.dispatchEvent(new ShowToastEvent({ title, variant: 'success' }));

/** @param {{ status: number, message: string }} failure */
export function sayFailed(source, failure) {
  const message = failure.status === 0 ? t('state.unreachable') : failure.message;
  source.dispatchEvent(new ShowToastEvent({ title: t('state.failed'), message, variant: 'error', mode: 'sticky' }));
}
