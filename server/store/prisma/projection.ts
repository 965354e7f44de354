/** What an org should hold of the contracts attached to its records, compared in the database with what it was last given. */
import { z } from 'zod';
import type { ConnectionRef } from '../../crm/port.ts';
import type { RowKind, RowSource } from '../../domain/contract-row.ts';
import type { DueRow, ProjectionStore } from '../projection-port.ts';
import { type Database, instant, jsonb } from './database.ts';

/** A contract is its org's concern from its first link on, whatever becomes of the link. */
const ATTACHED = `EXISTS (SELECT 1 FROM contract_link l WHERE l.workspace_id = c.workspace_id AND l.contract_id = c.id AND l.connection_id = $2)`;

const CONTRACTS = `
SELECT c.id::text AS row_id, jsonb_build_object('kind', 'contract', 'contractId', c.id, 'number', c.number, 'title', c.title,
  'side', c.side, 'stage', coalesce(c.current_stage, c.stage), 'health', c.health, 'renewalKind', c.renewal_kind,
  'renewalDecision', c.renewal_decision, 'effectiveDate', c.effective_date, 'endDate', c.end_date, 'signedDate', c.signed_date,
  'renewalDate', c.renewal_date, 'noticeDeadline', c.notice_deadline, 'valueMinor', c.value_minor::text, 'currency', c.currency,
  'counterparty', (SELECT o.legal_name FROM contract_party p
    JOIN organisation o ON o.workspace_id = p.workspace_id AND o.id = p.organisation_id
    WHERE p.workspace_id = c.workspace_id AND p.contract_id = c.id
      AND p.role = CASE c.side WHEN 'buy' THEN 'supplier' ELSE 'buyer' END ORDER BY p.position, o.id LIMIT 1),
  'ownerEmail', c.owner_email, 'archived', c.archived, 'revision', c.revision, 'riskFlags', to_jsonb(c.risk_flags),
  'slaStatus', c.sla_status, 'availabilityLastMonth', c.sla_summary -> 'availabilityLastMonth',
  'responseComplianceLastMonth', c.sla_summary -> 'responseComplianceLastMonth',
  'breachesTwelveMonths', c.sla_breaches) AS source
FROM contract c WHERE c.workspace_id = $1 AND ${ATTACHED}`;

/** A link that ended is told only to an org that knows it. */
const LINKS = `
SELECT l.object_type || '/' || l.record_id || '/' || l.contract_id AS row_id,
  jsonb_build_object('kind', 'link', 'contractId', l.contract_id, 'objectType', l.object_type, 'recordId', l.record_id,
    'active', l.state = 'active', 'isLead', coalesce(m.lead_contract_id = l.contract_id, false) AND l.state = 'active') AS source
FROM contract_link l
LEFT JOIN mirror m ON (m.workspace_id, m.connection_id, m.object_type, m.record_id)
  = (l.workspace_id, l.connection_id, l.object_type, l.record_id)
WHERE l.workspace_id = $1 AND l.connection_id = $2 AND l.object_type IN ('opportunity', 'account') AND (l.state = 'active' OR EXISTS (
  SELECT 1 FROM projected_row x WHERE x.workspace_id = $1 AND x.connection_id = $2 AND x.kind = 'link' AND x.failure IS NULL
    AND x.row_id = l.object_type || '/' || l.record_id || '/' || l.contract_id))
  AND EXISTS (SELECT 1 FROM projected_row x WHERE x.workspace_id = $1 AND x.connection_id = $2 AND x.kind = 'contract'
    AND x.failure IS NULL AND x.row_id = l.contract_id::text)`;

const SLA_RESULTS = `
SELECT r.objective_id || '/' || r.period AS row_id,
  jsonb_build_object('kind', 'sla_result', 'contractId', r.contract_id, 'objectiveId', r.objective_id, 'period', r.period,
    'metric', o.metric, 'severity', o.severity, 'targetMinutes', o.definition -> 'targetMinutes', 'target', o.target, 'value', r.display, 'verdict', r.verdict, 'accountId', (
      SELECT CASE WHEN count(*) = 1 THEN min(l.record_id) END FROM contract_link l WHERE l.workspace_id = $1 AND l.connection_id = $2
        AND l.contract_id = r.contract_id AND l.object_type = 'account' AND l.state = 'active')) AS source
FROM (SELECT DISTINCT ON (s.objective_id, s.period) s.* FROM sla_result s
  WHERE s.workspace_id = $1 AND EXISTS (SELECT 1 FROM projected_row x WHERE x.workspace_id = $1 AND x.connection_id = $2
    AND x.kind = 'contract' AND x.failure IS NULL AND x.row_id = s.contract_id::text)
  ORDER BY s.objective_id, s.period, s.revision DESC) r
JOIN sla_objective o ON o.workspace_id = r.workspace_id AND o.id = r.objective_id`;

const WANTED: Record<RowKind, string> = { contract: CONTRACTS, link: LINKS, sla_result: SLA_RESULTS };

const text = z.string();
const contractSource = z.object({
  kind: z.literal('contract'),
  contractId: text,
  number: text,
  title: text,
  side: text,
  stage: text,
  health: text,
  renewalKind: text,
  renewalDecision: text,
  effectiveDate: text.nullable(),
  endDate: text.nullable(),
  signedDate: text.nullable(),
  renewalDate: text.nullable(),
  noticeDeadline: text.nullable(),
  valueMinor: text.nullable(),
  currency: text.nullable(),
  counterparty: text.nullable(),
  ownerEmail: text.nullable(),
  archived: z.boolean(),
  revision: z.number(),
  riskFlags: z.array(text),
  slaStatus: text,
  availabilityLastMonth: text.nullable(),
  responseComplianceLastMonth: text.nullable(),
  breachesTwelveMonths: z.number(),
});
const linkSource = z.object({
  kind: z.literal('link'),
  contractId: text,
  objectType: z.enum(['opportunity', 'account']),
  recordId: text,
  active: z.boolean(),
  isLead: z.boolean(),
});
const slaResultSource = z.object({
  kind: z.literal('sla_result'),
  contractId: text,
  objectiveId: text,
  period: text,
  metric: text,
  severity: text.nullable(),
  targetMinutes: z.number().nullable().catch(null),
  target: text,
  value: text.nullable(),
  verdict: text,
  accountId: text.nullable(),
});
const rowSource: z.ZodType<RowSource> = z.discriminatedUnion('kind', [contractSource, linkSource, slaResultSource]);

type Stored = { readonly row_id: string; readonly fingerprint: string; readonly source: unknown };

export function createProjectionStore(database: Database): ProjectionStore {
  return {
    listDue: async ({ workspaceId, connectionId }: ConnectionRef, kind, limit): Promise<readonly DueRow[]> => {
      const rows = await database.inWorkspace(workspaceId, (sql) =>
        sql.rows<Stored>(
          `WITH wanted AS (${WANTED[kind]})
           SELECT w.row_id, md5(w.source::text) AS fingerprint, w.source FROM wanted w
           LEFT JOIN projected_row p ON p.workspace_id = $1 AND p.connection_id = $2 AND p.kind = $3 AND p.row_id = w.row_id
           WHERE p.fingerprint IS DISTINCT FROM md5(w.source::text) ORDER BY w.row_id LIMIT $4`,
          [workspaceId, connectionId, kind, limit],
        ),
      );
      return rows.map((row) => ({
        rowId: row.row_id,
        fingerprint: row.fingerprint,
        source: rowSource.parse(row.source),
      }));
    },
    markProjected: async ({ workspaceId, connectionId }, kind, rows, at) => {
      if (rows.length === 0) return;
      await database.inWorkspace(workspaceId, (sql) =>
        sql.run(
          `INSERT INTO projected_row AS p (workspace_id, connection_id, kind, row_id, fingerprint, projected_at, failure)
           SELECT $1, $2, $3, n.row_id, n.fingerprint, $5, n.failure
           FROM jsonb_to_recordset($4::jsonb) AS n(row_id text, fingerprint text, failure text) ORDER BY n.row_id
           ON CONFLICT (workspace_id, connection_id, kind, row_id) DO UPDATE SET fingerprint = EXCLUDED.fingerprint,
             projected_at = EXCLUDED.projected_at, failure = EXCLUDED.failure`,
          [
            workspaceId,
            connectionId,
            kind,
            jsonb(rows.map(({ rowId, fingerprint, failure }) => ({ row_id: rowId, fingerprint, failure }))),
            instant(at),
          ],
        ),
      );
    },
  };
}
