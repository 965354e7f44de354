/**
 * Creates a contract in Counterpart and attaches it here. Mistakes are shown at their fields, ours before sending, the server's after. Fires `write`
 * with the intent, `close` when the person goes back, and `edit` when a field changes, so that an old refusal leaves the screen.
 */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import {
  CALENDAR_IDS,
  CONTRACT_SIDES,
  RENEWAL_KINDS,
  RENEWING_KINDS,
  errorsAtFields,
  newContractDraft,
  readContractDraft,
} from 'c/counterpartCore';

const optionsOf = (values, labelOf) => values.map((value) => ({ value, label: labelOf(value) }));

/** What each field is, beyond its label. `when` says for which drafts it is shown. */
const isRenewing = (draft) => RENEWING_KINDS.includes(draft.renewalKind);
const hasNotice = (draft) => draft.renewalKind !== 'none';
const FIELDS = {
  title: { kind: 'text', required: true },
  counterparty: { kind: 'text', required: true },
  number: { kind: 'text', placeholder: 'create.field.numberHelp' },
  side: { options: optionsOf(CONTRACT_SIDES, (side) => t(`side.${side}`)) },
  effectiveDate: { kind: 'date' },
  endDate: { kind: 'date' },
  renewalKind: { options: optionsOf(RENEWAL_KINDS, (kind) => t(`renewalKind.${kind}`)) },
  renewalMonths: { kind: 'text', required: true, when: isRenewing },
  noticeCount: { kind: 'text', when: hasNotice },
  noticeUnit: { options: optionsOf(['days', 'months'], (unit) => t(`unit.${unit}`)), when: hasNotice },
  noticeFrom: {
    options: optionsOf(['before_expiry', 'before_renewal'], (from) => t(`from.${from}`)),
    when: hasNotice,
  },
  calendarId: { label: 'create.field.calendar', options: optionsOf(CALENDAR_IDS, presenter.calendar), when: hasNotice },
  amount: { kind: 'text' },
  currency: { kind: 'text' },
};
const GROUPS = {
  contract: ['title', 'counterparty', 'number', 'side'],
  term: [
    'effectiveDate',
    'endDate',
    'renewalKind',
    'renewalMonths',
    'noticeCount',
    'noticeUnit',
    'noticeFrom',
    'calendarId',
  ],
  money: ['amount', 'currency'],
};

export default class CreateContract extends LightningElement {
  @api card;
  @api pending = null;
  /** Why the last attempt was refused, as `c/cardWrite` keeps it, or null. */
  @api failed = null;
  draft;
  hasTried = false;
  words = {
    back: t('card.back'),
    title: t('create.title'),
    submit: t('create.submit'),
    cancel: t('card.cancel'),
    saving: t('card.saving'),
    required: t('form.required'),
  };

  connectedCallback() {
    const { contracts, record } = this.card;
    const priced = contracts.find((contract) => contract.value !== null);
    this.draft = newContractDraft({
      currency: priced?.value.currency ?? (presenter.locale === 'zh-CN' ? 'CNY' : 'USD'),
      // An account record is the counterparty itself.
      counterparty: record.objectType === 'account' ? (record.name ?? '') : '',
    });
  }

  renderedCallback() {
    this.showErrors();
  }

  /** Puts the focus on the heading, so that a screen reader starts there. */
  @api focusHeading() {
    this.template.querySelector('[data-heading]')?.focus();
  }

  get groups() {
    return Object.entries(GROUPS).map(([name, fields]) => ({
      name,
      heading: t(`create.group.${name}`),
      fields: fields.filter((field) => FIELDS[field].when?.(this.draft) ?? true).map((field) => this.fieldOf(field)),
    }));
  }

  get isSaving() {
    return this.pending !== null;
  }

  get errors() {
    const refused = this.failed?.intent.kind === 'create' ? errorsAtFields(this.failed.failure.fields, t) : {};
    const read = readContractDraft(this.draft, t);
    return { ...refused, ...(this.hasTried && !read.ok ? read.errors : {}) };
  }

  handleChange(event) {
    const { field } = event.currentTarget.dataset;
    const { value } = event.detail;
    this.draft = { ...this.draft, [field]: FIELDS[field].kind === 'date' && !value ? null : value };
    this.dispatchEvent(new CustomEvent('edit'));
  }

  handleSubmit(event) {
    event.preventDefault();
    this.hasTried = true;
    const read = readContractDraft(this.draft, t);
    if (!read.ok) {
      this.showErrors();
      this.inputs.find((input) => input.dataset.field in read.errors)?.focus();
      return;
    }
    const intent = { kind: 'create', contract: read.contract };
    this.dispatchEvent(new CustomEvent('write', { detail: { intent } }));
  }

  handleClose() {
    this.dispatchEvent(new CustomEvent('close'));
  }

  get inputs() {
    return [...this.template.querySelectorAll('[data-field]')];
  }

  fieldOf(name) {
    const { kind, options, required = false, placeholder, label = `create.field.${name}` } = FIELDS[name];
    return {
      name,
      kind,
      options,
      required,
      label: t(label),
      placeholder: placeholder === undefined ? undefined : t(placeholder),
      value: this.draft[name],
    };
  }

  showErrors() {
    const { errors } = this;
    for (const input of this.inputs) {
      const { field, shown = '' } = input.dataset;
      const error = errors[field] ?? '';
      if (error === shown) continue;
      input.dataset.shown = error;
      input.setCustomValidity(error);
      input.reportValidity();
    }
  }
}
