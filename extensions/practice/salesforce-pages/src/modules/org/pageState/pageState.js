/** What stands where a page would be: it loads, it failed, it holds nothing, or it does not exist. */
import { LightningElement, api } from 'lwc';
import { addressOf } from '../../../org/route.js';
import { t } from '../../../org/words.js';

export default class PageState extends LightningElement {
  /** `loading`, `failed`, `empty` or `missing`. */
  @api kind;
  /** Heading and text of an empty state. */
  @api heading;
  @api text;
  /** The `OrgFailure` of a failed state. */
  @api failure;
  words = { loading: t('state.loading'), retry: t('state.retry'), home: t('record.goHome') };
  homeAddress = addressOf.home();

  get isLoading() {
    return this.kind === 'loading';
  }
  get isFailed() {
    return this.kind === 'failed';
  }
  get isMissing() {
    return this.kind === 'missing';
  }
  get title() {
    if (this.isMissing) return t('record.notFound');
    return this.isFailed ? t('state.failed') : this.heading;
  }
  get body() {
    if (this.isMissing) return t('record.notFoundBody');
    if (!this.isFailed) return this.text;
    return this.failure.status === 0 ? t('state.unreachable') : this.failure.message;
  }

  handleRetry() {
    this.dispatchEvent(new CustomEvent('retry'));
  }
}
