/**
 * One contract as a JSON object made in SQL, and its way back into the domain's shape. Every read of contracts outside the engine goes
 * through this one expression, so that a column can be forgotten in no list.
 */
import { z } from 'zod';
import {
  CONTRACT_SIDES,
  CONTRACT_STAGES,
  PARTY_ROLES,
  type PlainDate,
  RENEWAL_DECISIONS,
  RENEWAL_KINDS,
} from '../../domain/contract.ts';
import { parsePlainDate } from '../../domain/dates.ts';
import type { ContractRow } from '../contract-port.ts';
import { NO_SLA } from '../../domain/sla-summary.ts';

/** Epoch milliseconds of a timestamptz column, as JSON carries them. */
export const epochMs = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

/** For a contract aliased `c`. */
export const CONTRACT_OBJECT = `json_build_object(
  'id', c.id, 'number', c.number, 'title', c.title, 'side', c.side, 'stage', c.stage,
  'effectiveDate', c.effective_date, 'endDate', c.end_date, 'renewalKind', c.renewal_kind, 'renewalMonths', c.renewal_months,
  'renewalsLeft', c.renewals_left, 'noticeCount', c.notice_count, 'noticeUnit', c.notice_unit,
  'noticeCountedFrom', c.notice_counted_from, 'calendarId', c.calendar_id, 'signedDate', c.signed_date,
  'valueMinor', c.value_minor::text, 'currency', c.currency, 'renewalDecision', c.renewal_decision, 'ownerEmail', c.owner_email,
  'archived', c.archived, 'revision', c.revision, 'changedAt', c.changed_at, 'slaSummary', c.sla_summary,
  'createdAt', ${epochMs('c.created_at')}, 'updatedAt', ${epochMs('c.updated_at')},
  'links', (SELECT count(*) FROM contract_link n
    WHERE n.workspace_id = c.workspace_id AND n.contract_id = c.id AND n.state = 'active'),
  'parties', (SELECT coalesce(json_agg(json_build_object('organisationId', p.organisation_id, 'legalName', o.legal_name,
      'role', p.role, 'sideLabel', p.side_label) ORDER BY p.position, p.role), '[]'::json)
    FROM contract_party p JOIN organisation o ON o.workspace_id = p.workspace_id AND o.id = p.organisation_id
    WHERE p.workspace_id = c.workspace_id AND p.contract_id = c.id))`;

const plainDate = z.string().transform((text, context): PlainDate => {
  const date = parsePlainDate(text);
  if (date !== null) return date;
  context.addIssue('not a calendar day');
  return z.NEVER;
});

const slaSummarySchema = z.object({
  status: z.enum(['met', 'missed', 'no_data', 'excused', 'provisional', 'disputed', 'none']),
  availabilityLastMonth: z.string().nullable(),
  responseComplianceLastMonth: z.string().nullable(),
  breachesTwelveMonths: z.number(),
  breachedLastTwoOfThree: z.boolean(),
});

const stored = z.object({
  id: z.string(),
  number: z.string(),
  title: z.string(),
  side: z.enum(CONTRACT_SIDES),
  stage: z.enum(CONTRACT_STAGES),
  effectiveDate: plainDate.nullable(),
  endDate: plainDate.nullable(),
  renewalKind: z.enum(RENEWAL_KINDS),
  renewalMonths: z.number().nullable(),
  renewalsLeft: z.number().nullable(),
  noticeCount: z.number().nullable(),
  noticeUnit: z.enum(['days', 'months']).nullable(),
  noticeCountedFrom: z.enum(['before_expiry', 'before_renewal']).nullable(),
  calendarId: z.string(),
  signedDate: plainDate.nullable(),
  valueMinor: z.string().nullable(),
  currency: z.string().nullable(),
  renewalDecision: z.enum(RENEWAL_DECISIONS),
  ownerEmail: z.string().nullable(),
  archived: z.boolean(),
  revision: z.number(),
  changedAt: z.partialRecord(z.enum(['stage', 'renewalDate', 'renewalDecision']), z.number()),
  slaSummary: slaSummarySchema.nullable(),
  createdAt: z.number(),
  updatedAt: z.number(),
  links: z.number(),
  parties: z.array(
    z.object({
      organisationId: z.string(),
      legalName: z.string(),
      role: z.enum(PARTY_ROLES),
      sideLabel: z.string().nullable(),
    }),
  ),
});

export function contractOf(value: unknown): ContractRow {
  const row = stored.parse(value);
  const { noticeCount, noticeUnit, noticeCountedFrom, valueMinor, currency } = row;
  const hasNotice = noticeCount !== null && noticeUnit !== null && noticeCountedFrom !== null;
  return {
    contract: {
      id: row.id,
      number: row.number,
      title: row.title,
      side: row.side,
      stage: row.stage,
      term: {
        effectiveDate: row.effectiveDate,
        endDate: row.endDate,
        renewalKind: row.renewalKind,
        renewalMonths: row.renewalMonths,
        renewalsLeft: row.renewalsLeft,
        notice: hasNotice ? { count: noticeCount, unit: noticeUnit, countedFrom: noticeCountedFrom } : null,
        calendarId: row.calendarId,
      },
      signedDate: row.signedDate,
      value: valueMinor === null || currency === null ? null : { minor: BigInt(valueMinor), currency },
      renewalDecision: row.renewalDecision,
      parties: row.parties,
      ownerEmail: row.ownerEmail,
      archived: row.archived,
      revision: row.revision,
    },
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    changedAt: {
      stage: row.changedAt.stage ?? row.createdAt,
      renewalDate: row.changedAt.renewalDate ?? row.createdAt,
      renewalDecision: row.changedAt.renewalDecision ?? row.createdAt,
    },
    sla: row.slaSummary ?? NO_SLA,
    links: row.links,
  };
}
