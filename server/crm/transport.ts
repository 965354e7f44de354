/**
 * One call to a CRM, with everything that is the same for every vendor: the connection's budget, its token, a time limit, one refresh
 * after a 401, and a measurement. It never retries otherwise: when to try again is the engine's decision, from the failure it is handed.
 */
import type { Clock } from '../world.ts';
import type { CallOptions, CallPriority, ConnectionRef, Host, HostFailure, HostResult } from './port.ts';

/** HubSpot counts searches apart from everything else, both within seconds; Salesforce counts all calls of a day together. */
const BUDGET_BUCKETS = ['burst', 'search', 'daily'] as const;
export type BudgetBucket = (typeof BUDGET_BUCKETS)[number];
/** The buckets that a host's calls fall into. */
export const HOST_BUCKETS: Record<Host, readonly BudgetBucket[]> = {
  hubspot: ['burst', 'search'],
  salesforce: ['daily'],
};

type BudgetRequest = {
  readonly priority: CallPriority;
  readonly bucket: BudgetBucket;
  /** Calls this request counts as. */
  readonly cost: number;
};
export type BudgetAnswer = { readonly kind: 'granted' } | { readonly kind: 'wait'; readonly waitMs: number };

/** What the host said about its limits in one answer; absent numbers were not said. */
export type BudgetReport = {
  readonly bucket: BudgetBucket;
  readonly max: number | null;
  readonly remaining: number | null;
  readonly intervalMs: number | null;
  readonly limited: { readonly scope: 'burst' | 'daily'; readonly retryAfterMs: number } | null;
};

/** The one budget of a connection, shared by all processes (sync rule S7). */
export interface BudgetGate {
  take(connection: ConnectionRef, request: BudgetRequest): Promise<BudgetAnswer>;
  report(connection: ConnectionRef, report: BudgetReport): Promise<void>;
}

export interface TokenSource {
  /** A token that is expected to work for the next minutes. */
  accessToken(connection: ConnectionRef): Promise<HostResult<string>>;
  /** A token newer than `stale`, which the host has just refused. */
  refreshed(connection: ConnectionRef, stale: string): Promise<HostResult<string>>;
}

export interface CallMetrics {
  /** `outcome` is `ok` or the kind of failure; `operation` is a template without ids. */
  called(call: {
    readonly connection: ConnectionRef;
    readonly operation: string;
    readonly status: number | null;
    readonly outcome: 'ok' | HostFailure['kind'];
    readonly durationMs: number;
  }): void;
}

export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; null when there was no body. */
  readonly body: unknown;
};
/** `unsent`: the host cannot have acted on it. `broken`: it may have. `garbled`: an answer came that is no JSON, too large, or a redirect. */
export type SendResult =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'unsent' | 'broken' | 'garbled'; readonly detail: string };

/** Whether a call that broke off may have changed something on the host. */
export type CallEffect = 'read' | 'write';

export type Call = {
  readonly operation: string;
  readonly effect: CallEffect;
  readonly bucket: BudgetBucket;
  readonly options: CallOptions;
  /** Never rejects; stops reading when `signal` aborts. */
  send(accessToken: string, signal: AbortSignal): Promise<SendResult>;
};

/** How one vendor's answers are understood. */
type AnswerRules = {
  /** Null for a success. */
  readonly failureOf: (answer: HttpAnswer, call: Pick<Call, 'effect' | 'bucket'>) => HostFailure | null;
  readonly budgetOf: (answer: HttpAnswer, bucket: BudgetBucket) => BudgetReport | null;
};

export type TransportDependencies = {
  readonly clock: Clock;
  readonly gate: BudgetGate;
  readonly tokens: TokenSource;
  readonly rules: AnswerRules;
  readonly metrics?: CallMetrics;
  readonly timeoutMs?: number;
};

export const CALL_TIMEOUT_MS = 30_000;
/** Longer waits go back to the engine, which rests the connection's lane instead of holding a worker. */
export const BUDGET_WAIT_MS_MAX = 1_000;
export const BUDGET_ASKS_MAX = 5;

export interface Transport {
  call(connection: ConnectionRef, call: Call): Promise<HostResult<HttpAnswer>>;
}

export function createTransport(deps: TransportDependencies): Transport {
  return {
    async call(connection, call) {
      const token = await deps.tokens.accessToken(connection);
      if (!token.ok) return token;
      const first = await attempt(deps, connection, call, token.value);
      if (first.ok || first.failure.kind !== 'authExpired') return first;
      const renewed = await deps.tokens.refreshed(connection, token.value);
      if (!renewed.ok) return renewed;
      const second = await attempt(deps, connection, call, renewed.value);
      if (second.ok || second.failure.kind !== 'authExpired') return second;
      return failed({ kind: 'authRevoked', detail: 'fresh_token_refused' });
    },
  };
}

async function attempt(
  deps: TransportDependencies,
  connection: ConnectionRef,
  call: Call,
  accessToken: string,
): Promise<HostResult<HttpAnswer>> {
  const refusal = await passGate(deps, connection, call);
  if (refusal !== null) return failed(refusal);
  const startedAt = deps.clock.now();
  const sent = await sendInTime(deps, call, accessToken);
  const result = judge(deps.rules, call, sent);
  deps.metrics?.called({
    connection,
    operation: call.operation,
    status: sent.kind === 'answer' ? sent.answer.status : null,
    outcome: result.ok ? 'ok' : result.failure.kind,
    durationMs: deps.clock.now() - startedAt,
  });
  const report = sent.kind === 'answer' ? deps.rules.budgetOf(sent.answer, call.bucket) : null;
  if (report !== null) await deps.gate.report(connection, report);
  return result;
}

/** Null once the budget is granted. */
async function passGate(
  deps: TransportDependencies,
  connection: ConnectionRef,
  call: Call,
): Promise<HostFailure | null> {
  let waitedMs = 0;
  for (let asks = 0; asks < BUDGET_ASKS_MAX; asks += 1) {
    const answer = await deps.gate.take(connection, { priority: call.options.priority, bucket: call.bucket, cost: 1 });
    if (answer.kind === 'granted') return null;
    waitedMs += answer.waitMs;
    if (waitedMs > BUDGET_WAIT_MS_MAX || call.options.signal?.aborted === true) {
      return { kind: 'rateLimited', retryAfterMs: answer.waitMs, scope: 'budget' };
    }
    const slept = await deps.clock.sleep(answer.waitMs, call.options.signal).then(
      () => true,
      () => false,
    );
    if (!slept) break;
  }
  return { kind: 'rateLimited', retryAfterMs: BUDGET_WAIT_MS_MAX, scope: 'budget' };
}

/** The vendor clients take no time limit, so the call is raced against one and left behind when it loses. */
async function sendInTime(deps: TransportDependencies, call: Call, accessToken: string): Promise<SendResult> {
  const outer = call.options.signal;
  if (outer?.aborted === true) return { kind: 'unsent', detail: 'aborted' };
  const leave = new AbortController();
  const limit = deps.clock.sleep(deps.timeoutMs ?? CALL_TIMEOUT_MS, leave.signal).then(
    (): SendResult => ({ kind: 'broken', detail: 'timeout' }),
    (): SendResult => ({ kind: 'broken', detail: 'aborted' }),
  );
  const forward = (): void => leave.abort();
  outer?.addEventListener('abort', forward, { once: true });
  try {
    return await Promise.race([call.send(accessToken, leave.signal), limit]);
  } finally {
    outer?.removeEventListener('abort', forward);
    leave.abort();
  }
}

function judge(rules: AnswerRules, call: Call, sent: SendResult): HostResult<HttpAnswer> {
  switch (sent.kind) {
    case 'answer': {
      const failure = rules.failureOf(sent.answer, call);
      return failure === null ? { ok: true, value: sent.answer } : failed(failure);
    }
    case 'unsent':
      return failed({ kind: 'unavailable', retryAfterMs: null, detail: sent.detail });
    case 'broken':
      return failed(
        call.effect === 'write'
          ? { kind: 'unknown', detail: sent.detail }
          : { kind: 'unavailable', retryAfterMs: null, detail: sent.detail },
      );
    case 'garbled':
      return failed(
        call.effect === 'write' ? { kind: 'unknown', detail: sent.detail } : { kind: 'malformed', detail: sent.detail },
      );
  }
}

export function failed(failure: HostFailure): { readonly ok: false; readonly failure: HostFailure } {
  return { ok: false, failure };
}
