/**
 * What follows from a contract on a day: notice deadline, risk flags, health. Cards, lists and the mirrored fields all take it from here,
 * so that a CRM field and the card beside it never disagree.
 */
import type { BusinessCalendar } from './calendar.ts';
import type { Contract, PlainDate } from './contract.ts';
import { type ContractHealth, contractHealth } from './health.ts';
import { type NoticeDeadline, noticeDeadlineOf } from './renewal.ts';
import { type RiskCode, type RiskFacts, type RiskFlag, riskFlags } from './risk.ts';
import type { SlaSummary } from './sla-summary.ts';

export type Assessment = {
  readonly deadline: NoticeDeadline;
  readonly flags: readonly RiskFlag[];
  readonly health: ContractHealth;
};

export function assessContract(
  contract: Contract,
  sla: SlaSummary,
  { calendar, asOf }: { readonly calendar: BusinessCalendar; readonly asOf: PlainDate },
): Assessment {
  const deadline = noticeDeadlineOf(contract, calendar, asOf);
  const flags = riskFlags({
    contract,
    asOf,
    deadline,
    // What nobody records here stays unknown and raises nothing.
    noticeReceived: false,
    renewalConfirmations: null,
    convenienceExit: null,
    objectiveCount: sla.status === 'none' ? 0 : 1,
    breaches: breachesOf(sla),
  });
  return { deadline, flags, health: contractHealth(flags) };
}

/** The summary keeps what the flags ask for; months without a verdict are in its status. */
function breachesOf(sla: SlaSummary): RiskFacts['breaches'] {
  if (sla.status === 'none') return null;
  return {
    lastMonth: sla.status,
    missedOfLast3: sla.breachedLastTwoOfThree ? 2 : 0,
    missedOfLast12: sla.breachesTwelveMonths,
    undecidedOfLast3: 0,
    undecidedOfLast12: 0,
  };
}

/** Open flags only, as the mirror and the filters carry them. */
export function openFlagCodes(flags: readonly RiskFlag[]): readonly RiskCode[] {
  return flags.flatMap(({ code, state }) => (state === 'open' ? [code] : []));
}
