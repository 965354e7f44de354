/** The columns that lists filter on, worked out from a contract on a day, and the calendars this takes. */
import type { Calendars } from '../calendars/calendars.ts';
import { assessContract, openFlagCodes } from '../domain/assessment.ts';
import { type BusinessCalendar, WEEKENDS_CALENDAR } from '../domain/calendar.ts';
import type { Contract, PlainDate } from '../domain/contract.ts';
import { renewalDateOf } from '../domain/renewal.ts';
import type { SlaSummary } from '../domain/sla-summary.ts';
import type { DerivedColumns } from '../store/contract-port.ts';

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
