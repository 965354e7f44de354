/**
 * The forms of the card as data: what a person typed, what is wrong with it, and the request it becomes. The checks are those of the
 * wire schema and of the term (domain §6), so that most mistakes are shown before anything is sent; the server's own refusals are
 * put at the same fields.
 */
import type { z } from 'zod';
import type { createContractRequest } from '../wire/card.ts';
import type { FieldError } from './card-failure.ts';
import type { NewContract, NewIncident } from './card-client.ts';
import { currencyDecimals, parseAmount } from './money.ts';
import { instantOf, type DayAndTime } from './plain-date.ts';
import { isMessageKey, type Translate } from './translate.ts';

type Wire = z.infer<typeof createContractRequest>['contract'];

export type ContractDraft = {
  readonly title: string;
  readonly counterparty: string;
  readonly number: string;
  readonly side: Wire['side'];
  readonly effectiveDate: string | null;
  readonly endDate: string | null;
  readonly renewalKind: Wire['renewalKind'];
  readonly renewalMonths: string;
  readonly noticeCount: string;
  readonly noticeUnit: NonNullable<Wire['notice']>['unit'];
  readonly noticeFrom: NonNullable<Wire['notice']>['countedFrom'];
  readonly calendarId: (typeof CALENDAR_IDS)[number];
  readonly amount: string;
  readonly currency: string;
};
export type DraftField = keyof ContractDraft;
export type DraftErrors = { readonly [F in DraftField]?: string };

export const CALENDAR_IDS = ['weekends', 'CN', 'US', 'GB', 'DE', 'FR', 'JP', 'SG', 'AU', 'CA'] as const;
export const RENEWING_KINDS: readonly Wire['renewalKind'][] = [
  'auto',
  'mutual_written',
  'option_buyer',
  'option_supplier',
];
const TITLE_LENGTH_MAX = 200;
const NUMBER_LENGTH_MAX = 60;

export function newContractDraft(defaults: {
  readonly currency: string;
  readonly counterparty: string;
}): ContractDraft {
  return {
    title: '',
    counterparty: defaults.counterparty,
    number: '',
    side: 'buy',
    effectiveDate: null,
    endDate: null,
    renewalKind: 'none',
    renewalMonths: '12',
    noticeCount: '',
    noticeUnit: 'days',
    noticeFrom: 'before_expiry',
    calendarId: 'weekends',
    amount: '',
    currency: defaults.currency,
  };
}

/** Either the request or the errors by field; never both. */
export function readContractDraft(
  draft: ContractDraft,
  t: Translate,
): { readonly ok: true; readonly contract: NewContract } | { readonly ok: false; readonly errors: DraftErrors } {
  const errors = draftErrors(draft, t);
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  const renews = RENEWING_KINDS.includes(draft.renewalKind);
  const number = draft.number.trim();
  return {
    ok: true,
    contract: {
      title: draft.title.trim(),
      counterparty: draft.counterparty.trim(),
      number: number === '' ? null : number,
      side: draft.side,
      effectiveDate: draft.effectiveDate,
      endDate: draft.endDate,
      renewalKind: draft.renewalKind,
      renewalMonths: renews ? Number(draft.renewalMonths) : null,
      notice:
        draft.noticeCount.trim() === ''
          ? null
          : { count: Number(draft.noticeCount), unit: draft.noticeUnit, countedFrom: draft.noticeFrom },
      calendarId: draft.calendarId,
      value: draft.amount.trim() === '' ? null : parseAmount(draft.amount, draft.currency.trim().toUpperCase()),
    },
  };
}

function draftErrors(draft: ContractDraft, t: Translate): DraftErrors {
  const errors: { [F in DraftField]?: string } = {};
  for (const field of ['title', 'counterparty'] as const) {
    const length = draft[field].trim().length;
    if (length === 0) errors[field] = t('form.required');
    if (length > TITLE_LENGTH_MAX) errors[field] = t('form.tooLong', { max: TITLE_LENGTH_MAX });
  }
  if (draft.number.trim().length > NUMBER_LENGTH_MAX) errors.number = t('form.tooLong', { max: NUMBER_LENGTH_MAX });
  if (draft.effectiveDate !== null && draft.endDate !== null && draft.endDate < draft.effectiveDate) {
    errors.endDate = t('form.endBeforeStart');
  }
  if (RENEWING_KINDS.includes(draft.renewalKind) && !isWhole(draft.renewalMonths, 1, 120)) {
    errors.renewalMonths = t('form.monthsRange');
  }
  if (draft.noticeCount.trim() !== '' && !isWhole(draft.noticeCount, 0, 730))
    errors.noticeCount = t('form.noticeRange');
  if (draft.amount.trim() !== '') {
    const currency = draft.currency.trim().toUpperCase();
    if (currencyDecimals(currency) === null) errors.currency = t('form.currency');
    else if (parseAmount(draft.amount, currency) === null) errors.amount = t('form.amount');
  }
  return errors;
}

function isWhole(text: string, min: number, max: number): boolean {
  if (!/^\d{1,4}$/.test(text.trim())) return false;
  const value = Number(text);
  return value >= min && value <= max;
}

const FIELD_OF_POINTER: Readonly<Record<string, DraftField>> = {
  '/contract/title': 'title',
  '/contract/counterparty': 'counterparty',
  '/contract/number': 'number',
  '/contract/side': 'side',
  '/contract/effectiveDate': 'effectiveDate',
  '/contract/endDate': 'endDate',
  '/contract/renewalKind': 'renewalKind',
  '/contract/renewalMonths': 'renewalMonths',
  '/contract/notice': 'noticeCount',
  '/contract/notice/count': 'noticeCount',
  '/contract/notice/unit': 'noticeUnit',
  '/contract/notice/countedFrom': 'noticeFrom',
  '/contract/calendarId': 'calendarId',
  '/contract/value': 'amount',
  '/contract/value/minor': 'amount',
  '/contract/value/currency': 'currency',
};

/** Puts a server's refusals (JSON pointers into the request) at the fields a person sees. */
export function errorsAtFields(fields: readonly FieldError[], t: Translate): DraftErrors {
  const errors: { [F in DraftField]?: string } = {};
  for (const { pointer, message } of fields) {
    const field = FIELD_OF_POINTER[pointer];
    const known = `fieldError.${message}`;
    if (field !== undefined) errors[field] = isMessageKey(known) ? t(known) : t('form.refused', { message });
  }
  return errors;
}

export type IncidentDraft = {
  readonly title: string;
  readonly severity: NewIncident['severity'];
  readonly started: DayAndTime;
  readonly isRestored: boolean;
  readonly restored: DayAndTime;
};
export type IncidentField = 'title' | 'started' | 'restored';
export type IncidentErrors = { readonly [F in IncidentField]?: string };

/** Wall-clock times are in the portal's `zone`; `nowMs` refuses starts that have not happened. */
export function readIncidentDraft(
  draft: IncidentDraft,
  t: Translate,
  now: { readonly zone: string; readonly nowMs: number },
): { readonly ok: true; readonly incident: NewIncident } | { readonly ok: false; readonly errors: IncidentErrors } {
  const errors: { [F in IncidentField]?: string } = {};
  const title = draft.title.trim();
  if (title === '') errors.title = t('form.required');
  if (title.length > TITLE_LENGTH_MAX) errors.title = t('form.tooLong', { max: TITLE_LENGTH_MAX });

  const startedMs = instantOf(now.zone, draft.started);
  if (Number.isNaN(startedMs)) errors.started = t('form.dateTime');
  else if (startedMs > now.nowMs) errors.started = t('form.future');

  const restoredMs = draft.isRestored ? instantOf(now.zone, draft.restored) : null;
  if (Number.isNaN(restoredMs)) errors.restored = t('form.dateTime');
  if (restoredMs !== null && restoredMs < startedMs) errors.restored = t('form.restoredBeforeStart');

  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return {
    ok: true,
    incident: {
      title,
      severity: draft.severity,
      startedAt: new Date(startedMs).toISOString(),
      restoredAt: restoredMs === null ? null : new Date(restoredMs).toISOString(),
    },
  };
}
