/**
 * What operators watch, in Prometheus text. Labels are closed sets (route, outcome, reason, state), never ids of tenants or records.
 * Gauges about queues are read from the database when the collector asks, so that every instance tells the same.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Sizes and ages of what waits, over all workspaces. */
type Backlog = {
  readonly dirty: number;
  readonly deadLetters: number;
  readonly oldestDirtySeconds: number;
  readonly deliveries: number;
  readonly oldestDeliverySeconds: number;
  readonly connections: Readonly<Record<string, number>>;
};

export type Metrics = {
  readonly text: () => Promise<string>;
  readonly contentType: string;
  readonly requestSeconds: Histogram<'route' | 'status'>;
  readonly intakeSeconds: Histogram;
  readonly deliveries: Counter<'outcome'>;
  readonly signatureFailures: Counter<'reason'>;
  readonly hostCalls: Counter<'operation' | 'outcome'>;
  readonly hostCallSeconds: Histogram<'operation'>;
  /** What the engine counts: events marked, echoes ignored, conflicts, retries and the like. */
  readonly sync: Counter<'what'>;
  /** Subscriptions to change feeds that ended, by how; a feed that is refused or limited leaves its org to the sweeps. */
  readonly feedEnds: Counter<'end'>;
  readonly lagSeconds: Histogram;
  /** Share of burst budget left, as the host said last. */
  readonly budgetLeft: Gauge;
  /** Where gauges come from; absent until the store is open. */
  readonly watchBacklog: (read: () => Promise<Backlog>) => void;
};

const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

function syncCounters(registers: Registry[]): Pick<Metrics, 'sync' | 'feedEnds'> {
  return {
    sync: new Counter({
      name: 'counterpart_sync_total',
      help: 'What the sync engine did, by kind.',
      labelNames: ['what'],
      registers,
    }),
    feedEnds: new Counter({
      name: 'counterpart_feed_ends_total',
      help: 'Subscriptions to change feeds that ended, by how.',
      labelNames: ['end'],
      registers,
    }),
  };
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'counterpart_process_' });
  const watch = createBacklogGauges(registry);
  return {
    text: async () => {
      await watch.refresh();
      return registry.metrics();
    },
    contentType: registry.contentType,
    watchBacklog: watch.use,
    requestSeconds: new Histogram({
      name: 'counterpart_http_request_seconds',
      help: 'Time from request to answer by route template and status class.',
      labelNames: ['route', 'status'],
      buckets: SECONDS_BUCKETS,
      registers,
    }),
    intakeSeconds: new Histogram({
      name: 'counterpart_intake_seconds',
      help: 'Time from a webhook request to its acknowledgement.',
      buckets: SECONDS_BUCKETS,
      registers,
    }),
    deliveries: new Counter({
      name: 'counterpart_deliveries_total',
      help: 'Webhook requests by outcome: stored, duplicate, refused.',
      labelNames: ['outcome'],
      registers,
    }),
    signatureFailures: new Counter({
      name: 'counterpart_signature_failures_total',
      help: 'Requests whose CRM signature was refused, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    hostCalls: new Counter({
      name: 'counterpart_host_calls_total',
      help: 'Calls to a CRM by operation and outcome.',
      labelNames: ['operation', 'outcome'],
      registers,
    }),
    ...syncCounters(registers),
    lagSeconds: new Histogram({
      name: 'counterpart_sync_lag_seconds',
      help: 'Time from the first mark of a record to the turn that settled it.',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
      registers,
    }),
    budgetLeft: new Gauge({
      name: 'counterpart_budget_left_ratio',
      help: 'Share of the burst budget left, as a CRM said last.',
      registers,
    }),
    hostCallSeconds: new Histogram({
      name: 'counterpart_host_call_seconds',
      help: 'Duration of calls to a CRM.',
      labelNames: ['operation'],
      buckets: SECONDS_BUCKETS,
      registers,
    }),
  };
}

function createBacklogGauges(registry: Registry): {
  readonly refresh: () => Promise<void>;
  readonly use: (read: () => Promise<Backlog>) => void;
} {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `counterpart_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const dirty = gauge('dirty_records', 'Records waiting to be reconciled.');
  const lag = gauge('oldest_dirty_seconds', 'Age of the oldest record waiting to be reconciled.');
  const dead = gauge('dead_letters', 'Records given up until somebody replays them.');
  const inbox = gauge('inbox_deliveries', 'Webhook requests stored and not yet read.');
  const inboxAge = gauge('inbox_age_seconds', 'Age of the oldest webhook request not yet read.');
  const connections = gauge('connections', 'Connections by state.', ['state']);
  let source: (() => Promise<Backlog>) | null = null;
  return {
    use: (read) => {
      source = read;
    },
    refresh: async () => {
      if (source === null) return;
      const backlog = await source();
      dirty.set(backlog.dirty);
      lag.set(backlog.oldestDirtySeconds);
      dead.set(backlog.deadLetters);
      inbox.set(backlog.deliveries);
      inboxAge.set(backlog.oldestDeliverySeconds);
      connections.reset();
      for (const [state, count] of Object.entries(backlog.connections)) connections.set({ state }, count);
    },
  };
}
