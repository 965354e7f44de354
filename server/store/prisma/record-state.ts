/** What is known about CRM records before they are judged: mirror, unretired intents, linked contracts. */
import { z } from 'zod';
import type { ConnectionRef, HostObjectType, HostRecordRef } from '../../crm/port.ts';
import { MIRROR_FIELD_NAMES, type MirrorField, type MirrorValues } from '../../domain/mirror.ts';
import { SHARED_FIELDS, type SharedField } from '../../domain/contract.ts';
import {
  type Intent,
  type Mirror,
  type Question,
  QUESTION_REASONS,
  type Questions,
  type RecordState,
  type SyncStore,
} from '../port.ts';
import { loadContractsById } from './contract-rows.ts';
import { type Database, jsonb, type Sql } from './database.ts';

const textOrNull = z.record(z.string(), z.string().nullable());

/** Stored mirror values; keys that this version does not know are left out. */
function mirrorValuesOf(stored: unknown): MirrorValues {
  const values = textOrNull.parse(stored);
  const known: { [F in MirrorField]?: string | null } = {};
  for (const field of MIRROR_FIELD_NAMES) {
    const value = values[field];
    if (value !== undefined) known[field] = value;
  }
  return known;
}

const questionSchema: z.ZodType<Question> = z.object({
  contractId: z.string(),
  base: z.string().nullable(),
  ours: z.string().nullable(),
  theirs: z.string().nullable(),
  reason: z.enum(QUESTION_REASONS),
});
const storedQuestions = z.partialRecord(z.enum(SHARED_FIELDS), questionSchema);

function questionsOf(stored: unknown): Questions {
  const asked: { [F in SharedField]?: Question } = {};
  for (const [field, question] of Object.entries(storedQuestions.parse(stored)))
    for (const shared of SHARED_FIELDS) if (shared === field && question !== undefined) asked[shared] = question;
  return asked;
}

type MirrorRow = {
  readonly object_type: HostObjectType;
  readonly record_id: string;
  readonly revision: number;
  readonly lead_contract_id: string | null;
  readonly base: unknown;
  readonly sync_token: string | null;
  readonly history_checked_at: number;
  readonly host_updated_at: number | null;
  readonly last_agreed_at: number | null;
  readonly state: Mirror['state'];
  readonly facts: unknown;
  readonly asked: unknown;
};

function mirrorOf(row: MirrorRow): Mirror {
  return {
    revision: row.revision,
    leadContractId: row.lead_contract_id,
    base: mirrorValuesOf(row.base),
    syncToken: row.sync_token,
    historyCheckedAt: row.history_checked_at,
    hostUpdatedAt: row.host_updated_at,
    lastAgreedAt: row.last_agreed_at,
    state: row.state,
    facts: textOrNull.parse(row.facts),
    asked: questionsOf(row.asked),
  };
}

/**
 * The parameters that `REFS` and `AMONG_REFS` read: $1 workspace, $2 connection, $3 the records as JSON, $4 their object types, $5 their
 * ids.
 */
export function refsParameters(connection: ConnectionRef, refs: readonly HostRecordRef[]): readonly unknown[] {
  return [
    connection.workspaceId,
    connection.connectionId,
    jsonb(refs.map((ref) => ({ object_type: ref.objectType, record_id: ref.recordId }))),
    [...new Set(refs.map((ref) => ref.objectType))],
    [...new Set(refs.map((ref) => ref.recordId))],
  ];
}
/** The records asked for, as a relation `r`. */
export const REFS = `jsonb_to_recordset($3::jsonb) AS r(object_type text, record_id text)`;

/**
 * Holds a table to the records asked for by its whole primary key. The join alone would say the same, but the planner takes workspace
 * and connection for independent, expects one row from them, and then compares every row of the connection with every record.
 */
export function amongRefs(table: string): string {
  return `${table}.workspace_id = $1 AND ${table}.connection_id = $2 AND ${table}.object_type = ANY($4::text[])
    AND ${table}.record_id = ANY($5::text[])`;
}
const ON_RECORD = `${amongRefs('x')} AND x.object_type = r.object_type AND x.record_id = r.record_id`;

const refKey = (objectType: string, recordId: string): string => `${objectType}/${recordId}`;

function grouped<Row extends { readonly object_type: string; readonly record_id: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, (row) => refKey(row.object_type, row.record_id));
}

type RecordRow = { readonly object_type: string; readonly record_id: string };

async function loadRecords(
  sql: Sql,
  connection: ConnectionRef,
  refs: readonly HostRecordRef[],
): Promise<readonly RecordState[]> {
  const values = refsParameters(connection, refs);
  const mirrors = grouped(await sql.rows<MirrorRow>(`SELECT x.* FROM ${REFS} JOIN mirror x ON ${ON_RECORD}`, values));
  const intents = grouped(
    await sql.rows<RecordRow & { sync_token: string; contract_id: string | null; values: unknown; created_at: number }>(
      `SELECT x.* FROM ${REFS} JOIN intent x ON ${ON_RECORD} ORDER BY x.created_at, x.sync_token`,
      values,
    ),
  );
  const links = grouped(
    await sql.rows<RecordRow & { contract_id: string; state: 'active' | 'tombstone' }>(
      `SELECT x.object_type, x.record_id, x.contract_id, x.state FROM ${REFS} JOIN contract_link x ON ${ON_RECORD}
       WHERE x.state IN ('active', 'tombstone') ORDER BY x.contract_id`,
      values,
    ),
  );
  const contractIds = [...links.values()]
    .flat()
    .filter((link) => link.state === 'active')
    .map((link) => link.contract_id);
  const contracts = await loadContractsById(sql, connection.workspaceId, [...new Set(contractIds)], 'read');
  return refs.map((ref): RecordState => {
    const key = refKey(ref.objectType, ref.recordId);
    const [mirror] = mirrors.get(key) ?? [];
    const own = links.get(key) ?? [];
    return {
      ref,
      mirror: mirror === undefined ? null : mirrorOf(mirror),
      intents: (intents.get(key) ?? []).map(
        (row): Intent => ({
          syncToken: row.sync_token,
          contractId: row.contract_id,
          values: mirrorValuesOf(row.values),
          createdAt: row.created_at,
        }),
      ),
      contracts: own.flatMap((link) => {
        const linked = link.state === 'active' ? contracts.get(link.contract_id) : undefined;
        return linked === undefined ? [] : [linked];
      }),
      hasTombstones: own.some((link) => link.state === 'tombstone'),
    };
  });
}

/** A record that a merge ended is answered for by the one that carries on. */
async function resolveAliases(
  sql: Sql,
  connection: ConnectionRef,
  refs: readonly HostRecordRef[],
): Promise<readonly HostRecordRef[]> {
  const aliases = await sql.rows<RecordRow & { into_record_id: string }>(
    `SELECT x.object_type, x.record_id, x.into_record_id FROM ${REFS} JOIN record_alias x ON ${ON_RECORD}`,
    refsParameters(connection, refs),
  );
  const into = new Map(aliases.map((row) => [refKey(row.object_type, row.record_id), row.into_record_id]));
  return refs.map((ref) => ({ ...ref, recordId: into.get(refKey(ref.objectType, ref.recordId)) ?? ref.recordId }));
}

async function filterMirrored(
  sql: Sql,
  connection: ConnectionRef,
  refs: readonly HostRecordRef[],
): Promise<readonly { readonly ref: HostRecordRef; readonly awaitingConfirm: boolean }[]> {
  const current = await resolveAliases(sql, connection, refs);
  const rows = await sql.rows<{ object_type: HostObjectType; record_id: string; awaiting: boolean }>(
    `SELECT DISTINCT x.object_type, x.record_id, EXISTS (SELECT 1 FROM intent i WHERE i.workspace_id = $1 AND i.connection_id = $2
       AND i.object_type = x.object_type AND i.record_id = x.record_id) AS awaiting
     FROM ${REFS} JOIN contract_link x ON ${ON_RECORD} WHERE x.state IN ('active', 'tombstone')`,
    refsParameters(connection, current),
  );
  return rows.map((row) => ({
    ref: { objectType: row.object_type, recordId: row.record_id },
    awaitingConfirm: row.awaiting,
  }));
}

export function recordStateMethods(database: Database): Pick<SyncStore, 'loadRecords' | 'filterMirrored'> {
  return {
    loadRecords: async (connection, refs) =>
      refs.length === 0
        ? []
        : await database.inWorkspace(connection.workspaceId, (sql) => loadRecords(sql, connection, refs)),
    filterMirrored: async (connection, refs) =>
      refs.length === 0
        ? []
        : await database.inWorkspace(connection.workspaceId, (sql) => filterMirrored(sql, connection, refs)),
  };
}
