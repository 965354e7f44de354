/**
 * The record-page card of opportunities and accounts: which surface is shown, and the writes they share. One surface at a time, each with a way
 * back; the focus follows. While the server cannot be reached, what the record itself holds is shown instead.
 */
import { LightningElement, api, wire } from 'lwc';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import { getFieldValue, getRecord } from 'lightning/uiRecordApi';
import OPPORTUNITY_STAGE from '@salesforce/schema/Opportunity.Contract_Stage__c';
import OPPORTUNITY_RENEWAL from '@salesforce/schema/Opportunity.Renewal_Date__c';
import OPPORTUNITY_DECISION from '@salesforce/schema/Opportunity.Renewal_Decision__c';
import ACCOUNT_STAGE from '@salesforce/schema/Account.Contract_Stage__c';
import ACCOUNT_RENEWAL from '@salesforce/schema/Account.Renewal_Date__c';
import ACCOUNT_DECISION from '@salesforce/schema/Account.Renewal_Decision__c';
import { createCardHost, presenter, t } from 'c/cardHost';
import { createRecordCard } from 'c/recordCard';
import { createCardWrite } from 'c/cardWrite';
import {
  CARD_STATE_START,
  CONTRACT_STAGES,
  FILTER_FROM_COUNT,
  LIST_VIEW_START,
  failureMessageKey,
} from 'c/counterpartCore';

/** Long enough to read the sentence and act without hurry (WCAG 2.2.1); attaching again stays possible afterwards. */
const UNDO_MS = 20_000;
/** Below this many pixels a table would break its words. */
const TABLE_WIDTH_MIN = 600;
const LIST = { kind: 'list', form: 'none' };
const SHARED_FIELDS = {
  Opportunity: [OPPORTUNITY_STAGE, OPPORTUNITY_RENEWAL, OPPORTUNITY_DECISION],
  Account: [ACCOUNT_STAGE, ACCOUNT_RENEWAL, ACCOUNT_DECISION],
};
/** The names that `app/core/follow-up.ts` gives the same three values. */
const SHARED_NAMES = ['counterpart_stage', 'counterpart_renewal_date', 'counterpart_renewal_decision'];
const LOCKED = new Set(['forbidden', 'not_connected', 'record_not_in_portal']);

export default class ContractCard extends LightningElement {
  @api objectApiName;
  /** The width of the page's region: SMALL, MEDIUM or LARGE. Known before anything is measured. */
  @api flexipageRegionWidth;

  id;
  state = CARD_STATE_START;
  write = { pending: null, failed: null, canRetry: false };
  surface = LIST;
  view = LIST_VIEW_START;
  undo = null;
  mirrored = null;
  width = null;
  cardHost;
  recordCard;
  cardWrite;
  observer;
  /** What to do about the focus once the next surface is drawn. */
  moveFocus = null;
  cancelUndo = () => {};
  seen = null;
  words = {
    title: t('summary.contracts'),
    attach: t('attach.open'),
    create: t('create.open'),
    refresh: t('card.refresh'),
    more: t('move.more'),
    retry: t('card.retry'),
    dismiss: t('card.dismiss'),
    undo: t('card.undo'),
    undoBody: t('detach.doneBody'),
    loading: t('card.loading'),
    loadFailed: t('failure.title'),
    writeFailed: t('failure.writeTitle'),
    emptyTitle: t('empty.title'),
    emptyBody: t('empty.body'),
    readOnly: t('card.readOnly'),
    openFirst: t('attention.open'),
    search: t('list.search'),
    searchPlaceholder: t('list.searchPlaceholder'),
    stageFilter: t('list.stageFilter'),
  };
  stageOptions = [
    { value: 'any', label: t('list.anyStage') },
    ...CONTRACT_STAGES.map((value) => ({ value, label: t(`stage.${value}`) })),
  ];

  @wire(getRecord, { recordId: '$recordId', optionalFields: '$sharedFields' })
  followRecord({ data }) {
    if (!data) return;
    const values = this.sharedFields.map((field) => getFieldValue(data, field));
    const isFirst = this.seen === null;
    const isSame = !isFirst && values.every((value, index) => value === this.seen[index]);
    this.seen = values;
    if (isFirst || isSame) return;
    const known = SHARED_NAMES.map((name, index) => [name, values[index]]).filter(([, value]) => value !== undefined);
    this.recordCard?.recordShows(Object.fromEntries(known));
  }

  @api get recordId() {
    return this.id;
  }

  /** Some pages keep the component and give it another record. */
  set recordId(recordId) {
    const isOnPage = this.recordCard !== undefined && recordId !== this.id;
    this.id = recordId;
    if (!isOnPage) return;
    this.leave();
    this.seen = null;
    this.surface = LIST;
    this.view = LIST_VIEW_START;
    this.withdrawUndo();
    this.arrive();
  }

  connectedCallback() {
    this.arrive();
  }

  disconnectedCallback() {
    this.leave();
    this.observer?.disconnect();
    this.observer = undefined;
  }

  arrive() {
    this.cardHost = createCardHost(this.recordId, this.objectApiName);
    this.recordCard = createRecordCard(this.cardHost, () => this.showState());
    this.cardWrite = createCardWrite({
      host: this.cardHost,
      record: this.recordCard,
      onChange: () => {
        this.write = this.cardWrite.state;
      },
    });
    this.showState();
    this.write = this.cardWrite.state;
    this.recordCard.start();
  }

  leave() {
    this.recordCard.stop();
    this.cancelUndo();
  }

  renderedCallback() {
    this.watchWidth();
    const move = this.moveFocus;
    this.moveFocus = null;
    move?.();
  }

  get sharedFields() {
    return SHARED_FIELDS[this.objectApiName] ?? [];
  }

  get card() {
    return this.state.data;
  }

  get hasCard() {
    return this.card !== undefined;
  }

  get isLoading() {
    return this.state.status === 'loading';
  }

  get heading() {
    return this.hasCard ? `${this.words.title} (${this.card.contracts.length})` : this.words.title;
  }

  get narrow() {
    return this.width === null ? this.flexipageRegionWidth === 'SMALL' : this.width < TABLE_WIDTH_MIN;
  }

  get failure() {
    return this.state.status === 'failed' ? t(failureMessageKey(this.state.failure)) : null;
  }

  get failureIcon() {
    return LOCKED.has(this.state.failure.kind) ? 'utility:lock' : 'utility:warning';
  }

  get stale() {
    const { stale = null } = this.state;
    return stale === null ? null : t(failureMessageKey(stale));
  }

  get refreshing() {
    return this.state.refreshing === true;
  }

  get isRefreshOff() {
    return this.isLoading || this.refreshing;
  }

  get contract() {
    return this.surface.kind === 'contract'
      ? this.card.contracts.find((each) => each.id === this.surface.contractId)
      : undefined;
  }

  get isAttaching() {
    return this.surface.kind === 'attach';
  }

  get isCreating() {
    return this.surface.kind === 'create';
  }

  /** Also where the contract that was open is no longer attached. */
  get isList() {
    return this.hasCard && !this.isAttaching && !this.isCreating && this.contract === undefined;
  }

  get isEmpty() {
    return this.state.status === 'empty';
  }

  get canEdit() {
    return this.card.permissions.canEdit;
  }

  get offersAdding() {
    return this.isList && this.canEdit && !this.isEmpty;
  }

  /** Where there is little room, refreshing stands in the menu beside the way to attach. */
  get offersRefresh() {
    return !(this.offersAdding && this.narrow);
  }

  get isReadOnlyList() {
    return this.isList && !this.canEdit;
  }

  get attention() {
    const { attention, contracts } = this.card;
    const contract = contracts.find((each) => each.id === attention?.contractId);
    if (contract === undefined || attention.reason === 'fine') return null;
    const { text, tone } = presenter.attention(attention);
    return { contractId: contract.id, title: contract.title, text, tone };
  }

  get hasFilters() {
    return this.card.contracts.length >= FILTER_FROM_COUNT;
  }

  get orderText() {
    return this.view.sort.direction === 'none'
      ? t('list.order')
      : t('list.count', { count: this.card.contracts.length });
  }

  get writeFailure() {
    const { failed } = this.write;
    if (failed === null) return null;
    return presenter.moveRefusal(failed.failure.reason) ?? t(failureMessageKey(failed.failure));
  }

  get undoHeading() {
    return t('detach.done', { title: this.undo.title });
  }

  get isRestoring() {
    return this.write.pending?.kind === 'restore';
  }

  handleRefresh() {
    this.recordCard.reload();
  }

  handleAttach() {
    this.go({ kind: 'attach', form: 'none' });
  }

  handleCreate() {
    this.go({ kind: 'create', form: 'none' });
  }

  handleMenu(event) {
    if (event.detail.value === 'create') this.handleCreate();
    else this.handleRefresh();
  }

  handleOpen(event) {
    const contractId = event.detail.contractId ?? event.currentTarget.dataset.contractId;
    this.go({ kind: 'contract', contractId, form: 'none' });
  }

  handleBack() {
    this.backToList();
  }

  handleForm(event) {
    this.go({ ...this.surface, form: event.detail.form });
  }

  handleView(event) {
    this.view = event.detail;
  }

  handleFilterText(event) {
    this.view = { ...this.view, text: event.detail.value, page: 1 };
  }

  handleFilterStage(event) {
    this.view = { ...this.view, stage: event.detail.value, page: 1 };
  }

  handleWrite(event) {
    const { intent, title = this.contract?.title } = event.detail;
    this.cardWrite.send(intent, () => this.afterSaved(intent, title));
  }

  handleUndo() {
    const { id, title } = this.undo;
    const intent = { kind: 'restore', contractId: id };
    this.cardWrite.send(intent, () => this.afterSaved(intent, title));
  }

  handleRetryWrite() {
    this.cardWrite.retry();
  }

  handleDismiss() {
    this.cardWrite.dismiss();
  }

  go(surface) {
    this.cardWrite.dismiss();
    this.surface = surface;
    this.moveFocus = () => this.template.querySelector('[data-surface]')?.focusHeading();
  }

  backToList() {
    const { contractId } = this.surface;
    this.cardWrite.dismiss();
    this.surface = LIST;
    this.moveFocus = () => this.focusList(contractId);
  }

  /** Back where the person came from; from an empty list to the first thing that can be done. */
  focusList(contractId) {
    const table = this.template.querySelector('c-contract-table');
    if (table) table.focusContract(contractId);
    else this.template.querySelector('[data-id="attach"]')?.focus();
  }

  /** What a saved intent leads to; a repetition of the same intent leads to the same. */
  afterSaved(intent, title) {
    switch (intent.kind) {
      case 'attach':
        this.toast(t('attach.done', { title }));
        this.backToList();
        break;
      case 'create':
        this.toast(t('create.done', { title: intent.contract.title }));
        this.backToList();
        break;
      case 'move':
        this.toast(t('done.stage', { title, stage: t(`stage.${intent.to}`) }));
        break;
      case 'decide':
        this.toast(t('done.decision', { title, decision: t(`decision.${intent.decision}`) }));
        this.go({ ...this.surface, form: 'none' });
        break;
      case 'incident':
        this.toast(t('incident.saved'));
        this.go({ ...this.surface, form: 'none' });
        break;
      case 'detach':
        this.backToList();
        this.offerUndo({ id: intent.contractId, title });
        break;
      case 'restore':
        this.withdrawUndo();
        this.toast(t('detach.undone', { title }));
        break;
      default:
        throw new Error(`Unknown intent ${intent.kind}.`);
    }
  }

  offerUndo(undo) {
    this.cancelUndo();
    this.undo = undo;
    this.cancelUndo = this.cardHost.schedule(() => this.withdrawUndo(), UNDO_MS);
    this.moveFocus = () => this.template.querySelector('[data-id="undo"]')?.focus();
  }

  withdrawUndo() {
    this.cancelUndo();
    this.undo = null;
  }

  toast(message) {
    this.dispatchEvent(new ShowToastEvent({ title: message, variant: 'success' }));
  }

  showState() {
    const wasFailed = this.state.status === 'failed';
    this.state = this.recordCard.state;
    if (this.state.status !== 'failed') this.mirrored = null;
    else if (!wasFailed && !LOCKED.has(this.state.failure.kind)) this.loadMirrored();
  }

  async loadMirrored() {
    const facts = await this.cardHost.loadMirrored();
    const isStillFailed = this.state.status === 'failed';
    this.mirrored = isStillFailed && (facts?.fields.Contract_Count__c ?? 0) > 0 ? facts.fields : null;
  }

  watchWidth() {
    if (this.observer !== undefined || typeof ResizeObserver === 'undefined') return;
    const frame = this.template.querySelector('[data-frame]');
    this.observer = new ResizeObserver(([entry]) => {
      this.width = entry.contentRect.width;
    });
    this.observer.observe(frame);
  }
}
