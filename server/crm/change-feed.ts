/**
 * The port through which the engine hears of changes without asking: a stream that a CRM keeps open, where it has one. A feed only wakes the
 * engine up. Events may be late, repeated or missing, and what they say is never used; losing the feed costs latency, nothing else.
 */
import type { ConnectionRef, HostObjectType } from './port.ts';

/** Where to begin: after what was stored last, at what comes next, or at the oldest that the host still keeps. */
export type FeedStart =
  | { readonly kind: 'after'; readonly position: string }
  | { readonly kind: 'tip' }
  | { readonly kind: 'earliest' };

/** One event as it is put into the inbox; `CrmPort.parseDelivery` reads the body, and the digest is the same whenever the event comes again. */
export type FeedDelivery = { readonly digest: string; readonly body: string };

export type FeedBatch = {
  /** None: the host only says that it is there and how far it has got. */
  readonly deliveries: readonly FeedDelivery[];
  /** Opaque; hand it to the next subscription. Null when the host said none. */
  readonly position: string | null;
  /** Kinds of record of which the host says that it left changes out, and since when: only a sweep can find those. */
  readonly missed: readonly { readonly objectType: HostObjectType; readonly sinceAt: number }[];
};

const FEED_END_KINDS = ['closed', 'stopped', 'positionLost', 'limited', 'refused', 'unavailable'] as const;
export type FeedEnd = {
  /**
   * `closed`: the host or the network ended it. `stopped`: the signal aborted or the batch was not taken. `positionLost`: the host does not
   * know the position any more. `limited`: today's events are used up. `refused`: not offered to us here. `unavailable`: not now.
   */
  readonly kind: (typeof FEED_END_KINDS)[number];
  /** The host's own code, for the log; never a text with data or tokens in it. */
  readonly detail: string;
};

export interface ChangeFeed {
  /**
   * Follows one account's changes until the feed ends. Each batch is handed to `take`, one at a time; the host is asked for more only when
   * it was stored. Never rejects for anything that the host or the network does; rejects with what `take` rejects with.
   */
  follow(
    connection: ConnectionRef,
    start: FeedStart,
    options: {
      readonly signal: AbortSignal;
      readonly take: (batch: FeedBatch) => Promise<'stored' | 'stop'>;
    },
  ): Promise<FeedEnd>;
  close(): void;
}
