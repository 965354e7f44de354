/**
 * What follows from a contract on a day: notice deadline, risk flags, health, for cards and lists. The mirror's own reading
 * (domain/wanted-values.ts) takes the same facts, so that a CRM field and the card beside it never disagree.
 */
import type { BreachCounters } from '../domain/breach.ts';
import { type BusinessCalendar, WEEKENDS_CALENDAR } from '../domain/calendar.ts';
import type { Contract, PlainDate } from '../domain/contract.ts';
import { type ContractHealth, contractHealth } from '../domain/health.ts';
import { type NoticeDeadline, noticeDeadlineOf, renewalDateOf } from '../domain/renewal.ts';
import { type RiskFlag, riskFlags } from '../domain/risk.ts';
import type { Calendars } from '../calendars/calendars.ts';
import type { DerivedColumns } from '../store/contract-port.ts';
import type { SlaSummary } from '../store/port.ts';

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
    noticeReceived: false,
    renewalConfirmations: null,
    convenienceExit: null,
    objectiveCount: sla.status === 'none' ? 0 : 1,
    breaches: sla.status === 'none' ? null : breachesOf(sla.status, sla),
  });
  return { deadline, flags, health: contractHealth(flags) };
}

/** The summary keeps what the flags ask for; months without a verdict are in its status. */
function breachesOf(status: Exclude<SlaSummary['status'], 'none'>, sla: SlaSummary): BreachCounters {
  return {
    lastMonth: status,
    missedOfLast3: sla.breachedLastTwoOfThree ? 2 : 0,
    missedOfLast12: sla.breachesTwelveMonths,
    undecidedOfLast3: 0,
    undecidedOfLast12: 0,
  };
}

/** Open flags only, as the mirror and the filters carry them. */
export function openFlagCodes(flags: readonly RiskFlag[]): readonly string[] {
  return flags.flatMap(({ code, state }) => (state === 'open' ? [code] : []));
}

export function derivedColumns(
  contract: Contract,
  sla: SlaSummary,
  day: { readonly calendar: BusinessCalendar; readonly asOf: PlainDate },
): DerivedColumns {
  const { deadline, flags, health } = assessContract(contract, sla, day);
  const dates = deadline.kind === 'deadline' ? deadline : null;
  return {
    contractId: contract.id,
    renewalDate: renewalDateOf(contract, day.asOf),
    noticeDeadline: dates?.safeDate ?? null,
    decisionDueDate: dates?.decisionDueDate ?? null,
    health,
    riskFlags: openFlagCodes(flags),
  };
}

/** The calendars that some contracts name, by id; one that is not known counts weekends only. */
export async function calendarsOf(
  calendars: Calendars,
  contracts: readonly Contract[],
): Promise<(id: string) => BusinessCalendar> {
  const ids = [...new Set(contracts.map((contract) => contract.term.calendarId))];
  const found = new Map(
    await Promise.all(ids.map(async (id) => [id, (await calendars.find(id)) ?? WEEKENDS_CALENDAR] as const)),
  );
  return (id) => found.get(id) ?? WEEKENDS_CALENDAR;
}

export const NO_SLA: SlaSummary = {
  status: 'none',
  availabilityLastMonth: null,
  responseComplianceLastMonth: null,
  breachesTwelveMonths: 0,
  breachedLastTwoOfThree: false,
};
