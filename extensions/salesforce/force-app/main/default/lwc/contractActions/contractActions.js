/**
 * What may be done with a contract: the next step as the one main button, the rest in a menu; moves that end it ask first. Fires `write` with an
 * intent of the card's client, `decide` and `incident` to open those forms.
 */
import { LightningElement, api } from 'lwc';
import { t } from 'c/cardHost';
import ConfirmMove from 'c/confirmMove';
import { canDecide, nextStep, stageMoves } from 'c/counterpartCore';

const DECIDE = 'decide';
const DETACH = 'detach';
const MOVE = /^move-/;

export default class ContractActions extends LightningElement {
  @api contract;
  /** The intent on its way, or null. */
  @api pending = null;
  /** The menu is then a button without words. */
  @api narrow = false;
  words = { incident: t('incident.log'), more: t('move.more'), saving: t('card.saving'), decide: t('decision.set') };

  get isBusy() {
    return this.pending !== null;
  }

  get step() {
    return nextStep(this.contract);
  }

  get isDecideNext() {
    return this.step.kind === 'decide';
  }

  get isMoveNext() {
    return this.step.kind === 'move';
  }

  get menuLabel() {
    return this.narrow ? '' : this.words.more;
  }

  get advanceLabel() {
    return t(`move.${this.step.to}`);
  }

  get items() {
    const { step } = this;
    const moves = stageMoves(this.contract);
    const others = moves.filter((move) => !(step.kind === 'move' && step.to === move.to) && !move.ends);
    const endings = moves.filter((move) => move.ends);
    const offersDecision = step.kind !== 'decide' && canDecide(this.contract);
    return [
      ...(offersDecision ? [{ value: DECIDE, label: t('decision.change') }] : []),
      ...[...others, ...endings].map(({ to }) => ({ value: `move-${to}`, label: t(`move.${to}`) })),
      { value: DETACH, label: t('detach.button') },
    ];
  }

  handleAdvance() {
    this.move(this.step.to);
  }

  handleDecide() {
    this.dispatchEvent(new CustomEvent('decide'));
  }

  handleIncident() {
    this.dispatchEvent(new CustomEvent('incident'));
  }

  handleSelect(event) {
    const { value } = event.detail;
    if (value === DECIDE) this.handleDecide();
    else if (value === DETACH) this.write({ kind: 'detach', contractId: this.contract.id });
    else this.moveAfterAsking(value.replace(MOVE, ''));
  }

  async moveAfterAsking(to) {
    const { contract } = this;
    const { ends } = stageMoves(contract).find((move) => move.to === to);
    const agreed = !ends || (await ConfirmMove.open({ size: 'small', ...questionOf(to, contract.title) })) === true;
    if (agreed) this.move(to);
  }

  move(to) {
    const { id, revision } = this.contract;
    this.write({ kind: 'move', contractId: id, expectedRevision: revision, to });
  }

  write(intent) {
    this.dispatchEvent(new CustomEvent('write', { detail: { intent } }));
  }
}

function questionOf(to, title) {
  const action = t(`move.${to}`);
  return { label: t('move.confirm.title', { action }), action, message: t(`move.confirm.${to}`, { title }) };
}
