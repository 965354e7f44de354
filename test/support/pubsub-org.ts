/** A practice org reduced to what its Pub/Sub API needs, with a feed of the product on it: commits are made by the test. */
import { setTimeout as delay } from 'node:timers/promises';
import type { OrgChange } from '../../extensions/practice/salesforce/org-change.ts';
import { STANDARD_OBJECTS } from '../../extensions/practice/salesforce/standard-objects.ts';
import { object, text } from '../../extensions/practice/salesforce/field-builder.ts';
import type { Schema } from '../../extensions/practice/salesforce/object-definition.ts';
import {
  type PracticePubSub,
  type PracticePubSubOptions,
  startPracticePubSub,
} from '../../extensions/practice/salesforce/pubsub/server.ts';
import type { ChangeFeed, FeedBatch, FeedEnd, FeedStart } from '../../server/crm/change-feed.ts';
import type { ConnectionRef, HostResult } from '../../server/crm/port.ts';
import { createPubSubFeed, type PubSubFeedOptions } from '../../server/crm/salesforce/pubsub/feed.ts';
import type { Session, SessionSource } from '../../server/crm/salesforce/session-source.ts';
import { systemWorld } from './system-world.ts';

export const ORG_ID = '00DCP0000001prac2A';
export const RECORD_IDS = ['006CP0000000001AAA', '006CP0000000002AAA', '006CP0000000003AAA'] as const;
const WAIT_MS_MAX = 10_000;

function orgSchema(): Schema {
  const objects = new Map(STANDARD_OBJECTS.map((each) => [each.name, each]));
  objects.set('counterpart__Contract_Record__c', object('counterpart__Contract_Record__c', 'a00', [text('Name', 80)]));
  return {
    objects,
    findObject: (name) => objects.get(name),
    findField: ({ fields }, name) => fields.find((field) => field.name === name),
  };
}

export type TestOrg = {
  readonly bus: PracticePubSub;
  /** Makes a commit; an update of an opportunity's name unless told. */
  commit(change?: Partial<OrgChange>): OrgChange;
  /** Tokens that the org takes. */
  readonly tokens: Set<string>;
  stop(): Promise<void>;
};

export async function startTestOrg(options: Partial<PracticePubSubOptions> = {}): Promise<TestOrg> {
  const { clock, random, log } = systemWorld();
  const schema = orgSchema();
  const listeners = new Set<(change: OrgChange) => void>();
  const tokens = new Set(['token-1']);
  let commits = 0;
  const bus = await startPracticePubSub({
    port: 0,
    clock,
    random,
    log,
    org: {
      orgId: ORG_ID,
      schema: () => schema,
      session: (token) => (tokens.has(token) ? { userId: '005CP0000000001AAA' } : undefined),
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    ...options,
  });
  return {
    bus,
    tokens,
    commit(change = {}) {
      commits += 1;
      const made: OrgChange = {
        orgId: ORG_ID,
        entityName: 'Opportunity',
        changeType: 'UPDATE',
        recordIds: [RECORD_IDS[0]],
        changedFields: ['Name', 'LastModifiedDate'],
        values: { Name: `Deal ${commits}`, LastModifiedDate: '2026-11-22T09:30:00.000+0000' },
        nulledFields: [],
        transactionKey: `0000-${commits}`,
        sequenceNumber: 1,
        commitNumber: 9_007_199_254_740_993n + BigInt(commits),
        commitTimestamp: clock.now(),
        commitUser: '005CP0000000001AAA',
        changeOrigin: 'com/salesforce/api/soap/68.0;client=SfdcInternalAPI/',
        ...change,
      };
      for (const listener of listeners) listener(made);
      return made;
    },
    stop: () => bus.stop(),
  };
}

/** Sessions that a test hands out; a renewal gives the next one. */
export function testSessions(tokens: readonly string[]): SessionSource & { readonly renewals: () => number } {
  let current = 0;
  const session = (): HostResult<Session> => ({
    ok: true,
    value: { accessToken: tokens[Math.min(current, tokens.length - 1)] ?? '', instanceUrl: 'http://localhost:1' },
  });
  return {
    session: () => Promise.resolve(session()),
    renewed: () => {
      current += 1;
      return Promise.resolve(session());
    },
    renewals: () => current,
  };
}

export const TEST_CONNECTION: ConnectionRef = {
  workspaceId: '11111111-1111-4111-8111-111111111111',
  connectionId: '22222222-2222-4222-8222-222222222222',
  host: 'salesforce',
  accountId: ORG_ID,
};

export function testFeed(org: TestOrg, options: Partial<PubSubFeedOptions> = {}): ChangeFeed {
  return createPubSubFeed({
    endpoint: org.bus.endpoint,
    sessions: testSessions(['token-1']),
    world: systemWorld(),
    ...options,
  });
}

export type Followed = {
  readonly batches: FeedBatch[];
  readonly ended: Promise<FeedEnd>;
  /** Ids of the records that deliveries named so far, in order. */
  recordIds(): readonly string[];
  position(): string | null;
  stop(): Promise<FeedEnd>;
};

/** A subscription that keeps what it is given. */
export function followFeed(
  feed: ChangeFeed,
  start: FeedStart = { kind: 'tip' },
  take: (batch: FeedBatch) => Promise<'stored' | 'stop'> = () => Promise.resolve('stored'),
  connection: ConnectionRef = TEST_CONNECTION,
): Followed {
  const stopping = new AbortController();
  const batches: FeedBatch[] = [];
  const ended = feed.follow(connection, start, {
    signal: stopping.signal,
    take: async (batch) => {
      const taken = await take(batch);
      if (taken === 'stored') batches.push(batch);
      return taken;
    },
  });
  return {
    batches,
    ended,
    recordIds: () => batches.flatMap(({ deliveries }) => deliveries.flatMap(({ body }) => recordIdsOf(body))),
    position: () => batches.findLast(({ position }) => position !== null)?.position ?? null,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

function recordIdsOf(body: string): readonly string[] {
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null || !('recordIds' in parsed)) throw new Error('no change event');
  return Array.isArray(parsed.recordIds) ? parsed.recordIds.map(String) : [];
}

/** Looks until the condition holds; fails when it does not in time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (Date.now() > endsAt) throw new Error(`waited in vain: ${what}`);
    await delay(5);
  }
}
