/**
 * Follows the change feeds of all connections that have one, so that an edit in the CRM is looked at within moments. One process follows a
 * feed at a time, under a lease that ends with the process; what it hears goes into the inbox together with the feed's position. A feed that
 * is refused, limited or away costs latency and nothing else: sweeps find the same. One loop serves all feeds, with one question to the
 * database for all of them.
 */
import type { ChangeFeed, FeedBatch, FeedEnd, FeedStart } from '../crm/change-feed.ts';
import type { ConnectionRef, Host } from '../crm/port.ts';
import { feedJob, type SyncStore } from '../store/port.ts';
import type { World } from '../world.ts';
import { feedRestMs } from './feed-rest.ts';
import { recheckRequest } from './recheck.ts';
import { chunksOf } from './turn.ts';

/** How soon a free feed is noticed: the longest time, beyond a look, that a dead holder's feed lies still. */
const LOOK_MS = 2_000;
/** Renewed long before its end; it is long because a dead holder is seen by its session, not by the lease's end. */
const LEASE_MS = 120_000;
const RENEW_MS = 40_000;
const FEEDS_PER_PROCESS_MAX = 2_000;
/** So that processes that start together share the feeds, and no host is met by thousands of new streams at once. */
const FEEDS_PER_LOOK_MAX = 50;
const STOP_MS_MAX = 3_000;
const RELEASES_AT_ONCE = 8;

const POSITION_CURSOR = 'feed';

export type WakeUpParts = {
  readonly store: Pick<SyncStore, 'listOpenFeeds' | 'leaseJob' | 'readCursor' | 'acceptFeed'>;
  readonly feeds: { readonly [H in Host]?: ChangeFeed };
  readonly world: World;
  /** Told when the inbox has something new. */
  readonly onStored: () => void;
  /** Told how each subscription ended. */
  readonly onEnd?: (connection: ConnectionRef, end: FeedEnd) => void;
  readonly lookMs?: number;
};

export type WakeUp = {
  /** Follows until the signal aborts; resolves once every stream has ended and the feeds are given back, or the time for it is over. */
  run(signal: AbortSignal): Promise<void>;
};

/** A feed in this process's hands, followed or at rest. */
type Held = {
  readonly connection: ConnectionRef;
  readonly stop: AbortController;
  renewAt: number;
  done: Promise<void>;
};

export function createWakeUp(parts: WakeUpParts): WakeUp {
  const { clock, log, random } = parts.world;
  const worker = random.uuid();
  const held = new Map<string, Held>();
  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          await look(parts, { worker, held });
        } catch (error) {
          log.error({ error }, 'looking for change feeds met an error and goes on');
        }
        await sleepUntilAborted(parts, parts.lookMs ?? LOOK_MS, signal);
      }
      const mine = [...held.values()];
      for (const { stop } of mine) stop.abort();
      const ended = Promise.all(mine.map(({ done }) => done)).then(() => giveBack(parts, worker, mine));
      const leave = new AbortController();
      await Promise.race([ended, clock.sleep(STOP_MS_MAX, leave.signal).catch(() => undefined)]);
      leave.abort();
    },
  };
}

type Hands = { readonly worker: string; readonly held: Map<string, Held> };

/** Lets go of feeds that are somebody else's, or whose connection is not served any more; keeps leases; takes what is free. */
async function look(parts: WakeUpParts, { worker, held }: Hands): Promise<void> {
  const { clock } = parts.world;
  const hosts = (Object.keys(parts.feeds) as Host[]).filter((host) => parts.feeds[host] !== undefined);
  const open = await parts.store.listOpenFeeds({ hosts, worker, now: clock.now() });
  const openIds = new Set(open.map(({ connectionId }) => connectionId));
  for (const { connection, stop } of held.values()) if (!openIds.has(connection.connectionId)) stop.abort();
  for (const feed of held.values()) await keep(parts, worker, feed);
  const free = open.filter(({ connectionId }) => !held.has(connectionId));
  const room = Math.max(0, Math.min(FEEDS_PER_LOOK_MAX, FEEDS_PER_PROCESS_MAX - held.size));
  for (const connection of free.slice(0, room)) {
    const feed = parts.feeds[connection.host];
    if (feed === undefined || !(await lease(parts, worker, connection, LEASE_MS))) continue;
    hold(parts, { worker, held }, { connection, feed });
  }
}

async function keep(parts: WakeUpParts, worker: string, feed: Held): Promise<void> {
  const now = parts.world.clock.now();
  if (feed.stop.signal.aborted || feed.renewAt > now) return;
  feed.renewAt = now + RENEW_MS;
  if (!(await lease(parts, worker, feed.connection, LEASE_MS))) feed.stop.abort();
}

function lease(parts: WakeUpParts, worker: string, connection: ConnectionRef, leaseMs: number): Promise<boolean> {
  const { workspaceId, connectionId } = connection;
  const now = parts.world.clock.now();
  return parts.store.leaseJob({ workspaceId, name: feedJob(connectionId), worker, now, leaseMs });
}

function hold(
  parts: WakeUpParts,
  { worker, held }: Hands,
  { connection, feed }: { readonly connection: ConnectionRef; readonly feed: ChangeFeed },
): void {
  const { clock, log } = parts.world;
  const { connectionId } = connection;
  const stop = new AbortController();
  const mine: Held = { connection, stop, renewAt: clock.now() + RENEW_MS, done: Promise.resolve() };
  held.set(connectionId, mine);
  mine.done = followOn(parts, { worker, connection, feed, stop })
    .catch((error: unknown) => log.error({ error, connectionId }, 'a change feed is let go after an error'))
    .finally(() => held.delete(connectionId));
}

type Following = {
  readonly worker: string;
  readonly connection: ConnectionRef;
  readonly feed: ChangeFeed;
  readonly stop: AbortController;
};

/** One subscription after another, with rests between them, until the feed is let go. */
async function followOn(parts: WakeUpParts, following: Following): Promise<void> {
  const { signal } = following.stop;
  let failures = 0;
  let start: FeedStart | null = null;
  while (!signal.aborted) {
    const once = await followOnce(parts, following, start);
    start = once.next;
    failures = once.heard ? 0 : failures + 1;
    if (signal.aborted) return;
    parts.onEnd?.(following.connection, once.end);
    const restMs = feedRestMs(once.end, failures, parts.world.random);
    const { connectionId } = following.connection;
    const ended = { connectionId, end: once.end.kind, detail: once.end.detail, restMs };
    if (once.end.kind === 'closed') parts.world.log.debug(ended, 'a change feed ended and begins again');
    else parts.world.log.warn(ended, 'a change feed rests; sweeps find what it would have told of');
    await sleepUntilAborted(parts, restMs, signal);
  }
}

type Once = {
  readonly end: FeedEnd;
  readonly heard: boolean;
  /** Where to begin next when not at the stored position. */
  readonly next: FeedStart | null;
};

async function followOnce(parts: WakeUpParts, following: Following, begin: FeedStart | null): Promise<Once> {
  const { connection, feed, stop, worker } = following;
  let heard = false;
  try {
    const stored = await readPosition(parts, connection);
    const start = begin ?? (stored === null ? { kind: 'tip' } : { kind: 'after', position: stored.position });
    const end = await feed.follow(connection, start, {
      signal: stop.signal,
      take: async (batch) => {
        heard = true;
        return await takeBatch(parts, { connection, worker, stop }, batch);
      },
    });
    if (end.kind !== 'positionLost') return { end, heard, next: null };
    // What was missed happened after the position was stored; the sweep that is behind all this goes back to there.
    const last = await readPosition(parts, connection);
    await askForRecheck(parts, { connection, worker, stop }, last?.at ?? 0);
    return { end, heard: heard || start.kind === 'after', next: { kind: 'earliest' } };
  } catch (error) {
    parts.world.log.error({ error, connectionId: connection.connectionId }, 'a change feed met an error');
    return { end: { kind: 'unavailable', detail: 'internal error' }, heard: false, next: null };
  }
}

type Holder = Pick<Following, 'connection' | 'worker' | 'stop'>;

async function takeBatch(parts: WakeUpParts, holder: Holder, batch: FeedBatch): Promise<'stored' | 'stop'> {
  const at = parts.world.clock.now();
  const { position, deliveries, missed } = batch;
  const cursors = position === null ? [] : [{ name: POSITION_CURSOR, value: JSON.stringify({ position, at }) }];
  const sinceAt = missed.reduce((least, each) => Math.min(least, each.sinceAt), Number.POSITIVE_INFINITY);
  if (missed.length > 0) cursors.push(await wanted(parts, holder, sinceAt));
  const stored = await accept(parts, holder, { deliveries, cursors, at });
  if (stored === 'stored' && deliveries.length > 0) parts.onStored();
  return stored;
}

async function askForRecheck(parts: WakeUpParts, holder: Holder, sinceAt: number): Promise<void> {
  const cursors = [await wanted(parts, holder, sinceAt)];
  await accept(parts, holder, { deliveries: [], cursors, at: parts.world.clock.now() });
}

function wanted(parts: WakeUpParts, { connection }: Holder, sinceAt: number): ReturnType<typeof recheckRequest> {
  return recheckRequest(parts.store, connection, { id: parts.world.random.uuid(), sinceAt });
}

/** A feed that has become another process's is let go at once. */
async function accept(
  parts: WakeUpParts,
  { connection, worker, stop }: Holder,
  arrival: Parameters<SyncStore['acceptFeed']>[1],
): Promise<'stored' | 'stop'> {
  const stored = await parts.store.acceptFeed(connection, arrival, { worker, leaseMs: LEASE_MS });
  if (stored === 'stored') return 'stored';
  stop.abort();
  return 'stop';
}

type Position = { readonly position: string; readonly at: number };

async function readPosition(parts: WakeUpParts, connection: ConnectionRef): Promise<Position | null> {
  const text = await parts.store.readCursor(connection, POSITION_CURSOR);
  const stored: unknown = text === null ? null : JSON.parse(text);
  if (typeof stored !== 'object' || stored === null || !('position' in stored) || !('at' in stored)) return null;
  const { position, at } = stored;
  return typeof position === 'string' && typeof at === 'number' ? { position, at } : null;
}

async function giveBack(parts: WakeUpParts, worker: string, feeds: readonly Held[]): Promise<void> {
  try {
    for (const some of chunksOf(feeds, RELEASES_AT_ONCE))
      await Promise.all(some.map(({ connection }) => lease(parts, worker, connection, 0)));
  } catch (error) {
    parts.world.log.warn({ error }, 'change feeds could not be given back; their leases run out');
  }
}

async function sleepUntilAborted(parts: WakeUpParts, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await parts.world.clock.sleep(delayMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
