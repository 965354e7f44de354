/**
 * Salesforce's change events as a `ChangeFeed`: one Subscribe stream of the Pub/Sub API on the package's own channel. At most a fixed number
 * of events is asked for ahead; more are asked for only when those that came are stored. A token that is refused is renewed once.
 */
import type { Clock, Log } from '../../../world.ts';
import type { ChangeFeed, FeedEnd, FeedStart } from '../../change-feed.ts';
import type { ConnectionRef, HostFailure } from '../../port.ts';
import type { Session, SessionSource } from '../session-source.ts';
import { type BatchSource, toBatch } from './change-batch.ts';
import { createChannels, type Channels } from './channels.ts';
import { detailOf, fateOf, type RpcFailure, rpcFailure } from './failures.ts';
import { loadMethods, type PubSubMethods } from './methods.ts';
import { createRpc, type FetchRequest, parseFetchResponse, type SubscribeCall } from './rpc.ts';
import { createSchemaCache, type SchemaCache } from './schema-cache.ts';
import { watchSilence } from './silence.ts';

const PUBSUB_ENDPOINT = 'api.pubsub.salesforce.com:7443';
/** The channel that the package brings, with the change events of the mirrored objects. */
export const CHANGE_TOPIC = '/data/counterpart__Counterpart_Changes__chn';
/** Half of what may be outstanding (100, Pub/Sub API guide, Allocations), so that the largest answer stays within bounds. */
export const EVENTS_ASKED_MAX = 50;
const ASK_AGAIN_BELOW = EVENTS_ASKED_MAX / 2;
/** An idle stream says something within 270 s (`pubsub_api.proto`); the rest is for the way. */
const SILENCE_MS_MAX = 300_000;

export type PubSubFeedOptions = {
  /** `host:port`. */
  readonly endpoint?: string;
  readonly sessions: SessionSource;
  readonly world: { readonly clock: Clock; readonly log: Log };
  readonly topicName?: string;
  readonly silenceMsMax?: number;
};

type Parts = {
  readonly channels: Channels;
  readonly methods: PubSubMethods;
  readonly schemas: SchemaCache;
  readonly options: PubSubFeedOptions;
};
type FollowOptions = Parameters<ChangeFeed['follow']>[2];
type Following = FollowOptions & { readonly connection: ConnectionRef; readonly start: FeedStart };
/** `heard`: the stream had said something before it ended. */
type StreamEnd = { readonly end: FeedEnd | 'auth'; readonly heard: boolean };
const SESSION_ENDED: FeedEnd = { kind: 'closed', detail: 'the session ended' };

/** Dials at the first subscription. Throws a TypeError for an endpoint that is no `host:port`. */
export function createPubSubFeed(options: PubSubFeedOptions): ChangeFeed {
  const channels = createChannels(options.endpoint ?? PUBSUB_ENDPOINT);
  const parts = { channels, methods: loadMethods(), schemas: createSchemaCache(), options };
  return {
    follow: (connection, start, followOptions) => follow(parts, { connection, start, ...followOptions }),
    close: () => channels.close(),
  };
}

async function follow(parts: Parts, following: Following): Promise<FeedEnd> {
  const { sessions } = parts.options;
  const session = await sessions.session(following.connection);
  if (!session.ok) return withoutSession(session.failure);
  const first = await stream(parts, following, session.value);
  if (first.end !== 'auth') return first.end;
  const renewed = await sessions.renewed(following.connection, session.value.accessToken);
  if (!renewed.ok) return withoutSession(renewed.failure);
  // The position has moved on since: whoever follows begins anew, from there.
  if (first.heard) return SESSION_ENDED;
  const second = await stream(parts, following, renewed.value);
  if (second.end !== 'auth') return second.end;
  return second.heard ? SESSION_ENDED : { kind: 'refused', detail: 'fresh token refused' };
}

function withoutSession(failure: HostFailure): FeedEnd {
  return { kind: failure.kind === 'authRevoked' ? 'refused' : 'unavailable', detail: `no session: ${failure.kind}` };
}

async function stream(parts: Parts, following: Following, session: Session): Promise<StreamEnd> {
  const { world, topicName = CHANGE_TOPIC } = parts.options;
  const lease = parts.channels.lease();
  try {
    const { connection } = following;
    const access = { ...session, orgId: connection.accountId };
    const { client } = lease;
    const { signal } = following;
    const rpc = createRpc({ client, methods: parts.methods, clock: world.clock, access, signal });
    const topic = await rpc.getTopic(topicName);
    if (signal.aborted) return { end: { kind: 'stopped', detail: 'aborted' }, heard: false };
    if (!topic.ok) return { end: endOf(topic.failure), heard: false };
    if (!topic.value.canSubscribe) return { end: { kind: 'refused', detail: 'may not subscribe' }, heard: false };
    const source: BatchSource = { connection, topicName, rpc, schemas: parts.schemas, world };
    return await readStream(source, following, {
      call: rpc.subscribe(),
      silenceMsMax: parts.options.silenceMsMax ?? SILENCE_MS_MAX,
    });
  } finally {
    lease.release();
  }
}

async function readStream(
  source: BatchSource,
  { start, signal, take }: Following,
  { call, silenceMsMax }: { readonly call: SubscribeCall; readonly silenceMsMax: number },
): Promise<StreamEnd> {
  const { clock } = source.world;
  let heard = false;
  let silent = false;
  const watch = watchSilence(clock, silenceMsMax, () => {
    silent = true;
    call.cancel();
  });
  const cancel = (): void => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  // An error after the reading has ended, of a call that was cancelled, concerns nobody.
  call.on('error', () => undefined);
  try {
    send(call, { topicName: source.topicName, numRequested: EVENTS_ASKED_MAX, ...replayOf(start) });
    let asked = EVENTS_ASKED_MAX;
    for await (const message of call) {
      watch.heard();
      const response = parseFetchResponse(message);
      const batch = await toBatch(source, response);
      if (!batch.ok) return { end: endOf(batch.failure), heard };
      if ((await take(batch.value)) === 'stop') return { end: { kind: 'stopped', detail: 'not taken' }, heard };
      heard = true;
      watch.heard();
      asked -= response.events.length;
      if (asked >= ASK_AGAIN_BELOW) continue;
      send(call, { topicName: source.topicName, numRequested: EVENTS_ASKED_MAX - asked });
      asked = EVENTS_ASKED_MAX;
    }
    return { end: { kind: 'closed', detail: 'ended by the host' }, heard };
  } catch (error) {
    const failure = rpcFailure(error);
    if (failure === null) throw error;
    if (signal.aborted) return { end: { kind: 'stopped', detail: 'aborted' }, heard };
    return { end: silent ? { kind: 'closed', detail: 'silent for too long' } : endOf(failure), heard };
  } finally {
    watch.end();
    signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}

function send(call: SubscribeCall, request: FetchRequest): void {
  call.write(request);
}

function replayOf(start: FeedStart): Pick<FetchRequest, 'replayPreset' | 'replayId'> {
  switch (start.kind) {
    case 'after':
      return { replayPreset: 'CUSTOM', replayId: Buffer.from(start.position, 'base64') };
    case 'earliest':
      return { replayPreset: 'EARLIEST' };
    case 'tip':
      return { replayPreset: 'LATEST' };
  }
}

function endOf(failure: RpcFailure): FeedEnd | 'auth' {
  const kind = fateOf(failure);
  return kind === 'auth' ? 'auth' : { kind, detail: detailOf(failure) };
}
