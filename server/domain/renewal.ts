/**
 * Renewal and notice (domain §3.4, §6): by when a notice must be received, whether that window is still open, when a contract can be
 * left early, and the renewal date as a lens on the recorded term. All of it follows from the term and an as-of date; nothing here
 * is stored. Dates carry the calendar they were computed with and say when that calendar was incomplete.
 */
import { assert } from './assert.ts';
import { type BusinessCalendar, previousWorkingDay } from './calendar.ts';
import type { Contract, ContractStage, NoticePeriod, PlainDate, Term } from './contract.ts';
import { addDays, addMonths, daysBetween, maxDate } from './dates.ts';
import { stageAsOf } from './stage.ts';
import { currentTerm, renewalDateOf, withCurrentTerm } from './term.ts';

export { decideRenewal, endDateOf, renewalDateOf } from './term.ts';

/** Days before the notice must be sent by which the decision should be taken (domain §6, default a user can change). */
const DECISION_LEAD_DAYS_DEFAULT = 14;

const NO_NOTICE_REASONS = [
  /** Nothing renews by itself, so that no notice is needed to stop it. */
  'not_required',
  /** The last permitted renewal is running; it ends without notice. */
  'no_renewal_remaining',
  /** There is no end to count back from: notice can be given at any time. */
  'open_ended',
  /** A notice is needed but its period has not been recorded. */
  'notice_missing',
  /** It renews automatically for an unrecorded length, so that the current end is unknown. */
  'renewal_length_unknown',
  /** The last term has ended. */
  'term_over',
] as const;
type NoNoticeReason = (typeof NO_NOTICE_REASONS)[number];

export type NoticeDeadline =
  | {
      readonly kind: 'deadline';
      /** Last day of the notice window as the contract counts it. */
      readonly legalDate: PlainDate;
      /** The legal date, or the last working day before it. */
      readonly safeDate: PlainDate;
      /** Last day to send by the chosen method so that the notice is received on the safe date. */
      readonly sendByDate: PlainDate;
      readonly decisionDueDate: PlainDate;
      /** A year that the calendar does not know yet was touched; the safe date may move when it is published. */
      readonly provisional: boolean;
      readonly calendarId: string;
      readonly calendarVersion: string;
    }
  | { readonly kind: 'none'; readonly reason: NoNoticeReason };

export type NoticeLead = {
  /** Days between sending and deemed receipt of a notice by the chosen method. */
  readonly deliveryDays?: number;
  readonly decisionLeadDays?: number;
};

/** The notice deadline of the term that runs on `asOf`, counted from its current end and not from the first one (domain §6). */
export function noticeDeadline(
  term: Term,
  calendar: BusinessCalendar,
  asOf: PlainDate,
  lead: NoticeLead = {},
): NoticeDeadline {
  const legal = legalNoticeDate(term, asOf);
  if (legal.kind === 'none') return legal;
  const safe = previousWorkingDay(calendar, legal.date);
  const sendByDate = addDays(safe.date, -(lead.deliveryDays ?? 0));
  return {
    kind: 'deadline',
    legalDate: legal.date,
    safeDate: safe.date,
    sendByDate,
    decisionDueDate: addDays(sendByDate, -(lead.decisionLeadDays ?? DECISION_LEAD_DAYS_DEFAULT)),
    provisional: safe.provisional,
    calendarId: calendar.id,
    calendarVersion: calendar.version,
  };
}

/**
 * The notice deadline of a contract. While it lives, also after exit was decided: the notice still has to go out. Once it has ended,
 * early or not, there is nothing left to give notice of.
 */
export function noticeDeadlineOf(
  contract: Contract,
  calendar: BusinessCalendar,
  asOf: PlainDate,
  lead: NoticeLead = {},
): NoticeDeadline {
  const stage = stageAsOf(contract, asOf);
  if (stage === 'expired' || stage === 'terminated' || stage === 'void') return { kind: 'none', reason: 'term_over' };
  return noticeDeadline(contract.term, calendar, asOf, lead);
}

export type LegalNoticeDate =
  | { readonly kind: 'date'; readonly date: PlainDate }
  | { readonly kind: 'none'; readonly reason: NoNoticeReason };

/** The legal deadline alone, which needs no calendar; or why there is none. */
export function legalNoticeDate(term: Term, asOf: PlainDate): LegalNoticeDate {
  if (term.renewalKind === 'none') return { kind: 'none', reason: 'not_required' };
  if (term.renewalKind === 'mutual_written' && term.notice === null) return { kind: 'none', reason: 'not_required' };
  if (term.notice === null) return { kind: 'none', reason: 'notice_missing' };
  const current = currentTerm(term, asOf);
  if (current.phase === 'unknown') return { kind: 'none', reason: 'renewal_length_unknown' };
  if (current.phase === 'over') return { kind: 'none', reason: 'term_over' };
  if (current.endDate === null) return { kind: 'none', reason: 'open_ended' };
  if (term.renewalKind === 'auto' && current.renewalsRemaining === 0)
    return { kind: 'none', reason: 'no_renewal_remaining' };
  return { kind: 'date', date: noticeDateBefore(current.endDate, term.notice) };
}

/** Counts a notice period back from a last day in force. Days and months differ, and so do the two starting points. */
export function noticeDateBefore(endDate: PlainDate, notice: NoticePeriod): PlainDate {
  assert(notice.count >= 0, 'a notice period is not negative');
  const from = notice.countedFrom === 'before_renewal' ? addDays(endDate, 1) : endDate;
  return notice.unit === 'days' ? addDays(from, -notice.count) : addMonths(from, -notice.count);
}

/** Days left at which somebody is reminded, widest first (domain §5). */
const NOTICE_LADDER_DAYS = [90, 60, 30, 14, 7, 1] as const;
type NoticeLadderDays = (typeof NOTICE_LADDER_DAYS)[number];

export type NoticeWindow =
  | { readonly state: 'open'; readonly daysLeft: number }
  | { readonly state: 'soon'; readonly daysLeft: number; readonly ladderDays: NoticeLadderDays }
  | { readonly state: 'closed'; readonly daysSince: number }
  | { readonly state: 'none'; readonly reason: NoNoticeReason };

/**
 * Where `asOf` stands relative to the deadline. Days left count to the safe date; the window closes only after the legal date, so
 * between the two it is `soon` with no days left.
 */
export function noticeWindow(deadline: NoticeDeadline, asOf: PlainDate): NoticeWindow {
  if (deadline.kind === 'none') return { state: 'none', reason: deadline.reason };
  if (asOf > deadline.legalDate) return { state: 'closed', daysSince: daysBetween(deadline.legalDate, asOf) };
  const daysLeft = Math.max(0, daysBetween(asOf, deadline.safeDate));
  const ladderDays = NOTICE_LADDER_DAYS.findLast((rung) => daysLeft <= rung);
  return ladderDays === undefined ? { state: 'open', daysLeft } : { state: 'soon', daysLeft, ladderDays };
}

const TERM_CLASSES = ['short', 'medium', 'long', 'evergreen'] as const;
export type TermClass = (typeof TERM_CLASSES)[number];

/** Domain rules 57–59: up to 12 months short, up to 36 medium, longer long. Null while the effective date is unknown. */
export function termClass(term: Term, asOf: PlainDate): TermClass | null {
  const { startDate, endDate } = currentTerm(term, asOf);
  if (endDate === null) return 'evergreen';
  if (startDate === null) return null;
  const afterEnd = addDays(endDate, 1);
  if (afterEnd <= addMonths(startDate, 12)) return 'short';
  return afterEnd <= addMonths(startDate, 36) ? 'medium' : 'long';
}

/**
 * Two readings of "no exit in the first N months, then on notice" (domain §6): either notice may only be given after the lock, which
 * is the cautious default, or the exit may take effect when the lock ends and notice is given before.
 */
const LOCK_READINGS = ['notice_after_lock', 'exit_after_lock'] as const;
export type LockReading = (typeof LOCK_READINGS)[number];

export type ConvenienceExit = {
  readonly effectiveDate: PlainDate;
  readonly lockMonths: number;
  readonly notice: { readonly count: number; readonly unit: 'days' | 'months' };
  readonly reading: LockReading;
};

/** The earliest day out, and the day by which (first reading: from which) notice must be given for it. */
export function earliestExit(
  right: ConvenienceExit,
  asOf: PlainDate,
): { readonly noticeDate: PlainDate; readonly exitDate: PlainDate } {
  const { notice } = right;
  const shift = (date: PlainDate, sign: 1 | -1): PlainDate =>
    notice.unit === 'days' ? addDays(date, sign * notice.count) : addMonths(date, sign * notice.count);
  const lockEnd = addMonths(right.effectiveDate, right.lockMonths);
  if (right.reading === 'notice_after_lock') {
    const noticeDate = maxDate(lockEnd, asOf);
    return { noticeDate, exitDate: shift(noticeDate, 1) };
  }
  const noticeDate = maxDate(shift(lockEnd, -1), asOf);
  return { noticeDate, exitDate: maxDate(lockEnd, shift(noticeDate, 1)) };
}

const RENEWAL_DATE_REFUSALS = [
  'contract_closed',
  'renewal_date_required',
  'renewal_date_not_after_effective_date',
  'renewal_date_already_passed',
] as const;
type RenewalDateRefusal = (typeof RENEWAL_DATE_REFUSALS)[number];

export type RenewalDateResult =
  | { readonly ok: true; readonly contract: Contract }
  | { readonly ok: false; readonly code: RenewalDateRefusal; readonly field: 'renewalDate' };

/**
 * Puts a renewal date back into the recorded term: the end becomes the day before it. A lens on `renewalDateOf(contract, asOf)`: putting
 * what is shown changes nothing, what was put is shown, and a second put forgets the first. A date that could not be shown again
 * (it has passed and the contract would renew beyond it) is refused; so is one on or before the effective date. A null makes the
 * term open-ended, which only an evergreen contract or one not yet signed may be (domain rule 62).
 */
export function applyRenewalDate(contract: Contract, date: PlainDate | null, asOf: PlainDate): RenewalDateResult {
  if (date === renewalDateOf(contract, asOf)) return { ok: true, contract };
  if (contract.stage === 'terminated' || contract.stage === 'void') return refuse('contract_closed');
  const recorded = withCurrentTerm(contract, asOf);
  const { term } = recorded;
  if (date === null) {
    const mayBeOpen = term.renewalKind === 'evergreen' || UNSIGNED_STAGES.has(contract.stage);
    return mayBeOpen
      ? { ok: true, contract: { ...recorded, term: { ...term, endDate: null } } }
      : refuse('renewal_date_required');
  }
  if (term.effectiveDate !== null && date <= term.effectiveDate) return refuse('renewal_date_not_after_effective_date');
  const moved = { ...recorded, term: { ...term, endDate: addDays(date, -1) } };
  return renewalDateOf(moved, asOf) === date ? { ok: true, contract: moved } : refuse('renewal_date_already_passed');
}

const UNSIGNED_STAGES: ReadonlySet<ContractStage> = new Set<ContractStage>(['draft', 'in_review', 'approved']);

function refuse(code: RenewalDateRefusal): RenewalDateResult {
  return { ok: false, code, field: 'renewalDate' };
}
