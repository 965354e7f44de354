/** The columns that lists filter on, worked out from a contract on a day, and the calendars this takes. */
import type { Calendars } from '../calendars/calendars.ts';
import { assessContract, openFlagCodes } from '../domain/assessment.ts';
import { type BusinessCalendar, WEEKENDS_CALENDAR } from '../domain/calendar.ts';
import type { Contract, PlainDate } from '../domain/contract.ts';
import { addDays } from '../domain/dates.ts';
import { renewalDateOf } from '../domain/renewal.ts';
import type { SlaSummary } from '../domain/sla-summary.ts';
import { stageAsOf } from '../domain/stage.ts';
import type { DerivedColumns } from '../store/contract-port.ts';

type Day = { readonly calendar: BusinessCalendar; readonly asOf: PlainDate };

/** The columns on a day, said to hold for that day. */
export function derivedColumns(contract: Contract, sla: SlaSummary, day: Day): DerivedColumns {
  return {
    contractId: contract.id,
    revision: contract.revision,
    sla,
    throughDate: day.asOf,
    ...valuesOf(contract, sla, day),
  };
}

/** The same, with the last of the next `daysMax` days on which nothing has changed yet: found by looking at each of them. */
export function derivedColumnsAhead(
  contract: Contract,
  sla: SlaSummary,
  { daysMax, ...day }: Day & { readonly daysMax: number },
): DerivedColumns {
  const columns = derivedColumns(contract, sla, day);
  const values = JSON.stringify(valuesOf(contract, sla, day));
  let throughDate = day.asOf;
  for (let days = 1; days <= daysMax; days += 1) {
    const asOf = addDays(day.asOf, days);
    if (JSON.stringify(valuesOf(contract, sla, { ...day, asOf })) !== values) break;
    throughDate = asOf;
  }
  return { ...columns, throughDate };
}

type Values = Omit<DerivedColumns, 'contractId' | 'revision' | 'sla' | 'throughDate'>;

function valuesOf(contract: Contract, sla: SlaSummary, day: Day): Values {
  const { deadline, flags, health } = assessContract(contract, sla, day);
  const dates = deadline.kind === 'deadline' ? deadline : null;
  return {
    currentStage: stageAsOf(contract, day.asOf),
    renewalDate: renewalDateOf(contract, day.asOf),
    noticeDeadline: dates?.safeDate ?? null,
    noticeLegalDate: dates?.legalDate ?? null,
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
