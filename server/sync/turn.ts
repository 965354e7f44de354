/**
 * One turn of one lane: what its steps share, and how it can end. A whole call that fails ends the turn without settling its items;
 * they stay dirty under the lane, which rests. Only failures of single records count against those records.
 */
import type { CallPriority, ConnectionRef, CrmPort, HostFailure, HostRecordRef } from '../crm/port.ts';
import type { DirtyItem, Lane, Settlement } from '../store/port.ts';
import { ATTEMPTS_MAX, failureDetail, retryDelayMs } from './retry.ts';
import type { EngineParts } from './settings.ts';

export type TurnEnd =
  | { readonly kind: 'ok' }
  | { readonly kind: 'lease_lost' }
  /** A call failed as a whole. */
  | { readonly kind: 'failed'; readonly failure: HostFailure };

export const OK: TurnEnd = { kind: 'ok' };
export const LEASE_LOST: TurnEnd = { kind: 'lease_lost' };

/** How long a lane stays with a worker that has died. A worker that lives renews it, so that no call is too slow for it. */
export const LEASE_MS = 10_000;
const RENEW_INTERVAL_MS = LEASE_MS / 3;
/** A turn that never ends loses its lane after this many renewals: about five minutes. */
const RENEWALS_MAX = 90;
/** Most commits, settlements or refs handed to the store in one call. */
export const STORE_BATCH_MAX = 200;

export type Turn = {
  readonly parts: EngineParts;
  readonly port: CrmPort;
  readonly connection: ConnectionRef;
  /** Renewed in place while the turn runs. */
  lane: Lane;
  /** Another worker was given the lane: nothing more is to be written. */
  isLost: boolean;
};

export function refKey(ref: HostRecordRef): string {
  return `${ref.objectType}:${ref.recordId}`;
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

/** Renews the lease once half of it has passed. False: another worker has the lane now, stop at once. */
export async function keepLane(turn: Turn): Promise<boolean> {
  if (turn.isLost) return false;
  return turn.lane.leasedUntil - turn.parts.world.clock.now() > LEASE_MS / 2 || (await renew(turn));
}

async function renew(turn: Turn): Promise<boolean> {
  const renewed = await turn.parts.store.renewLane(turn.lane, turn.parts.world.clock.now(), LEASE_MS);
  turn.isLost = renewed === null;
  turn.lane = renewed ?? turn.lane;
  return !turn.isLost;
}

/** Keeps the lane while the turn waits for a slow call. Ends when the signal aborts or the lane is lost; never rejects. */
export async function renewMeanwhile(turn: Turn, ended: AbortSignal): Promise<void> {
  const { clock, log } = turn.parts.world;
  for (let renewals = 0; renewals < RENEWALS_MAX; renewals += 1) {
    await clock.sleep(RENEW_INTERVAL_MS, ended).catch(() => undefined);
    if (ended.aborted) return;
    const kept = await renew(turn).catch((error: unknown) => {
      log.warn({ error, connectionId: turn.connection.connectionId }, 'a lease could not be renewed yet');
      return true;
    });
    if (!kept) return;
  }
}

/** The most urgent priority among the items decides, since they share a call. */
export function callPriority(items: readonly DirtyItem[], isWrite: boolean): CallPriority {
  if (items.some((item) => item.reason === 'ours' || item.reason === 'replay')) return 'interactive';
  if (isWrite) return items.every((item) => item.reason === 'backfill') ? 'backfill' : 'push';
  if (items.some((item) => item.reason === 'event' || item.reason === 'confirm')) return 'pull';
  return items.some((item) => item.reason === 'sweep') ? 'sweep' : 'backfill';
}

/** Settles in batches; a record settles once, with its last word. */
export async function settleAll(turn: Turn, settlements: readonly Settlement[]): Promise<TurnEnd> {
  const { store, world, metrics } = turn.parts;
  for (const chunk of chunksOf(settlements, STORE_BATCH_MAX)) {
    const settled = await store.settle(turn.lane, chunk, world.clock.now());
    if (settled === 'lease_lost') return LEASE_LOST;
    const retries = chunk.filter((settlement) => settlement.kind === 'retry').length;
    const dead = chunk.filter((settlement) => settlement.kind === 'dead').length;
    if (retries > 0) metrics?.count('retries', retries, turn.connection);
    if (dead > 0) metrics?.count('deadLetters', dead, turn.connection);
  }
  if (settlements.length > 0) await turn.parts.afterHook?.('settled', turn.connection);
  return OK;
}

export function done(item: DirtyItem): Settlement {
  return { ref: item.ref, generation: item.generation, kind: 'done' };
}

/** Looks again as soon as possible, because what the turn knew was overtaken. Not a failure of the record. */
export function again(turn: Turn, item: DirtyItem, detail: string): Settlement {
  const { clock, random } = turn.parts.world;
  const notBefore = clock.now() + Math.floor(random.next() * 50);
  return { ref: item.ref, generation: item.generation, kind: 'retry', notBefore, failure: 'stale_state', detail };
}

/** Plans made anew at once after the host refused a write as stale; after these in a row something is odd, and the delay grows. */
const REPLANS_AT_ONCE_MAX = 4;

/**
 * The host refused a write because the record moved after it was read: read it and plan again. However often that happens, it is no
 * failure of the record and never ends in the dead letters.
 */
export function replan(turn: Turn, item: DirtyItem): Settlement {
  const settlement = again(turn, item, 'the record changed on the host before the write');
  if (item.attempts < REPLANS_AT_ONCE_MAX || settlement.kind !== 'retry') return settlement;
  const { clock, random } = turn.parts.world;
  return { ...settlement, notBefore: clock.now() + retryDelayMs(item.attempts - REPLANS_AT_ONCE_MAX, random) };
}

/** Another try after a growing delay, or the dead letters after the last one. */
export function retryOrDie(turn: Turn, item: DirtyItem, failure: HostFailure): Settlement {
  const identity = { ref: item.ref, generation: item.generation };
  const detail = failureDetail(failure);
  if (item.attempts + 1 >= ATTEMPTS_MAX) return { ...identity, kind: 'dead', failure: failure.kind, detail };
  const { clock, random } = turn.parts.world;
  const asked = failure.kind === 'unavailable' || failure.kind === 'rateLimited' ? (failure.retryAfterMs ?? 0) : 0;
  const notBefore = clock.now() + Math.max(asked, retryDelayMs(item.attempts, random));
  return { ...identity, kind: 'retry', notBefore, failure: failure.kind, detail };
}

export function dead(item: DirtyItem, failure: HostFailure): Settlement {
  return {
    ref: item.ref,
    generation: item.generation,
    kind: 'dead',
    failure: failure.kind,
    detail: failureDetail(failure),
  };
}
