/** Contracts as rows, and rows as contracts: the one place where the columns of `contract` and `contract_party` meet the domain's types. */
import { z } from 'zod';
import {
  CONTRACT_SIDES,
  CONTRACT_STAGES,
  type Contract,
  PARTY_ROLES,
  type PlainDate,
  RENEWAL_DECISIONS,
  RENEWAL_KINDS,
  SHARED_FIELDS,
  type SharedField,
} from '../../domain/contract.ts';
import { parsePlainDate } from '../../domain/dates.ts';
import { NO_SLA } from '../../domain/sla-summary.ts';
import type { LinkedContract } from '../port.ts';
import type { Sql } from './database.ts';

/** Columns for `contractOf`; the table must be named `c` in the statement. */
export const CONTRACT_COLUMNS = `c.id, c.number, c.title, c.side, c.stage, c.effective_date, c.end_date, c.renewal_kind, c.renewal_months,
  c.renewals_left, c.notice_count, c.notice_unit, c.notice_counted_from, c.calendar_id, c.signed_date, c.value_minor, c.currency,
  c.renewal_decision, c.owner_email, c.archived, c.revision, c.changed_at, c.sla_summary, c.created_at,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('organisationId', p.organisation_id, 'legalName', o.legal_name, 'role', p.role,
      'sideLabel', p.side_label) ORDER BY p.position, p.organisation_id, p.role), '[]'::jsonb)
    FROM contract_party p JOIN organisation o ON o.workspace_id = p.workspace_id AND o.id = p.organisation_id
    WHERE p.workspace_id = c.workspace_id AND p.contract_id = c.id) AS parties`;

const day = z
  .string()
  .transform((text): PlainDate => {
    const date = parsePlainDate(text);
    if (date === null) throw new RangeError('a stored day is outside the calendar of the domain');
    return date;
  })
  .nullable();

const party = z.object({
  organisationId: z.string(),
  legalName: z.string(),
  role: z.enum(PARTY_ROLES),
  sideLabel: z.string().nullable(),
});
const changedAt = z.record(z.enum(SHARED_FIELDS), z.number());
const slaSummary = z.object({
  status: z.enum(['met', 'missed', 'no_data', 'excused', 'provisional', 'disputed', 'none']),
  availabilityLastMonth: z.string().nullable(),
  responseComplianceLastMonth: z.string().nullable(),
  breachesTwelveMonths: z.number(),
  breachedLastTwoOfThree: z.boolean(),
});

const contractRow = z.object({
  id: z.string(),
  number: z.string(),
  title: z.string(),
  side: z.enum(CONTRACT_SIDES),
  stage: z.enum(CONTRACT_STAGES),
  effective_date: day,
  end_date: day,
  renewal_kind: z.enum(RENEWAL_KINDS),
  renewal_months: z.number().nullable(),
  renewals_left: z.number().nullable(),
  notice_count: z.number().nullable(),
  notice_unit: z.enum(['days', 'months']).nullable(),
  notice_counted_from: z.enum(['before_expiry', 'before_renewal']).nullable(),
  calendar_id: z.string(),
  signed_date: day,
  value_minor: z.string().nullable(),
  currency: z.string().nullable(),
  renewal_decision: z.enum(RENEWAL_DECISIONS),
  owner_email: z.string().nullable(),
  archived: z.boolean(),
  revision: z.number(),
  changed_at: changedAt,
  sla_summary: slaSummary.nullable(),
  created_at: z.number(),
  parties: z.array(party),
});

/** A row selected with `CONTRACT_COLUMNS`, as the domain knows it. Throws when the row breaks a constraint of the schema. */
export function contractOf(row: object): LinkedContract {
  const parsed = contractRow.parse(row);
  const { notice_count: count, notice_unit: unit, notice_counted_from: countedFrom } = parsed;
  const contract: Contract = {
    id: parsed.id,
    number: parsed.number,
    title: parsed.title,
    side: parsed.side,
    stage: parsed.stage,
    term: {
      effectiveDate: parsed.effective_date,
      endDate: parsed.end_date,
      renewalKind: parsed.renewal_kind,
      renewalMonths: parsed.renewal_months,
      renewalsLeft: parsed.renewals_left,
      notice: count === null || unit === null || countedFrom === null ? null : { count, unit, countedFrom },
      calendarId: parsed.calendar_id,
    },
    signedDate: parsed.signed_date,
    value:
      parsed.value_minor === null || parsed.currency === null
        ? null
        : { minor: BigInt(parsed.value_minor), currency: parsed.currency },
    renewalDecision: parsed.renewal_decision,
    parties: parsed.parties,
    ownerEmail: parsed.owner_email,
    archived: parsed.archived,
    revision: parsed.revision,
  };
  return { contract, createdAt: parsed.created_at, changedAt: parsed.changed_at, sla: parsed.sla_summary ?? NO_SLA };
}

/** When every shared field counts as changed at the given instant: what a new contract starts with. */
export function changedAtOnce(at: number): Readonly<Record<SharedField, number>> {
  return { stage: at, renewalDate: at, renewalDecision: at };
}

/** The contracts with these ids, by id. `lock` holds them until the transaction ends, in id order. */
export async function loadContractsById(
  sql: Sql,
  workspaceId: string,
  ids: readonly string[],
  lock: 'lock' | 'read',
): Promise<ReadonlyMap<string, LinkedContract>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.rows(
    `SELECT ${CONTRACT_COLUMNS} FROM contract c WHERE c.workspace_id = $1 AND c.id = ANY($2::uuid[])
     ORDER BY c.id ${lock === 'lock' ? 'FOR NO KEY UPDATE OF c' : ''}`,
    [workspaceId, ids],
  );
  return new Map(rows.map(contractOf).map((linked) => [linked.contract.id, linked]));
}
