/** Matches of records: what was found, what people decided, and the links that a decision made. */
import { z } from 'zod';
import { MATCH_REASONS } from '../../domain/record-match.ts';
import type { World } from '../../world.ts';
import type { MatchProgress, MatchRow, MatchSides, MatchState, MatchStore } from '../match-port.ts';
import { CONNECTION_OBJECT, connectionSchema } from './contracts-read.ts';
import { epochMs } from './contracts-row.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';
import { listAccountPairs, listDealPairs } from './match-candidates.ts';
import { confirmMatch, dismissMatch, previewAttach, undoMatch } from './match-decisions.ts';

const CONTRACTS_SHOWN_MAX = 50;

/**
 * One side of a match aliased `m`: its connection, what is known of the record, and the contracts attached to it. Links are bounded before
 * contracts are looked up: asked for the first contracts by number, a database without statistics reads the whole register for each side.
 */
const side = (name: 'left' | 'right'): string => `(SELECT jsonb_build_object('connection', ${CONNECTION_OBJECT},
  'objectType', m.object_type, 'recordId', m.${name}_record_id, 'name', h.name, 'facts', coalesce(h.facts, '{}'::jsonb),
  'contracts', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'number', c.number, 'title', c.title) ORDER BY c.number), '[]'::jsonb)
    FROM (SELECT n.contract_id FROM contract_link n WHERE n.workspace_id = m.workspace_id AND n.connection_id = m.${name}_connection_id
      AND n.object_type = m.object_type AND n.record_id = m.${name}_record_id AND n.state = 'active' LIMIT ${CONTRACTS_SHOWN_MAX}) n
    JOIN contract c ON c.workspace_id = m.workspace_id AND c.id = n.contract_id AND NOT c.archived))
  FROM connection k LEFT JOIN host_record h ON h.workspace_id = k.workspace_id AND h.connection_id = k.id
    AND h.object_type = m.object_type AND h.record_id = m.${name}_record_id
  WHERE k.workspace_id = m.workspace_id AND k.id = m.${name}_connection_id)`;

const MATCH_OBJECT = `jsonb_build_object('id', m.id, 'objectType', m.object_type, 'state', m.state, 'score', m.score, 'reasons', m.reasons,
  'left', ${side('left')}, 'right', ${side('right')}, 'attached', jsonb_array_length(m.attached),
  'decidedAt', ${epochMs('m.decided_at')}, 'decidedBy', m.decided_by)`;

const recordSchema = z.object({
  connection: connectionSchema,
  objectType: z.enum(['opportunity', 'account']),
  recordId: z.string(),
  name: z.string().nullable(),
  facts: z.record(z.string(), z.string().nullable()),
  contracts: z.array(z.object({ id: z.string(), number: z.string(), title: z.string() })),
});
const matchSchema: z.ZodType<MatchRow> = z.object({
  id: z.string(),
  objectType: z.enum(['opportunity', 'account']),
  state: z.enum(['suggested', 'confirmed', 'dismissed']),
  score: z.number(),
  reasons: z.array(z.enum(MATCH_REASONS)),
  left: recordSchema,
  right: recordSchema,
  attached: z.number(),
  decidedAt: z.number().nullable(),
  decidedBy: z.string().nullable(),
});

/** A record that a confirmed match has taken has found its other half: further suggestions for it only distract. */
const TAKEN = `SELECT 1 FROM record_match t WHERE t.workspace_id = m.workspace_id AND t.state = 'confirmed' AND t.object_type = m.object_type
  AND t.left_connection_id = m.left_connection_id AND t.right_connection_id = m.right_connection_id`;
const NOT_TAKEN = `(m.state <> 'suggested' OR NOT EXISTS (${TAKEN} AND t.left_record_id = m.left_record_id)
  AND NOT EXISTS (${TAKEN} AND t.right_record_id = m.right_record_id))`;
/** A disconnected CRM's records cannot be looked at. */
const BOTH_CONNECTED = `NOT EXISTS (SELECT 1 FROM connection k WHERE k.workspace_id = m.workspace_id
  AND k.id IN (m.left_connection_id, m.right_connection_id) AND k.state = 'disconnected')`;
const SHOWN = `m.workspace_id = $1 AND ${NOT_TAKEN} AND ${BOTH_CONNECTED}`;

const PROGRESS_NAME = 'match';
const progressSchema = z.object({
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  seen: z.number(),
  of: z.number(),
  // A search that an earlier version noted says nothing here, and so is followed by another.
  known: z.number().default(-1),
});

async function saveFound(sql: Sql, workspaceId: string, { sides, found, at, ids }: FoundRequest): Promise<void> {
  const rows = found.map((match, index) => ({
    id: ids[index],
    object_type: match.objectType,
    left_record_id: match.leftRecordId,
    right_record_id: match.rightRecordId,
    score: match.score,
    reasons: match.reasons,
  }));
  await sql.run(
    `INSERT INTO record_match AS m (workspace_id, id, object_type, left_connection_id, left_record_id, right_connection_id,
       right_record_id, score, reasons, found_at)
     SELECT $1, n.id, n.object_type, $2, n.left_record_id, $3, n.right_record_id, n.score, n.reasons, $5
     FROM jsonb_to_recordset($4::jsonb) AS n(id uuid, object_type text, left_record_id text, right_record_id text, score int, reasons jsonb)
     ORDER BY n.object_type, n.left_record_id, n.right_record_id
     ON CONFLICT (workspace_id, object_type, left_connection_id, left_record_id, right_connection_id, right_record_id) DO UPDATE
       SET score = EXCLUDED.score, reasons = EXCLUDED.reasons, found_at = EXCLUDED.found_at WHERE m.state = 'suggested'`,
    [workspaceId, sides.left, sides.right, jsonb(rows), instant(at)],
  );
}
type FoundRequest = {
  readonly sides: MatchSides;
  readonly found: Parameters<MatchStore['saveFound']>[2];
  readonly at: number;
  readonly ids: readonly string[];
};

async function listMatches(
  sql: Sql,
  workspaceId: string,
  { state, after, limit }: Parameters<MatchStore['listMatches']>[1],
): Promise<readonly MatchRow[]> {
  const rows = await sql.rows<{ item: unknown }>(
    `SELECT ${MATCH_OBJECT} AS item FROM record_match m
     WHERE ${SHOWN} AND m.state = $2 AND ($3::int IS NULL OR (m.score, m.id) < ($3, $4::uuid))
     ORDER BY m.score DESC, m.id DESC LIMIT $5`,
    [workspaceId, state, after?.score ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ item }) => matchSchema.parse(item));
}

async function countMatches(sql: Sql, workspaceId: string): Promise<Readonly<Record<MatchState, number>>> {
  const rows = await sql.rows<{ state: MatchState; count: number }>(
    `SELECT m.state, count(*)::int AS count FROM record_match m WHERE ${SHOWN} GROUP BY m.state`,
    [workspaceId],
  );
  const of = (state: MatchState): number => rows.find((row) => row.state === state)?.count ?? 0;
  return { suggested: of('suggested'), confirmed: of('confirmed'), dismissed: of('dismissed') };
}

/** The least advanced pair of CRMs speaks for all. */
async function readProgress(sql: Sql, workspaceId: string): Promise<MatchProgress | null> {
  const rows = await sql.rows<{ value: string }>(
    `SELECT value FROM cursor WHERE workspace_id = $1 AND name LIKE '${PROGRESS_NAME}:%' ORDER BY connection_id, name`,
    [workspaceId],
  );
  const all = rows.map(({ value }) => progressSchema.parse(JSON.parse(value)));
  return all.find(({ finishedAt }) => finishedAt === null) ?? all[0] ?? null;
}

export function createMatchStore(database: Database, world: World): MatchStore {
  const within = <T>(workspaceId: string, work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.inWorkspace(workspaceId, work);
  return {
    countRecords: (workspaceId, connectionId, objectType) =>
      within(workspaceId, async (sql) => {
        const [row] = await sql.rows<{ count: number }>(
          `SELECT count(*)::int AS count FROM host_record WHERE workspace_id = $1 AND connection_id = $2 AND object_type = $3`,
          [workspaceId, connectionId, objectType],
        );
        return row?.count ?? 0;
      }),
    countKnown: (workspaceId) =>
      within(workspaceId, async (sql) => {
        const [row] = await sql.rows<{ count: number }>(
          `SELECT count(*)::int AS count FROM host_record WHERE workspace_id = $1 AND object_type = 'account'`,
          [workspaceId],
        );
        return row?.count ?? 0;
      }),
    listAccountPairs: (workspaceId, sides, after) =>
      within(workspaceId, (sql) => listAccountPairs(sql, workspaceId, { sides, after })),
    listDealPairs: (workspaceId, sides, after) =>
      within(workspaceId, (sql) => listDealPairs(sql, workspaceId, { sides, after })),
    saveFound: async (workspaceId, sides, found, at) => {
      if (found.length === 0) return;
      const ids = found.map(() => world.random.uuid());
      await within(workspaceId, (sql) => saveFound(sql, workspaceId, { sides, found, at, ids }));
    },
    dropUnfound: async (workspaceId, sides, beforeAt) => {
      await within(workspaceId, (sql) =>
        sql.run(
          `DELETE FROM record_match WHERE workspace_id = $1 AND left_connection_id = $2 AND right_connection_id = $3
             AND state = 'suggested' AND found_at < $4`,
          [workspaceId, sides.left, sides.right, instant(beforeAt)],
        ),
      );
    },
    saveProgress: async (workspaceId, sides, progress) => {
      await within(workspaceId, (sql) =>
        sql.run(
          `INSERT INTO cursor (workspace_id, connection_id, name, value, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (workspace_id, connection_id, name) DO UPDATE SET value = EXCLUDED.value, at = EXCLUDED.at`,
          [
            workspaceId,
            sides.left,
            `${PROGRESS_NAME}:${sides.right}`,
            JSON.stringify(progress),
            instant(world.clock.now()),
          ],
        ),
      );
    },
    readProgress: (workspaceId) => within(workspaceId, (sql) => readProgress(sql, workspaceId)),
    listMatches: (workspaceId, request) => within(workspaceId, (sql) => listMatches(sql, workspaceId, request)),
    countMatches: (workspaceId) => within(workspaceId, (sql) => countMatches(sql, workspaceId)),
    loadMatch: (workspaceId, matchId) =>
      within(workspaceId, async (sql) => {
        const [row] = await sql.rows<{ item: unknown }>(
          `SELECT ${MATCH_OBJECT} AS item FROM record_match m WHERE m.workspace_id = $1 AND m.id = $2`,
          [workspaceId, matchId],
        );
        return row === undefined ? null : matchSchema.parse(row.item);
      }),
    previewAttach: (workspaceId, matchId) => within(workspaceId, (sql) => previewAttach(sql, workspaceId, matchId)),
    confirm: (context, matchId, attach) => confirmMatch({ database, world, context }, matchId, attach),
    dismiss: (context, matchId) => dismissMatch({ database, world, context }, matchId),
    undo: (context, matchId) => undoMatch({ database, world, context }, matchId),
  };
}
