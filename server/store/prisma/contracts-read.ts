/** Reading contracts for cards, lists and pages: one statement per question, whatever the number of contracts. */
import { z } from 'zod';
import { CONFLICT_POLICIES } from '../../domain/merge.ts';
import { MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type {
  ConnectionRow,
  ContractDetailRow,
  ContractRow,
  RecordCardRow,
  RecordTarget,
  WorkspaceRow,
} from '../contract-port.ts';
import { CONTRACT_OBJECT, contractOf, epochMs } from './contracts-row.ts';
import type { Reader } from './database.ts';

/** Most contracts shown on one record, and most changes, incidents and results shown of one contract. */
const RECORD_CONTRACTS_MAX = 200;
const CHANGES_MAX = 200;
const INCIDENTS_MAX = 200;
const RESULTS_MAX = 500;
const CONFLICTS_MAX = 50;
const LINKS_MAX = 200;

export const WORKSPACE_OBJECT = `json_build_object('id', w.id, 'name', w.name, 'timeZone', w.time_zone, 'currency', w.currency,
  'locale', w.locale, 'conflictPolicy', w.conflict_policy)`;
export const CONNECTION_OBJECT = `json_build_object('id', k.id, 'host', k.host, 'accountId', k.account_id, 'name', k.name,
  'uiOrigin', k.ui_origin, 'state', k.state, 'stateReason', k.state_reason)`;

const policySchema = z.enum(CONFLICT_POLICIES).catch('newest');
export const workspaceSchema: z.ZodType<WorkspaceRow> = z.object({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  currency: z.string(),
  locale: z.string(),
  conflictPolicy: z.object({ stage: policySchema, renewalDate: policySchema, renewalDecision: policySchema }),
});
export const connectionSchema: z.ZodType<ConnectionRow> = z.object({
  id: z.string(),
  host: z.enum(['hubspot', 'salesforce']),
  accountId: z.string(),
  name: z.string().nullable(),
  uiOrigin: z.string().nullable(),
  state: z.enum(['installing', 'active', 'parked', 'disconnected']),
  stateReason: z.string().nullable(),
});
const dirtySchema = z.object({ state: z.enum(['queued', 'dead']), failure: z.string().nullable() }).nullable();

const CARD = `
SELECT json_build_object(
  'workspace', ${WORKSPACE_OBJECT},
  'connection', ${CONNECTION_OBJECT},
  'mergedInto', (SELECT a.into_record_id FROM record_alias a
    WHERE a.workspace_id = $1 AND a.connection_id = $2 AND a.object_type = $3 AND a.record_id = $4),
  'hostRecord', (SELECT json_build_object('name', h.name) FROM host_record h
    WHERE h.workspace_id = $1 AND h.connection_id = $2 AND h.object_type = $3 AND h.record_id = $4),
  'mirror', (SELECT json_build_object('state', m.state, 'lastAgreedAt', ${epochMs('m.last_agreed_at')}, 'name', m.facts->>'name')
    FROM mirror m WHERE m.workspace_id = $1 AND m.connection_id = $2 AND m.object_type = $3 AND m.record_id = $4),
  'dirty', (SELECT json_build_object('state', d.state, 'failure', d.failure) FROM dirty d
    WHERE d.workspace_id = $1 AND d.connection_id = $2 AND d.object_type = $3 AND d.record_id = $4),
  'openConflicts', (SELECT count(*) FROM conflict x WHERE x.workspace_id = $1 AND x.connection_id = $2 AND x.object_type = $3
    AND x.record_id = $4 AND x.state = 'open' AND x.at > now() - interval '30 days'),
  'contracts', (SELECT coalesce(json_agg(found.contract), '[]'::json) FROM (
    SELECT ${CONTRACT_OBJECT} AS contract FROM contract_link l
    JOIN contract c ON c.workspace_id = l.workspace_id AND c.id = l.contract_id
    WHERE l.workspace_id = $1 AND l.connection_id = $2 AND l.object_type = $3 AND l.record_id = $4
      AND l.state = 'active' AND NOT c.archived
    ORDER BY c.notice_deadline NULLS LAST, c.number LIMIT ${RECORD_CONTRACTS_MAX}) found)
) AS card
FROM connection k JOIN workspace w ON w.id = k.workspace_id
WHERE k.workspace_id = $1 AND k.id = $2`;

const cardSchema = z.object({
  workspace: workspaceSchema,
  connection: connectionSchema,
  mergedInto: z.string().nullable(),
  hostRecord: z.object({ name: z.string().nullable() }).nullable(),
  mirror: z
    .object({
      state: z.enum(['live', 'archived', 'missing']),
      lastAgreedAt: z.number().nullable(),
      name: z.string().nullable(),
    })
    .nullable(),
  dirty: dirtySchema,
  openConflicts: z.number(),
  contracts: z.array(z.unknown()),
});

export async function loadRecordCard(
  sql: Reader,
  workspaceId: string,
  target: RecordTarget,
): Promise<RecordCardRow | null> {
  const { connectionId, ref } = target;
  const values = [workspaceId, connectionId, ref.objectType, ref.recordId];
  const [row] = await sql.rows<{ card: unknown }>(CARD, values, 'record_card');
  if (row === undefined) return null;
  const { hostRecord, mirror, contracts, ...card } = cardSchema.parse(row.card);
  return {
    ...card,
    recordKnown: hostRecord !== null || mirror !== null || contracts.length > 0,
    recordName: hostRecord?.name ?? mirror?.name ?? null,
    contracts: contracts.map(contractOf),
    mirror: mirror === null ? null : { state: mirror.state, lastAgreedAt: mirror.lastAgreedAt },
  };
}

export async function loadContracts(
  sql: Reader,
  workspaceId: string,
  contractIds: readonly string[],
): Promise<readonly ContractRow[]> {
  const rows = await sql.rows<{ contract: unknown }>(
    `SELECT ${CONTRACT_OBJECT} AS contract FROM contract c WHERE c.workspace_id = $1 AND c.id = ANY($2::uuid[]) ORDER BY c.id`,
    [workspaceId, contractIds],
    'contracts_by_id',
  );
  return rows.map(({ contract }) => contractOf(contract));
}

export const CHANGE_OBJECT = `json_build_object('id', f.id, 'contractId', f.contract_id, 'contractTitle', fc.title, 'field', f.field,
  'value', f.value, 'previous', f.previous, 'source', f.source, 'actor', f.actor, 'place', fk.name, 'at', ${epochMs('f.at')})`;
export const CHANGE_FROM = `field_change f JOIN contract fc ON fc.workspace_id = f.workspace_id AND fc.id = f.contract_id
  LEFT JOIN connection fk ON fk.workspace_id = f.workspace_id AND fk.id = f.connection_id`;
export const changeSchema = z.object({
  id: z.string(),
  contractId: z.string(),
  contractTitle: z.string(),
  field: z.string(),
  value: z.string().nullable(),
  previous: z.string().nullable(),
  source: z.enum(['host', 'card', 'workspace', 'import', 'system']),
  actor: z.string().nullable(),
  place: z.string().nullable(),
  at: z.number(),
});

export const CONFLICT_OBJECT = `json_build_object('id', x.id, 'contractId', x.contract_id, 'contractTitle', xc.title, 'field', x.field,
  'base', x.base, 'ours', x.ours, 'theirs', x.theirs, 'winner', x.winner, 'reason', x.reason, 'detail', x.detail,
  'connection', ${CONNECTION_OBJECT}, 'ref', json_build_object('objectType', x.object_type, 'recordId', x.record_id),
  'recordName', xh.name, 'at', ${epochMs('x.at')}, 'state', x.state)`;
export const CONFLICT_FROM = `conflict x JOIN connection k ON k.workspace_id = x.workspace_id AND k.id = x.connection_id
  LEFT JOIN contract xc ON xc.workspace_id = x.workspace_id AND xc.id = x.contract_id
  LEFT JOIN host_record xh ON xh.workspace_id = x.workspace_id AND xh.connection_id = x.connection_id
    AND xh.object_type = x.object_type AND xh.record_id = x.record_id`;
const refSchema = z.object({ objectType: z.enum(['opportunity', 'account', 'case']), recordId: z.string() });
export const conflictSchema = z.object({
  id: z.string(),
  contractId: z.string().nullable(),
  contractTitle: z.string().nullable(),
  field: z.enum(MIRROR_FIELD_NAMES),
  base: z.string().nullable(),
  ours: z.string().nullable(),
  theirs: z.string().nullable(),
  winner: z.enum(['ours', 'theirs', 'undecided']),
  reason: z.enum(['both_changed', 'overwritten', 'illegal', 'owned_by_us', 'lead_changed']),
  detail: z.string(),
  connection: connectionSchema,
  ref: refSchema,
  recordName: z.string().nullable(),
  at: z.number(),
  state: z.enum(['open', 'restored', 'dismissed', 'answered', 'settled']).catch('dismissed'),
});

export const OBJECTIVE_OBJECT = `json_build_object('id', o.id, 'contractId', o.contract_id, 'metric', o.metric, 'severity', o.severity,
  'target', o.target, 'zone', o.zone, 'calendarId', o.calendar_id, 'disputed', o.disputed, 'definition', o.definition)`;
export const objectiveSchema = z.object({
  id: z.string(),
  contractId: z.string(),
  metric: z.enum(['availability', 'response']),
  severity: z.string().nullable(),
  target: z.string(),
  zone: z.string(),
  calendarId: z.string().nullable(),
  disputed: z.boolean(),
  definition: z.unknown(),
});
export const RESULT_OBJECT = `json_build_object('objectiveId', r.objective_id, 'contractId', r.contract_id, 'period', r.period,
  'revision', r.revision, 'verdict', r.verdict, 'display', r.display, 'inputsHash', r.inputs_hash)`;
export const resultSchema = z.object({
  objectiveId: z.string(),
  contractId: z.string(),
  period: z.string(),
  revision: z.number(),
  verdict: z.enum(['met', 'missed', 'no_data', 'excused', 'provisional', 'disputed']),
  display: z.string().nullable(),
  inputsHash: z.string(),
});
export const INCIDENT_OBJECT = `json_build_object('id', i.id, 'contractId', i.contract_id, 'title', i.title, 'severity', i.severity,
  'openedAt', ${epochMs('i.opened_at')}, 'respondedAt', ${epochMs('i.responded_at')}, 'restoredAt', ${epochMs('i.restored_at')},
  'excludedReason', i.excluded_reason)`;
export const incidentSchema = z.object({
  id: z.string(),
  contractId: z.string(),
  title: z.string(),
  severity: z.string().nullable(),
  openedAt: z.number(),
  respondedAt: z.number().nullable(),
  restoredAt: z.number().nullable(),
  excludedReason: z.string().nullable(),
});

/** The rows of a query as one JSON list; `order` and `limit` bound it. */
const listed = (object: string, from: string, rest: string): string =>
  `(SELECT coalesce(json_agg(q.item), '[]'::json) FROM (SELECT ${object} AS item FROM ${from} ${rest}) q)`;

const DETAIL = `
SELECT json_build_object(
  'workspace', ${WORKSPACE_OBJECT},
  'contract', ${CONTRACT_OBJECT},
  'objectives', ${listed(OBJECTIVE_OBJECT, 'sla_objective o', `WHERE o.workspace_id = $1 AND o.contract_id = $2 AND o.retired_at IS NULL ORDER BY o.metric, o.severity, o.id`)},
  'results', ${listed(
    RESULT_OBJECT,
    `(SELECT DISTINCT ON (s.objective_id, s.period) s.* FROM sla_result s WHERE s.workspace_id = $1 AND s.contract_id = $2
      ORDER BY s.objective_id, s.period, s.revision DESC) r`,
    `ORDER BY r.period DESC LIMIT ${RESULTS_MAX}`,
  )},
  'incidents', ${listed(INCIDENT_OBJECT, 'incident i', `WHERE i.workspace_id = $1 AND i.contract_id = $2 ORDER BY i.opened_at DESC, i.id LIMIT ${INCIDENTS_MAX}`)},
  'changes', ${listed(CHANGE_OBJECT, CHANGE_FROM, `WHERE f.workspace_id = $1 AND f.contract_id = $2 ORDER BY f.at DESC, f.id DESC LIMIT ${CHANGES_MAX}`)},
  'conflicts', ${listed(CONFLICT_OBJECT, CONFLICT_FROM, `WHERE x.workspace_id = $1 AND x.contract_id = $2 ORDER BY x.at DESC, x.id LIMIT ${CONFLICTS_MAX}`)},
  'links', ${listed(
    `json_build_object('connection', ${CONNECTION_OBJECT}, 'ref', json_build_object('objectType', l.object_type, 'recordId', l.record_id),
      'recordName', coalesce(h.name, m.facts->>'name'), 'state', l.state, 'lastAgreedAt', ${epochMs('m.last_agreed_at')},
      'dirty', CASE WHEN d.record_id IS NULL THEN NULL ELSE json_build_object('state', d.state, 'failure', d.failure) END)`,
    `contract_link l JOIN connection k ON k.workspace_id = l.workspace_id AND k.id = l.connection_id
     LEFT JOIN host_record h ON (h.workspace_id, h.connection_id, h.object_type, h.record_id)
       = (l.workspace_id, l.connection_id, l.object_type, l.record_id)
     LEFT JOIN mirror m ON (m.workspace_id, m.connection_id, m.object_type, m.record_id)
       = (l.workspace_id, l.connection_id, l.object_type, l.record_id)
     LEFT JOIN dirty d ON (d.workspace_id, d.connection_id, d.object_type, d.record_id)
       = (l.workspace_id, l.connection_id, l.object_type, l.record_id)`,
    `WHERE l.workspace_id = $1 AND l.contract_id = $2 AND l.state IN ('active', 'tombstone')
     ORDER BY l.object_type, l.record_id LIMIT ${LINKS_MAX}`,
  )}
) AS detail
FROM contract c JOIN workspace w ON w.id = c.workspace_id
WHERE c.workspace_id = $1 AND c.id = $2`;

const detailSchema = z.object({
  workspace: workspaceSchema,
  contract: z.unknown(),
  objectives: z.array(objectiveSchema),
  results: z.array(resultSchema),
  incidents: z.array(incidentSchema),
  changes: z.array(changeSchema),
  conflicts: z.array(conflictSchema),
  links: z.array(
    z.object({
      connection: connectionSchema,
      ref: refSchema,
      recordName: z.string().nullable(),
      state: z.enum(['active', 'tombstone']),
      lastAgreedAt: z.number().nullable(),
      dirty: dirtySchema,
    }),
  ),
});

export async function loadDetail(
  sql: Reader,
  workspaceId: string,
  contractId: string,
): Promise<ContractDetailRow | null> {
  const [row] = await sql.rows<{ detail: unknown }>(DETAIL, [workspaceId, contractId]);
  if (row === undefined) return null;
  const detail = detailSchema.parse(row.detail);
  return { ...detail, contract: contractOf(detail.contract) };
}
