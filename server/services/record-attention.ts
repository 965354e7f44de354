/** Which contract of a CRM record needs attention first, and why; the order in which a card lists contracts. Pure. */
import type { ContractCardView, RecordCard } from '../../app/wire/card.ts';
import { unreachable } from '../domain/assert.ts';
import type { Contract, ContractStage } from '../domain/contract.ts';
import { LIVE_STAGES } from '../domain/stage.ts';

type Reason = NonNullable<RecordCard['attention']>['reason'];
/** Most pressing first: what can still be prevented comes before what can only be noted. */
const REASONS_BY_URGENCY: readonly Reason[] = [
  'notice_closing',
  'sla_missed',
  'notice_closed',
  'undecided',
  'risk',
  'expired',
  'fine',
];
/** From here on a decision is pressing rather than due. */
const NOTICE_CLOSING_DAYS = 30;

const isOneOf = (stages: readonly ContractStage[], stage: ContractStage): boolean => stages.includes(stage);
const ENDED_STAGES: readonly ContractStage[] = ['expired', 'terminated', 'void'];

/**
 * What is over and recorded as such asks nothing of anybody: it is `fine`. A contract on record as live (`live`) whose term has run out
 * all the same has an end that nobody has taken note of.
 */
function reasonOf(view: ContractCardView, live: ReadonlySet<string>): Reason {
  if (!isOneOf(LIVE_STAGES, view.stage)) {
    return view.stage === 'expired' && live.has(view.id) ? 'expired' : 'fine';
  }
  const isUnsettled = view.renewalDecision === 'undecided' || view.renewalDecision === 'renegotiate';
  const isMissed = view.sla.status === 'missed';
  if (isUnsettled && view.notice !== null && view.notice.window === 'soon') {
    if (view.notice.daysLeft <= NOTICE_CLOSING_DAYS) return 'notice_closing';
    return isMissed ? 'sla_missed' : 'undecided';
  }
  if (isMissed) return 'sla_missed';
  if (isUnsettled && view.notice?.window === 'closed') return 'notice_closed';
  return view.risks.some(({ state, severity }) => state === 'open' && severity !== 'low') ? 'risk' : 'fine';
}

export type JudgedContract = { readonly view: ContractCardView; readonly reason: Reason };

/**
 * The contracts of a record, most pressing first; equally pressing ones live before under negotiation before ended, then the lead, then by the
 * nearest date. `views` and `contracts` are the same contracts, as shown and as recorded.
 */
export function byUrgency(
  views: readonly ContractCardView[],
  contracts: readonly Contract[],
): readonly JudgedContract[] {
  const live = new Set(contracts.flatMap(({ id, stage }) => (isOneOf(LIVE_STAGES, stage) ? [id] : [])));
  return views
    .map((view) => ({ view, reason: reasonOf(view, live) }))
    .toSorted((a, b) => urgency(a) - urgency(b) || byStanding(a.view, b.view));
}

const urgency = ({ reason }: JudgedContract): number => REASONS_BY_URGENCY.indexOf(reason);

function byStanding(a: ContractCardView, b: ContractCardView): number {
  return (
    standing(a) - standing(b) ||
    Number(b.isLead) - Number(a.isLead) ||
    nextDate(a).localeCompare(nextDate(b), 'en') ||
    a.number.localeCompare(b.number, 'en')
  );
}

function standing({ stage }: ContractCardView): number {
  if (isOneOf(LIVE_STAGES, stage)) return 0;
  return isOneOf(ENDED_STAGES, stage) ? 2 : 1;
}

const nextDate = (view: ContractCardView): string => view.notice?.safeDate ?? view.renewalDate ?? '9999-12-31';

/** The contract that needs attention first, and why. */
export function attentionOf([first]: readonly JudgedContract[]): RecordCard['attention'] {
  return first === undefined
    ? null
    : { contractId: first.view.id, reason: first.reason, date: attentionDate(first.view, first.reason) };
}

/** The day that the sentence about the reason names. */
function attentionDate(view: ContractCardView, reason: Reason): string | null {
  switch (reason) {
    case 'notice_closing':
    case 'notice_closed':
    case 'undecided':
      return view.notice?.safeDate ?? null;
    case 'expired':
      return view.endDate;
    case 'sla_missed':
    case 'risk':
    case 'fine':
      return view.renewalDate;
    default:
      return unreachable(reason);
  }
}
