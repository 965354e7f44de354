/**
 * Reconciles a batch of dirty records of one object type: load, read, judge, commit, write, settle (sync rules S1–S6).
 *
 *   load state ─▶ batch read ─▶ judge ─▶ one commit each (write-ahead) ─▶ batch write ─▶ settle: confirm later
 *
 * A process may die between any two of these. Before the commit nothing has happened; after it the intent tells the next reading which
 * of our writes to look for; items stay dirty until they are settled. So n dirty records cost ⌈n/batch⌉ reads, ⌈changed/batch⌉ writes
 * and as many confirming reads.
 */
import type { HostFailure, RecordRead, RecordWrite, WriteOutcome } from '../crm/port.ts';
import type { DirtyItem, RecordCommit, RecordState, Settlement } from '../store/port.ts';
import { createJudge } from './judge-context.ts';
import { isSettledAndUnlinked, type Judgement } from './judge-record.ts';
import { readBatch } from './read-batch.ts';
import { ATTEMPTS_MAX, fateOf, NO_FAILURES, retryDelayMs } from './retry.ts';
import {
  again,
  callPriority,
  chunksOf,
  dead,
  done,
  keepLane,
  LEASE_LOST,
  OK,
  refKey,
  replan,
  retryOrDie,
  settleAll,
  STORE_BATCH_MAX,
  type Turn,
  type TurnEnd,
} from './turn.ts';

/** Between our write and the reading that confirms it: long enough for a full batch to gather, short enough not to be noticed. */
const CONFIRM_DELAY_MS = 120;
/** Answers older than one already seen that are not believed; after that the host's clock has gone back and is followed. */
const OUTDATED_READS_MAX = 3;

type Work = { readonly item: DirtyItem; readonly state: RecordState };
/** `version`: of the reading that was judged; a host with versions refuses the write when the record has moved since (S2). */
type Planned = Work & { readonly commit: RecordCommit; readonly again: boolean; readonly version: string | null };

export async function reconcile(turn: Turn, items: readonly DirtyItem[]): Promise<TurnEnd> {
  const loaded = await loadWork(turn, items);
  const settlements: Settlement[] = loaded.idle.map(done);
  const { reads, failure: readFailure } = await readBatch(turn, loaded.work);
  await turn.parts.afterHook?.('records_read', turn.connection);

  const planned = await judgeAll(turn, reads, settlements);
  const committed = await commitAll(turn, planned, settlements);
  if (committed === 'lease_lost') return LEASE_LOST;
  const writeFailure = await writeAll(turn, committed, settlements);
  if (writeFailure === 'lease_lost') return LEASE_LOST;

  const alone = loaded.work.length === 1 ? loaded.work[0] : undefined;
  if (readFailure !== null && alone !== undefined && !isForWholeLane(readFailure))
    settlements.push(settlementOfFailure(turn, alone.item, readFailure));
  const settled = await settleAll(turn, await sparedInOutage(turn, settlements));
  if (settled.kind !== 'ok') return settled;
  const failure = readFailure ?? writeFailure;
  return failure === null ? OK : { kind: 'failed', failure };
}

async function loadWork(
  turn: Turn,
  items: readonly DirtyItem[],
): Promise<{ readonly work: readonly Work[]; readonly idle: readonly DirtyItem[] }> {
  const byKey = new Map(items.map((item) => [refKey(item.ref), item]));
  const work: Work[] = [];
  for (const chunk of chunksOf(items, STORE_BATCH_MAX)) {
    const refs = chunk.map((item) => item.ref);
    for (const state of await turn.parts.store.loadRecords(turn.connection, refs)) {
      const item = byKey.get(refKey(state.ref));
      if (item === undefined || isSettledAndUnlinked(state)) continue;
      work.push({ item, state });
      byKey.delete(refKey(state.ref));
    }
  }
  return { work, idle: [...byKey.values()] };
}

/** Judges every reading; records whose judgement calls for a second reading with history get it in one more pass. */
async function judgeAll(
  turn: Turn,
  reads: readonly (Work & { readonly read: RecordRead | null })[],
  settlements: Settlement[],
): Promise<readonly Planned[]> {
  const judge = await createJudge(turn, reads);
  const planned: Planned[] = [];
  const unclear: Work[] = [];
  const settle = (work: Work, read: RecordRead | null, judgement: Judgement | null): void => {
    if (judgement === null || read === null)
      settlements.push(retryOrDie(turn, work.item, { kind: 'malformed', detail: 'no answer for this record' }));
    else if (judgement.kind === 'idle') settlements.push(done(work.item));
    else if (judgement.kind === 'outdated_read') settlements.push(retryOrDie(turn, work.item, OUTDATED));
    else if (judgement.kind === 'history_needed') unclear.push(work);
    else planned.push({ ...work, commit: judgement.commit, again: judgement.again, version: versionOf(read) });
  };
  for (const { item, state, read } of reads) {
    const patient = item.attempts < OUTDATED_READS_MAX;
    settle({ item, state }, read, read === null ? null : judge(item, state, read, patient));
  }
  if (unclear.length === 0) return planned;
  const retried = unclear.splice(0);
  const second = await readBatch(turn, retried, 'with_history');
  for (const { item, state, read } of second.reads)
    settle({ item, state }, read, read === null ? null : judge(item, state, read, false));
  for (const { item } of unclear)
    settlements.push(retryOrDie(turn, item, { kind: 'malformed', detail: 'the host returned no history' }));
  return planned;
}

const OUTDATED: HostFailure = {
  kind: 'unavailable',
  retryAfterMs: null,
  detail: 'the host answered with an older state than before',
};

/** Returns the planned records that were committed. A merged record's survivor is marked first, so that no crash can forget it. */
async function commitAll(
  turn: Turn,
  planned: readonly Planned[],
  settlements: Settlement[],
): Promise<readonly Planned[] | 'lease_lost'> {
  const { store, metrics, world } = turn.parts;
  const committed: Planned[] = [];
  for (const chunk of chunksOf(planned, STORE_BATCH_MAX)) {
    if (!(await keepLane(turn))) return 'lease_lost';
    const survivors = chunk.flatMap(({ commit }) =>
      commit.linkChange?.kind === 'alias' ? [commit.linkChange.into] : [],
    );
    const { workspaceId, connectionId } = turn.connection;
    if (survivors.length > 0)
      await store.markDirty(survivors.map((ref) => ({ workspaceId, connectionId, ref, reason: 'event' })));
    const results = await store.commitRecords(
      turn.lane,
      chunk.map(({ commit }) => commit),
    );
    if (results === 'lease_lost') return 'lease_lost';
    const kinds = new Map(results.map((result) => [refKey(result.ref), result.kind]));
    for (const plan of chunk) {
      if (kinds.get(refKey(plan.commit.ref)) !== 'committed')
        settlements.push(again(turn, plan.item, 'changed meanwhile'));
      else if (plan.commit.intent !== null) committed.push(plan);
      else if (plan.again) settlements.push({ ...identity(plan), kind: 'confirm', notBefore: world.clock.now() });
      else settlements.push(done(plan.item));
    }
    const conflicts = chunk.reduce((sum, { commit }) => sum + commit.conflicts.length, 0);
    const edits = chunk.reduce((sum, { commit }) => sum + commit.updates.length, 0);
    if (conflicts > 0) metrics?.count('conflicts', conflicts, turn.connection);
    if (edits > 0) metrics?.count('editsAccepted', edits, turn.connection);
  }
  await turn.parts.afterHook?.('committed', turn.connection);
  return committed;
}

/** Values that a host may refuse in one record before the record is given up as a whole. */
const REFUSED_VALUES_MAX = 4;

/**
 * Writes what was committed. Returns the failure of a whole call, after which the remaining records stay dirty. Records of which the host
 * refused one value are committed and written once more without it.
 */
async function writeAll(
  turn: Turn,
  committed: readonly Planned[],
  settlements: Settlement[],
  refusals = 0,
): Promise<HostFailure | 'lease_lost' | null> {
  const { metrics } = turn.parts;
  const reduced: Planned[] = [];
  for (const chunk of chunksOf(committed, turn.port.batchMax.write)) {
    if (!(await keepLane(turn))) return 'lease_lost';
    const priority = callPriority(
      chunk.map(({ item }) => item),
      true,
    );
    metrics?.count('writeCalls', 1, turn.connection);
    const answer = await turn.port.writeRecords(turn.connection, chunk.flatMap(writeOf), { priority });
    await turn.parts.afterHook?.('written', turn.connection);
    if (!answer.ok) {
      settlements.push(...settleFailedCall(turn, chunk, answer.failure));
      return answer.failure;
    }
    const outcomes = new Map(answer.value.map((outcome) => [refKey(outcome.ref), outcome]));
    const written = chunk.filter((plan) => outcomes.get(refKey(plan.commit.ref))?.kind === 'written').length;
    metrics?.count('recordsWritten', written, turn.connection);
    const rest = chunk.map((plan) => {
      const outcome = outcomes.get(refKey(plan.commit.ref));
      const without = refusals < REFUSED_VALUES_MAX ? withoutRefused(turn, plan, outcome) : null;
      if (without === null) return settleOutcome(turn, plan, outcome, settlements);
      reduced.push(without);
      return null;
    });
    const lasting = rest.find((failure) => failure !== null && isForWholeLane(failure));
    if (lasting !== undefined && lasting !== null) return lasting;
  }
  if (reduced.length === 0) return null;
  const recommitted = await commitAll(turn, reduced, settlements);
  if (recommitted === 'lease_lost') return recommitted;
  return writeAll(turn, recommitted, settlements, refusals + 1);
}

/**
 * The same plan without the one value that the host refused for good, so that it does not hold up the others; null when that is not what
 * happened or nothing is left. The confirming reading finds the value still missing, alone; refused again, it is put aside by its name.
 */
function withoutRefused(turn: Turn, plan: Planned, outcome: WriteOutcome | undefined): Planned | null {
  const { intent, expectedMirrorRevision } = plan.commit;
  if (outcome?.kind !== 'failed' || outcome.failure.kind !== 'rejected' || intent === null) return null;
  const { field } = outcome.failure;
  if (field === null || intent.values[field] === undefined) return null;
  const { [field]: _refused, ...values } = intent.values;
  if (Object.keys(values).length === 0) return null;
  const { clock, random } = turn.parts.world;
  return {
    ...plan,
    commit: {
      ...plan.commit,
      expectedMirrorRevision: (expectedMirrorRevision ?? 0) + 1,
      updates: [],
      conflicts: [],
      questions: [],
      retireTokens: [intent.syncToken],
      intent: { ...intent, syncToken: random.uuid(), values, createdAt: clock.now() },
    },
  };
}

function writeOf({ commit, version }: Planned): readonly RecordWrite[] {
  if (commit.intent === null) return [];
  const { values, syncToken } = commit.intent;
  return [{ ref: commit.ref, values, syncToken, baseVersion: version }];
}

function versionOf(read: RecordRead): string | null {
  return read.kind === 'live' ? read.record.version : null;
}

/** Null when written; otherwise the failure, already settled unless it concerns the whole lane. */
function settleOutcome(
  turn: Turn,
  plan: Planned,
  outcome: WriteOutcome | undefined,
  settlements: Settlement[],
): HostFailure | null {
  if (outcome?.kind === 'written') {
    const notBefore = turn.parts.world.clock.now() + CONFIRM_DELAY_MS;
    settlements.push({ ...identity(plan), kind: 'confirm', notBefore });
    return null;
  }
  const failure: HostFailure = outcome?.failure ?? { kind: 'unknown', detail: 'no outcome for this record' };
  if (!isForWholeLane(failure)) settlements.push(settlementOfFailure(turn, plan.item, failure));
  return failure;
}

function isForWholeLane(failure: HostFailure): boolean {
  return (
    failure.kind === 'rateLimited' ||
    fateOf(failure, NO_FAILURES) === 'park_connection' ||
    failure.kind === 'authExpired'
  );
}

function settlementOfFailure(turn: Turn, item: DirtyItem, failure: HostFailure): Settlement {
  switch (fateOf(failure, NO_FAILURES)) {
    case 'dead_letter':
      return dead(item, failure);
    case 'replan':
      return replan(turn, item);
    case 'tombstone':
    case 'retry_later':
    case 'park_connection':
      // The next reading tells what became of the record: gone or merged.
      return retryOrDie(turn, item, failure);
  }
}

/**
 * A call refused for good condemns its records. One that failed for now leaves them dirty; only a record that was alone in it, and so
 * may be the cause, uses up one of its tries.
 */
function settleFailedCall(turn: Turn, chunk: readonly Planned[], failure: HostFailure): readonly Settlement[] {
  if (isForWholeLane(failure)) return [];
  const fate = fateOf(failure, NO_FAILURES);
  const only = chunk.length === 1 ? chunk[0] : undefined;
  if (fate === 'retry_later') return only === undefined ? [] : [retryOrDie(turn, only.item, failure)];
  return chunk.map(({ item }) => settlementOfFailure(turn, item, failure));
}

/**
 * During an outage every record that is tried alone would in time use up its tries. So before a record is condemned for what may as well
 * be one, the host is asked for something else; while it does not answer that either, the record goes on waiting.
 */
async function sparedInOutage(turn: Turn, settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
  const objectType = settlements.find(mayBeOutage)?.ref.objectType;
  if (objectType === undefined) return settlements;
  const request = { objectType, stream: 'archived', cursor: null } as const;
  const answer = await turn.port.listChanges(turn.connection, request, { priority: 'pull' });
  if (answer.ok) return settlements;
  const { clock, random } = turn.parts.world;
  const notBefore = clock.now() + retryDelayMs(ATTEMPTS_MAX, random);
  return settlements.map((settlement) =>
    mayBeOutage(settlement) ? { ...settlement, kind: 'retry', notBefore } : settlement,
  );
}

/** Answers that make no sense are among them: a host in maintenance may answer with a page. */
const OUTAGE_FAILURES: ReadonlySet<string> = new Set(['unavailable', 'unknown', 'malformed']);

function mayBeOutage(settlement: Settlement): settlement is Settlement & { readonly kind: 'dead' } {
  return settlement.kind === 'dead' && OUTAGE_FAILURES.has(settlement.failure);
}

function identity({ item }: Work): { readonly ref: DirtyItem['ref']; readonly generation: number } {
  return { ref: item.ref, generation: item.generation };
}
