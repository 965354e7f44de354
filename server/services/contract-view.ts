/** Contracts as the wire shows them. Pure: rows, calendars and a day in; views out. Dates and codes only, words are the reader's. */
import type { ContractCardView, ContractDetail, RecordCard } from '../../app/wire/card.ts';
import type { ContractRow as ContractRowView } from '../../app/wire/workspace.ts';
import type { BusinessCalendar } from '../domain/calendar.ts';
import type { Contract, ContractParty, Money, PlainDate } from '../domain/contract.ts';
import { daysBetween } from '../domain/dates.ts';
import { leadContract } from '../domain/lead.ts';
import { endDateOf, type NoticeDeadline, noticeWindow, renewalDateOf } from '../domain/renewal.ts';
import { parseContractStage, stageAsOf, stageChoices } from '../domain/stage.ts';
import type { ConflictRow, ContractDetailRow, ContractRow, LinkRow, RecordCardRow } from '../store/contract-port.ts';
import { attentionOf, byUrgency } from './record-attention.ts';
import { assessContract } from '../domain/assessment.ts';

export type ViewDay = {
  readonly asOf: PlainDate;
  readonly calendarOf: (id: string) => BusinessCalendar;
};

export const isoText = (atMs: number): string => new Date(atMs).toISOString();
const isoOrNull = (atMs: number | null): string | null => (atMs === null ? null : isoText(atMs));
export const moneyView = (money: Money): { minor: string; currency: string } => ({
  minor: money.minor.toString(),
  currency: money.currency,
});

/** Who the contract is with: the other side's principal party. */
export function counterpartyOf(contract: Contract): ContractParty | null {
  const role = contract.side === 'buy' ? 'supplier' : 'buyer';
  return contract.parties.find((party) => party.role === role) ?? null;
}

export function contractView(row: ContractRow, leadId: string | null, day: ViewDay): ContractCardView {
  const { contract } = row;
  return {
    ...sharedView(row, day),
    nextStages: [...stageChoices(contract, day.asOf)],
    isLead: contract.id === leadId,
  };
}

/** What cards and the register show alike. */
function sharedView(row: ContractRow, day: ViewDay): Omit<ContractCardView, 'nextStages' | 'isLead'> {
  const { contract, sla } = row;
  const { asOf } = day;
  const { deadline, flags, health } = assessContract(contract, sla, {
    calendar: day.calendarOf(contract.term.calendarId),
    asOf,
  });
  return {
    id: contract.id,
    number: contract.number,
    title: contract.title,
    side: contract.side,
    counterparty: counterpartyOf(contract)?.legalName ?? null,
    stage: stageAsOf(contract, asOf),
    health,
    value: contract.value === null ? null : moneyView(contract.value),
    effectiveDate: contract.term.effectiveDate,
    endDate: endDateOf(contract, asOf),
    renewalDate: renewalDateOf(contract, asOf),
    renewalKind: contract.term.renewalKind,
    renewalDecision: contract.renewalDecision,
    notice: noticeView(deadline, asOf),
    sla: {
      status: sla.status,
      availabilityLastMonth: sla.availabilityLastMonth,
      responseComplianceLastMonth: sla.responseComplianceLastMonth,
      breachesTwelveMonths: sla.breachesTwelveMonths,
    },
    risks: flags.flatMap(({ code, severity, state }) => (state === 'clear' ? [] : [{ code, severity, state }])),
    revision: contract.revision,
  };
}

function noticeView(deadline: NoticeDeadline, asOf: PlainDate): ContractCardView['notice'] {
  if (deadline.kind === 'none') return null;
  const { state } = noticeWindow(deadline, asOf);
  return {
    legalDate: deadline.legalDate,
    safeDate: deadline.safeDate,
    decisionDueDate: deadline.decisionDueDate,
    provisional: deadline.provisional,
    daysLeft: daysBetween(asOf, deadline.safeDate),
    window: state === 'none' ? 'open' : state,
  };
}

export function contractRowView(row: ContractRow, day: ViewDay): ContractRowView {
  return {
    ...sharedView(row, day),
    organisationId: counterpartyOf(row.contract)?.organisationId ?? null,
    ownerEmail: row.contract.ownerEmail,
    links: row.links,
    changedAt: isoText(row.updatedAt),
  };
}

export type CardContext = ViewDay & { readonly workspaceUrl: string; readonly canEdit: boolean };

export function recordCardView(
  row: RecordCardRow,
  ref: { readonly objectType: 'opportunity' | 'account'; readonly recordId: string },
  context: CardContext,
): RecordCard {
  const lead = leadContract(
    row.contracts.map(({ contract }) => contract),
    context.asOf,
  );
  const judged = byUrgency(
    row.contracts.map((contract) => contractView(contract, lead?.id ?? null, context)),
    row.contracts.map(({ contract }) => contract),
  );
  return {
    record: { objectType: ref.objectType, recordId: ref.recordId, name: row.recordName },
    contracts: judged.map(({ view }) => view),
    attention: attentionOf(judged),
    sync: syncView(row.connection, {
      dirty: row.dirty === null ? [] : [row.dirty],
      lastAgreedAt: row.mirror?.lastAgreedAt ?? null,
      openConflicts: row.openConflicts,
    }),
    today: context.asOf,
    permissions: { canEdit: context.canEdit && row.connection.state !== 'disconnected' },
    workspaceUrl: context.workspaceUrl,
  };
}

function syncView(
  connection: Pick<RecordCardRow['connection'], 'state' | 'stateReason'>,
  facts: {
    readonly dirty: readonly { readonly state: 'queued' | 'dead'; readonly failure: string | null }[];
    readonly lastAgreedAt: number | null;
    readonly openConflicts: number;
  },
): RecordCard['sync'] {
  const base = {
    pendingChanges: facts.dirty.filter(({ state }) => state === 'queued').length,
    lastAgreedAt: isoOrNull(facts.lastAgreedAt),
  };
  if (connection.state === 'parked' || connection.state === 'disconnected') {
    return { ...base, state: 'paused', reason: connection.stateReason ?? connection.state };
  }
  const dead = facts.dirty.find(({ state }) => state === 'dead');
  if (dead !== undefined) return { ...base, state: 'attention', reason: dead.failure ?? 'failed' };
  if (facts.openConflicts > 0) return { ...base, state: 'attention', reason: 'conflict' };
  return { ...base, state: base.pendingChanges > 0 ? 'pending' : 'current', reason: null };
}

export function detailView(row: ContractDetailRow, day: ViewDay): ContractDetail {
  const { contract } = row.contract;
  const { term } = contract;
  return {
    contract: contractView(row.contract, null, day),
    timeline: row.changes
      .filter(({ field }) => field === 'stage')
      .toReversed()
      .flatMap((change) => {
        const stage = stageOfText(change.value);
        return stage === null ? [] : [{ stage, at: isoText(change.at), actor: change.actor, source: change.source }];
      }),
    terms: {
      signedDate: contract.signedDate,
      renewalMonths: term.renewalMonths,
      notice: term.notice,
      calendarId: term.calendarId,
      owner: contract.ownerEmail,
      parties: contract.parties.map(({ legalName, role, sideLabel }) => ({ name: legalName, role, sideLabel })),
    },
    slaTrend: slaTrend(row),
    incidents: row.incidents.map((incident) => ({
      id: incident.id,
      title: incident.title,
      severity: severityOf(incident.severity),
      startedAt: isoText(incident.openedAt),
      restoredAt: isoOrNull(incident.restoredAt),
      excused: incident.excludedReason !== null,
    })),
    provenance: row.changes.map(({ field, value, previous, source, actor, place, at }) => ({
      field,
      value,
      previous,
      source,
      actor,
      place,
      at: isoText(at),
    })),
    conflicts: row.conflicts.filter(isDecided).map((conflict) => ({
      id: conflict.id,
      field: conflict.field,
      ours: conflict.ours,
      theirs: conflict.theirs,
      winner: conflict.winner,
      reason: conflict.reason,
      detail: conflict.detail,
      at: isoText(conflict.at),
      restored: conflict.state === 'restored',
    })),
    links: row.links.flatMap((link) => linkView(link)),
    sync: detailSync(row),
    today: day.asOf,
  };
}

function slaTrend(row: ContractDetailRow): ContractDetail['slaTrend'] {
  return row.objectives.map((objective) => ({
    objective: objective.severity === null ? objective.metric : `${objective.metric}:${objective.severity}`,
    metric: objective.metric,
    target: objective.target,
    months: row.results
      .filter(({ objectiveId }) => objectiveId === objective.id)
      .toSorted((a, b) => (a.period < b.period ? -1 : 1))
      .map(({ period, display, verdict }) => ({ period, value: display, verdict })),
  }));
}

function detailSync(row: ContractDetailRow): RecordCard['sync'] {
  const worst = row.links.find(({ connection }) => connection.state === 'parked') ?? row.links[0];
  const agreed = row.links.flatMap(({ lastAgreedAt }) => (lastAgreedAt === null ? [] : [lastAgreedAt]));
  return syncView(worst?.connection ?? { state: 'active', stateReason: null }, {
    dirty: row.links.flatMap(({ dirty }) => (dirty === null ? [] : [dirty])),
    lastAgreedAt: agreed.length === 0 ? null : Math.min(...agreed),
    openConflicts: row.conflicts.filter(({ state }) => state === 'open').length,
  });
}

function linkView(link: LinkRow): ContractDetail['links'] {
  const { objectType, recordId } = link.ref;
  if (objectType === 'case') return [];
  return [
    {
      host: link.connection.host,
      objectType,
      recordId,
      name: link.recordName,
      url: recordUrl(link.connection, { objectType, recordId }),
    },
  ];
}

/** HubSpot's object type ids in record addresses (HubSpot docs, CRM object type IDs). */
const HUBSPOT_TYPE_IDS = { opportunity: '0-3', account: '0-2', case: '0-5' } as const;

/** Where a browser finds the record in its CRM; null while the portal's own address is not known. */
/** Names of the objects in Lightning's addresses (Lightning components guide, URL formats). */
const SALESFORCE_OBJECTS = { opportunity: 'Opportunity', account: 'Account', case: 'Case' } as const;

export function recordUrl(
  connection: { readonly host: 'hubspot' | 'salesforce'; readonly accountId: string; readonly uiOrigin: string | null },
  ref: { readonly objectType: keyof typeof HUBSPOT_TYPE_IDS; readonly recordId: string },
): string | null {
  if (connection.uiOrigin === null) return null;
  if (connection.host === 'salesforce')
    return `${connection.uiOrigin}/lightning/r/${SALESFORCE_OBJECTS[ref.objectType]}/${ref.recordId}/view`;
  return `${connection.uiOrigin}/contacts/${connection.accountId}/record/${HUBSPOT_TYPE_IDS[ref.objectType]}/${ref.recordId}`;
}

const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
function severityOf(text: string | null): (typeof SEVERITIES)[number] {
  return SEVERITIES.find((severity) => severity === text) ?? 'medium';
}

const stageOfText = (text: string | null): ContractCardView['stage'] | null => parseContractStage(text);

/** Cards show what lost; a question that is open is answered in the workspace. */
function isDecided(conflict: ConflictRow): conflict is ConflictRow & { readonly winner: 'ours' | 'theirs' } {
  return conflict.winner !== 'undecided';
}
