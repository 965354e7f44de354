/** Logs an outage or fault of the supplier; the month's SLA is computed again from it. Fires `write` and `close`. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { SEVERITIES, dayAndTimeIn, readIncidentDraft } from 'c/counterpartCore';

const TIME_FIELDS = ['started', 'restored'];
const two = (part) => String(part).padStart(2, '0');

export default class IncidentForm extends LightningElement {
  @api contract;
  @api pending = null;
  draft = newIncident();
  hasTried = false;
  severities = SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }));
  words = {
    title: t('incident.log'),
    what: t('incident.what'),
    severity: t('severity.label'),
    startDate: t('incident.startDate'),
    startTime: t('incident.startTime'),
    isRestored: t('incident.restored'),
    restoredDate: t('incident.restoredDate'),
    restoredTime: t('incident.restoredTime'),
    zone: t('incident.zone', { zone: presenter.zone }),
    cancel: t('card.cancel'),
    saving: t('card.saving'),
    required: t('form.required'),
  };

  get startTime() {
    return timeText(this.draft.started);
  }

  get restoredTime() {
    return timeText(this.draft.restored);
  }

  get isSaving() {
    return this.pending !== null;
  }

  /** Puts the focus on the first field. */
  @api focusHeading() {
    this.template.querySelector('[data-field="title"]')?.focus();
  }

  renderedCallback() {
    this.showErrors();
  }

  handleTitle(event) {
    this.change({ title: event.detail.value });
  }

  handleSeverity(event) {
    this.change({ severity: event.detail.value });
  }

  handleDay(event) {
    const { moment } = event.currentTarget.dataset;
    this.change({ [moment]: { ...this.draft[moment], date: event.detail.value ?? '' } });
  }

  handleTime(event) {
    const { moment } = event.currentTarget.dataset;
    const [hours, minutes] = (event.detail.value ?? '').split(':').map(Number);
    this.change({ [moment]: { ...this.draft[moment], hours, minutes } });
  }

  handleRestored(event) {
    this.change({ isRestored: event.detail.checked });
  }

  handleSubmit(event) {
    event.preventDefault();
    this.hasTried = true;
    const read = this.read();
    if (!read.ok) {
      this.showErrors();
      const field = Object.keys(read.errors)[0];
      this.template.querySelector(`[data-field="${field}"]`)?.focus();
      return;
    }
    const intent = { kind: 'incident', contractId: this.contract.id, incident: read.incident };
    this.dispatchEvent(new CustomEvent('write', { detail: { intent } }));
  }

  handleClose() {
    this.dispatchEvent(new CustomEvent('close'));
  }

  change(part) {
    this.draft = { ...this.draft, ...part };
  }

  read() {
    return readIncidentDraft(this.draft, t, { zone: presenter.zone, nowMs: Date.now() });
  }

  /** Mistakes stand at their fields once the person tried to save, and go as soon as they are put right. */
  showErrors() {
    if (!this.hasTried) return;
    const read = this.read();
    const errors = read.ok ? {} : read.errors;
    for (const field of ['title', ...TIME_FIELDS]) {
      const input = this.template.querySelector(`[data-field="${field}"]`);
      input?.setCustomValidity(errors[field] ?? '');
      input?.reportValidity();
    }
  }
}

function newIncident() {
  const now = dayAndTimeIn(presenter.zone, Date.now());
  return { title: '', severity: 'high', started: now, isRestored: false, restored: now };
}

/** As `lightning-input` of type time takes it; empty while the person is typing. */
function timeText({ hours, minutes }) {
  return Number.isInteger(hours) && Number.isInteger(minutes) ? `${two(hours)}:${two(minutes)}:00.000` : '';
}
