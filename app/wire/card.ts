/**
 * The card's half of the HTTP API: requests and answers as schemas, types inferred. Every write carries an idempotency key in its body,
 * because HubSpot repeats a card's request once on a connection error or 5xx and lets no header through but Authorization.
 */
import { z } from 'zod';

export const plainDate = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .describe('A calendar day, YYYY-MM-DD');
export const instant = z.iso.datetime().describe('An instant, ISO 8601 in UTC');
export const money = z.object({
  minor: z
    .string()
    .regex(/^-?\d+$/)
    .describe('Amount in minor units, as text so that no digit is lost'),
  currency: z.string().length(3).describe('ISO 4217 code'),
});
export const idempotencyKey = z
  .string()
  .min(16)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/);

export const contractStage = z.enum([
  'draft',
  'in_review',
  'approved',
  'signed',
  'active',
  'renewing',
  'expired',
  'terminated',
  'void',
]);
export const contractSide = z.enum(['buy', 'sell']);
export const renewalKind = z.enum(['none', 'mutual_written', 'auto', 'evergreen', 'option_buyer', 'option_supplier']);
export const renewalDecision = z.enum(['undecided', 'renew', 'renegotiate', 'exit']);
export const health = z.enum(['good', 'attention', 'at_risk', 'unknown']);
export const slaVerdict = z.enum(['met', 'missed', 'no_data', 'excused', 'provisional', 'disputed', 'none']);
export const severity = z.enum(['critical', 'high', 'medium', 'low']);
export const objectType = z.enum(['opportunity', 'account']);

export const noticeView = z.object({
  legalDate: plainDate.describe('Last day on which notice counts'),
  safeDate: plainDate.describe('The working day on or before it'),
  decisionDueDate: plainDate,
  provisional: z.boolean().describe('True while the calendar of a year involved is unpublished'),
  daysLeft: z.int().describe('Whole days from today, in the workspace time zone, to safeDate; negative once past'),
  window: z.enum(['open', 'soon', 'closed']),
});

export const riskView = z.object({ code: z.string(), severity, state: z.enum(['open', 'unknown']) });

export const contractCardView = z.object({
  id: z.string(),
  number: z.string(),
  title: z.string(),
  side: contractSide,
  counterparty: z.string().nullable(),
  stage: contractStage,
  nextStages: z.array(contractStage).describe('Where it may legally go now'),
  health,
  value: money.nullable(),
  effectiveDate: plainDate.nullable(),
  endDate: plainDate.nullable(),
  renewalDate: plainDate.nullable(),
  renewalKind,
  renewalDecision,
  notice: noticeView.nullable(),
  sla: z.object({
    status: slaVerdict,
    availabilityLastMonth: z.string().nullable(),
    responseComplianceLastMonth: z.string().nullable(),
    breachesTwelveMonths: z.int(),
  }),
  risks: z.array(riskView),
  isLead: z.boolean().describe('The contract whose values stand on this CRM record'),
  revision: z.int(),
});
export type ContractCardView = z.infer<typeof contractCardView>;

export const syncView = z.object({
  state: z.enum(['current', 'pending', 'attention', 'paused']),
  pendingChanges: z.int(),
  lastAgreedAt: instant.nullable(),
  reason: z.string().nullable().describe('A stable code when state is attention or paused'),
});

/** GET /v1/card/records/{objectType}/{recordId} */
export const recordCard = z.object({
  record: z.object({ objectType, recordId: z.string(), name: z.string().nullable() }),
  contracts: z.array(contractCardView).max(200),
  /** The one that needs attention first, and why; null when there is none. */
  attention: z
    .object({
      contractId: z.string(),
      reason: z.enum(['notice_closing', 'notice_closed', 'sla_missed', 'undecided', 'risk', 'expired', 'fine']),
      date: plainDate.nullable(),
    })
    .nullable(),
  sync: syncView,
  today: plainDate,
  permissions: z.object({ canEdit: z.boolean() }),
  workspaceUrl: z.string(),
});
export type RecordCard = z.infer<typeof recordCard>;

export const provenanceView = z.object({
  field: z.string(),
  value: z.string().nullable(),
  previous: z.string().nullable(),
  source: z.enum(['host', 'card', 'workspace', 'import', 'system']),
  actor: z.string().nullable(),
  place: z.string().nullable().describe('Name of the CRM portal or file it came through'),
  at: instant,
});

/** GET /v1/card/contracts/{contractId}?objectType=&recordId= */
export const contractDetail = z.object({
  contract: contractCardView,
  timeline: z.array(
    z.object({ stage: contractStage, at: instant, actor: z.string().nullable(), source: provenanceView.shape.source }),
  ),
  terms: z.object({
    signedDate: plainDate.nullable(),
    renewalMonths: z.int().nullable(),
    notice: z
      .object({
        count: z.int(),
        unit: z.enum(['days', 'months']),
        countedFrom: z.enum(['before_expiry', 'before_renewal']),
      })
      .nullable(),
    calendarId: z.string(),
    owner: z.string().nullable(),
    parties: z.array(z.object({ name: z.string(), role: z.string(), sideLabel: z.string().nullable() })),
  }),
  slaTrend: z.array(
    z.object({
      objective: z.string(),
      metric: z.enum(['availability', 'response']),
      target: z.string(),
      months: z.array(
        z.object({ period: z.string().regex(/^\d{4}-\d{2}$/), value: z.string().nullable(), verdict: slaVerdict }),
      ),
    }),
  ),
  incidents: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      severity,
      startedAt: instant,
      restoredAt: instant.nullable(),
      excused: z.boolean(),
    }),
  ),
  provenance: z.array(provenanceView),
  conflicts: z.array(
    z.object({
      id: z.string(),
      field: z.string(),
      ours: z.string().nullable(),
      theirs: z.string().nullable(),
      winner: z.enum(['ours', 'theirs']),
      reason: z.string(),
      detail: z.string(),
      at: instant,
      restored: z.boolean(),
    }),
  ),
  links: z.array(
    z.object({
      host: z.enum(['hubspot', 'salesforce']),
      objectType,
      recordId: z.string(),
      name: z.string().nullable(),
      url: z.string().nullable(),
    }),
  ),
  sync: syncView,
  today: plainDate,
});
export type ContractDetail = z.infer<typeof contractDetail>;

/** GET /v1/card/contracts?query=&objectType=&recordId=&limit= */
export const contractSearch = z.object({
  results: z.array(
    z.object({
      id: z.string(),
      number: z.string(),
      title: z.string(),
      counterparty: z.string().nullable(),
      stage: contractStage,
      renewalDate: plainDate.nullable(),
      value: money.nullable(),
      alreadyAttached: z.boolean(),
    }),
  ),
  more: z.boolean(),
});
export type ContractSearch = z.infer<typeof contractSearch>;

/** Amounts are stored as 64-bit integers; one near that is a typing error, in a form as in an import. */
const MINOR_DIGITS_MAX = 17;
const enteredMoney = z
  .strictObject({ ...money.shape, currency: z.string().regex(/^[A-Z]{3}$/) })
  .refine(({ minor }) => minor.replace('-', '').length <= MINOR_DIGITS_MAX, {
    path: ['minor'],
    message: 'not_an_amount',
  });

/** PostgreSQL has no year 0. */
const enteredInstant = instant.refine((text) => text >= '0001', 'not_an_instant');

const recordRef = z.strictObject({ objectType, recordId: z.string().regex(/^[A-Za-z0-9]{1,32}$/) });

/** POST /v1/card/links ; POST /v1/card/links/detach ; POST /v1/card/links/restore undoes the latter */
export const linkRequest = z.strictObject({ idempotencyKey, record: recordRef, contractId: z.uuid() });
/** POST /v1/card/contracts: create and attach */
export const createContractRequest = z.strictObject({
  idempotencyKey,
  record: recordRef,
  contract: z.strictObject({
    title: z.string().trim().min(1).max(200),
    number: z.string().trim().max(60).nullable(),
    side: contractSide,
    counterparty: z.string().trim().min(1).max(200),
    effectiveDate: plainDate.nullable(),
    endDate: plainDate.nullable(),
    renewalKind,
    renewalMonths: z.int().min(1).max(120).nullable(),
    notice: z
      .strictObject({
        count: z.int().min(0).max(730),
        unit: z.enum(['days', 'months']),
        countedFrom: z.enum(['before_expiry', 'before_renewal']),
      })
      .nullable(),
    calendarId: z.string().max(16),
    value: enteredMoney.nullable(),
  }),
});
/** POST /v1/card/contracts/{id}/stage */
export const moveStageRequest = z.strictObject({
  idempotencyKey,
  record: recordRef,
  expectedRevision: z.int(),
  to: contractStage,
});
/** POST /v1/card/contracts/{id}/renewal-decision */
export const renewalDecisionRequest = z.strictObject({
  idempotencyKey,
  record: recordRef,
  expectedRevision: z.int(),
  decision: renewalDecision,
});
/** POST /v1/card/contracts/{id}/incidents */
export const logIncidentRequest = z.strictObject({
  idempotencyKey,
  record: recordRef,
  title: z.string().trim().min(1).max(200),
  severity,
  startedAt: enteredInstant,
  restoredAt: enteredInstant.nullable(),
});
/** Every card write answers with the record's card as it now is, so that a write costs one round trip. */
export const cardWriteResponse = z.object({ card: recordCard, contractId: z.string().nullable() });
export type CardWriteResponse = z.infer<typeof cardWriteResponse>;
