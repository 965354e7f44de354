/**
 * A practice Pub/Sub API: the gRPC side of a practice org, with its change events in real Avro. It takes the org's own access tokens and is
 * fed by the org's commits. Publishing and managed subscriptions are not played.
 */
import { createHash } from 'node:crypto';
import {
  type Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { z } from 'zod';
import type { Clock, Log, Random } from '../../hubspot/world.ts';
import type { OrgChange } from '../org-change.ts';
import type { PracticeSalesforce } from '../running-org.ts';
import { DEFAULT_BEHAVIOUR, NO_FAULTS, type PubSubBehaviour, type PubSubFaults } from './behaviour.ts';
import { type BusChange, EMPTY_RECORD_ID, toGap } from './bus-change.ts';
import { createEventLog } from './event-log.ts';
import { createSchemaShelf } from './schema-shelf.ts';
import { loadService } from './methods.ts';
import { brokenOff, type Refusal, type RefusalCode, refusalOf } from './refusal.ts';
import { type Bus, openSubscription, type Subscription } from './subscription.ts';
import { topicsOf } from './topics.ts';

const LOOPBACK = '127.0.0.1';
const DAY_MS = 86_400_000;

export interface PracticePubSubOptions {
  /** 0 picks a free port. */
  readonly port: number;
  readonly org: Pick<PracticeSalesforce, 'orgId' | 'schema' | 'session' | 'onChange'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly behaviour?: Partial<PubSubBehaviour>;
  readonly faults?: Partial<PubSubFaults>;
}

export interface PracticePubSub {
  /** `host:port`, for the product's setting SALESFORCE_PUBSUB_ENDPOINT. */
  readonly endpoint: string;
  setBehaviour(change: Partial<PubSubBehaviour>): void;
  setFaults(change: Partial<PubSubFaults>): void;
  /** Puts a change onto the bus as if the org had committed it. */
  publish(change: BusChange): void;
  /** More changes in one transaction than the bus carries: one event stands for all of the entity. */
  overflow(entityName: string): void;
  /** Forgets all events and all replay ids, as when an org is moved. */
  beginAnew(): void;
  /** Cuts every stream. */
  cutStreams(): void;
  streamCount(): number;
  /** How often each RPC was called, for tests that count. */
  callCounts(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

const TopicRequest = z.object({ topicName: z.string() });
const SchemaRequest = z.object({ schemaId: z.string() });

/** Starts on the loopback interface, without TLS, and resolves once it listens. */
export async function startPracticePubSub(options: PracticePubSubOptions): Promise<PracticePubSub> {
  const { org, clock, random } = options;
  const settings = {
    behaviour: { ...DEFAULT_BEHAVIOUR, ...options.behaviour },
    faults: { ...NO_FAULTS, ...options.faults },
  };
  const log = createEventLog(clock, () => settings.behaviour.retentionMs);
  const shelf = createSchemaShelf(() => org.schema());
  const allowance = createAllowance(clock, () => settings.behaviour.deliveriesPerDay);
  const bus: Bus = {
    clock,
    random,
    log,
    behaviour: () => settings.behaviour,
    faults: () => settings.faults,
    entitiesOf: (topicName) => topicsOf(org.schema()).get(topicName) ?? null,
    deliver: (count) => allowance.take(count),
  };
  const streams = new Set<Subscription>();
  const stopping = new AbortController();
  const publish = (change: BusChange): void => {
    const schema = shelf.of(change.entityName);
    if (schema === null) return;
    const { schemaId } = schema;
    log.add({ id: random.uuid(), entityName: change.entityName, schemaId, payload: schema.encode(change) });
    for (const stream of streams) stream.pump();
  };
  const stopListening = org.onChange((change) => onBus(change, { settings, random, clock, stopping, publish }));
  const counts = new Map<string, number>();
  const server = new Server();
  server.addService(loadService(), handlers({ options, bus, shelf, streams, counts, settings }));
  const port = await bind(server, options.port);
  return {
    endpoint: `${LOOPBACK}:${port}`,
    setBehaviour: (change) => Object.assign(settings.behaviour, change),
    setFaults: (change) => {
      Object.assign(settings.faults, change);
      for (const stream of streams) stream.pump();
    },
    publish,
    overflow: (entityName) => publish(overflowOf(entityName, { org, clock, random })),
    beginAnew: () => log.beginAnew(),
    cutStreams: () => {
      endAll(streams, 'stream cut');
    },
    streamCount: () => streams.size,
    callCounts: () => Object.fromEntries(counts),
    stop: async () => {
      stopListening();
      stopping.abort();
      endAll(streams, 'server stops');
      server.forceShutdown();
    },
  };
}

function endAll(streams: ReadonlySet<Subscription>, details: string): void {
  for (const stream of streams) stream.end(brokenOff(details));
}

type Settings = { readonly behaviour: PubSubBehaviour; readonly faults: PubSubFaults };

/** What the faults make of a commit on its way to the bus. */
function onBus(
  change: OrgChange,
  road: {
    readonly settings: Settings;
    readonly random: Random;
    readonly clock: Clock;
    readonly stopping: AbortController;
    readonly publish: (change: BusChange) => void;
  },
): void {
  const { faults } = road.settings;
  if (road.random.next() < faults.dropRate) return;
  const sent = road.random.next() < faults.gapRate ? toGap(change) : change;
  if (faults.delayMsMax === 0) return road.publish(sent);
  const delayMs = road.random.next() * faults.delayMsMax;
  road.clock.sleep(delayMs, road.stopping.signal).then(
    () => road.publish(sent),
    () => undefined,
  );
}

function overflowOf(
  entityName: string,
  { org, clock, random }: Pick<PracticePubSubOptions, 'org' | 'clock' | 'random'>,
): BusChange {
  const commitTimestamp = clock.now();
  return {
    orgId: org.orgId,
    entityName,
    changeType: 'GAP_OVERFLOW',
    recordIds: [EMPTY_RECORD_ID],
    changedFields: [],
    nulledFields: [],
    values: {},
    transactionKey: random.uuid(),
    sequenceNumber: 1,
    commitNumber: BigInt(commitTimestamp),
    commitTimestamp,
    commitUser: '',
    changeOrigin: '',
  };
}

/** Events delivered in the last 24 hours, over all streams (Change Data Capture guide, Allocations). */
function createAllowance(clock: Clock, max: () => number | null): { take(count: number): boolean } {
  let delivered: { readonly at: number; readonly count: number }[] = [];
  return {
    take(count) {
      const limit = max();
      if (limit === null) return true;
      const now = clock.now();
      delivered = delivered.filter(({ at }) => at > now - DAY_MS);
      if (delivered.reduce((sum, each) => sum + each.count, count) > limit) return false;
      delivered.push({ at: now, count });
      return true;
    },
  };
}

type Hall = {
  readonly options: PracticePubSubOptions;
  readonly bus: Bus;
  readonly shelf: ReturnType<typeof createSchemaShelf>;
  readonly streams: Set<Subscription>;
  readonly counts: Map<string, number>;
  readonly settings: Settings;
};

function handlers(hall: Hall) {
  const { options, bus, shelf, streams } = hall;
  const unary =
    <T>(name: string, request: z.ZodType<T>, answer: (value: T, rpcId: string) => object | RefusalCode) =>
    (call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>): void => {
      const rpcId = options.random.uuid();
      const refusal = atTheDoor(hall, name, call.metadata, rpcId);
      const result = refusal ?? answer(request.parse(call.request), rpcId);
      if (typeof result === 'string') reply(refusalOf(result, rpcId));
      else if (isRefusal(result)) reply(result);
      else reply(null, result);
    };
  return {
    GetTopic: unary('GetTopic', TopicRequest, ({ topicName }, rpcId) => {
      if (topicName === '') return 'topic.validation.empty';
      const entities = bus.entitiesOf(topicName);
      if (entities === null) return 'topic.not.found';
      const [only] = entities;
      return {
        topicName,
        tenantGuid: guidOf(options.org.orgId),
        canPublish: false,
        canSubscribe: hall.settings.behaviour.canSubscribe,
        // A channel of several entities has no one schema; each event names its own.
        schemaId: entities.size === 1 && only !== undefined ? (shelf.of(only)?.schemaId ?? '') : '',
        rpcId,
      };
    }),
    GetSchema: unary('GetSchema', SchemaRequest, ({ schemaId }, rpcId) => {
      const schema = shelf.find(schemaId);
      return schema === null ? 'schema.validation.failed' : { schemaJson: schema.schemaJson, schemaId, rpcId };
    }),
    Subscribe: (stream: ServerDuplexStream<object, object>): void => {
      const rpcId = options.random.uuid();
      const refusal = atTheDoor(hall, 'Subscribe', stream.metadata, rpcId);
      if (refusal !== null) return void stream.emit('error', refusal);
      const token = textOf(stream.metadata, 'accesstoken');
      const subscription = openSubscription(bus, stream, {
        rpcId,
        isAlive: () => options.org.session(token) !== undefined,
        onEnd: () => void streams.delete(subscription),
      });
      streams.add(subscription);
    },
  };
}

/** Counts the call and checks the three headers that every call carries (Pub/Sub API guide, Authentication). */
function atTheDoor(
  { options, counts, settings }: Hall,
  name: string,
  metadata: Metadata,
  rpcId: string,
): Refusal | null {
  counts.set(name, (counts.get(name) ?? 0) + 1);
  if (options.random.next() < settings.faults.unavailableRate) return refusalOf('service.unavailable', rpcId);
  const [token, instance, tenant] = ['accesstoken', 'instanceurl', 'tenantid'].map((key) => textOf(metadata, key));
  if (token === '' || instance === '' || tenant === '') return refusalOf('service.auth.headers.invalid', rpcId);
  const isOurs = tenant === options.org.orgId && options.org.session(token ?? '') !== undefined;
  return isOurs ? null : refusalOf('service.auth.error', rpcId);
}

function isRefusal(result: object): result is Refusal {
  return 'code' in result && 'metadata' in result;
}

function textOf(metadata: Metadata, key: string): string {
  return String(metadata.get(key)[0] ?? '');
}

/** The bus knows an org by an id of its own. */
function guidOf(orgId: string): string {
  return `CORE/practice/${createHash('sha256').update(orgId).digest('hex').slice(0, 12)}`;
}

async function bind(server: Server, port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.bindAsync(`${LOOPBACK}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}
