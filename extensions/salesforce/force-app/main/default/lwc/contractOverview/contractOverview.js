/** The terms people ask for first. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';

export default class ContractOverview extends LightningElement {
  @api contract;
  @api detail;
  words = { parties: t('detail.parties'), links: t('detail.links'), newTab: t('card.newTab') };

  get items() {
    const { contract, detail } = this;
    const { terms } = detail;
    const unset = t('detail.notSet');
    return [
      [t('detail.renewal'), presenter.dateOr(contract.renewalDate, t('list.noRenewal'))],
      [t('decision.label'), t(`decision.${contract.renewalDecision}`)],
      ...noticeItems(contract.notice),
      [t('detail.renewalKind'), renewalText(contract, terms)],
      [t('detail.noticePeriod'), noticePeriod(terms)],
      [t('detail.effective'), presenter.dateOr(contract.effectiveDate, unset)],
      [t('detail.end'), presenter.dateOr(contract.endDate, t('detail.openEnded'))],
      [t('detail.signed'), presenter.dateOr(terms.signedDate, unset)],
      [t('detail.value'), contract.value === null ? unset : presenter.money(contract.value)],
      [t('detail.side'), t(`side.${contract.side}`)],
      [t('detail.calendar'), presenter.calendar(terms.calendarId)],
      [t('detail.owner'), terms.owner ?? unset],
    ].map(([label, text]) => ({ label, text }));
  }

  get parties() {
    return this.detail.terms.parties.map(({ name, role, sideLabel }) => ({
      key: `${name}-${role}`,
      text: t('detail.party', { name, role: sideLabel ?? presenter.party(role) }),
    }));
  }

  /** The records that carry this contract, when there are others than this one. */
  get links() {
    const { links } = this.detail;
    if (links.length < 2) return null;
    return links.map(({ host, recordId, name, url }) => ({
      key: `${host}-${recordId}`,
      name: name ?? recordId,
      url,
      host: HOST_NAMES[host],
    }));
  }
}

/** Names of products; they are the same in every language. */
const HOST_NAMES = { hubspot: 'HubSpot', salesforce: 'Salesforce' };

function noticeItems(notice) {
  if (notice === null) return [[t('notice.label'), t('notice.none')]];
  const { safeDate, legalDate, decisionDueDate, provisional } = notice;
  const lines = [
    safeDate === legalDate
      ? presenter.date(safeDate)
      : `${t('notice.safe', { date: presenter.date(safeDate) })} · ${t('notice.legal', { date: presenter.date(legalDate) })}`,
    presenter.notice(notice).text,
    provisional ? t('notice.provisional') : null,
  ];
  return [
    [t('notice.label'), lines.filter(Boolean).join(' · ')],
    [t('notice.decideLabel'), presenter.date(decisionDueDate)],
  ];
}

function renewalText(contract, terms) {
  const kind = t(`renewalKind.${contract.renewalKind}`);
  const months = terms.renewalMonths;
  return months === null || contract.renewalKind === 'none' ? kind : t('detail.renewalEvery', { kind, months });
}

function noticePeriod({ notice }) {
  if (notice === null) return t('detail.notSet');
  return t(`notice.period.${notice.unit}`, { count: notice.count, from: notice.countedFrom });
}
