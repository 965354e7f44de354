/**
 * One Subscribe stream, by the rules of `pubsub_api.proto`: where it begins is read from the first request only; events are delivered as long
 * as some are asked for; an idle stream gives a sign of life with the newest replay id; one that asks for nothing is closed in the end.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { z } from 'zod';
import type { Clock, Random } from '../../hubspot/world.ts';
import type { PubSubBehaviour, PubSubFaults } from './behaviour.ts';
import { type BusEvent, type EventLog, formatReplayId } from './event-log.ts';
import { brokenOff, type Refusal, type RefusalCode, refusalOf } from './refusal.ts';

const EVENTS_PER_ANSWER_MAX = 100;

const FetchRequest = z.object({
  topicName: z.string(),
  replayPreset: z.enum(['LATEST', 'EARLIEST', 'CUSTOM']),
  replayId: z.instanceof(Uint8Array),
  numRequested: z.number().int(),
});
type FetchRequest = z.infer<typeof FetchRequest>;

export interface Bus {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: EventLog;
  behaviour(): PubSubBehaviour;
  faults(): PubSubFaults;
  /** Entities of a topic; null when there is no such topic. */
  entitiesOf(topicName: string): ReadonlySet<string> | null;
  /** Counts events against the daily allocation; false when it does not hold so many any more. */
  deliver(count: number): boolean;
}

export interface Subscription {
  /** Delivers what there is to deliver. */
  pump(): void;
  end(refusal: Refusal | null): void;
}

type Topic = { readonly name: string; readonly entities: ReadonlySet<string> };
type State = { topic: Topic | null; position: bigint; pending: number; ended: boolean };

export function openSubscription(
  bus: Bus,
  stream: ServerDuplexStream<object, object>,
  session: { readonly rpcId: string; readonly isAlive: () => boolean; readonly onEnd: () => void },
): Subscription {
  const state: State = { topic: null, position: 0n, pending: 0, ended: false };
  const timers = createTimers(bus.clock);
  const { rpcId } = session;

  const end = (refusal: Refusal | null): void => {
    if (state.ended) return;
    state.ended = true;
    timers.end();
    session.onEnd();
    if (refusal === null) stream.end();
    else stream.emit('error', refusal);
  };
  const refuse = (code: RefusalCode): void => end(refusalOf(code, rpcId));
  const rest = (): void => {
    timers.set('keepAlive', bus.behaviour().keepAliveMs, () => {
      if (!bus.faults().mute) stream.write(answerOf([], { bus, rpcId, pending: state.pending }));
      rest();
    });
    if (state.pending > 0) timers.clear('idleClose');
    else timers.set('idleClose', bus.behaviour().idleCloseMs, () => end(null));
  };
  const pump = (): void => {
    while (!state.ended && state.pending > 0 && !bus.faults().mute) {
      const events = nextEvents(bus.log, state);
      const last = events.at(-1);
      if (last === undefined) return;
      if (!session.isAlive() && bus.behaviour().sessionEndEndsStream) return refuse('service.auth.error');
      if (!bus.deliver(events.length)) return refuse('subscription.limit.exceeded');
      const sent = withDuplicate(events, state.pending, bus);
      state.pending -= sent.length;
      state.position = last.number;
      stream.write(answerOf(sent, { bus, rpcId, pending: state.pending }));
      rest();
      if (bus.random.next() < bus.faults().cutRate) end(brokenOff('stream cut'));
    }
  };
  stream.on('data', (message: unknown) => {
    if (state.ended) return;
    const refused = accept(bus, state, FetchRequest.parse(message));
    if (refused !== null) return refuse(refused);
    rest();
    pump();
  });
  stream.on('end', () => end(null));
  stream.on('cancelled', () => end(null));
  stream.on('error', () => undefined);
  return { pump, end };
}

/** Takes a request into the state; gives what is wrong with it. */
function accept(bus: Bus, state: State, request: FetchRequest): RefusalCode | null {
  const refused = state.topic === null ? begin(bus, state, request) : laterRefusal(request, state.topic.name);
  if (refused !== null) return refused;
  if (request.numRequested <= 0) return 'subscription.fetch.requested.events.invalid';
  state.pending += request.numRequested;
  return state.pending > bus.behaviour().askedMax ? 'subscription.fetch.overflow' : null;
}

function begin(bus: Bus, state: State, request: FetchRequest): RefusalCode | null {
  const entities = bus.entitiesOf(request.topicName);
  if (entities === null) return 'topic.not.found';
  if (!bus.behaviour().canSubscribe) return 'subscription.topic.cannot.subscribe';
  const start = startOf(bus.log, request);
  if (typeof start === 'string') return start;
  state.position = start;
  state.topic = { name: request.topicName, entities };
  return null;
}

function nextEvents(log: EventLog, { topic, position, pending }: State): readonly BusEvent[] {
  if (topic === null) return [];
  const limit = Math.min(pending, EVENTS_PER_ANSWER_MAX);
  return log.after(position, limit, ({ entityName }) => topic.entities.has(entityName));
}

function withDuplicate(events: readonly BusEvent[], pending: number, bus: Bus): readonly BusEvent[] {
  const [first] = events;
  const again = first !== undefined && events.length < pending && bus.random.next() < bus.faults().duplicateRate;
  return again ? [first, ...events] : events;
}

function answerOf(
  events: readonly BusEvent[],
  { bus, rpcId, pending }: { readonly bus: Bus; readonly rpcId: string; readonly pending: number },
): object {
  return {
    events: events.map(({ id, schemaId, payload, number }) => ({
      event: { id, schemaId, payload, headers: [] },
      replayId: formatReplayId(number),
    })),
    latestReplayId: formatReplayId(events.at(-1)?.number ?? bus.log.tip()),
    rpcId,
    pendingNumRequested: pending,
  };
}

function laterRefusal(request: FetchRequest, topicName: string): RefusalCode | null {
  return request.topicName === '' || request.topicName === topicName ? null : 'subscription.fetch.topic.mismatch';
}

/** The number after which the stream begins. */
function startOf(log: EventLog, request: FetchRequest): bigint | RefusalCode {
  switch (request.replayPreset) {
    case 'LATEST':
      return log.tip();
    case 'EARLIEST':
      return log.beforeOldest();
    case 'CUSTOM':
      if (request.replayId.length === 0) return 'subscription.fetch.replayid.validation.failed';
      return log.parse(request.replayId) ?? 'subscription.fetch.replayid.corrupted';
  }
}

/** One timer of each name; setting it again begins it anew. */
function createTimers(clock: Clock): {
  set(name: string, delayMs: number, act: () => void): void;
  clear(name: string): void;
  end(): void;
} {
  const running = new Map<string, AbortController>();
  const clear = (name: string): void => {
    running.get(name)?.abort();
    running.delete(name);
  };
  return {
    set(name, delayMs, act) {
      clear(name);
      const control = new AbortController();
      running.set(name, control);
      clock.sleep(delayMs, control.signal).then(act, () => undefined);
    },
    clear,
    end: () => {
      for (const name of running.keys()) clear(name);
    },
  };
}
