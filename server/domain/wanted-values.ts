/**
 * What a CRM record should show: a pure function of its linked contracts, their SLA results, a calendar day and a base address. Dates,
 * never countdowns, so that a value stays true overnight (sync rule S3). With no contract left, every field is empty.
 */
import { assessContract, openFlagCodes } from './assessment.ts';
import type { BusinessCalendar } from './calendar.ts';
import type { Contract, PlainDate, SharedField } from './contract.ts';
import { leadContract } from './lead.ts';
import { MIRROR_FIELD_NAMES, type MirrorField, type MirrorValues } from './mirror.ts';
import { formatDecimal } from './money.ts';
import { endDateOf, renewalDateOf } from './renewal.ts';
import type { SlaSummary } from './sla-summary.ts';
import { stageAsOf } from './stage.ts';

type WantedContext = {
  /** Today in the workspace's zone. */
  readonly asOf: PlainDate;
  readonly calendarOf: (calendarId: string) => BusinessCalendar;
  readonly contractUrl: (contractId: string) => string;
};

/** CRM text fields take far more; a title longer than this is of no use in a list column. */
const MIRROR_TEXT_LENGTH_MAX = 250;

const NOTHING: MirrorValues = Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, null]));

/** Every mirrored field, as canonical text, together with the contract that fills it. */
export function wantedValues(
  linked: readonly { readonly contract: Contract; readonly sla: SlaSummary }[],
  context: WantedContext,
): { readonly leadContractId: string | null; readonly values: MirrorValues } {
  const lead = leadContract(
    linked.map((link) => link.contract),
    context.asOf,
  );
  const link = linked.find((candidate) => candidate.contract.id === lead?.id);
  if (lead === null || link === undefined) return { leadContractId: null, values: NOTHING };
  const live = linked.filter((candidate) => !candidate.contract.archived);
  return {
    leadContractId: lead.id,
    values: { ...valuesOf(lead, link.sla, context), contractCount: String(live.length) },
  };
}

/** The value of a shared field as a CRM shows it on `asOf`. */
export function sharedValue(contract: Contract, field: SharedField, asOf: PlainDate): string | null {
  switch (field) {
    case 'stage':
      return stageAsOf(contract, asOf);
    case 'renewalDate':
      return renewalDateOf(contract, asOf);
    case 'renewalDecision':
      return contract.renewalDecision;
  }
}

function valuesOf(
  lead: Contract,
  sla: SlaSummary,
  context: WantedContext,
): Record<Exclude<MirrorField, 'contractCount'>, string | null> {
  const { asOf } = context;
  const calendar = context.calendarOf(lead.term.calendarId);
  const { deadline, flags, health } = assessContract(lead, sla, { calendar, asOf });
  return {
    leadContractNumber: canonicalText(lead.number),
    leadContractTitle: canonicalText(lead.title),
    stage: sharedValue(lead, 'stage', asOf),
    health,
    renewalKind: lead.term.renewalKind,
    renewalDate: sharedValue(lead, 'renewalDate', asOf),
    renewalDecision: lead.renewalDecision,
    noticeDeadline: deadline.kind === 'deadline' ? deadline.safeDate : null,
    endDate: endDateOf(lead, asOf),
    contractValue: lead.value === null ? null : formatDecimal(lead.value),
    contractCurrency: lead.value === null ? null : lead.value.currency,
    riskFlags: codeSet(openFlagCodes(flags)),
    slaStatus: sla.status,
    availabilityLastMonth: sla.availabilityLastMonth,
    responseComplianceLastMonth: sla.responseComplianceLastMonth,
    breachesTwelveMonths: String(sla.breachesTwelveMonths),
    contractUrl: context.contractUrl(lead.id),
  };
}

/** Hosts trim text and drop control characters; sending what they would store keeps a confirmed value equal to the wanted one. */
export function canonicalText(text: string): string | null {
  const flat = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  const cut = Array.from(flat).slice(0, MIRROR_TEXT_LENGTH_MAX).join('').trim();
  return cut === '' ? null : cut;
}

/** A set as canonical text: sorted codes joined by `;`, or nothing. */
function codeSet(codes: readonly string[]): string | null {
  return codes.length === 0 ? null : [...new Set(codes)].toSorted().join(';');
}
