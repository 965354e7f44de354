/**
 * HubSpot's limits for a marketplace OAuth app: 110 requests in any ten seconds per app and account, and, apart from that, five searches a
 * second per account over all apps (HubSpot docs, Usage guidelines; Search the CRM). Search answers carry no rate headers.
 */
import type { Problem } from './problem.ts';
import type { Clock } from './world.ts';

const TEN_SECONDLY_MAX = 110;
const TEN_SECONDLY_MS = 10_000;
const SEARCH_SECONDLY_MAX = 5;
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

type Verdict =
  | { readonly ok: true; readonly headers: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly problem: Problem };

export interface RequestBudget {
  take(call: {
    readonly portalId: string;
    readonly appId: number;
    readonly search: boolean;
    readonly dailyLimit: number | null;
  }): Verdict;
  clear(): void;
}

/** Rolling windows of request instants; a refused request does not count. */
export function createRequestBudget(clock: Clock): RequestBudget {
  const windows = new Map<string, number[]>();
  const days = new Map<string, number>();

  const room = (key: string, limit: { max: number; spanMs: number }): number => {
    const now = clock.now();
    const recent = (windows.get(key) ?? []).filter((at) => at > now - limit.spanMs);
    windows.set(key, recent);
    if (recent.length >= limit.max) return -1;
    recent.push(now);
    return limit.max - recent.length;
  };

  return {
    take: ({ portalId, appId, search, dailyLimit }) => {
      if (search) {
        const left = room(`search:${portalId}`, { max: SEARCH_SECONDLY_MAX, spanMs: SECOND_MS });
        return left < 0 ? { ok: false, problem: rateLimited('SECONDLY') } : { ok: true, headers: {} };
      }
      if (
        dailyLimit !== null &&
        !takeDay(days, `${portalId}:${appId}:${Math.floor(clock.now() / DAY_MS)}`, dailyLimit)
      ) {
        return { ok: false, problem: rateLimited('DAILY') };
      }
      const left = room(`${portalId}:${appId}`, { max: TEN_SECONDLY_MAX, spanMs: TEN_SECONDLY_MS });
      if (left < 0) return { ok: false, problem: rateLimited('TEN_SECONDLY_ROLLING', rateHeaders(0)) };
      return { ok: true, headers: rateHeaders(left) };
    },
    clear: () => {
      windows.clear();
      days.clear();
    },
  };
}

function takeDay(days: Map<string, number>, key: string, limit: number): boolean {
  const used = days.get(key) ?? 0;
  if (used >= limit) return false;
  days.set(key, used + 1);
  return true;
}

const rateHeaders = (remaining: number): Record<string, string> => ({
  'X-HubSpot-RateLimit-Max': String(TEN_SECONDLY_MAX),
  'X-HubSpot-RateLimit-Remaining': String(remaining),
  'X-HubSpot-RateLimit-Interval-Milliseconds': String(TEN_SECONDLY_MS),
});

const MESSAGE = {
  TEN_SECONDLY_ROLLING: 'You have reached your ten_secondly_rolling limit.',
  SECONDLY: 'You have reached your secondly limit.',
  DAILY: 'You have reached your daily limit.',
} as const;

/** The documented 429 body; no `Retry-After` is documented, so none is sent. */
export function rateLimited(policyName: keyof typeof MESSAGE, headers: Readonly<Record<string, string>> = {}): Problem {
  return {
    httpStatus: 429,
    category: 'RATE_LIMITS',
    message: MESSAGE[policyName],
    headers,
    extra: { errorType: 'RATE_LIMIT', policyName, groupName: 'publicapi:crm:oauth' },
  };
}
