/** Service levels in storage: objectives, incidents and support cases in; results by revision and a summary out. */
import { z } from 'zod';
import type { NewIncident, NewSlaResult, SlaInputs, WriteResult } from '../contract-port.ts';
import type { SlaSummary } from '../../domain/sla-summary.ts';
import type { Write } from './contracts-once.ts';
import {
  INCIDENT_OBJECT,
  incidentSchema,
  loadContracts,
  OBJECTIVE_OBJECT,
  objectiveSchema,
  RESULT_OBJECT,
  resultSchema,
} from './contracts-read.ts';
import { epochMs } from './contracts-row.ts';
import { insertFieldChanges } from './contract-writes.ts';
import { instant, jsonb, type Sql } from './database.ts';
import { markMirrorsOf } from './dirty-marks.ts';

/** Most cases and incidents taken into one computation; a vendor beyond that needs its own import. */
const INPUTS_MAX = 20_000;

const caseSchema = z.object({
  recordId: z.string(),
  priority: z.string().nullable(),
  openedAt: z.number(),
  respondedAt: z.number().nullable(),
  closedAt: z.number().nullable(),
});

/**
 * Cases belong to a contract when they hang on an account that the contract is attached to, in the same portal. Incidents that still
 * last, or ended after the span began, belong to it.
 */
export async function loadSlaInputs(
  sql: Sql,
  workspaceId: string,
  span: { readonly contractId: string; readonly fromAt: number; readonly toAt: number },
): Promise<SlaInputs | null> {
  const { contractId } = span;
  const [contract] = await loadContracts(sql, workspaceId, [contractId]);
  if (contract === undefined) return null;
  const [from, to] = [instant(span.fromAt), instant(span.toAt)];
  const objectives = await sql.rows<{ item: unknown }>(
    `SELECT ${OBJECTIVE_OBJECT} AS item FROM sla_objective o WHERE o.workspace_id = $1 AND o.contract_id = $2 AND o.retired_at IS NULL
     ORDER BY o.id`,
    [workspaceId, contractId],
  );
  const incidents = await sql.rows<{ item: unknown }>(
    `SELECT ${INCIDENT_OBJECT} AS item FROM incident i WHERE i.workspace_id = $1 AND i.contract_id = $2 AND i.opened_at < $4
       AND (i.restored_at IS NULL OR i.restored_at >= $3) ORDER BY i.opened_at, i.id LIMIT ${INPUTS_MAX}`,
    [workspaceId, contractId, from, to],
  );
  const cases = await sql.rows<{ item: unknown }>(
    `SELECT jsonb_build_object('recordId', s.record_id, 'priority', s.priority, 'openedAt', ${epochMs('s.opened_at')},
       'respondedAt', ${epochMs('s.responded_at')}, 'closedAt', ${epochMs('s.closed_at')}) AS item
     FROM support_case s WHERE s.workspace_id = $1 AND s.opened_at >= $3 AND s.opened_at < $4 AND EXISTS (
       SELECT 1 FROM contract_link l WHERE l.workspace_id = s.workspace_id AND l.contract_id = $2 AND l.state = 'active'
         AND l.connection_id = s.connection_id AND l.object_type = 'account' AND l.record_id = ANY(s.account_ids))
     ORDER BY s.opened_at, s.record_id LIMIT ${INPUTS_MAX}`,
    [workspaceId, contractId, from, to],
  );
  const results = await sql.rows<{ item: unknown }>(
    `SELECT ${RESULT_OBJECT} AS item FROM (SELECT DISTINCT ON (s.objective_id, s.period) s.* FROM sla_result s
       WHERE s.workspace_id = $1 AND s.contract_id = $2 ORDER BY s.objective_id, s.period, s.revision DESC) r`,
    [workspaceId, contractId],
  );
  return {
    contract,
    objectives: objectives.map(({ item }) => objectiveSchema.parse(item)),
    incidents: incidents.map(({ item }) => incidentSchema.parse(item)),
    cases: cases.map(({ item }) => caseSchema.parse(item)),
    results: results.map(({ item }) => resultSchema.parse(item)),
  };
}

/** Adds a revision where the inputs differ from those of the newest one; saves the summary and marks mirrors where it changed. */
export async function saveSlaResults(
  write: Write,
  contractId: string,
  { results, summary }: { readonly results: readonly NewSlaResult[]; readonly summary: SlaSummary },
): Promise<void> {
  const { sql, context, now } = write;
  const rows = results.map((result) => ({
    objective_id: result.objectiveId,
    period: result.period,
    verdict: result.verdict,
    numerator: result.numerator,
    denominator: result.denominator,
    display: result.display,
    inputs_hash: result.inputsHash,
    rule_version: result.ruleVersion,
    calendar_version: result.calendarVersion,
  }));
  const [before] = await sql.rows<{ sla_summary: unknown; revision: number }>(
    'SELECT sla_summary, revision FROM contract WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE',
    [context.workspaceId, contractId],
  );
  if (before === undefined) return;
  await sql.run(
    `INSERT INTO sla_result (workspace_id, objective_id, period, revision, contract_id, verdict, numerator, denominator, display,
       inputs_hash, rule_version, calendar_version, computed_at)
     SELECT $1, n.objective_id, n.period, coalesce(last.revision, 0) + 1, $2, n.verdict, n.numerator, n.denominator, n.display,
       n.inputs_hash, n.rule_version, n.calendar_version, $4
     FROM jsonb_to_recordset($3::jsonb) AS n(objective_id uuid, period text, verdict text, numerator text, denominator text,
       display text, inputs_hash text, rule_version text, calendar_version text)
     LEFT JOIN LATERAL (SELECT r.revision, r.inputs_hash, r.rule_version FROM sla_result r
       WHERE r.workspace_id = $1 AND r.objective_id = n.objective_id AND r.period = n.period ORDER BY r.revision DESC LIMIT 1) last ON true
     WHERE last.revision IS NULL OR last.inputs_hash <> n.inputs_hash OR last.rule_version <> n.rule_version`,
    [context.workspaceId, contractId, jsonb(rows), instant(now)],
  );
  const changed = await sql.run(
    `UPDATE contract SET sla_summary = $3::jsonb, updated_at = $4, derived_from = NULL WHERE workspace_id = $1 AND id = $2
     AND sla_summary IS DISTINCT FROM $3::jsonb`,
    [context.workspaceId, contractId, jsonb(summary), instant(now)],
  );
  if (changed === 0) return;
  const parsed = z.object({ status: z.string() }).safeParse(before.sla_summary);
  const previous = parsed.success ? parsed.data.status : null;
  if (previous !== summary.status) {
    await insertFieldChanges({ sql, workspaceId: context.workspaceId, random: write.random, now, derived: new Map() }, [
      {
        contractId,
        contractRevision: before.revision,
        field: 'slaStatus',
        previous,
        value: summary.status,
        provenance: context.provenance,
      },
    ]);
  }
  await markMirrorsOf(sql, [contractId], { workspaceId: context.workspaceId, now });
}

export async function recordIncident(write: Write, incident: NewIncident): Promise<WriteResult> {
  const { sql, context, now } = write;
  const written = await sql.run(
    `INSERT INTO incident (workspace_id, id, contract_id, severity, title, opened_at, restored_at, source, created_by, created_at)
     SELECT c.workspace_id, $2, c.id, $4, $5, $6, $7, $8, $9, $10 FROM contract c WHERE c.workspace_id = $1 AND c.id = $3`,
    [
      context.workspaceId,
      incident.id,
      incident.contractId,
      incident.severity,
      incident.title,
      instant(incident.openedAt),
      instant(incident.restoredAt),
      context.provenance.source,
      context.provenance.actor,
      instant(now),
    ],
  );
  if (written !== 1) return { kind: 'not_found' };
  await insertFieldChanges({ sql, workspaceId: context.workspaceId, random: write.random, now, derived: new Map() }, [
    {
      contractId: incident.contractId,
      contractRevision: 0,
      field: 'incident',
      previous: null,
      value: incident.title,
      provenance: context.provenance,
    },
  ]);
  return { kind: 'written', contractId: incident.contractId };
}
