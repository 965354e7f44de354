/**
 * How many calls a connection may still make. Pure. A host counts calls in a window of its own choosing, so a bucket that refills
 * steadily could spend a full bucket and a full refill inside one window; here every window of that length, wherever it begins, holds
 * at most the limit (sync rule S7). Less urgent work leaves a reserve to more urgent work, a small one while none of that is about.
 */
import type { CallPriority } from '../../crm/port.ts';
import type { BudgetAnswer, BudgetBucket, BudgetReport } from '../../crm/transport.ts';

/** Share of the window that work of each priority may fill; backfill gives way first. */
export const BUDGET_SHARES: Record<CallPriority, number> = {
  interactive: 1,
  push: 0.95,
  pull: 0.9,
  sweep: 0.85,
  backfill: 0.8,
};

/** What sweeps and backfills may fill while nothing more urgent was granted within the window: the rest serves the first who comes. */
const CALM_SHARE = 0.96;
const URGENT: ReadonlySet<CallPriority> = new Set(['interactive', 'push', 'pull']);

/**
 * Until the host says otherwise: HubSpot's limits of a public app per account, and of search (usage guidelines); the smallest daily
 * allocation of a Salesforce org that has an API (app limits, API request limits).
 */
const BUDGET_DEFAULTS: Record<BudgetBucket, { readonly capacity: number; readonly windowMs: number }> = {
  burst: { capacity: 110, windowMs: 10_000 },
  search: { capacity: 5, windowMs: 1_000 },
  daily: { capacity: 15_000, windowMs: 86_400_000 },
};

/** Grants within one grain are kept as one, at its beginning, and leave the window a grain late: a short list that errs on the safe side. */
const GRAIN_MS_MIN = 100;
const GRAINS_MAX = 100;

function grainMs({ windowMs }: Pick<BudgetState, 'windowMs'>): number {
  return Math.max(GRAIN_MS_MIN, Math.ceil(windowMs / GRAINS_MAX));
}

const WAIT_MS_MIN = 10;

/** `urgent`: how many of the calls were neither a sweep's nor a backfill's. */
type Grant = readonly [at: number, calls: number, urgent: number];
export type BudgetState = {
  readonly capacity: number;
  readonly windowMs: number;
  readonly grants: readonly Grant[];
  /** Nothing is granted before this instant; set by the host's refusals. */
  readonly blockedUntil: number | null;
};

export function newBudget(bucket: BudgetBucket): BudgetState {
  return { ...BUDGET_DEFAULTS[bucket], grants: [], blockedUntil: null };
}

/** Clocks of instances differ a little; the newest instant seen counts as now, so that nothing leaves the window early. */
function settleWindow(
  state: BudgetState,
  now: number,
): { readonly at: number; readonly grants: readonly Grant[]; readonly used: number } {
  const at = Math.max(now, state.grants.at(-1)?.[0] ?? now);
  const grants = state.grants.filter(([grantedAt]) => grantedAt > at - state.windowMs - grainMs(state));
  return { at, grants, used: grants.reduce((sum, [, calls]) => sum + calls, 0) };
}

/** Calls left for the most urgent work. */
export function budgetLeft(state: BudgetState, now: number): number {
  return Math.max(0, state.capacity - settleWindow(state, now).used);
}

function record(
  { grants, windowMs }: Pick<BudgetState, 'grants' | 'windowMs'>,
  at: number,
  { calls, urgent }: { readonly calls: number; readonly urgent: number },
): readonly Grant[] {
  const grain = at - (at % grainMs({ windowMs }));
  const last = grants.at(-1);
  if (last !== undefined && last[0] >= grain)
    return [...grants.slice(0, -1), [last[0], last[1] + calls, last[2] + urgent]];
  return [...grants, [grain, calls, urgent]];
}

function shareOf(priority: CallPriority, grants: readonly Grant[]): number {
  const isCalm = !URGENT.has(priority) && grants.every(([, , urgent]) => urgent === 0);
  return isCalm ? CALM_SHARE : BUDGET_SHARES[priority];
}

/** Grants `cost` calls, or says how long until enough of the window is free again. */
export function takeCalls(
  state: BudgetState,
  request: { readonly priority: CallPriority; readonly cost: number; readonly now: number },
): { readonly state: BudgetState; readonly answer: BudgetAnswer } {
  const { at, grants, used } = settleWindow(state, request.now);
  const next = { ...state, grants };
  if (state.blockedUntil !== null && state.blockedUntil > at)
    return { state: next, answer: { kind: 'wait', waitMs: Math.max(WAIT_MS_MIN, state.blockedUntil - at) } };
  // At least one call of any priority fits, however small the limit.
  const usable = Math.max(request.cost, Math.floor(state.capacity * shareOf(request.priority, grants)));
  if (used + request.cost <= usable)
    return {
      state: {
        ...next,
        blockedUntil: null,
        grants: record(next, at, {
          calls: request.cost,
          urgent: URGENT.has(request.priority) ? request.cost : 0,
        }),
      },
      answer: { kind: 'granted' },
    };
  let free = usable - used;
  const enough = grants.find(([, calls]) => {
    free += calls;
    return free >= request.cost;
  });
  const waitMs = (enough?.[0] ?? at) + grainMs(state) + state.windowMs - at;
  return { state: next, answer: { kind: 'wait', waitMs: Math.max(WAIT_MS_MIN, waitMs) } };
}

/**
 * A day's count has the calls of others in it, and nobody says when those were made. They are taken to be spread evenly over the day, so
 * that room comes back bit by bit and the next answer can correct the guess; and when the host counts fewer than we do, the oldest go.
 */
function matchDaily(state: Pick<BudgetState, 'grants' | 'windowMs'>, at: number, unseen: number): readonly Grant[] {
  if (unseen <= 0) return forget(state.grants, -unseen);
  const grain = grainMs(state);
  const newest = at - (at % grain);
  const spread = Array.from({ length: GRAINS_MAX }, (_, index): Grant => {
    const calls = Math.floor((unseen * (index + 1)) / GRAINS_MAX) - Math.floor((unseen * index) / GRAINS_MAX);
    return [newest - index * grain, calls, 0];
  });
  const byGrain = new Map<number, Grant>();
  for (const [grantedAt, calls, urgent] of [...state.grants, ...spread]) {
    const [, before, urgentBefore] = byGrain.get(grantedAt) ?? [grantedAt, 0, 0];
    byGrain.set(grantedAt, [grantedAt, before + calls, urgentBefore + urgent]);
  }
  return [...byGrain.values()].filter(([, calls]) => calls > 0).toSorted(([left], [right]) => left - right);
}

/** Drops the oldest calls. */
function forget(grants: readonly Grant[], calls: number): readonly Grant[] {
  let left = calls;
  return grants.flatMap(([at, count, urgent]): readonly Grant[] => {
    const dropped = Math.min(left, count);
    left -= dropped;
    return dropped === count ? [] : [[at, count - dropped, Math.min(urgent, count - dropped)]];
  });
}

/** Takes over what the host said: its limit, calls that we did not count, and how long it wants to be left alone. */
export function learnLimits(state: BudgetState, report: BudgetReport, now: number): BudgetState {
  const capacity = report.max ?? state.capacity;
  const windowMs = report.intervalMs ?? state.windowMs;
  const { at, grants, used } = settleWindow({ ...state, windowMs }, now);
  const unseen = report.remaining === null ? 0 : capacity - report.remaining - used;
  const learnt =
    report.bucket === 'daily'
      ? matchDaily({ grants, windowMs }, at, unseen)
      : unseen > 0
        ? record({ grants, windowMs }, at, { calls: unseen, urgent: 0 })
        : grants;
  const blockedUntil = report.limited === null ? null : at + report.limited.retryAfterMs;
  return {
    capacity,
    windowMs,
    grants: learnt,
    blockedUntil: Math.max(blockedUntil ?? 0, state.blockedUntil ?? 0) || null,
  };
}
