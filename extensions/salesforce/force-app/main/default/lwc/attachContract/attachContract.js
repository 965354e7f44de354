/**
 * Finds a contract that exists in Counterpart and attaches it to this record. The search waits for a pause in typing, and an answer to an older
 * question is dropped. Fires `write` with the intent and the contract's title, and `close` when the person goes back.
 */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { CARD_STATE_START, createCardReducer, failureMessageKey } from 'c/counterpartCore';

const TYPING_PAUSE_MS = 300;
const reduce = createCardReducer((found) => found.results.length === 0);

export default class AttachContract extends LightningElement {
  @api cardHost;
  @api pending = null;
  /** Set where the surface is a dialog of its own, which has its own way out and its own heading. */
  @api standalone = false;
  state = CARD_STATE_START;
  requests = 0;
  query = '';
  cancelSearch = () => {};
  words = {
    back: t('card.back'),
    title: t('attach.title'),
    search: t('attach.search'),
    placeholder: t('list.searchPlaceholder'),
    searching: t('attach.searching'),
    failed: t('failure.title'),
    retry: t('card.retry'),
    recent: t('attach.recent'),
    more: t('attach.more'),
    emptyHelp: t('attach.emptyHelp'),
    attach: t('attach.button'),
    already: t('attach.already'),
    saving: t('card.saving'),
  };

  connectedCallback() {
    this.search();
  }

  disconnectedCallback() {
    this.cancelSearch();
  }

  /** Puts the focus where the person types. */
  @api focusHeading() {
    this.template.querySelector('[data-id="query"]')?.focus();
  }

  get hasOwnHead() {
    return !this.standalone;
  }

  get isLoading() {
    return this.state.status === 'loading';
  }

  get isSearching() {
    return this.isLoading || this.state.refreshing === true;
  }

  get failure() {
    const { status, failure, stale = null } = this.state;
    const why = status === 'failed' ? failure : stale;
    return why === null ? null : t(failureMessageKey(why));
  }

  get rows() {
    const { pending } = this;
    return this.state.data.results.map((result) => ({
      ...result,
      under: [result.number, result.counterparty].filter(Boolean).join(' · '),
      shownStage: presenter.stage(result.stage),
      renewal: presenter.dateOr(result.renewalDate, t('list.noRenewal')),
      worth: result.value === null ? t('card.none') : presenter.money(result.value),
      label: result.alreadyAttached ? this.words.already : this.words.attach,
      name: `${this.words.attach}: ${result.title}`,
      isOff: result.alreadyAttached || pending !== null,
      isSaving: pending?.kind === 'attach' && pending.contractId === result.id,
    }));
  }

  get hasFound() {
    return this.state.status === 'ready';
  }

  get hasMore() {
    return this.state.data.more;
  }

  get isRecent() {
    return this.query === '';
  }

  get emptyText() {
    return this.query === '' ? t('attach.empty') : t('attach.none', { query: this.query });
  }

  handleQuery(event) {
    const query = event.detail.value.trim();
    this.cancelSearch();
    this.cancelSearch = this.cardHost.schedule(() => {
      if (query === this.query) return;
      this.query = query;
      this.search();
    }, TYPING_PAUSE_MS);
  }

  handleRetry() {
    this.search();
  }

  handleAttach(event) {
    const { contractId } = event.currentTarget.dataset;
    const { title } = this.state.data.results.find((result) => result.id === contractId);
    this.dispatchEvent(new CustomEvent('write', { detail: { intent: { kind: 'attach', contractId }, title } }));
  }

  handleClose() {
    this.dispatchEvent(new CustomEvent('close'));
  }

  async search() {
    this.requests += 1;
    const request = this.requests;
    this.state = reduce(this.state, { kind: 'asked', request });
    const answer = await this.cardHost.client.searchContracts(this.query);
    this.state = reduce(
      this.state,
      answer.ok
        ? { kind: 'answered', request, data: answer.value }
        : { kind: 'refused', request, failure: answer.failure },
    );
  }
}
