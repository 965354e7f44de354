/** Switches and troubles of the bus. Documented spans are the defaults and may be shortened. */
export interface PubSubBehaviour {
  /** An idle stream gets an answer without events within this time (`pubsub_api.proto`, FetchResponse). */
  readonly keepAliveMs: number;
  /** A stream that asks for nothing is closed after this time (Salesforce's own examples, Subscribe.java). */
  readonly idleCloseMs: number;
  /** Pub/Sub API guide, Event message durability. */
  readonly retentionMs: number;
  /** Events that may be outstanding on one stream (Pub/Sub API guide, Allocations). */
  readonly askedMax: number;
  /** Events that may be delivered in 24 hours; null stands for no limit. The editions have 10,000 to 50,000. */
  readonly deliveriesPerDay: number | null;
  /** Whether the app's user may read change events. */
  readonly canSubscribe: boolean;
  /** Whether a running stream ends when its session does; Salesforce does not say. */
  readonly sessionEndEndsStream: boolean;
}
export const DEFAULT_BEHAVIOUR: PubSubBehaviour = {
  keepAliveMs: 270_000,
  idleCloseMs: 70_000,
  retentionMs: 72 * 3_600_000,
  askedMax: 100,
  deliveriesPerDay: null,
  canSubscribe: true,
  sessionEndEndsStream: true,
};

/** Rates are probabilities in [0, 1]. */
export interface PubSubFaults {
  /** An event never reaches the bus. */
  readonly dropRate: number;
  /** An event is delivered twice, under the same replay id. */
  readonly duplicateRate: number;
  /** An event reaches the bus as a gap event. */
  readonly gapRate: number;
  /** How much later, at most, an event reaches the bus. */
  readonly delayMsMax: number;
  /** An RPC is answered with UNAVAILABLE. */
  readonly unavailableRate: number;
  /** A stream is cut after an answer with events. */
  readonly cutRate: number;
  /** Streams say nothing any more, signs of life included. */
  readonly mute: boolean;
}
export const NO_FAULTS: PubSubFaults = {
  dropRate: 0,
  duplicateRate: 0,
  gapRate: 0,
  delayMsMax: 0,
  unavailableRate: 0,
  cutRate: 0,
  mute: false,
};
