/** Stored objectives as the domain reads them. What a definition leaves out takes the careful default: nothing excluded, nothing observed. */
import { z } from 'zod';
import { type BusinessCalendar, WEEKENDS_CALENDAR } from '../domain/calendar.ts';
import type { ServiceHours } from '../domain/business-time.ts';
import { isTimeZone, parsePlainDate, zonedDayStartAt } from '../domain/dates.ts';
import {
  AVAILABILITY_FORMS,
  type AvailabilityObjective,
  EXCLUSION_KINDS,
  type ExclusionKind,
  type ResponseObjective,
} from '../domain/sla.ts';
import type { IncidentRow, SlaObjectiveRow } from '../store/contract-port.ts';

const terms = {
  partialPeriod: z.enum(['prorate', 'skip']).default('prorate'),
  termination: z
    .object({ missed: z.int().min(1), ofMonths: z.int().min(1).max(36) })
    .nullable()
    .default(null),
};
const availabilityDefinition = z.object({
  ...terms,
  form: z.enum(AVAILABILITY_FORMS).default('total_time'),
  exclusions: z.array(z.enum(EXCLUSION_KINDS)).default([]),
  maintenance: z
    .object({ noticeHoursMin: z.number().min(0), capMinutesPerMonth: z.number().min(0).nullable() })
    .nullable()
    .default(null),
  degradedWeightPercent: z.int().min(0).max(100).nullable().default(null),
  /** First day from which every outage is known to be recorded. Without it, silence proves nothing and no month is met. */
  observedFrom: z.string().nullable().default(null),
});
const responseDefinition = z.object({
  ...terms,
  targetMinutes: z.number().min(1).max(100_000).default(240),
  samplesMin: z.int().min(1).default(1),
  /** Null: the clock never stops. */
  hours: z
    .array(z.object({ startMinute: z.int().min(0).max(1440), endMinute: z.int().min(0).max(1440) }))
    .min(1)
    .nullable()
    .default(null),
});

/** Severity of an objective that takes every case. */
export const ANY_SEVERITY = 'any';

export type ReadObjective =
  | { readonly kind: 'availability'; readonly objective: AvailabilityObjective; readonly observedFromAt: number | null }
  | { readonly kind: 'response'; readonly objective: ResponseObjective; readonly hours: ServiceHours };

/** Null when the stored definition cannot be understood; such an objective yields no result rather than a wrong one. */
export function readObjective(row: SlaObjectiveRow, calendar: BusinessCalendar | null): ReadObjective | null {
  const zone = isTimeZone(row.zone) ? row.zone : 'UTC';
  const common = { id: row.id, targetPercent: row.target, zone };
  if (row.metric === 'availability') {
    const parsed = availabilityDefinition.safeParse(row.definition ?? {});
    if (!parsed.success) return null;
    const { observedFrom, ...definition } = parsed.data;
    const date = parsePlainDate(observedFrom);
    return {
      kind: 'availability',
      objective: { ...common, ...definition, metric: 'availability', source: 'our_monitor' },
      observedFromAt: date === null ? null : zonedDayStartAt(date, zone),
    };
  }
  const parsed = responseDefinition.safeParse(row.definition ?? {});
  if (!parsed.success) return null;
  const { hours, ...definition } = parsed.data;
  return {
    kind: 'response',
    objective: {
      ...common,
      ...definition,
      metric: 'response',
      source: 'tickets',
      severity: row.severity ?? ANY_SEVERITY,
    },
    hours:
      hours === null
        ? { kind: 'always' }
        : { kind: 'working_days', calendar: calendar ?? WEEKENDS_CALENDAR, zone, spans: hours },
  };
}

/** Ticket priorities as severities; HubSpot's four and Salesforce's three. */
const SEVERITY_OF_PRIORITY: Readonly<Record<string, string>> = {
  urgent: 'critical',
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  normal: 'medium',
  low: 'low',
};

export function severityOfPriority(priority: string | null): string {
  return SEVERITY_OF_PRIORITY[priority?.toLowerCase() ?? ''] ?? 'medium';
}

export function exclusionKind(incident: IncidentRow): ExclusionKind | null {
  if (incident.excludedReason === null) return null;
  return EXCLUSION_KINDS.find((kind) => kind === incident.excludedReason) ?? 'other_agreed';
}
