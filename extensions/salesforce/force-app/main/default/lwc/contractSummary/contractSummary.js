/** Four figures that say how the record's contracts stand. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';

export default class ContractSummary extends LightningElement {
  @api card;
  /** Two figures a line instead of four. */
  @api narrow = false;

  get stripClass() {
    return this.narrow ? 'strip strip_narrow' : 'strip';
  }

  get figures() {
    const shown = presenter.summary(this.card);
    return [
      { name: 'count', label: t('summary.contracts'), text: shown.count, detail: shown.live },
      { name: 'notice', label: t('summary.nextNotice'), ...shown.notice },
      { name: 'sla', label: t('summary.sla'), ...shown.sla },
      { name: 'value', label: t('summary.value'), text: shown.value, detail: shown.moreValue },
    ].map((figure) => ({
      ...figure,
      textClass: `slds-text-heading_small figure ${figure.tone === 'bad' ? 'bad' : ''}`,
    }));
  }
}
