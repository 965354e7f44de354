/**
 * Monthly service level results of a contract, worked out again whenever their inputs may have changed: after an incident, and by the
 * regular close. A result whose inputs are the same stays; others get a new revision, the old one is kept (domain §7.8).
 */
import { createHash } from 'node:crypto';
import { availabilityResult } from '../domain/availability.ts';
import { breachCounters } from '../domain/breach.ts';
import type { Contract } from '../domain/contract.ts';
import { type Month, lastMonthBefore, monthOf, monthWindow, shiftMonth } from '../domain/month.ts';
import { responseResult } from '../domain/response.ts';
import type { MonthlyResult } from '../domain/sla.ts';
import { NO_SLA, type SlaSummary } from '../domain/sla-summary.ts';
import { termInEffect } from '../domain/term.ts';
import type { NewSlaResult, SlaInputs, WorkspaceRow, WriteContext } from '../store/contract-port.ts';
import { concluded, derive } from './contract-changes.ts';
import { type Outcome, refused } from './outcome.ts';
import { type ServiceParts, todayOf } from './service-parts.ts';
import { ANY_SEVERITY, exclusionKind, type ReadObjective, readObjective, severityOfPriority } from './sla-objective.ts';

/** Complete months looked back at, beside the month that runs; the breach counters take the last 12 and 3 of them. */
const MONTHS_BACK = 24;

export type SlaMonths = ReturnType<typeof createSlaMonths>;
export type IncidentInput = {
  readonly contractId: string;
  readonly title: string;
  readonly severity: string;
  /** ISO instants. */
  readonly startedAt: string;
  readonly restoredAt: string | null;
};

export function createSlaMonths(parts: ServiceParts) {
  const recompute = async (context: WriteContext, workspace: WorkspaceRow, contractId: string): Promise<void> => {
    const today = todayOf(parts, workspace);
    const lastMonth = lastMonthBefore(today);
    const months = Array.from({ length: MONTHS_BACK + 1 }, (_, back) => shiftMonth(monthOf(today), -back));
    const fromAt = monthWindow(shiftMonth(monthOf(today), -MONTHS_BACK - 1), 'UTC').startAt;
    const now = parts.world.clock.now();
    const inputs = await parts.contracts.loadSlaInputs(workspace.id, contractId, fromAt, now);
    if (inputs === null || inputs.objectives.length === 0) return;
    const results = await resultsOf(parts, inputs, { months, now });
    const summary = summaryOf(results, inputs, lastMonth);
    const stored = results.map((result) => toStored(result, contractId));
    await parts.contracts.saveSlaResults(context, contractId, stored, summary);
    const derived = await derive(parts, workspace, { contract: inputs.contract.contract, sla: summary });
    await parts.contracts.saveDerived(workspace.id, [derived]);
  };

  return {
    recompute,
    logIncident: async (
      context: WriteContext,
      workspace: WorkspaceRow,
      incident: IncidentInput,
    ): Promise<Outcome<string>> => {
      const openedAt = Date.parse(incident.startedAt);
      const restoredAt = incident.restoredAt === null ? null : Date.parse(incident.restoredAt);
      if (restoredAt !== null && restoredAt < openedAt)
        return refused('date_refused', { reason: 'restored_before_started' });
      const result = await parts.contracts.recordIncident(context, {
        id: parts.world.random.uuid(),
        contractId: incident.contractId,
        title: incident.title,
        severity: incident.severity,
        openedAt,
        restoredAt,
      });
      if (result.kind === 'written') await recompute({ ...context, once: null }, workspace, incident.contractId);
      return concluded(parts, workspace.id, result);
    },
  };
}

async function resultsOf(
  parts: ServiceParts,
  inputs: SlaInputs,
  { months, now }: { readonly months: readonly Month[]; readonly now: number },
): Promise<readonly MonthlyResult[]> {
  const results: MonthlyResult[] = [];
  for (const row of inputs.objectives) {
    const calendar = row.calendarId === null ? null : await parts.calendars.find(row.calendarId);
    const objective = readObjective(row, calendar);
    if (objective === null) continue;
    for (const month of months) {
      const result = monthResult(objective, { inputs, month, now, disputed: row.disputed });
      if (result !== null) results.push(result);
    }
  }
  return results;
}

type MonthInputs = {
  readonly inputs: SlaInputs;
  readonly month: Month;
  readonly now: number;
  readonly disputed: boolean;
};

/** Only what touches the month goes in, so that a later event leaves earlier months' results as they are. */
function monthResult(read: ReadObjective, { inputs, month, now, disputed }: MonthInputs): MonthlyResult | null {
  const { contract } = inputs.contract;
  const term = { effectiveDate: contract.term.effectiveDate, endDate: lastDayOf(contract) };
  const window = monthWindow(month, read.objective.zone);
  if (read.kind === 'response') {
    const isAny = read.objective.severity === ANY_SEVERITY;
    const cases = inputs.cases
      .filter(({ openedAt }) => openedAt >= window.startAt && openedAt < window.endAt)
      .map((supportCase) => ({
        id: supportCase.recordId,
        severity: isAny ? ANY_SEVERITY : severityOfPriority(supportCase.priority),
        submittedAt: supportCase.openedAt,
        stoppedAt: supportCase.respondedAt ?? supportCase.closedAt,
        pauses: [],
        excused: false,
      }));
    const judged = responseResult(read.objective, month, { ...term, cases, hours: read.hours, disputed, asOfAt: now });
    return judged?.result ?? null;
  }
  const touching = inputs.incidents.filter(
    ({ openedAt, restoredAt }) => openedAt < window.endAt && (restoredAt ?? now) > window.startAt,
  );
  const { observedFromAt } = read;
  return availabilityResult(read.objective, month, {
    ...term,
    outages: touching.map(({ openedAt, restoredAt }) => ({ startAt: openedAt, endAt: restoredAt, extent: 'full' })),
    maintenance: [],
    exclusions: touching.flatMap((incident) => {
      const kind = exclusionKind(incident);
      return kind === null ? [] : [{ kind, startAt: incident.openedAt, endAt: incident.restoredAt ?? window.endAt }];
    }),
    observed: observedFromAt === null ? [] : [{ startAt: observedFromAt, endAt: window.endAt }],
    sourceDueAt: null,
    disputed,
    asOfAt: now,
  });
}

/** The last day a service level can be owed for: the recorded end unless something renews it. */
function lastDayOf(contract: Contract): Contract['term']['endDate'] {
  const term = termInEffect(contract);
  return term.renewalKind === 'auto' || term.renewalKind === 'evergreen' ? null : term.endDate;
}

function summaryOf(results: readonly MonthlyResult[], inputs: SlaInputs, lastMonth: Month): SlaSummary {
  if (results.length === 0) return { ...NO_SLA, status: 'no_data' };
  const counters = breachCounters(results, lastMonth);
  const metricOf = new Map(inputs.objectives.map(({ id, metric }) => [id, metric]));
  const lowest = (metric: 'availability' | 'response'): string | null =>
    results
      .filter(({ objectiveId, period }) => period === lastMonth && metricOf.get(objectiveId) === metric)
      .flatMap(({ display }) => (display === null ? [] : [display]))
      .toSorted((a, b) => Number(a) - Number(b))[0] ?? null;
  return {
    status: counters.lastMonth,
    availabilityLastMonth: lowest('availability'),
    responseComplianceLastMonth: lowest('response'),
    breachesTwelveMonths: counters.missedOfLast12,
    breachedLastTwoOfThree: counters.missedOfLast3 >= 2,
  };
}

function toStored(result: MonthlyResult, contractId: string): NewSlaResult {
  return {
    objectiveId: result.objectiveId,
    contractId,
    period: result.period,
    verdict: result.verdict,
    numerator: result.value?.numerator.toString() ?? null,
    denominator: result.value?.denominator.toString() ?? null,
    display: result.display,
    inputsHash: createHash('sha256').update(result.inputsText).digest('hex'),
    ruleVersion: result.ruleVersion,
    calendarVersion: result.calendarVersion,
  };
}
