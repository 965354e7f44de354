/** Each risk with what to do about it; a risk that cannot be judged says so instead of passing as fine. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { risksInOrder } from 'c/counterpartCore';

export default class ContractRisks extends LightningElement {
  @api contract;
  words = { title: t('detail.tab.risks'), emptyTitle: t('risk.empty.title'), emptyBody: t('risk.empty.body') };

  get risks() {
    return risksInOrder(this.contract.risks).map(({ code, severity, state }) => {
      const isOpen = state === 'open';
      return {
        code,
        title: presenter.riskTitle(code),
        titleClass: isOpen ? 'slds-text-title_bold title' : 'title',
        advice: isOpen ? presenter.riskAdvice(code) : t('risk.unknownInputs'),
        badge: isOpen ? presenter.severity(severity) : { text: t('health.unknown'), tone: 'neutral' },
      };
    });
  }

  get hasRisks() {
    return this.contract.risks.length > 0;
  }
}
