/** Following change feeds: who follows which, what is stored, and how long a feed rests by the way it ended. */
import { describe, expect, test } from 'vitest';
import type { ChangeFeed, FeedBatch, FeedEnd, FeedStart } from '../../../server/crm/change-feed.ts';
import type { ConnectionRef } from '../../../server/crm/port.ts';
import { feedRestMs } from '../../../server/sync/feed-rest.ts';
import { createWakeUp, type WakeUpParts } from '../../../server/sync/wake-up.ts';
import type { Log } from '../../../server/world.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const START = Date.parse('2026-11-23T08:00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type Follow = {
  readonly connection: ConnectionRef;
  readonly start: FeedStart;
  give(batch: Partial<FeedBatch>): Promise<'stored' | 'stop'>;
  end(kind: FeedEnd['kind']): void;
  running: boolean;
};

function fakeFeed(): ChangeFeed & { readonly follows: Follow[]; running(): readonly Follow[] } {
  const follows: Follow[] = [];
  return {
    follows,
    running: () => follows.filter(({ running }) => running),
    close: () => undefined,
    follow: (connection, start, { signal, take }) =>
      new Promise((resolve) => {
        const follow: Follow = {
          connection,
          start,
          running: true,
          give: (batch) => take({ deliveries: [], missed: [], position: null, ...batch }),
          end(kind) {
            follow.running = false;
            resolve({ kind, detail: 'told by the test' });
          },
        };
        follows.push(follow);
        signal.addEventListener('abort', () => follow.end('stopped'));
      }),
  };
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function stage(connectionCount = 1) {
  const clock = createVirtualClock(START);
  const store = createMemoryStore(() => clock.now());
  const connections = Array.from({ length: connectionCount }, (_, index): ConnectionRef => {
    const connectionId = `c${index}`;
    return { workspaceId: `w${index}`, connectionId, host: 'salesforce', accountId: `org${index}` };
  });
  for (const connection of connections) store.addConnection(connection);
  let processes = 0;
  const wakes: number[] = [];
  const start = (feed: ChangeFeed, more: Partial<WakeUpParts> = {}) => {
    const stop = new AbortController();
    const world = { clock, random: createSeededRandom((processes += 1)), log: silent };
    const onStored = (): void => void wakes.push(clock.now());
    const ended = createWakeUp({ store, feeds: { salesforce: feed }, world, onStored, ...more }).run(stop.signal);
    return { stop: () => stop.abort(), ended };
  };
  return { clock, store, connections, wakes, start, advance: (ms: number) => clock.runUntil(clock.now() + ms) };
}

/** The one subscription that is under way. */
function only(feed: ReturnType<typeof fakeFeed>): Follow {
  const [one, ...others] = feed.running();
  if (one === undefined || others.length > 0) throw new Error(`${feed.running().length} subscriptions`);
  return one;
}

const event = (digest: string) => ({ digest, body: `{"digest":"${digest}"}` });

describe('who follows a feed', () => {
  test('each feed is followed once, however many processes there are', async () => {
    const { start, advance } = stage(7);
    const feeds = [fakeFeed(), fakeFeed(), fakeFeed()];
    for (const feed of feeds) start(feed);
    await advance(10 * MINUTE_MS);
    const followed = feeds.flatMap((feed) => feed.running().map(({ connection }) => connection.connectionId));
    expect(followed.toSorted()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
    expect(feeds.flatMap(({ follows }) => follows)).toHaveLength(7);
  });

  test('a feed that is given back at the end is followed by another process at its next look', async () => {
    const { start, advance } = stage();
    const [first, second] = [fakeFeed(), fakeFeed()];
    const leaving = start(first);
    await advance(1);
    start(second);
    await advance(5_000);
    expect([first.running().length, second.running().length]).toEqual([1, 0]);
    leaving.stop();
    await advance(2_000);
    expect([first.running().length, second.running().length]).toEqual([0, 1]);
    await leaving.ended;
  });

  test('S14 stopping ends within its bound, though a stream does not end', async () => {
    const { clock, start, advance } = stage();
    const stuck: ChangeFeed = { follow: () => new Promise(() => undefined), close: () => undefined };
    const { stop, ended } = start(stuck);
    await advance(100);
    stop();
    const stoppedAt = clock.now();
    let endedAt = Number.POSITIVE_INFINITY;
    void ended.then(() => {
      endedAt = clock.now();
    });
    await advance(MINUTE_MS);
    expect(endedAt - stoppedAt).toBeLessThanOrEqual(3_000);
  });

  test('S14 many feeds are begun a few at a time', async () => {
    const { start, advance } = stage(120);
    const feed = fakeFeed();
    start(feed);
    await advance(1);
    expect(feed.running()).toHaveLength(50);
    await advance(10_000);
    expect(feed.running()).toHaveLength(120);
  });

  test('the feed of a connection that is parked is let go, and followed again once the connection is active', async () => {
    const { store, connections, start, advance } = stage();
    const feed = fakeFeed();
    start(feed);
    await advance(1);
    const [connection] = connections;
    if (connection === undefined) throw new Error('there is one');
    await store.setConnectionState(connection, 'parked', 'authRevoked');
    await advance(2_000);
    expect(feed.running()).toEqual([]);
    await store.setConnectionState(connection, 'active', null);
    await advance(2_000);
    expect(feed.running()).toHaveLength(1);
  });

  test('S5 who has lost the feed stores nothing more and lets go', async () => {
    const { clock, store, start, advance } = stage();
    const feed = fakeFeed();
    start(feed);
    await advance(1);
    const later = clock.now() + HOUR_MS;
    await store.leaseJob({ workspaceId: 'w0', name: 'feed:c0', worker: 'other', now: later, leaseMs: HOUR_MS });
    const lost = only(feed);
    expect(await lost.give({ deliveries: [event('1')], position: 'p1' })).toBe('stop');
    expect([lost.running, store.unfinishedDeliveries()]).toEqual([false, 0]);
  });
});

describe('what is stored', () => {
  test('S4 events wake the engine, and the next subscription begins after the last of them', async () => {
    const { store, wakes, start, advance } = stage();
    const feed = fakeFeed();
    start(feed);
    await advance(1);
    expect(only(feed).start).toEqual({ kind: 'tip' });
    expect(await only(feed).give({ deliveries: [event('1'), event('2')], position: 'p2' })).toBe('stored');
    expect([store.unfinishedDeliveries(), wakes.length]).toEqual([2, 1]);
    expect(await only(feed).give({ position: 'p3' })).toBe('stored');
    expect(wakes, 'a sign of life wakes nobody').toHaveLength(1);
    only(feed).end('closed');
    await advance(1_000);
    expect(only(feed).start).toEqual({ kind: 'after', position: 'p3' });
  });

  test('S1 a position that is lost: from the oldest event on, with a recheck since the position was stored', async () => {
    const { clock, store, connections, start, advance } = stage();
    const feed = fakeFeed();
    start(feed);
    await advance(1);
    await only(feed).give({ position: 'p1' });
    const storedAt = clock.now();
    await advance(HOUR_MS);
    only(feed).end('positionLost');
    await advance(1_000);
    expect(only(feed).start).toEqual({ kind: 'earliest' });
    const wanted = await store.readCursor(connections[0] ?? fail(), 'recheck-wanted');
    expect(JSON.parse(wanted ?? '')).toMatchObject({ sinceAt: storedAt });
  });

  test('S1 what a batch leaves out is asked for from the earliest time that is open', async () => {
    const { store, connections, start, advance } = stage();
    const feed = fakeFeed();
    start(feed);
    await advance(1);
    await only(feed).give({ missed: [{ objectType: 'case', sinceAt: START - 5 }], position: 'p1' });
    await only(feed).give({ missed: [{ objectType: 'account', sinceAt: START }], position: 'p2' });
    const wanted = await store.readCursor(connections[0] ?? fail(), 'recheck-wanted');
    expect(JSON.parse(wanted ?? '')).toMatchObject({ sinceAt: START - 5 });
  });
});

describe('how long a feed rests', () => {
  const rest = (kind: FeedEnd['kind'], failures: number, next = 0.5): number =>
    feedRestMs({ kind, detail: '' }, failures, { next: () => next });

  test('a stream that brought something is opened again at once; one that is away is backed off from, up to a cap', () => {
    expect(rest('closed', 0)).toBe(500);
    expect([1, 2, 3, 9, 40].map((failures) => rest('unavailable', failures))).toEqual([
      1_000, 2_000, 4_000, 256_000, 300_000,
    ]);
    expect([rest('unavailable', 40, 0), rest('unavailable', 40, 1)]).toEqual([225_000, 375_000]);
  });

  test('one that is closed each time before it said anything is backed off from too', () => {
    expect([rest('closed', 1), rest('closed', 2), rest('closed', 12)]).toEqual([500, 2_000, 300_000]);
  });

  test('a missing right is tried again within the hour, used-up events after some hours', () => {
    expect(rest('refused', 1)).toBe(HOUR_MS / 2);
    expect(rest('limited', 1)).toBe(4 * HOUR_MS);
  });

  test('nobody else tries while a feed rests', async () => {
    const { start, advance } = stage();
    const [first, second] = [fakeFeed(), fakeFeed()];
    const lookMs = 30_000;
    start(first, { lookMs });
    await advance(1);
    start(second, { lookMs });
    only(first).end('limited');
    await advance(2 * HOUR_MS);
    expect([first.follows.length, second.follows.length]).toEqual([1, 0]);
    await advance(4 * HOUR_MS);
    expect([first.follows.length, second.follows.length]).toEqual([2, 0]);
  });
});

function fail(): never {
  throw new Error('there is a connection');
}
