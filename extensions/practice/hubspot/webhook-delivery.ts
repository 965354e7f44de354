/**
 * Sends webhooks as HubSpot does (HubSpot docs, Webhooks): JSON arrays of up to 100 events, at most ten requests at a time per account,
 * 2xx within five seconds or up to ten retries spread at random over a span (24 hours there, `webhookRetrySpanMs` here), each attempt
 * signed afresh. Order is not promised. What is waiting is kept in the database, so a restart loses no event.
 */
import type { Table } from './database.ts';
import type { AppManifest } from './manifest.ts';
import type { Practice } from './practice.ts';
import { isInstalled } from './practice.ts';
import type { Change } from './portal-change.ts';
import { localUrl, signatureHeaders } from './signature.ts';
import { type WebhookEvent, eventsOf } from './webhook-event.ts';

const EVENTS_PER_REQUEST_MAX = 100;
const CONCURRENT_REQUESTS_MAX = 10;
const RETRIES_MAX = 10;
const EVENT_ID_MAX = 2 ** 31;

interface WaitingEvent {
  readonly portalId: string;
  readonly appId: number;
  readonly event: WebhookEvent;
}

interface Delivery {
  readonly portalId: string;
  readonly appId: number;
  readonly events: readonly WebhookEvent[];
  readonly attemptNumber: number;
  readonly dueAt: number;
}

export interface WebhookDelivery {
  /** Events and deliveries not yet accepted by the target. */
  pendingCount(): number;
  /** Counts since the start. */
  counts(): {
    readonly delivered: number;
    readonly failedAttempts: number;
    readonly dropped: number;
    readonly givenUp: number;
  };
  stop(): Promise<void>;
}

/** Starts delivering the changes of all portals. */
export function startWebhookDelivery(practice: Practice): WebhookDelivery {
  return new Deliverer(practice);
}

class Deliverer implements WebhookDelivery {
  readonly #practice: Practice;
  readonly #waiting: Table<WaitingEvent>;
  readonly #deliveries: Table<Delivery>;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #busy = new Set<string>();
  readonly #inFlight = new Map<string, number>();
  #sequence: number;
  #flushScheduled = false;
  #counts = { delivered: 0, failedAttempts: 0, dropped: 0, givenUp: 0 };

  constructor(practice: Practice) {
    this.#practice = practice;
    this.#waiting = practice.database.table('webhooks/waiting');
    this.#deliveries = practice.database.table('webhooks/deliveries');
    const keys = [...this.#waiting.entries(), ...this.#deliveries.entries()].map(([key]) => Number(key));
    this.#sequence = keys.reduce((max, key) => Math.max(max, key), 0);
    practice.onChange((change) => this.#accept(change));
    if (keys.length > 0) this.#scheduleFlush();
  }

  pendingCount(): number {
    const retrying = [...this.#deliveries.values()].reduce((sum, delivery) => sum + delivery.events.length, 0);
    return this.#waiting.size + retrying;
  }

  counts(): ReturnType<WebhookDelivery['counts']> {
    return { ...this.#counts };
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await Promise.allSettled(this.#running);
  }

  #accept(change: Change): void {
    const { random } = this.#practice;
    const faults = this.#practice.faults();
    for (const app of this.#practice.apps) {
      if (!isInstalled(this.#practice, change.portalId, app.appId)) continue;
      for (const event of eventsOf(app, change, () => Math.floor(random.next() * EVENT_ID_MAX))) {
        if (random.next() < faults.webhookDropRate) {
          this.#counts.dropped += 1;
          continue;
        }
        const copies = random.next() < faults.webhookDuplicateRate ? 2 : 1;
        for (let copy = 0; copy < copies; copy += 1)
          this.#waiting.put(this.#nextKey(), { portalId: change.portalId, appId: app.appId, event });
      }
    }
    if (this.#waiting.size > 0) this.#scheduleFlush();
  }

  #nextKey(): string {
    this.#sequence += 1;
    return String(this.#sequence);
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#track(this.#sleep(this.#practice.behaviour().webhookBatchWindowMs).then(() => this.#flush()));
  }

  #track(work: Promise<void>): void {
    const guarded = work.catch((error: unknown) => {
      if (!this.#stopping.signal.aborted)
        this.#practice.log.error({ error: String(error) }, 'webhook delivery failed unexpectedly');
    });
    this.#running.add(guarded);
    void guarded.then(() => this.#running.delete(guarded));
  }

  async #sleep(delayMs: number): Promise<void> {
    await this.#practice.clock.sleep(delayMs, this.#stopping.signal);
  }

  /** Groups what has waited for a batch window into requests, one app and portal each. */
  #flush(): void {
    this.#flushScheduled = false;
    const groups = new Map<string, [string, WaitingEvent][]>();
    for (const entry of this.#waiting.entries()) {
      const key = `${entry[1].portalId}:${entry[1].appId}`;
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
    for (const entries of groups.values()) {
      const ordered = this.#maybeShuffle(entries);
      for (let start = 0; start < ordered.length; start += EVENTS_PER_REQUEST_MAX)
        this.#formDelivery(ordered.slice(start, start + EVENTS_PER_REQUEST_MAX));
    }
    for (const [key, delivery] of this.#deliveries.entries()) {
      if (!this.#busy.has(key)) this.#track(this.#run(key, delivery));
    }
  }

  #maybeShuffle(entries: [string, WaitingEvent][]): [string, WaitingEvent][] {
    const { random } = this.#practice;
    const rate = this.#practice.faults().webhookReorderRate;
    const shuffled = [...entries];
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      if (random.next() >= rate) continue;
      const other = Math.floor(random.next() * (index + 1));
      const [a, b] = [shuffled[index], shuffled[other]];
      if (a !== undefined && b !== undefined) [shuffled[index], shuffled[other]] = [b, a];
    }
    return shuffled;
  }

  #formDelivery(entries: readonly [string, WaitingEvent][]): void {
    const [first] = entries;
    if (first === undefined) return;
    const { portalId, appId } = first[1];
    const events = entries.map(([, waiting]) => waiting.event);
    this.#deliveries.put(this.#nextKey(), {
      portalId,
      appId,
      events,
      attemptNumber: 0,
      dueAt: this.#practice.clock.now(),
    });
    for (const [key] of entries) this.#waiting.delete(key);
  }

  /** Carries one delivery through its attempts until it is accepted, given up, or the server stops. */
  async #run(key: string, first: Delivery): Promise<void> {
    this.#busy.add(key);
    let delivery = first;
    while (!this.#stopping.signal.aborted) {
      const wait = delivery.dueAt - this.#practice.clock.now();
      if (wait > 0) await this.#sleep(wait);
      const accepted = await this.#attempt(delivery);
      if (accepted) {
        this.#counts.delivered += delivery.events.length;
        break;
      }
      this.#counts.failedAttempts += 1;
      // A reset of the portal forgets what was waiting.
      if (this.#deliveries.get(key) === undefined) break;
      if (delivery.attemptNumber >= RETRIES_MAX) {
        this.#counts.givenUp += delivery.events.length;
        break;
      }
      delivery = {
        ...delivery,
        attemptNumber: delivery.attemptNumber + 1,
        dueAt: this.#practice.clock.now() + this.#retryDelayMs(),
      };
      this.#deliveries.put(key, delivery);
    }
    if (!this.#stopping.signal.aborted) this.#deliveries.delete(key);
    this.#busy.delete(key);
  }

  #retryDelayMs(): number {
    return Math.floor((this.#practice.behaviour().webhookRetrySpanMs / RETRIES_MAX) * 2 * this.#practice.random.next());
  }

  async #attempt(delivery: Delivery): Promise<boolean> {
    const app = this.#practice.apps.find((candidate) => candidate.appId === delivery.appId);
    if (app?.webhooks === undefined) return true;
    await this.#takeSlot(delivery.portalId);
    try {
      return await this.#post(app, app.webhooks.targetUrl, delivery);
    } finally {
      this.#inFlight.set(delivery.portalId, (this.#inFlight.get(delivery.portalId) ?? 1) - 1);
    }
  }

  async #takeSlot(portalId: string): Promise<void> {
    const pollMs = 20;
    while ((this.#inFlight.get(portalId) ?? 0) >= CONCURRENT_REQUESTS_MAX) await this.#sleep(pollMs);
    this.#inFlight.set(portalId, (this.#inFlight.get(portalId) ?? 0) + 1);
  }

  async #post(app: AppManifest, targetUrl: string, delivery: Delivery): Promise<boolean> {
    const body = JSON.stringify(delivery.events.map((event) => ({ ...event, attemptNumber: delivery.attemptNumber })));
    const headers = signatureHeaders(
      app.clientSecret,
      { method: 'POST', uri: targetUrl, body },
      this.#practice.clock.now(),
    );
    const timeout = AbortSignal.timeout(this.#practice.behaviour().webhookTimeoutMs);
    try {
      const response = await fetch(localUrl(targetUrl, this.#practice.publicToLocal), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'HubSpot Webhooks (practice)' },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([timeout, this.#stopping.signal]),
      });
      await response.body?.cancel();
      return response.ok;
    } catch (error) {
      // Connection failures and time-outs are what retries are for; fetch reports both as errors.
      this.#practice.log.debug({ portalId: delivery.portalId, error: String(error) }, 'webhook attempt failed');
      return false;
    }
  }
}
