/**
 * Which term a contract is in on a given day (domain §3.4, §6). The end date is inclusive; a renewal starts the day after it.
 * Renewals are anchored on the renewal date: the kth renewal ends the day before (first renewal date + k × renewal months), so a
 * year from 1 March ends on 29 February when there is one, and a quarter after 30 September ends on 31 December.
 */
import { unreachable } from './assert.ts';
import type { Contract, ContractStage, PlainDate, RenewalDecision, RenewalKind, Term } from './contract.ts';
import { addDays, addMonths, monthsBetween } from './dates.ts';

/**
 * `running`: the day lies in a term with a last day, or before it. `open_ended`: in force with no last day. `over`: the last term has
 * ended. `unknown`: it renews automatically but nobody has recorded for how long, so that neither answer can be given.
 */
const TERM_PHASES = ['running', 'open_ended', 'over', 'unknown'] as const;
type TermPhase = (typeof TERM_PHASES)[number];

export type CurrentTerm = {
  /** First day of the current term; null when the effective date is not recorded. */
  readonly startDate: PlainDate | null;
  /** Last day in force (inclusive); null when open-ended. */
  readonly endDate: PlainDate | null;
  /** Automatic renewals between the recorded term and this one. */
  readonly renewals: number;
  /** Automatic renewals that may still follow; null when unlimited. Zero for kinds that do not renew by themselves. */
  readonly renewalsRemaining: number | null;
  readonly phase: TermPhase;
};

/** The term in force on `asOf`. Before the recorded end it is the recorded term; automatic renewals roll it forward after that. */
export function currentTerm(term: Term, asOf: PlainDate): CurrentTerm {
  const recorded = { startDate: term.effectiveDate, endDate: term.endDate, renewals: 0 };
  if (term.endDate === null) return { ...recorded, renewalsRemaining: 0, phase: 'open_ended' };
  const renewalsRemaining = renewsAutomatically(term.renewalKind) ? term.renewalsLeft : 0;
  if (asOf <= term.endDate) return { ...recorded, renewalsRemaining, phase: 'running' };
  switch (term.renewalKind) {
    case 'none':
    case 'mutual_written':
    case 'option_buyer':
    case 'option_supplier':
      return { ...recorded, renewalsRemaining: 0, phase: 'over' };
    case 'evergreen':
      return {
        startDate: addDays(term.endDate, 1),
        endDate: null,
        renewals: 0,
        renewalsRemaining: 0,
        phase: 'open_ended',
      };
    case 'auto':
      return rememberedRoll(term, term.endDate, asOf);
    default:
      return unreachable(term.renewalKind);
  }
}

/** Whether a contract of this kind goes on without anybody acting. */
export function renewsAutomatically(kind: RenewalKind): boolean {
  return kind === 'auto' || kind === 'evergreen';
}

/** The day after the current end: what a CRM shows as renewal date. Null for an open-ended term. */
export function renewalDate(term: Term, asOf: PlainDate): PlainDate | null {
  const { endDate } = currentTerm(term, asOf);
  return endDate === null ? null : addDays(endDate, 1);
}

/**
 * The same term with the renewals up to `asOf` written into it: the current end recorded, the renewals used up subtracted. A renewal date
 * of the 29th to 31st that a short month pulled forward becomes the new anchor; to follow the calendar without that, see `rollTerm`.
 */
function recordCurrentTerm(term: Term, asOf: PlainDate): Term {
  const { renewals } = currentTerm(term, asOf);
  return renewals === 0 || term.endDate === null ? term : renewed(term, term.endDate, renewals);
}

/**
 * The same term with renewals that have passed by `asOf` written into it, so that no later answer changes: it stops at the last renewal
 * whose date no short month pulled forward, and what follows is still counted from the agreed day of the month.
 */
export function rollTerm(term: Term, asOf: PlainDate): Term {
  if (term.endDate === null) return term;
  const months = term.renewalMonths ?? 0;
  const firstRenewal = addDays(term.endDate, 1);
  let { renewals } = currentTerm(term, asOf);
  while (renewals > 0 && dayOfMonth(addMonths(firstRenewal, renewals * months)) !== dayOfMonth(firstRenewal))
    renewals -= 1;
  return renewals === 0 ? term : renewed(term, term.endDate, renewals);
}

const dayOfMonth = (date: PlainDate): string => date.slice(8);

/** @param renewals at least one; the term renews automatically by a recorded number of months. */
function renewed(term: Term, firstEnd: PlainDate, renewals: number): Term {
  const endDate = addDays(addMonths(addDays(firstEnd, 1), renewals * (term.renewalMonths ?? 0)), -1);
  return { ...term, endDate, renewalsLeft: term.renewalsLeft === null ? null : term.renewalsLeft - renewals };
}

/**
 * The term as decision and stage leave it. Once exit is decided, or the contract has ended, the recorded end is the last one and
 * nothing renews it; a terminated contract must not go on showing ever later renewal dates.
 */
export function termInEffect(contract: Contract): Term {
  const isSettled = contract.renewalDecision === 'exit' || ENDED_STAGES.has(contract.stage);
  if (!isSettled || contract.term.endDate === null) return contract.term;
  return { ...contract.term, renewalKind: 'none' };
}

const ENDED_STAGES: ReadonlySet<ContractStage> = new Set<ContractStage>(['expired', 'terminated', 'void']);

/** The last day in force that a contract shows on `asOf`; null when open-ended. */
export function endDateOf(contract: Contract, asOf: PlainDate): PlainDate | null {
  return currentTerm(termInEffect(contract), asOf).endDate;
}

/** The renewal date that a contract shows on `asOf`, its decision and stage taken into account. */
export function renewalDateOf(contract: Contract, asOf: PlainDate): PlainDate | null {
  return renewalDate(termInEffect(contract), asOf);
}

/** The contract with its current term recorded (see `recordCurrentTerm`); unchanged once nothing renews it any more. */
export function withCurrentTerm(contract: Contract, asOf: PlainDate): Contract {
  return withTerm(contract, recordCurrentTerm(contract.term, asOf));
}

/** The contract as the calendar has rolled its term (see `rollTerm`); unchanged once nothing renews it any more. */
export function rolledByDate(contract: Contract, asOf: PlainDate): Contract {
  return withTerm(contract, rollTerm(contract.term, asOf));
}

function withTerm(contract: Contract, term: Term): Contract {
  return term === contract.term || termInEffect(contract) !== contract.term ? contract : { ...contract, term };
}

/**
 * Records a renewal decision. Exit is decided for the term that runs on `asOf`, so its end is recorded with the decision; without
 * that, a contract that had renewed before would seem to have ended years ago. Taking the decision back lets the term renew again.
 */
export function decideRenewal(contract: Contract, decision: RenewalDecision, asOf: PlainDate): Contract {
  if (decision === contract.renewalDecision) return contract;
  const recorded = decision === 'exit' ? withCurrentTerm(contract, asOf) : contract;
  return { ...recorded, renewalDecision: decision };
}

/** What was last worked out of each term. One assessment asks a dozen times for the same day, and a term never changes. */
const lastRolls = new WeakMap<Term, { readonly asOf: PlainDate; readonly current: CurrentTerm }>();

function rememberedRoll(term: Term, firstEnd: PlainDate, asOf: PlainDate): CurrentTerm {
  const known = lastRolls.get(term);
  if (known?.asOf === asOf) return known.current;
  const current = rolledForward(term, firstEnd, asOf);
  lastRolls.set(term, { asOf, current });
  return current;
}

function rolledForward(term: Term, firstEnd: PlainDate, asOf: PlainDate): CurrentTerm {
  const recorded = { startDate: term.effectiveDate, endDate: firstEnd, renewals: 0 };
  const limit = term.renewalsLeft ?? Number.MAX_SAFE_INTEGER;
  if (limit <= 0) return { ...recorded, renewalsRemaining: 0, phase: 'over' };
  const months = term.renewalMonths;
  if (months === null || months < 1) return { ...recorded, renewalsRemaining: term.renewalsLeft, phase: 'unknown' };

  const firstRenewal = addDays(firstEnd, 1);
  const needed = renewalsToReach(firstRenewal, months, asOf);
  const renewals = Math.min(needed, limit);
  return {
    startDate: addMonths(firstRenewal, (renewals - 1) * months),
    endDate: addDays(addMonths(firstRenewal, renewals * months), -1),
    renewals,
    renewalsRemaining: term.renewalsLeft === null ? null : term.renewalsLeft - renewals,
    phase: needed > limit ? 'over' : 'running',
  };
}

/** The smallest k ≥ 1 for which (first renewal + k × months) lies after `asOf`. The estimate is short by two at most. */
function renewalsToReach(firstRenewal: PlainDate, months: number, asOf: PlainDate): number {
  let renewals = Math.max(1, Math.floor(monthsBetween(firstRenewal, asOf) / months));
  while (addMonths(firstRenewal, renewals * months) <= asOf) renewals += 1;
  return renewals;
}
