/** Every RPC of the Pub/Sub API that we use, walked through against the practice org: what is asked, what is answered, how each failure ends. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { status as STATUS } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { readPackage } from '../../extensions/practice/salesforce/package-source.ts';
import { startPracticePubSub } from '../../extensions/practice/salesforce/pubsub/server.ts';
import { topicsOf } from '../../extensions/practice/salesforce/pubsub/topics.ts';
import { buildSchema } from '../../extensions/practice/salesforce/schema.ts';
import { startPracticeSalesforce } from '../../extensions/practice/salesforce/server.ts';
import type { FeedBatch } from '../../server/crm/change-feed.ts';
import { parseDelivery } from '../../server/crm/salesforce/deliveries.ts';
import { objectTypeOfEntity } from '../../server/crm/salesforce/deliveries.ts';
import { createChannels } from '../../server/crm/salesforce/pubsub/channels.ts';
import { parseEventSchema } from '../../server/crm/salesforce/pubsub/event-schema.ts';
import { rpcFailure } from '../../server/crm/salesforce/pubsub/failures.ts';
import { CHANGE_TOPIC, createPubSubFeed, EVENTS_ASKED_MAX } from '../../server/crm/salesforce/pubsub/feed.ts';
import { loadMethods } from '../../server/crm/salesforce/pubsub/methods.ts';
import {
  createRpc,
  type FetchResponse,
  parseFetchResponse,
  type PubSubRpc,
} from '../../server/crm/salesforce/pubsub/rpc.ts';
import {
  followFeed,
  ORG_ID,
  RECORD_IDS,
  startTestOrg,
  TEST_CONNECTION,
  type TestOrg,
  testFeed,
  testSessions,
  until,
} from '../support/pubsub-org.ts';
import { systemWorld } from '../support/system-world.ts';

const PACKAGE_DIR = path.resolve(import.meta.dirname, '../../extensions/salesforce/force-app/main/default');
const PRACTICE_ORG = {
  port: 0,
  dataDir: null,
  org: {
    id: '00DCP0000001prc',
    name: 'Practice',
    timeZone: 'UTC',
    currency: 'EUR',
    language: 'en_US',
    locale: 'en_GB',
    isSandbox: true,
    organizationType: 'Enterprise Edition',
  },
  app: { name: 'Counterpart', clientId: 'id', clientSecret: 'secret', redirectUris: [], scopes: ['api'] },
  packageDir: PACKAGE_DIR,
} as const;

const HOUR_MS = 3_600_000;
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

async function open(...[options]: Parameters<typeof startTestOrg>): Promise<TestOrg> {
  const org = await startTestOrg(options);
  ending.push(() => org.stop());
  return org;
}

function rpcOf(org: TestOrg, { accessToken = 'token-1', orgId = ORG_ID } = {}): PubSubRpc {
  const channels = createChannels(org.bus.endpoint);
  ending.push(() => channels.close());
  const access = { accessToken, orgId, instanceUrl: 'http://localhost:1' };
  const { client } = channels.lease();
  const { signal } = new AbortController();
  return createRpc({ client, methods: loadMethods(), clock: systemWorld().clock, access, signal });
}

function feedOf(org: TestOrg, options: Parameters<typeof testFeed>[1] = {}): ReturnType<typeof testFeed> {
  const feed = testFeed(org, options);
  ending.push(() => feed.close());
  return feed;
}

function follow(...args: Parameters<typeof followFeed>): ReturnType<typeof followFeed> {
  const followed = followFeed(...args);
  ending.push(() => followed.stop());
  return followed;
}

/** Answers of one raw stream, and how it failed. */
function rawStream(rpc: PubSubRpc, ...requests: readonly object[]) {
  const call = rpc.subscribe();
  ending.push(() => call.cancel());
  const answers: FetchResponse[] = [];
  const failed = new Promise<ReturnType<typeof rpcFailure>>((resolve) => {
    call.on('error', (error) => resolve(rpcFailure(error)));
  });
  call.on('data', (message: unknown) => answers.push(parseFetchResponse(message)));
  for (const request of requests) call.write(request);
  return { answers, failed, call };
}

/** A feed that is followed, once the org has its stream. */
async function followed(org: TestOrg, ...args: Parameters<typeof followFeed>): Promise<ReturnType<typeof followFeed>> {
  const following = follow(...args);
  await until('a stream', () => org.bus.streamCount() === 1);
  return following;
}

test('both sides read the same public description of the protocol', () => {
  const [ours, theirs] = ['server/crm/salesforce/pubsub', 'extensions/practice/salesforce/pubsub'].map((folder) =>
    readFileSync(path.resolve(import.meta.dirname, '../..', folder, 'pubsub_api.proto'), 'utf8'),
  );
  expect(ours).toBe(theirs);
  expect(ours).toContain('service PubSub');
});

test('the channel and its members are those that the package brings', () => {
  const folder = path.join(PACKAGE_DIR, 'platformEventChannelMembers');
  const elements = (name: string): readonly string[] =>
    readdirSync(folder).flatMap((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      return new RegExp(`<${name}>(?<value>[^<]+)</${name}>`).exec(text)?.groups?.['value'] ?? [];
    });
  expect(new Set(elements('eventChannel').map((name) => `/data/counterpart__${name}`))).toEqual(
    new Set([CHANGE_TOPIC]),
  );
  const entities = elements('selectedEntity').map((name) => name.replace(/ChangeEvent$/, ''));
  const topics = topicsOf(buildSchema(readPackage(PACKAGE_DIR)));
  expect([...(topics.get(CHANGE_TOPIC) ?? [])].toSorted()).toEqual(entities.toSorted());
  expect(entities.map(objectTypeOfEntity)).not.toContain(null);
  expect(topicsOf(buildSchema(null)).size, 'without the package nothing is captured').toBe(0);
});

describe('GetTopic and GetSchema', () => {
  test('a topic says whether it may be subscribed to; a channel of several entities has no one schema', async () => {
    const rpc = rpcOf(await open());
    expect(await rpc.getTopic(CHANGE_TOPIC)).toEqual({
      ok: true,
      value: { topicName: CHANGE_TOPIC, canSubscribe: true, schemaId: '' },
    });
    const topic = await rpc.getTopic('/data/OpportunityChangeEvent');
    const schema = await rpc.getSchema(topic.ok ? topic.value.schemaId : '');
    expect(parseEventSchema(schema.ok ? schema.value : '')?.name).toBe('OpportunityChangeEvent');
  });

  test('what does not exist, or is asked for by somebody else, is refused with Salesforce’s own code', async () => {
    const org = await open();
    expect(await rpcOf(org).getTopic('/data/LeadChangeEvent')).toEqual({
      ok: false,
      failure: { status: STATUS.NOT_FOUND, code: 'topic.not.found' },
    });
    expect(await rpcOf(org).getSchema('unknown')).toMatchObject({ failure: { code: 'schema.validation.failed' } });
    const refused = { ok: false, failure: { status: STATUS.UNAUTHENTICATED, code: 'service.auth.error' } };
    expect(await rpcOf(org, { accessToken: 'stale' }).getTopic(CHANGE_TOPIC)).toEqual(refused);
    expect(await rpcOf(org, { orgId: '00D000000000000EAA' }).getTopic(CHANGE_TOPIC)).toEqual(refused);
    expect(await rpcOf(org, { accessToken: '' }).getTopic(CHANGE_TOPIC)).toMatchObject({
      failure: { code: 'service.auth.headers.invalid' },
    });
  });
});

describe('Subscribe, by the rules of the protocol', () => {
  const first = { topicName: CHANGE_TOPIC, replayPreset: 'LATEST', numRequested: 2 };

  test('no more is delivered than was asked for, and each answer says what is still outstanding', async () => {
    const org = await open();
    const { answers, call } = rawStream(rpcOf(org), first);
    await until('a stream', () => org.bus.streamCount() === 1);
    for (let count = 0; count < 3; count += 1) org.commit();
    await until('two events', () => answers.flatMap(({ events }) => events).length === 2);
    expect(answers.at(-1)?.pendingNumRequested).toBe(0);
    call.write({ numRequested: 5 });
    await until('the third event', () => answers.flatMap(({ events }) => events).length === 3);
    expect(answers.at(-1)?.pendingNumRequested).toBe(4);
  });

  test.each([
    ['nothing asked for', [{ ...first, numRequested: 0 }], 'subscription.fetch.requested.events.invalid'],
    ['more than 100 outstanding', [first, { numRequested: 99 }], 'subscription.fetch.overflow'],
    [
      'another topic',
      [first, { topicName: '/data/CaseChangeEvent', numRequested: 1 }],
      'subscription.fetch.topic.mismatch',
    ],
    ['a place without an id', [{ ...first, replayPreset: 'CUSTOM' }], 'subscription.fetch.replayid.validation.failed'],
    [
      'an unknown id',
      [{ ...first, replayPreset: 'CUSTOM', replayId: Buffer.alloc(10, 9) }],
      'subscription.fetch.replayid.corrupted',
    ],
    ['an unknown topic', [{ ...first, topicName: '/data/LeadChangeEvent' }], 'topic.not.found'],
  ])('%s is refused', async (_what, requests, code) => {
    const { failed } = rawStream(rpcOf(await open()), ...requests);
    expect((await failed)?.code).toBe(code);
  });
});

describe('what the bus keeps', () => {
  const first = { topicName: CHANGE_TOPIC, replayPreset: 'EARLIEST', numRequested: 1 };

  test('a stream that asks for nothing more is closed without an error', async () => {
    const org = await open({ behaviour: { idleCloseMs: 20 } });
    org.commit();
    const { answers, call } = rawStream(rpcOf(org), first);
    await new Promise((resolve) => call.on('end', resolve));
    expect(answers.flatMap(({ events }) => events)).toHaveLength(1);
  });

  test('events and replay ids older than 72 hours are gone', async () => {
    const { clock } = systemWorld();
    let offsetMs = 0;
    const org = await open({ clock: { ...clock, now: () => clock.now() + offsetMs } });
    org.commit({ recordIds: [RECORD_IDS[0]] });
    const feed = feedOf(org);
    const before = await followed(org, feed, { kind: 'earliest' });
    await until('an event', () => before.recordIds().length === 1);
    await before.stop();
    offsetMs = 71 * HOUR_MS;
    org.commit({ recordIds: [RECORD_IDS[1]] });
    const within = await followed(org, feed, { kind: 'after', position: before.position() ?? '' });
    await until('the next event', () => within.recordIds().length === 1);
    await within.stop();
    offsetMs = 73 * HOUR_MS;
    expect((await follow(feed, { kind: 'after', position: before.position() ?? '' }).ended).kind).toBe('positionLost');
    const oldest = await followed(org, feed, { kind: 'earliest' });
    await until('the oldest event', () => oldest.recordIds().length === 1);
    expect(oldest.recordIds()).toEqual([RECORD_IDS[1]]);
  });
});

describe('the feed', () => {
  test('brings each event of the channel in the form that parseDelivery reads, and asks for more as they are stored', async () => {
    const org = await open();
    const following = await followed(org, feedOf(org));
    const count = EVENTS_ASKED_MAX * 2 + 7;
    for (let index = 0; index < count; index += 1) org.commit({ recordIds: [RECORD_IDS[index % 3] ?? ''] });
    org.commit({
      entityName: 'Account',
      recordIds: ['001CP0000000001AAA', '001CP0000000002AAA'],
      changedFields: ['BillingCity', 'ShippingStreet', 'Name', 'LastModifiedDate'],
      values: { BillingCity: 'Oslo', ShippingStreet: '1 Quay', Name: 'Acme' },
      changeOrigin: 'com/salesforce/api/rest/68.0;client=Counterpart',
    });
    await until('all events', () => following.recordIds().length === count + 2);
    const bodies = following.batches.flatMap(({ deliveries }) => deliveries.map(({ body }) => body));
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      orgId: ORG_ID,
      entityName: 'Opportunity',
      changeType: 'UPDATE',
      recordIds: [RECORD_IDS[0]],
      changedFields: ['Name', 'LastModifiedDate'],
    });
    expect(JSON.parse(bodies.at(-1) ?? '').changedFields.toSorted()).toEqual([
      'BillingAddress.City',
      'LastModifiedDate',
      'Name',
      'ShippingAddress.Street',
    ]);
    expect(parseDelivery(bodies.at(-1) ?? '')).toMatchObject({
      rejected: [],
      events: [
        { accountId: ORG_ID, ref: { objectType: 'account', recordId: '001CP0000000001AAA' }, byUs: true },
        { ref: { recordId: '001CP0000000002AAA' }, kind: 'changed' },
      ],
    });
    expect(org.bus.callCounts(), 'schemas are asked for once').toMatchObject({
      GetTopic: 1,
      GetSchema: 2,
      Subscribe: 1,
    });
  });

  test('waits with asking for more until what came is stored', async () => {
    // One event more than was asked for first would end the stream.
    const org = await open({ behaviour: { deliveriesPerDay: EVENTS_ASKED_MAX } });
    const count = EVENTS_ASKED_MAX * 2;
    for (let index = 0; index < count; index += 1) org.commit();
    const seen: FeedBatch[] = [];
    let release: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => {
      release = resolve;
    });
    const take = async (batch: FeedBatch): Promise<'stored'> => {
      seen.push(batch);
      await stored;
      return 'stored';
    };
    const following = follow(feedOf(org), { kind: 'earliest' }, take);
    await until('the first batch', () => seen.length === 1);
    expect(seen[0]?.deliveries).toHaveLength(EVENTS_ASKED_MAX);
    await rpcOf(org).getTopic(CHANGE_TOPIC);
    org.bus.setBehaviour({ deliveriesPerDay: null });
    release();
    await until('all events', () => following.recordIds().length === count);
  });

  test('an idle stream’s sign of life moves the position on', async () => {
    const org = await open({ behaviour: { keepAliveMs: 20 } });
    const following = await followed(org, feedOf(org));
    await until('a sign of life', () => following.batches.length > 0);
    expect(following.batches[0]).toMatchObject({ deliveries: [], missed: [], position: expect.stringMatching(/./) });
  });

  test('a stream that says nothing for too long is given up', async () => {
    const org = await open();
    org.bus.setFaults({ mute: true });
    const following = follow(feedOf(org, { silenceMsMax: 60 }));
    expect(await following.ended).toEqual({ kind: 'closed', detail: 'silent for too long' });
  });

  test('goes on after the last stored event: nothing is left out and nothing comes twice', async () => {
    const org = await open();
    const feed = feedOf(org);
    const before = await followed(org, feed);
    org.commit({ recordIds: [RECORD_IDS[0]] });
    await until('the first event', () => before.recordIds().length === 1);
    org.bus.cutStreams();
    expect((await before.ended).kind).toBe('unavailable');
    org.commit({ recordIds: [RECORD_IDS[1]] });
    const after = await followed(org, feed, { kind: 'after', position: before.position() ?? '' });
    org.commit({ recordIds: [RECORD_IDS[2]] });
    await until('both events', () => after.recordIds().length === 2);
    expect(after.recordIds()).toEqual([RECORD_IDS[1], RECORD_IDS[2]]);
  });

  test('a position that the org does not know any more is told apart, and the oldest events can be had', async () => {
    const org = await open();
    const feed = feedOf(org);
    const before = await followed(org, feed);
    org.commit();
    await until('an event', () => before.recordIds().length === 1);
    await before.stop();
    org.bus.beginAnew();
    org.commit({ recordIds: [RECORD_IDS[1]] });
    const lost = await follow(feed, { kind: 'after', position: before.position() ?? '' }).ended;
    expect(lost).toEqual({ kind: 'positionLost', detail: 'INVALID_ARGUMENT subscription.fetch.replayid.corrupted' });
    const again = await followed(org, feed, { kind: 'earliest' });
    await until('the oldest event', () => again.recordIds().length === 1);
    expect(again.recordIds()).toEqual([RECORD_IDS[1]]);
  });

  test('the end of the day’s events, a missing right and a missing topic each end it in their own way', async () => {
    const org = await open({ behaviour: { deliveriesPerDay: 1 } });
    const following = await followed(org, feedOf(org));
    org.commit();
    await until('the one event', () => following.recordIds().length === 1);
    org.commit();
    expect(await following.ended).toMatchObject({ kind: 'limited' });
    org.bus.setBehaviour({ canSubscribe: false });
    expect(await follow(feedOf(org)).ended).toEqual({ kind: 'refused', detail: 'may not subscribe' });
    expect(await follow(feedOf(org, { topicName: '/data/None__chn' })).ended).toEqual({
      kind: 'refused',
      detail: 'NOT_FOUND topic.not.found',
    });
  });

  test('a token that is refused is renewed once; a fresh one that is refused ends it', async () => {
    const org = await open();
    const sessions = testSessions(['old', 'token-1']);
    const following = await followed(org, feedOf(org, { sessions }));
    org.commit();
    await until('an event', () => following.recordIds().length === 1);
    expect(sessions.renewals()).toBe(1);
    org.tokens.clear();
    org.commit();
    expect(await following.ended, 'a session that ends under a running stream').toEqual({
      kind: 'closed',
      detail: 'the session ended',
    });
    const hopeless = testSessions(['old', 'old too', 'older']);
    expect(await follow(feedOf(org, { sessions: hopeless })).ended).toEqual({
      kind: 'refused',
      detail: 'fresh token refused',
    });
    expect(hopeless.renewals()).toBe(1);
  });

  test('a service that is away, or no service at all, is a matter of waiting', async () => {
    const org = await open({ faults: { unavailableRate: 1 } });
    const feed = feedOf(org);
    expect(await follow(feed).ended).toEqual({ kind: 'unavailable', detail: 'UNAVAILABLE service.unavailable' });
    await org.stop();
    expect(await follow(feed).ended).toMatchObject({ kind: 'unavailable' });
  });

  test('gap events name their records; an overflow names a kind of record that a sweep has to go through', async () => {
    const org = await open({ faults: { gapRate: 1 } });
    const following = await followed(org, feedOf(org));
    org.commit({ changeType: 'DELETE' });
    org.bus.overflow('Case');
    await until('both', () => following.batches.flatMap(({ missed }) => missed).length === 1);
    const [gap, overflow] = following.batches.flatMap(({ deliveries }) => deliveries);
    expect(parseDelivery(gap?.body ?? '').events).toMatchObject([
      { kind: 'deleted', ref: { recordId: RECORD_IDS[0] } },
    ]);
    expect(parseDelivery(overflow?.body ?? '')).toEqual({ events: [], lifecycle: [], rejected: [] });
    expect(following.batches.flatMap(({ missed }) => missed)).toMatchObject([{ objectType: 'case' }]);
  });

  test('the same event again is the same delivery; two events of one transaction are not', async () => {
    const org = await open({ faults: { duplicateRate: 1 } });
    const following = await followed(org, feedOf(org));
    org.commit();
    org.commit({ transactionKey: 'one', sequenceNumber: 1 });
    org.commit({ transactionKey: 'one', sequenceNumber: 2 });
    await until('all', () => following.recordIds().length === 6);
    const digests = following.batches.flatMap(({ deliveries }) => deliveries.map(({ digest }) => digest));
    expect(new Set(digests).size).toBe(3);
  });

  test('brings what people do in a practice org', async () => {
    const { clock, random, log } = systemWorld();
    const org = await startPracticeSalesforce({ ...PRACTICE_ORG, clock, random, log });
    ending.push(() => org.stop());
    const session = (token: string) => (token === 'token-1' ? { userId: org.adminId } : undefined);
    const bus = await startPracticePubSub({ org: { ...org, session }, port: 0, clock, random, log });
    ending.push(() => bus.stop());
    const sessions = testSessions(['token-1']);
    const feed = createPubSubFeed({ endpoint: bus.endpoint, sessions, world: systemWorld() });
    ending.push(() => feed.close());
    const following = follow(feed, { kind: 'tip' }, undefined, { ...TEST_CONNECTION, accountId: org.orgId });
    await until('a stream', () => bus.streamCount() === 1);
    const dealId = org.people.create('Opportunity', {
      Name: 'Lease',
      StageName: 'Prospecting',
      CloseDate: '2026-12-31',
    });
    org.people.edit('Opportunity', dealId, { Amount: 12.5, counterpart__Renewal_Date__c: '2027-01-31' });
    org.people.delete('Opportunity', dealId);
    await until('three events', () => following.recordIds().length === 3);
    expect(following.recordIds()).toEqual([dealId, dealId, dealId]);
    const events = following.batches.flatMap(({ deliveries }) => deliveries.map(({ body }) => JSON.parse(body)));
    expect(events.map(({ changeType }) => changeType)).toEqual(['CREATE', 'UPDATE', 'DELETE']);
    expect(events[1]).toMatchObject({ orgId: org.orgId, commitUser: org.adminId });
    expect(events[1].changedFields).toEqual(
      expect.arrayContaining([
        'Amount',
        'LastModifiedDate',
        'counterpart__Renewal_Date__c',
        'counterpart__Mirror_Version__c',
      ]),
    );
  });
});
