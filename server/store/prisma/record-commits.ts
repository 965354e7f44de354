/**
 * Commits the judgement of records: contracts, history, conflicts, mirror, intents and links together, or nothing of that record.
 * A record judged on a reading that has moved on is left out alone (`stale`); the others go in. Locks are taken in one order
 * everywhere (lane lease, mirrors, contracts, links, dirty, lane), each by sorted key.
 */
import type { ConnectionRef, HostRecordRef } from '../../crm/port.ts';
import { comparableName, registeredDomain } from '../../domain/record-match.ts';
import type { World } from '../../world.ts';
import type { DerivedColumns } from '../contract-port.ts';
import type { CommitResult, ContractUpdate, DirtyMark, Lane, LinkedContract, RecordCommit } from '../port.ts';
import { loadContractsById } from './contract-rows.ts';
import { type WriteScope, writeUpdates } from './contract-writes.ts';
import { instant, jsonb, type Sql } from './database.ts';
import { addMarks, linkKey, mirrorMarks } from './dirty-marks.ts';
import { holdsLane } from './lanes.ts';
import { changeLink } from './link-changes.ts';
import { writeQuestions } from './questions.ts';
import { amongRefs, REFS, refsParameters } from './record-state.ts';
import { comparableDomain } from './web-domain.ts';

const keyOf = (ref: HostRecordRef): string => `${ref.objectType}/${ref.recordId}`;

type Standing = {
  readonly mirrorRevisions: ReadonlyMap<string, number>;
  readonly contracts: ReadonlyMap<string, LinkedContract>;
};

async function lockStanding(sql: Sql, connection: ConnectionRef, commits: readonly RecordCommit[]): Promise<Standing> {
  const mirrors = await sql.rows<{ object_type: string; record_id: string; revision: number }>(
    `SELECT m.object_type, m.record_id, m.revision FROM ${REFS}
     JOIN mirror m ON ${amongRefs('m')} AND m.object_type = r.object_type AND m.record_id = r.record_id
     ORDER BY m.object_type, m.record_id FOR UPDATE OF m`,
    refsParameters(
      connection,
      commits.map((commit) => commit.ref),
    ),
  );
  const contractIds = new Set(commits.flatMap((commit) => commit.updates.map((update) => update.contractId)));
  return {
    mirrorRevisions: new Map(mirrors.map((row) => [`${row.object_type}/${row.record_id}`, row.revision])),
    contracts: await loadContractsById(sql, connection.workspaceId, [...contractIds], 'lock'),
  };
}

/** Which commits stand on current revisions, taken in order: a contract changed by an earlier one has moved on for the later ones. */
function selectCurrent(commits: readonly RecordCommit[], standing: Standing): readonly RecordCommit[] {
  const movedOn = new Set<string>();
  return commits.filter((commit) => {
    if ((standing.mirrorRevisions.get(keyOf(commit.ref)) ?? null) !== commit.expectedMirrorRevision) return false;
    const current = commit.updates.every(
      (update) =>
        !movedOn.has(update.contractId) &&
        standing.contracts.get(update.contractId)?.contract.revision === update.expectedRevision,
    );
    if (current) for (const update of commit.updates) movedOn.add(update.contractId);
    return current;
  });
}

function mirrorRow(commit: RecordCommit): object {
  const { mirror } = commit;
  return {
    object_type: commit.ref.objectType,
    record_id: commit.ref.recordId,
    revision: (commit.expectedMirrorRevision ?? 0) + 1,
    lead_contract_id: mirror.leadContractId,
    base: mirror.base,
    sync_token: mirror.syncToken,
    history_checked_at: instant(mirror.historyCheckedAt),
    host_updated_at: instant(mirror.hostUpdatedAt),
    last_agreed_at: instant(mirror.lastAgreedAt),
    state: mirror.state,
    facts: mirror.facts,
    asked: mirror.asked,
  };
}

async function writeMirrors(
  scope: WriteScope,
  connection: ConnectionRef,
  commits: readonly RecordCommit[],
): Promise<void> {
  await scope.sql.run(
    `INSERT INTO mirror AS m (workspace_id, connection_id, object_type, record_id, revision, lead_contract_id, base, sync_token,
       history_checked_at, host_updated_at, last_agreed_at, state, facts, asked, updated_at)
     SELECT $1, $2, n.*, $4 FROM jsonb_to_recordset($3::jsonb) AS n(object_type text, record_id text, revision int, lead_contract_id uuid,
       base jsonb, sync_token text, history_checked_at timestamptz, host_updated_at timestamptz, last_agreed_at timestamptz, state text,
       facts jsonb, asked jsonb)
     ON CONFLICT (workspace_id, connection_id, object_type, record_id) DO UPDATE SET revision = EXCLUDED.revision,
       lead_contract_id = EXCLUDED.lead_contract_id, base = EXCLUDED.base, sync_token = EXCLUDED.sync_token,
       history_checked_at = EXCLUDED.history_checked_at, host_updated_at = EXCLUDED.host_updated_at,
       last_agreed_at = EXCLUDED.last_agreed_at, state = EXCLUDED.state, facts = EXCLUDED.facts, asked = EXCLUDED.asked, updated_at = EXCLUDED.updated_at`,
    [connection.workspaceId, connection.connectionId, jsonb(commits.map(mirrorRow)), instant(scope.now)],
  );
}

async function writeConflicts(
  scope: WriteScope,
  connection: ConnectionRef,
  commits: readonly RecordCommit[],
): Promise<void> {
  const rows = commits.flatMap((commit) =>
    commit.conflicts.map((conflict) => ({
      id: scope.random.uuid(),
      contract_id: conflict.contractId,
      object_type: commit.ref.objectType,
      record_id: commit.ref.recordId,
      field: conflict.field,
      base: conflict.base,
      ours: conflict.ours,
      theirs: conflict.theirs,
      winner: conflict.winner,
      reason: conflict.reason,
      detail: conflict.detail,
      at: instant(conflict.at),
    })),
  );
  if (rows.length === 0) return;
  await scope.sql.run(
    `INSERT INTO conflict (workspace_id, connection_id, id, contract_id, object_type, record_id, field, base, ours, theirs, winner, reason,
       detail, at)
     SELECT $1, $2, n.* FROM jsonb_to_recordset($3::jsonb) AS n(id uuid, contract_id uuid, object_type text, record_id text, field text,
       base text, ours text, theirs text, winner text, reason text, detail text, at timestamptz)`,
    [connection.workspaceId, connection.connectionId, jsonb(rows)],
  );
}

async function writeIntents(
  scope: WriteScope,
  connection: ConnectionRef,
  commits: readonly RecordCommit[],
): Promise<void> {
  const { workspaceId, connectionId } = connection;
  const retired = commits.flatMap((commit) =>
    commit.retireTokens.map((token) => ({ object_type: commit.ref.objectType, record_id: commit.ref.recordId, token })),
  );
  if (retired.length > 0) {
    await scope.sql.run(
      `DELETE FROM intent i USING jsonb_to_recordset($3::jsonb) AS r(object_type text, record_id text, token text)
       WHERE ${amongRefs('i')} AND i.object_type = r.object_type AND i.record_id = r.record_id AND i.sync_token = r.token`,
      [
        workspaceId,
        connectionId,
        jsonb(retired),
        retired.map((intent) => intent.object_type),
        retired.map((intent) => intent.record_id),
      ],
    );
  }
  const written = commits.flatMap(({ ref, intent }) =>
    intent === null
      ? []
      : [
          {
            object_type: ref.objectType,
            record_id: ref.recordId,
            sync_token: intent.syncToken,
            contract_id: intent.contractId,
            values: intent.values,
            created_at: instant(intent.createdAt),
          },
        ],
  );
  if (written.length === 0) return;
  await scope.sql.run(
    `INSERT INTO intent (workspace_id, connection_id, object_type, record_id, sync_token, contract_id, "values", created_at)
     SELECT $1, $2, n.* FROM jsonb_to_recordset($3::jsonb) AS n(object_type text, record_id text, sync_token text, contract_id uuid,
       "values" jsonb, created_at timestamptz)`,
    [workspaceId, connectionId, jsonb(written)],
  );
}

/** What a host record is called, for cards and lists, and what it is compared by; a fact that a reading does not have stays. */
async function writeFacts(
  scope: WriteScope,
  connection: ConnectionRef,
  commits: readonly RecordCommit[],
): Promise<void> {
  const rows = commits
    .filter((commit) => commit.mirror.state === 'live' && Object.keys(commit.mirror.facts).length > 0)
    .map((commit) => ({
      object_type: commit.ref.objectType,
      record_id: commit.ref.recordId,
      name: commit.mirror.facts['name'] ?? null,
      domain: comparableDomain(commit.mirror.facts['domain'] ?? null),
      match_name: comparableName(commit.mirror.facts['name'] ?? null),
      match_domain: registeredDomain(commit.mirror.facts['domain'] ?? null),
      facts: commit.mirror.facts,
    }));
  if (rows.length === 0) return;
  await scope.sql.run(
    `INSERT INTO host_record AS h (workspace_id, connection_id, object_type, record_id, name, domain, match_name, match_domain, facts,
       associations, seen_at)
     SELECT $1, $2, n.*, '{}', $4
     FROM jsonb_to_recordset($3::jsonb) AS n(object_type text, record_id text, name text, domain text, match_name text,
       match_domain text, facts jsonb)
     ON CONFLICT (workspace_id, connection_id, object_type, record_id) DO UPDATE SET
       name = coalesce(EXCLUDED.name, h.name), facts = h.facts || EXCLUDED.facts, seen_at = EXCLUDED.seen_at,
       match_name = CASE WHEN EXCLUDED.name IS NULL THEN h.match_name ELSE EXCLUDED.match_name END,
       domain = CASE WHEN jsonb_exists(EXCLUDED.facts, 'domain') THEN EXCLUDED.domain ELSE h.domain END,
       match_domain = CASE WHEN jsonb_exists(EXCLUDED.facts, 'domain') THEN EXCLUDED.match_domain ELSE h.match_domain END`,
    [connection.workspaceId, connection.connectionId, jsonb(rows), instant(scope.now)],
  );
}

async function marksAfter(
  scope: WriteScope,
  connection: ConnectionRef,
  commits: readonly RecordCommit[],
): Promise<readonly DirtyMark[]> {
  const changers = new Map(
    commits.flatMap((commit) =>
      commit.updates.map((update) => [update.contractId, linkKey(connection.connectionId, commit.ref)] as const),
    ),
  );
  const mirrors = await mirrorMarks(scope.sql, connection.workspaceId, changers);
  const moved = commits.flatMap(({ linkChange }): readonly DirtyMark[] =>
    linkChange?.kind === 'alias'
      ? [
          {
            workspaceId: connection.workspaceId,
            connectionId: connection.connectionId,
            ref: linkChange.into,
            reason: 'event',
          },
        ]
      : [],
  );
  return [...mirrors, ...moved];
}

export type CommitDependencies = { readonly world: World; readonly derived: ReadonlyMap<string, DerivedColumns> };

export async function commitRecords(
  sql: Sql,
  lane: Lane,
  commits: readonly RecordCommit[],
  { world, derived }: CommitDependencies,
): Promise<readonly CommitResult[] | 'lease_lost'> {
  const { connection } = lane;
  if (!(await holdsLane(sql, lane))) return 'lease_lost';
  const standing = await lockStanding(sql, connection, commits);
  const accepted = selectCurrent(commits, standing);
  const scope: WriteScope = {
    sql,
    workspaceId: connection.workspaceId,
    random: world.random,
    now: world.clock.now(),
    derived,
  };
  if (accepted.length > 0) {
    const updates = accepted.flatMap((commit): readonly ContractUpdate[] => commit.updates);
    await writeUpdates(scope, standing.contracts, updates);
    await writeMirrors(scope, connection, accepted);
    await writeFacts(scope, connection, accepted);
    await writeQuestions(scope, connection, accepted);
    await writeConflicts(scope, connection, accepted);
    await writeIntents(scope, connection, accepted);
    for (const commit of accepted) {
      if (commit.linkChange !== null) await changeLink(scope, connection, commit.ref, commit.linkChange);
    }
    await addMarks(sql, await marksAfter(scope, connection, accepted), scope.now);
  }
  const committed = new Set(accepted.map((commit) => keyOf(commit.ref)));
  return commits.map(({ ref }) => ({ ref, kind: committed.has(keyOf(ref)) ? 'committed' : 'stale' }));
}

/** Changes that follow from the calendar. Those decided on a revision that has moved on are left for the next run. */
export async function applySystemUpdates(
  sql: Sql,
  workspaceId: string,
  updates: readonly ContractUpdate[],
  { world, derived }: CommitDependencies,
): Promise<void> {
  const contracts = await loadContractsById(
    sql,
    workspaceId,
    [...new Set(updates.map((update) => update.contractId))],
    'lock',
  );
  const seen = new Set<string>();
  const current = updates.filter(({ contractId, expectedRevision }) => {
    if (seen.has(contractId) || contracts.get(contractId)?.contract.revision !== expectedRevision) return false;
    seen.add(contractId);
    return true;
  });
  const scope: WriteScope = { sql, workspaceId, random: world.random, now: world.clock.now(), derived };
  await writeUpdates(scope, contracts, current);
  const marks = await mirrorMarks(sql, workspaceId, new Map(current.map((update) => [update.contractId, null])));
  await addMarks(sql, marks, scope.now);
}
