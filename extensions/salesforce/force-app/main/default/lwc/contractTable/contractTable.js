/**
 * The contracts of the record: what each is, where it stands, when it must be decided, how it performs, what it is worth. A table where there
 * is room, a list of the same facts where there is not. Asks for a contract with `open`, for another view of the list with `view`.
 */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { SORT_COLUMNS, listPage } from 'c/counterpartCore';

const ARIA_SORT = { ascending: 'ascending', descending: 'descending', none: null };
/** What a click on a header asks for next; the third click gives back the order of urgency. */
const NEXT_DIRECTION = { none: 'ascending', ascending: 'descending', descending: 'none' };
const TONE_ICONS = {
  notice: { name: 'utility:warning', variant: 'warning' },
  bad: { name: 'utility:error', variant: 'error' },
};

export default class ContractTable extends LightningElement {
  @api contracts;
  @api view;
  @api narrow = false;
  words = {
    title: t('summary.contracts'),
    noMatch: t('list.noMatch'),
    previous: t('list.previous'),
    next: t('list.next'),
  };

  get shown() {
    return listPage(this.contracts, this.view);
  }

  get hasMatches() {
    return this.shown.matching > 0;
  }

  get rows() {
    return this.shown.contracts.map(rowOf);
  }

  get columns() {
    const { sort } = this.view;
    return SORT_COLUMNS.map((column) => {
      const direction = sort.column === column ? sort.direction : 'none';
      return {
        column,
        label: t(`list.column.${column}`),
        ariaSort: ARIA_SORT[direction],
        headerClass: `slds-is-sortable column_${column} ${direction === 'none' ? '' : 'slds-is-sorted'}`,
        iconName: direction === 'descending' ? 'utility:arrowdown' : 'utility:arrowup',
      };
    });
  }

  get isPaged() {
    return this.shown.pageCount > 1;
  }

  get pageText() {
    return t('list.page', { page: this.shown.page, count: this.shown.pageCount });
  }

  get isFirstPage() {
    return this.shown.page === 1;
  }

  get isLastPage() {
    return this.shown.page === this.shown.pageCount;
  }

  /** Puts the focus on the way into a contract, or on the first one when it is no longer here. */
  @api focusContract(contractId) {
    const links = [...this.template.querySelectorAll('[data-open]')];
    const link = links.find((each) => each.dataset.open === contractId) ?? links[0];
    link?.focus();
  }

  handleOpen(event) {
    this.dispatchEvent(new CustomEvent('open', { detail: { contractId: event.currentTarget.dataset.open } }));
  }

  handleSort(event) {
    const { column } = event.currentTarget.dataset;
    const { sort } = this.view;
    const direction = NEXT_DIRECTION[sort.column === column ? sort.direction : 'none'];
    this.changeView({ sort: { column, direction }, page: 1 });
  }

  handlePrevious() {
    this.changeView({ page: this.shown.page - 1 });
  }

  handleNext() {
    this.changeView({ page: this.shown.page + 1 });
  }

  changeView(part) {
    this.dispatchEvent(new CustomEvent('view', { detail: { ...this.view, ...part } }));
  }
}

function rowOf(contract) {
  const notice = presenter.notice(contract.notice);
  const openRisks = contract.risks.filter((risk) => risk.state === 'open').length;
  return {
    id: contract.id,
    title: contract.title,
    under: [contract.number, contract.counterparty].filter(Boolean).join(' · '),
    stage: presenter.stage(contract.stage),
    renewal: presenter.dateOr(contract.renewalDate, t('list.noRenewal')),
    notice: notice.text,
    noticeIcon: TONE_ICONS[notice.tone],
    sla: presenter.sla(contract.sla.status).text,
    slaIcon: contract.sla.status === 'missed' ? TONE_ICONS.bad : undefined,
    risks: t('risk.count', { count: openRisks }),
    value: contract.value === null ? t('card.none') : presenter.money(contract.value),
  };
}
