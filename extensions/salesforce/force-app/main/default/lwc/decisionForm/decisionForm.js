/** Records what was decided about the renewal. Fires `write` with the intent and `close` when the person goes back. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { RENEWAL_DECISIONS } from 'c/counterpartCore';

const UNDECIDED = 'undecided';

export default class DecisionForm extends LightningElement {
  @api contract;
  @api pending = null;
  /** Chosen here; until then what the contract says. */
  chosen = null;
  options = RENEWAL_DECISIONS.filter((decision) => decision !== UNDECIDED).map((value) => ({
    value,
    label: t(`decision.${value}`),
  }));
  words = {
    label: t('decision.label'),
    save: t('decision.save'),
    cancel: t('card.cancel'),
    required: t('form.required'),
    saving: t('card.saving'),
  };

  get decision() {
    return this.chosen ?? this.contract.renewalDecision;
  }

  get choice() {
    return this.decision === UNDECIDED ? '' : this.decision;
  }

  get isSaving() {
    return this.pending !== null;
  }

  get help() {
    const { renewalDate, notice } = this.contract;
    const shown = presenter.notice(notice);
    const facts = [
      renewalDate === null ? null : `${t('detail.renewal')}: ${presenter.date(renewalDate)}`,
      notice === null ? null : t('notice.on', { countdown: shown.text, date: shown.date ?? '' }),
      t('decision.help'),
    ];
    return facts.filter(Boolean).join(' · ');
  }

  /** Puts the focus where the person chooses. */
  @api focusHeading() {
    this.template.querySelector('lightning-radio-group')?.focus();
  }

  handleChange(event) {
    this.chosen = event.detail.value;
  }

  handleSubmit(event) {
    event.preventDefault();
    const { decision, contract } = this;
    if (decision === UNDECIDED) {
      const choice = this.template.querySelector('lightning-radio-group');
      choice.reportValidity();
      choice.focus();
      return;
    }
    const intent = { kind: 'decide', contractId: contract.id, expectedRevision: contract.revision, decision };
    this.dispatchEvent(new CustomEvent('write', { detail: { intent } }));
  }

  handleClose() {
    this.dispatchEvent(new CustomEvent('close'));
  }
}
