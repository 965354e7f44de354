/**
 * One turn of one lane: lease it, reconcile what is due, give it back. Lanes are served in turn, so that a backfill of one connection
 * does not keep another waiting; a connection that the host limits rests alone (sync rule S7).
 */
import type { ConnectionRef, HostFailure, HostObjectType } from '../crm/port.ts';
import { HOST_OBJECT_TYPES } from '../crm/port.ts';
import type { DirtyItem, Lane } from '../store/port.ts';
import { pieceOf } from './burst.ts';
import { readCases } from './cases.ts';
import { reconcile } from './reconcile.ts';
import { afterFailure, type FailureStreak, failureDetail, fateOf, NO_FAILURES, restMs } from './retry.ts';
import type { EngineParts } from './settings.ts';
import { keepLane, LEASE_MS, OK, renewMeanwhile, type Turn, type TurnEnd } from './turn.ts';

/**
 * Records per turn. More than a batch, so that writes and confirming reads fill theirs, and a multiple of every batch (50, 100, 200), so that
 * a full turn leaves none half empty; few enough for an urgent edit to wait less than a second or two.
 */
const TURN_RECORDS_MAX = 600;
/** After a failed call the next turn takes a quarter as many, so that a record that breaks its whole batch is soon alone. */
const SHRINK_FACTOR = 4;

/** Failures in a row by connection; forgotten on success and with the process, which costs one more try at most. */
export type LaneHealth = Map<string, FailureStreak>;

/** The lane that is due and was served least recently, for this worker alone; null when there is none. */
export async function leaseLane({ store, world }: EngineParts, worker: string): Promise<Lane | null> {
  return await store.leaseLane({ worker, now: world.clock.now(), leaseMs: LEASE_MS });
}

/** Leases a lane and serves it; false when there was nothing to do. */
export async function laneTurn(parts: EngineParts, health: LaneHealth, worker: string): Promise<boolean> {
  const lane = await leaseLane(parts, worker);
  return lane !== null && (await serveLane(parts, health, lane));
}

/** One turn of a leased lane, which is given back in any case. True when something was due. */
export async function serveLane(parts: EngineParts, health: LaneHealth, lane: Lane): Promise<boolean> {
  const { store, world } = parts;
  const { connection } = lane;
  const port = parts.crm[connection.host];
  if (port === undefined) {
    await store.releaseLane(lane, world.clock.now() + LEASE_MS);
    return true;
  }
  const { failures } = health.get(connection.connectionId) ?? NO_FAILURES;
  const limit = Math.max(1, Math.floor(TURN_RECORDS_MAX / SHRINK_FACTOR ** failures));
  const now = world.clock.now();
  const due = await store.takeDirty(lane, { now, limit });
  const { items, waitsUntil } = pieceOf(due, { now, full: Math.min(limit, port.batchMax.read) });
  if (items.length === 0) {
    await store.releaseLane(lane, waitsUntil);
    return due.length > 0;
  }
  const turn: Turn = { parts, port, connection, lane, isLost: false };
  const ended = new AbortController();
  const renewing = renewMeanwhile(turn, ended.signal);
  const end = await runTurn(turn, items);
  ended.abort();
  await renewing;
  observeLag(parts, connection, items, end);
  await endTurn(turn, end, { health, waitsUntil });
  return true;
}

async function runTurn(turn: Turn, items: readonly DirtyItem[]): Promise<TurnEnd> {
  try {
    for (const objectType of HOST_OBJECT_TYPES) {
      const ofType = items.filter((item) => item.ref.objectType === objectType);
      const end = ofType.length === 0 ? OK : await STEPS[objectType](turn, ofType);
      if (end.kind !== 'ok') return end;
    }
    return OK;
  } catch (error) {
    const { connectionId } = turn.connection;
    turn.parts.world.log.error({ error, connectionId }, 'a turn ended in an error');
    return { kind: 'failed', failure: { kind: 'unavailable', retryAfterMs: null, detail: 'internal error' } };
  }
}

const STEPS: Record<HostObjectType, (turn: Turn, items: readonly DirtyItem[]) => Promise<TurnEnd>> = {
  opportunity: reconcile,
  account: reconcile,
  case: readCases,
};

async function endTurn(
  turn: Turn,
  end: TurnEnd,
  { health, waitsUntil }: { readonly health: LaneHealth; readonly waitsUntil: number | null },
): Promise<void> {
  const { store } = turn.parts;
  const { connectionId } = turn.connection;
  switch (end.kind) {
    case 'ok':
      health.delete(connectionId);
      await store.releaseLane(turn.lane, waitsUntil);
      return;
    case 'lease_lost':
      noteLost(turn);
      return;
    case 'failed':
      // What a worker learned before it lost the lane says nothing about the connection any more.
      if (await keepLane(turn)) await restOrPark(turn, end.failure, health);
      else noteLost(turn);
  }
}

function noteLost({ parts, connection, lane }: Turn): void {
  const { connectionId } = connection;
  parts.world.log.warn({ connectionId, fence: lane.fence }, 'lane lost to another worker');
}

async function restOrPark(turn: Turn, failure: HostFailure, health: LaneHealth): Promise<void> {
  const { store, world, metrics } = turn.parts;
  const { connectionId } = turn.connection;
  const streak = health.get(connectionId) ?? NO_FAILURES;
  const detail = failureDetail(failure);
  if (fateOf(failure, streak) === 'park_connection') {
    metrics?.count('connectionsParked', 1, turn.connection);
    world.log.warn({ connectionId, failure: failure.kind, detail }, 'connection parked');
    health.delete(connectionId);
    await store.setConnectionState(turn.connection, 'parked', `${failure.kind}: ${detail}`);
    await store.releaseLane(turn.lane, null);
    return;
  }
  metrics?.count('lanesRested', 1, turn.connection);
  health.set(connectionId, afterFailure(streak, failure));
  await store.releaseLane(turn.lane, world.clock.now() + restMs(failure, streak, world.random));
}

function observeLag(parts: EngineParts, connection: ConnectionRef, items: readonly DirtyItem[], end: TurnEnd): void {
  if (end.kind !== 'ok') return;
  const now = parts.world.clock.now();
  for (const { reason, dirtySince } of items)
    if (reason !== 'confirm') parts.metrics?.observeLag(now - dirtySince, connection);
}
