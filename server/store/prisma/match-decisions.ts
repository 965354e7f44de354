/** Deciding a match: confirmed with the links that follow, dismissed, or taken back. Each is one transaction. */
import { z } from 'zod';
import type { World } from '../../world.ts';
import type { WriteContext } from '../contract-port.ts';
import type { AttachedLink, AttachPreview, DecisionResult, MatchObjectType, MatchState } from '../match-port.ts';
import { attachRecord, detachRecord } from './contracts-links.ts';
import type { Write } from './contracts-once.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';

type Deciding = { readonly database: Database; readonly world: World; readonly context: WriteContext };

type Locked = {
  readonly object_type: MatchObjectType;
  readonly left_connection_id: string;
  readonly left_record_id: string;
  readonly right_connection_id: string;
  readonly right_record_id: string;
  readonly state: MatchState;
  readonly attached: unknown;
};

const COLUMNS =
  'object_type, left_connection_id, left_record_id, right_connection_id, right_record_id, state, attached';

const attachedSchema: z.ZodType<readonly AttachedLink[]> = z.array(
  z.object({ connectionId: z.string(), recordId: z.string(), contractId: z.string() }),
);

/** Leaves the transaction with a refusal; never seen outside this file. */
class Refused extends Error {
  readonly result: DecisionResult;

  constructor(result: DecisionResult) {
    super(result);
    this.result = result;
  }
}

async function decide(
  { database, world, context }: Deciding,
  { matchId, from }: { readonly matchId: string; readonly from: readonly MatchState[] },
  work: (
    write: Write,
    match: Locked,
  ) => Promise<{ readonly state: MatchState; readonly attached: readonly AttachedLink[] }>,
): Promise<DecisionResult> {
  try {
    return await database.inWorkspace(context.workspaceId, async (sql) => {
      const now = world.clock.now();
      const [match] = await sql.rows<Locked>(
        `SELECT ${COLUMNS} FROM record_match WHERE workspace_id = $1 AND id = $2 FOR UPDATE`,
        [context.workspaceId, matchId],
      );
      if (match === undefined) return 'not_found';
      if (!from.includes(match.state)) return 'other_state';
      const next = await work({ sql, context, random: world.random, now }, match);
      const decided = next.state !== 'suggested';
      await sql.run(
        `UPDATE record_match SET state = $3, attached = $4::jsonb, decided_at = $5, decided_by = $6 WHERE workspace_id = $1 AND id = $2`,
        [
          context.workspaceId,
          matchId,
          next.state,
          jsonb(next.attached),
          decided ? instant(now) : null,
          decided ? context.provenance.actor : null,
        ],
      );
      return 'decided';
    });
  } catch (error) {
    if (error instanceof Refused) return error.result;
    throw error;
  }
}

export function confirmMatch(deciding: Deciding, matchId: string, attach: boolean): Promise<DecisionResult> {
  return decide(deciding, { matchId, from: ['suggested', 'dismissed'] }, async (write, match) => {
    await assertFree(write, match);
    return { state: 'confirmed', attached: attach ? await attachBoth(write, match) : [] };
  });
}

export function dismissMatch(deciding: Deciding, matchId: string): Promise<DecisionResult> {
  return decide(deciding, { matchId, from: ['suggested'] }, () =>
    Promise.resolve({ state: 'dismissed', attached: [] }),
  );
}

export function undoMatch(deciding: Deciding, matchId: string): Promise<DecisionResult> {
  return decide(deciding, { matchId, from: ['confirmed', 'dismissed'] }, async (write, match) => {
    for (const { connectionId, recordId, contractId } of attachedSchema.parse(match.attached)) {
      // Somebody may have taken the link off already: then nothing is left to be done.
      await detachRecord(write, { connectionId, ref: { objectType: match.object_type, recordId } }, contractId);
    }
    return { state: 'suggested', attached: [] };
  });
}

/** A record has one other half in a CRM. Two admins who confirm for the same record wait for each other here. */
async function assertFree({ sql, context }: Write, match: Locked): Promise<void> {
  await sql.rows(
    `SELECT record_id FROM host_record WHERE workspace_id = $1 AND object_type = $2 AND (connection_id, record_id) IN (($3::uuid, $4), ($5::uuid, $6))
     ORDER BY connection_id, record_id FOR UPDATE`,
    [
      context.workspaceId,
      match.object_type,
      match.left_connection_id,
      match.left_record_id,
      match.right_connection_id,
      match.right_record_id,
    ],
  );
  const taken = await sql.rows(
    `SELECT 1 AS one FROM record_match WHERE workspace_id = $1 AND object_type = $2 AND state = 'confirmed' AND left_connection_id = $3
       AND right_connection_id = $5 AND (left_record_id = $4 OR right_record_id = $6) LIMIT 1`,
    [
      context.workspaceId,
      match.object_type,
      match.left_connection_id,
      match.left_record_id,
      match.right_connection_id,
      match.right_record_id,
    ],
  );
  if (taken.length > 0) throw new Refused('record_taken');
}

/** Each side's contracts that the other side lacks; a link that somebody took off on purpose is not made again. */
async function attachBoth(write: Write, match: Locked): Promise<readonly AttachedLink[]> {
  const { left, right } = placesOf(match);
  const within = { sql: write.sql, workspaceId: write.context.workspaceId };
  const attached: AttachedLink[] = [];
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    for (const { id: contractId } of await missingOn(within, match.object_type, { from, to })) {
      const ref = { objectType: match.object_type, recordId: to.recordId };
      const result = await attachRecord(write, { connectionId: to.connectionId, ref }, contractId);
      if (result.kind === 'too_many_links') throw new Refused('too_many_links');
      if (result.kind === 'written') attached.push({ ...to, contractId });
    }
  }
  return attached;
}

type Place = { readonly connectionId: string; readonly recordId: string };
type Missing = { readonly id: string; readonly number: string; readonly title: string };

async function missingOn(
  { sql, workspaceId }: { readonly sql: Sql; readonly workspaceId: string },
  objectType: MatchObjectType,
  { from, to }: { readonly from: Place; readonly to: Place },
): Promise<readonly Missing[]> {
  return await sql.rows<Missing>(
    `SELECT c.id, c.number, c.title FROM contract_link l JOIN contract c ON c.workspace_id = l.workspace_id AND c.id = l.contract_id
     WHERE l.workspace_id = $1 AND l.connection_id = $3 AND l.object_type = $2 AND l.record_id = $4 AND l.state = 'active'
       AND NOT c.archived AND NOT EXISTS (SELECT 1 FROM contract_link o WHERE o.workspace_id = $1 AND o.connection_id = $5
         AND o.object_type = $2 AND o.record_id = $6 AND o.contract_id = l.contract_id)
     ORDER BY c.number, c.id`,
    [workspaceId, objectType, from.connectionId, from.recordId, to.connectionId, to.recordId],
  );
}

const placesOf = (match: Locked): { readonly left: Place; readonly right: Place } => ({
  left: { connectionId: match.left_connection_id, recordId: match.left_record_id },
  right: { connectionId: match.right_connection_id, recordId: match.right_record_id },
});

export async function previewAttach(sql: Sql, workspaceId: string, matchId: string): Promise<AttachPreview | null> {
  const [match] = await sql.rows<Locked>(`SELECT ${COLUMNS} FROM record_match WHERE workspace_id = $1 AND id = $2`, [
    workspaceId,
    matchId,
  ]);
  if (match === undefined) return null;
  const { left, right } = placesOf(match);
  const within = { sql, workspaceId };
  return {
    toLeft: await missingOn(within, match.object_type, { from: right, to: left }),
    toRight: await missingOn(within, match.object_type, { from: left, to: right }),
  };
}
