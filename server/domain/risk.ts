/**
 * Risk flags (domain §5): computed from a contract's facts on a day, never typed in. A flag whose inputs are unknown is `unknown`, not
 * clear. The same clause can be a risk on one side and a lever on the other, so every flag names the sides it concerns.
 */
import type { BreachCounters } from './breach.ts';
import type { Contract, ContractSide, ContractStage, PlainDate, Term } from './contract.ts';
import { addDays, addMonths } from './dates.ts';
import { type NoticeDeadline, noticeWindow, termClass } from './renewal.ts';
import { stageAsOf } from './stage.ts';
import { currentTerm, renewsAutomatically, termInEffect } from './term.ts';

export const RISK_CODES = [
  'auto_renews_silently',
  'auto_renew_long',
  'notice_window_soon',
  'notice_window_closed',
  'notice_unknown',
  'long_term_without_exit',
  'renewal_confirmation_missing',
  'no_sla',
  'sla_breach_open',
  'sla_breach_repeat',
] as const;
export type RiskCode = (typeof RISK_CODES)[number];

const RISK_SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
type RiskSeverity = (typeof RISK_SEVERITIES)[number];

export type RiskFlag = {
  readonly code: RiskCode;
  readonly severity: RiskSeverity;
  /** Whether the contract's text or the course of events raises it. */
  readonly origin: 'clause' | 'event';
  readonly state: 'open' | 'clear' | 'unknown';
};

export type RiskFacts = {
  readonly contract: Contract;
  readonly asOf: PlainDate;
  readonly deadline: NoticeDeadline;
  /** Whether a notice that stops the renewal is on file as received. */
  readonly noticeReceived: boolean;
  /** Written confirmations of the renewal on file; null when nobody keeps them here. */
  readonly renewalConfirmations: number | null;
  /** Whether the contract lets us leave without cause; null when its text has not been read for it. */
  readonly convenienceExit: boolean | null;
  /** Service level objectives agreed; null when not recorded yet. */
  readonly objectiveCount: number | null;
  /** Null when no month has been computed. */
  readonly breaches: BreachCounters | null;
};

/** Written confirmations that make a renewal by mutual agreement valid: one of each party (domain rule 63). */
const RENEWAL_CONFIRMATIONS_NEEDED = 2;

/** Null: the flag does not apply to this contract on this day. */
type Finding = RiskFlag['state'] | null;
type Phase = 'negotiated' | 'live' | 'expired' | 'closed';

const PHASES: Record<ContractStage, Phase> = {
  draft: 'negotiated',
  in_review: 'negotiated',
  approved: 'negotiated',
  signed: 'live',
  active: 'live',
  renewing: 'live',
  expired: 'expired',
  terminated: 'closed',
  void: 'closed',
};

type RiskRule = {
  readonly severity: RiskSeverity;
  readonly sides: readonly ContractSide[];
  readonly origin: RiskFlag['origin'];
  readonly phases: readonly Phase[];
  readonly find: (facts: RiskFacts) => Finding;
};

const BUY = ['buy'] as const;
const BOTH = ['buy', 'sell'] as const;
const NEGOTIATED_OR_LIVE = ['negotiated', 'live'] as const;
const LIVE = ['live'] as const;

export const RISK_RULES: Record<RiskCode, RiskRule> = {
  auto_renews_silently: {
    severity: 'critical',
    sides: BUY,
    origin: 'clause',
    phases: NEGOTIATED_OR_LIVE,
    find: renewsSilently,
  },
  auto_renew_long: { severity: 'high', sides: BUY, origin: 'clause', phases: NEGOTIATED_OR_LIVE, find: renewsLong },
  notice_window_soon: { severity: 'high', sides: BOTH, origin: 'event', phases: LIVE, find: noticeSoon },
  notice_window_closed: { severity: 'critical', sides: BOTH, origin: 'event', phases: LIVE, find: noticeClosed },
  notice_unknown: { severity: 'high', sides: BUY, origin: 'clause', phases: NEGOTIATED_OR_LIVE, find: noticeUnknown },
  long_term_without_exit: {
    severity: 'high',
    sides: BUY,
    origin: 'clause',
    phases: NEGOTIATED_OR_LIVE,
    find: longWithoutExit,
  },
  renewal_confirmation_missing: {
    severity: 'high',
    sides: BOTH,
    origin: 'event',
    phases: ['live', 'expired'],
    find: confirmationMissing,
  },
  no_sla: { severity: 'high', sides: BUY, origin: 'clause', phases: NEGOTIATED_OR_LIVE, find: noSla },
  sla_breach_open: { severity: 'high', sides: BUY, origin: 'event', phases: LIVE, find: breachOpen },
  sla_breach_repeat: { severity: 'critical', sides: BUY, origin: 'event', phases: LIVE, find: breachRepeat },
};

/** Every flag that applies to the contract's side and stage, in the order of `RISK_CODES`, clear ones included. */
export function riskFlags(facts: RiskFacts): readonly RiskFlag[] {
  const phase = PHASES[stageAsOf(facts.contract, facts.asOf)];
  return RISK_CODES.flatMap((code) => {
    const { severity, sides, origin, phases, find } = RISK_RULES[code];
    if (!sides.includes(facts.contract.side) || !phases.includes(phase)) return [];
    const state = find(facts);
    return state === null ? [] : [{ code, severity, origin, state }];
  });
}

const RISK_WEIGHTS: Record<RiskSeverity, number> = { critical: 25, high: 10, medium: 4, low: 1 };
const RISK_SCORE_MAX = 100;

/** The score always travels with the flags it sums up: a number without its list is not shown. */
export type RiskScore = {
  readonly score: number;
  readonly open: readonly RiskFlag[];
  readonly unknown: readonly RiskFlag[];
};

/** Sum of the weights of open flags, 0–100, with the open ones worst first. */
export function riskScore(flags: readonly RiskFlag[]): RiskScore {
  const open = flags
    .filter(({ state }) => state === 'open')
    .toSorted((a, b) => RISK_WEIGHTS[b.severity] - RISK_WEIGHTS[a.severity]);
  const sum = open.reduce((total, { severity }) => total + RISK_WEIGHTS[severity], 0);
  return { score: Math.min(sum, RISK_SCORE_MAX), open, unknown: flags.filter(({ state }) => state === 'unknown') };
}

function openIf(condition: boolean): Finding {
  return condition ? 'open' : 'clear';
}

function renewsSilently({ contract, asOf }: RiskFacts): Finding {
  return openIf(willRenewByItself(termInEffect(contract), asOf));
}

function willRenewByItself(term: Term, asOf: PlainDate): boolean {
  return term.renewalKind === 'auto' && currentTerm(term, asOf).renewalsRemaining !== 0;
}

/** Renewal terms above twelve months, or as long as the recorded term itself. */
function renewsLong({ contract, asOf }: RiskFacts): Finding {
  const term = termInEffect(contract);
  if (!willRenewByItself(term, asOf)) return 'clear';
  if (term.renewalMonths === null) return 'unknown';
  if (term.renewalMonths > 12) return 'open';
  if (term.effectiveDate === null || term.endDate === null) return 'unknown';
  return openIf(addMonths(term.effectiveDate, term.renewalMonths) >= addDays(term.endDate, 1));
}

/** A decided exit still needs its notice; a decided renewal needs nothing more. */
function noticeSoon({ contract, asOf, deadline, noticeReceived }: RiskFacts): Finding {
  if (isDeadlineUnknown(deadline)) return 'unknown';
  const isSettled = noticeReceived || contract.renewalDecision === 'renew';
  return openIf(!isSettled && noticeWindow(deadline, asOf).state === 'soon');
}

function noticeClosed({ contract, asOf, deadline, noticeReceived }: RiskFacts): Finding {
  if (isDeadlineUnknown(deadline)) return 'unknown';
  const isSettled = noticeReceived || contract.renewalDecision === 'renew' || contract.renewalDecision === 'exit';
  return openIf(!isSettled && noticeWindow(deadline, asOf).state === 'closed');
}

function isDeadlineUnknown(deadline: NoticeDeadline): boolean {
  return (
    deadline.kind === 'none' && (deadline.reason === 'notice_missing' || deadline.reason === 'renewal_length_unknown')
  );
}

function noticeUnknown({ contract: { term } }: RiskFacts): Finding {
  return openIf(renewsAutomatically(term.renewalKind) && term.notice === null);
}

/** Domain rule 59. */
function longWithoutExit({ contract, asOf, convenienceExit }: RiskFacts): Finding {
  if (convenienceExit === true) return 'clear';
  const length = termClass(termInEffect(contract), asOf);
  if (length === null) return 'unknown';
  if (length !== 'long') return 'clear';
  return convenienceExit === null ? 'unknown' : 'open';
}

/** Raised from the last day on, when a renewal by mutual agreement was decided but is not confirmed in writing by both. */
function confirmationMissing({ contract, asOf, renewalConfirmations }: RiskFacts): Finding {
  const { term } = contract;
  if (term.renewalKind !== 'mutual_written') return null;
  if (contract.renewalDecision !== 'renew' || term.endDate === null || asOf < term.endDate) return 'clear';
  if (renewalConfirmations === null) return 'unknown';
  return openIf(renewalConfirmations < RENEWAL_CONFIRMATIONS_NEEDED);
}

function noSla({ objectiveCount }: RiskFacts): Finding {
  return objectiveCount === null ? 'unknown' : openIf(objectiveCount === 0);
}

function breachOpen({ objectiveCount, breaches }: RiskFacts): Finding {
  if (objectiveCount === 0) return null;
  if (breaches === null) return 'unknown';
  if (breaches.lastMonth === 'met' || breaches.lastMonth === 'excused') return 'clear';
  return breaches.lastMonth === 'missed' ? 'open' : 'unknown';
}

function breachRepeat({ objectiveCount, breaches }: RiskFacts): Finding {
  if (objectiveCount === 0) return null;
  if (breaches === null) return 'unknown';
  if (breaches.missedOfLast3 >= 2) return 'open';
  return breaches.missedOfLast3 + breaches.undecidedOfLast3 >= 2 ? 'unknown' : 'clear';
}
