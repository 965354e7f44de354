/** What is kept of CRM records beyond the mirror: accounts seen in a backfill, links found by web domain, support cases. */
import type { ConnectionRef, HostObjectType, HostRecordRef } from '../../crm/port.ts';
import { comparableName, registeredDomain } from '../../domain/record-match.ts';
import type { World } from '../../world.ts';
import type { DirtyMark, HostCase, SyncStore } from '../port.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';
import { addMarks } from './dirty-marks.ts';
import { comparableDomain, comparableDomainSql } from './web-domain.ts';

type HostRecordMethods = Pick<SyncStore, 'saveFacts' | 'listUnknown' | 'linkByDomain' | 'listMirrored' | 'saveCases'>;
type SavedFacts = Parameters<SyncStore['saveFacts']>[1];

async function saveFacts(sql: Sql, connection: ConnectionRef, records: SavedFacts, at: number): Promise<void> {
  const byRecord = new Map(records.map((record) => [`${record.ref.objectType}/${record.ref.recordId}`, record]));
  const rows = [...byRecord.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ref, facts, associations }]) => ({
      object_type: ref.objectType,
      record_id: ref.recordId,
      name: facts['name'] ?? null,
      domain: comparableDomain(facts['domain'] ?? null),
      match_name: comparableName(facts['name'] ?? null),
      match_domain: registeredDomain(facts['domain'] ?? null),
      facts,
      associations,
    }));
  await sql.run(
    `INSERT INTO host_record (workspace_id, connection_id, object_type, record_id, name, domain, match_name, match_domain, facts,
       associations, seen_at)
     SELECT $1, $2, n.*, $4 FROM jsonb_to_recordset($3::jsonb) AS n(object_type text, record_id text, name text, domain text,
       match_name text, match_domain text, facts jsonb, associations jsonb)
     ON CONFLICT (workspace_id, connection_id, object_type, record_id) DO UPDATE SET name = EXCLUDED.name, domain = EXCLUDED.domain,
       match_name = EXCLUDED.match_name, match_domain = EXCLUDED.match_domain, facts = EXCLUDED.facts, associations = EXCLUDED.associations, seen_at = EXCLUDED.seen_at`,
    [connection.workspaceId, connection.connectionId, jsonb(rows), instant(at)],
  );
}

async function listUnknown(
  sql: Sql,
  { workspaceId, connectionId }: ConnectionRef,
  refs: readonly HostRecordRef[],
): Promise<readonly HostRecordRef[]> {
  const rows = await sql.rows<{ object_type: HostObjectType; record_id: string }>(
    `SELECT n.object_type, n.record_id FROM jsonb_to_recordset($3::jsonb) AS n(object_type text, record_id text)
     WHERE NOT EXISTS (SELECT 1 FROM host_record h WHERE h.workspace_id = $1 AND h.connection_id = $2
       AND h.object_type = n.object_type AND h.record_id = n.record_id)`,
    [
      workspaceId,
      connectionId,
      jsonb(refs.map(({ objectType, recordId }) => ({ object_type: objectType, record_id: recordId }))),
    ],
  );
  return rows.map(({ object_type, record_id }) => ({ objectType: object_type, recordId: record_id }));
}

/**
 * A contract's counterparty is its supplier when we buy and its buyer when we sell. A domain that several accounts share decides
 * nothing, and a link that somebody detached or that ended with its record is never made again from here.
 */
const INSERT_LINKS = `
WITH single AS (
  SELECT domain, min(record_id) AS record_id FROM host_record
  WHERE workspace_id = $1 AND connection_id = $2 AND object_type = 'account' AND domain IS NOT NULL
  GROUP BY domain HAVING count(*) = 1
)
INSERT INTO contract_link (workspace_id, connection_id, object_type, record_id, contract_id, state, source, linked_at)
SELECT DISTINCT $1::uuid, $2::uuid, 'account', s.record_id, c.id, 'active', 'domain', $3::timestamptz
FROM contract c
JOIN contract_party p ON p.workspace_id = c.workspace_id AND p.contract_id = c.id
  AND p.role = CASE c.side WHEN 'buy' THEN 'supplier' ELSE 'buyer' END
JOIN organisation o ON o.workspace_id = p.workspace_id AND o.id = p.organisation_id
JOIN single s ON s.domain = ${comparableDomainSql('o.domain')}
WHERE c.workspace_id = $1 AND NOT c.archived
ON CONFLICT (workspace_id, connection_id, object_type, record_id, contract_id) DO NOTHING
RETURNING record_id`;

async function linkByDomain(sql: Sql, connection: ConnectionRef, at: number): Promise<number> {
  const made = await sql.rows<{ record_id: string }>(INSERT_LINKS, [
    connection.workspaceId,
    connection.connectionId,
    instant(at),
  ]);
  const marks = made.map(
    (row): DirtyMark => ({
      workspaceId: connection.workspaceId,
      connectionId: connection.connectionId,
      ref: { objectType: 'account', recordId: row.record_id },
      reason: 'backfill',
    }),
  );
  await addMarks(sql, marks, at);
  return made.length;
}

/** How long a deleted record may come back, as the hosts keep their recycle bins (HubSpot docs, Using object APIs); with a day to spare. */
const RESTORABLE_DAYS = 91;
/** Cases of this month and the last one, whose figures are not final yet. */
const RECENT_CASE_DAYS = 62;

type MirroredPage = { readonly after: HostRecordRef | null; readonly limit: number; readonly now: number };

async function listMirrored(
  sql: Sql,
  connection: ConnectionRef,
  { after, limit, now }: MirroredPage,
): Promise<readonly HostRecordRef[]> {
  const rows = await sql.rows<{ object_type: HostObjectType; record_id: string }>(
    `SELECT object_type, record_id FROM contract_link
     WHERE workspace_id = $1 AND connection_id = $2 AND (object_type, record_id) > ($3, $4) AND (state = 'active'
       OR state = 'tombstone' AND tombstone_reason = 'archived' AND tombstoned_at > $6::timestamptz - interval '${RESTORABLE_DAYS} days')
     UNION SELECT 'case', record_id FROM support_case
     WHERE workspace_id = $1 AND connection_id = $2 AND ('case', record_id) > ($3, $4)
       AND opened_at > $6::timestamptz - interval '${RECENT_CASE_DAYS} days'
     ORDER BY object_type, record_id LIMIT $5`,
    [
      connection.workspaceId,
      connection.connectionId,
      after?.objectType ?? '',
      after?.recordId ?? '',
      limit,
      instant(now),
    ],
  );
  return rows.map((row) => ({ objectType: row.object_type, recordId: row.record_id }));
}

/** A case as it is already kept is not written again and touches no account. */
async function saveCases(
  sql: Sql,
  connection: ConnectionRef,
  cases: readonly HostCase[],
  at: number,
): Promise<readonly string[]> {
  const byId = new Map(cases.map((entry) => [entry.ref.recordId, entry]));
  const rows = [...byId.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([recordId, entry]) => ({
      record_id: recordId,
      account_ids: entry.accountIds,
      subject: entry.subject,
      priority: entry.priority,
      opened_at: instant(entry.openedAt),
      responded_at: instant(entry.respondedAt),
      closed_at: instant(entry.closedAt),
    }));
  const touched = await sql.rows<{ account_id: string }>(
    `WITH n AS (
       SELECT * FROM jsonb_to_recordset($3::jsonb) AS n(record_id text, account_ids text[], subject text, priority text,
         opened_at timestamptz, responded_at timestamptz, closed_at timestamptz)
     ), before AS (
       SELECT s.record_id, s.account_ids FROM support_case s JOIN n USING (record_id) WHERE s.workspace_id = $1 AND s.connection_id = $2
     ), saved AS (
       INSERT INTO support_case AS s (workspace_id, connection_id, record_id, account_ids, subject, priority, opened_at, responded_at,
         closed_at, updated_at)
       SELECT $1, $2, n.*, $4 FROM n
       ON CONFLICT (workspace_id, connection_id, record_id) DO UPDATE SET account_ids = EXCLUDED.account_ids, subject = EXCLUDED.subject,
         priority = EXCLUDED.priority, opened_at = EXCLUDED.opened_at, responded_at = EXCLUDED.responded_at,
         closed_at = EXCLUDED.closed_at, updated_at = EXCLUDED.updated_at
       WHERE (s.account_ids, s.subject, s.priority, s.opened_at, s.responded_at, s.closed_at) IS DISTINCT FROM
         (EXCLUDED.account_ids, EXCLUDED.subject, EXCLUDED.priority, EXCLUDED.opened_at, EXCLUDED.responded_at, EXCLUDED.closed_at)
       RETURNING s.record_id, s.account_ids
     )
     SELECT DISTINCT unnest(account_ids) AS account_id FROM (
       SELECT account_ids FROM saved UNION ALL SELECT b.account_ids FROM before b JOIN saved USING (record_id)) AS both_sides
     ORDER BY account_id`,
    [connection.workspaceId, connection.connectionId, jsonb(rows), instant(at)],
  );
  return touched.map(({ account_id }) => account_id);
}

async function dropCases(
  sql: Sql,
  connection: ConnectionRef,
  gone: readonly HostRecordRef[],
): Promise<readonly string[]> {
  const dropped = await sql.rows<{ account_id: string }>(
    `WITH dropped AS (DELETE FROM support_case WHERE workspace_id = $1 AND connection_id = $2 AND record_id = ANY($3::text[])
       RETURNING account_ids)
     SELECT DISTINCT unnest(account_ids) AS account_id FROM dropped`,
    [connection.workspaceId, connection.connectionId, gone.map(({ recordId }) => recordId)],
  );
  return dropped.map(({ account_id }) => account_id);
}

export function hostRecordMethods(database: Database, world: World): HostRecordMethods {
  return {
    saveFacts: async (connection, records) => {
      if (records.length === 0) return;
      await database.inWorkspace(connection.workspaceId, (sql) =>
        saveFacts(sql, connection, records, world.clock.now()),
      );
    },
    listUnknown: async (connection, refs) =>
      refs.length === 0
        ? []
        : await database.inWorkspace(connection.workspaceId, (sql) => listUnknown(sql, connection, refs)),
    linkByDomain: async (connection, at) =>
      await database.inWorkspace(connection.workspaceId, (sql) => linkByDomain(sql, connection, at)),
    listMirrored: async (connection, after, limit) =>
      await database.inWorkspace(connection.workspaceId, (sql) =>
        listMirrored(sql, connection, { after, limit, now: world.clock.now() }),
      ),
    saveCases: async (connection, cases, gone = []) => {
      if (cases.length + gone.length === 0) return [];
      return await database.inWorkspace(connection.workspaceId, async (sql) => {
        const saved = await saveCases(sql, connection, cases, world.clock.now());
        return [...new Set([...saved, ...(await dropCases(sql, connection, gone))])].sort();
      });
    },
  };
}
