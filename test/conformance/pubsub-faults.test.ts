/** The whole way from a commit to the inbox while the network and Salesforce misbehave: each event arrives, and arrives once. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDelivery } from '../../server/crm/salesforce/deliveries.ts';
import { createChannels, STREAMS_PER_CHANNEL_MAX } from '../../server/crm/salesforce/pubsub/channels.ts';
import { createWakeUp } from '../../server/sync/wake-up.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';
import { startTestOrg, TEST_CONNECTION, type TestOrg, testFeed, until } from '../support/pubsub-org.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';

/** Pauses are that much shorter than in earnest. */
const HASTE = 100;
const EVENTS = 120;

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

function startWakeUp(org: TestOrg, seed: number): MemoryStore {
  const world = systemWorld();
  const clock = {
    ...world.clock,
    sleep: (delayMs: number, signal?: AbortSignal) => world.clock.sleep(delayMs / HASTE, signal),
  };
  const store = createMemoryStore(() => world.clock.now());
  store.addConnection(TEST_CONNECTION);
  const stopping = new AbortController();
  const feed = testFeed(org, { silenceMsMax: 60_000 });
  const running = createWakeUp({
    store,
    feeds: { salesforce: feed },
    world: { ...world, clock, random: createSeededRandom(seed) },
    onStored: () => undefined,
  }).run(stopping.signal);
  ending.push(async () => {
    stopping.abort();
    await running;
    feed.close();
  });
  return store;
}

const recordId = (index: number): string => `006CP00000${String(index).padStart(5, '0')}AAA`;

async function storedIds(store: MemoryStore): Promise<readonly string[]> {
  const deliveries = await store.takeDeliveries({ limit: 10_000, now: Date.now(), leaseMs: 0 });
  return deliveries.flatMap(({ body }) => parseDelivery(body).events.map(({ ref }) => ref.recordId)).toSorted();
}

describe('S4 S5 each event is stored, and once', () => {
  test.each([
    ['repeated events', { duplicateRate: 0.3 }],
    ['streams cut after an answer', { cutRate: 0.3 }],
    ['a service that is away now and then', { unavailableRate: 0.5 }],
    ['late events', { delayMsMax: 50 }],
    ['gaps instead of changes', { gapRate: 0.5 }],
    ['all of it', { duplicateRate: 0.2, cutRate: 0.2, unavailableRate: 0.3, delayMsMax: 20, gapRate: 0.2 }],
  ])('through %s', async (_what, faults) => {
    const org = await startTestOrg({ random: createSeededRandom(7) });
    ending.push(() => org.stop());
    const store = startWakeUp(org, 3);
    await until('a stream', () => org.bus.streamCount() === 1);
    // From here on a position is known, so that nothing falls between two streams.
    org.commit({ recordIds: [recordId(0)] });
    await until('a position', async () => (await store.readCursor(TEST_CONNECTION, 'feed')) !== null);
    org.bus.setFaults(faults);
    for (let index = 1; index < EVENTS; index += 1) {
      org.commit({ recordIds: [recordId(index)] });
      if (index % 10 === 0) await delay(1);
      if (index % 40 === 0) org.bus.cutStreams();
    }
    await until('every event', async () => (await storedIds(store)).length >= EVENTS);
    expect(await storedIds(store)).toEqual(Array.from({ length: EVENTS }, (_, index) => recordId(index)));
  });

  test('S1 a position that is lost asks for a recheck, and events go on from the oldest', async () => {
    const org = await startTestOrg();
    ending.push(() => org.stop());
    const store = startWakeUp(org, 3);
    await until('a stream', () => org.bus.streamCount() === 1);
    org.commit({ recordIds: [recordId(0)] });
    await until('a position', async () => (await store.readCursor(TEST_CONNECTION, 'feed')) !== null);
    org.bus.beginAnew();
    org.bus.cutStreams();
    await until('a recheck', async () => (await store.readCursor(TEST_CONNECTION, 'recheck-wanted')) !== null);
    org.commit({ recordIds: [recordId(1)] });
    await until('the event after the loss', async () => (await storedIds(store)).includes(recordId(1)));
  });
});

test('S14 streams share connections, up to a number of them each', () => {
  const channels = createChannels('127.0.0.1:1');
  const leases = Array.from({ length: STREAMS_PER_CHANNEL_MAX + 1 }, () => channels.lease());
  expect(channels.count()).toBe(2);
  leases[0]?.release();
  leases[0]?.release();
  channels.lease();
  expect(channels.count(), 'the room that was given back is used').toBe(2);
  for (const lease of leases) lease.release();
  expect(channels.count(), 'a connection that nobody uses is closed').toBe(1);
  channels.close();
  expect(channels.count()).toBe(0);
});
