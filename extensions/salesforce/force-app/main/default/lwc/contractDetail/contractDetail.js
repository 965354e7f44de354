/**
 * One contract in full: where it stands and the next step on top, everything else in four tabs below. A form takes the place of the tabs while it
 * is open, so that one surface never shows two main buttons. Loads the contract again whenever its revision on the card moves.
 */
import { LightningElement, api } from 'lwc';
import { presenter, t, contractUrl } from 'c/cardHost';
import { CARD_STATE_START, createCardReducer, failureMessageKey, stagePath } from 'c/counterpartCore';

const reduce = createCardReducer(() => false);

export default class ContractDetail extends LightningElement {
  @api cardHost;
  @api contract;
  @api card;
  @api pending = null;
  /** `none`, `decision` or `incident`; the parent holds it, because a write that was saved closes the form. */
  @api form = 'none';
  @api narrow = false;

  state = CARD_STATE_START;
  requests = 0;
  /** The contract, its revision and its last agreement that were asked for last. */
  asked = '';
  words = {
    back: t('card.back'),
    readOnly: t('card.readOnly'),
    loading: t('detail.loading'),
    failed: t('failure.title'),
    retry: t('card.retry'),
    stage: t('stage.label'),
    overview: t('detail.tab.overview'),
    sla: t('detail.tab.sla'),
    risks: t('detail.tab.risks'),
    history: t('detail.tab.history'),
  };

  connectedCallback() {
    this.loadWhenMoved();
  }

  renderedCallback() {
    this.loadWhenMoved();
  }

  /** Puts the focus on the contract's title, so that a screen reader starts there. */
  @api focusHeading() {
    this.template.querySelector('[data-heading]')?.focus();
  }

  get stage() {
    return presenter.stage(this.contract.stage);
  }

  get path() {
    const { stages, current } = stagePath(this.contract.stage);
    return { current: stages[current], steps: stages.map((stage) => ({ stage, label: t(`stage.${stage}`) })) };
  }

  get pathType() {
    return this.narrow ? 'base' : 'path';
  }

  get notice() {
    if (this.contract.notice === null) return null;
    const { text, tone, date } = presenter.notice(this.contract.notice);
    return { tone, text: t('notice.on', { countdown: text, date: date ?? '' }) };
  }

  get facts() {
    const { number, counterparty, value, isLead } = this.contract;
    return [number, counterparty, value === null ? null : presenter.money(value), isLead ? t('card.lead') : null]
      .filter(Boolean)
      .join(' · ');
  }

  get isDeciding() {
    return this.form === 'decision';
  }

  get isLogging() {
    return this.form === 'incident';
  }

  get isLoading() {
    return this.state.status === 'loading';
  }

  get failure() {
    return this.state.status === 'failed' ? t(failureMessageKey(this.state.failure)) : null;
  }

  get stale() {
    const { stale = null } = this.state;
    return stale === null ? null : t(failureMessageKey(stale));
  }

  get detail() {
    return this.state.data;
  }

  get refreshing() {
    return this.state.refreshing === true;
  }

  get url() {
    return contractUrl(this.card.workspaceUrl, this.contract.id);
  }

  handleRetry() {
    this.load();
  }

  handleBack() {
    this.dispatchEvent(new CustomEvent('back'));
  }

  handleDecide() {
    this.openForm('decision');
  }

  handleIncident() {
    this.openForm('incident');
  }

  handleClose() {
    this.openForm('none');
  }

  handleWrite(event) {
    this.dispatchEvent(new CustomEvent('write', { detail: event.detail }));
  }

  openForm(form) {
    this.dispatchEvent(new CustomEvent('form', { detail: { form } }));
  }

  loadWhenMoved() {
    const { contract, card } = this;
    const wanted = `${contract.id} ${contract.revision} ${card.sync.lastAgreedAt ?? ''}`;
    if (this.asked === wanted) return;
    this.asked = wanted;
    this.load();
  }

  async load() {
    this.requests += 1;
    const request = this.requests;
    this.state = reduce(this.state, { kind: 'asked', request });
    const answer = await this.cardHost.client.loadContract(this.contract.id);
    this.state = reduce(
      this.state,
      answer.ok
        ? { kind: 'answered', request, data: answer.value }
        : { kind: 'refused', request, failure: answer.failure },
    );
  }
}
