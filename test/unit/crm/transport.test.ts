import { describe, expect, test } from 'vitest';
import type { CallPriority, ConnectionRef, HostFailure, HostResult } from '../../../server/crm/port.ts';
import { BUDGET_ASKS_MAX, BUDGET_WAIT_MS_MAX, createTransport } from '../../../server/crm/transport.ts';
import type {
  BudgetAnswer,
  Call,
  CallEffect,
  SendResult,
  TransportDependencies,
} from '../../../server/crm/transport.ts';

const CONNECTION: ConnectionRef = { workspaceId: 'w', connectionId: 'c', host: 'hubspot', accountId: '1' };
const OK: SendResult = { kind: 'answer', answer: { status: 200, headers: {}, body: { fine: true } } };
const REFUSED: SendResult = { kind: 'answer', answer: { status: 401, headers: {}, body: null } };

/** A clock whose sleeps end at once, or never when `hangs`. */
function clock(hangs = true) {
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => 0,
    sleep: (delayMs: number, signal?: AbortSignal): Promise<void> => {
      sleeps.push(delayMs);
      if (!hangs) return Promise.resolve();
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    },
  };
}
type Script = {
  readonly answers: readonly SendResult[];
  readonly gate?: readonly BudgetAnswer[];
  readonly tokens?: Partial<TransportDependencies['tokens']>;
  readonly clock?: ReturnType<typeof clock>;
  readonly effect?: CallEffect;
  readonly priority?: CallPriority;
  readonly signal?: AbortSignal;
};
async function run(script: Script) {
  const sent: string[] = [];
  const outcomes: string[] = [];
  let asks = 0;
  const transport = createTransport({
    clock: script.clock ?? clock(),
    gate: {
      take: async () => {
        asks += 1;
        return script.gate?.[asks - 1] ?? { kind: 'granted' };
      },
      report: async () => undefined,
    },
    tokens: {
      accessToken: async () => ({ ok: true, value: 'token-1' }),
      refreshed: async () => ({ ok: true, value: 'token-2' }),
      ...script.tokens,
    },
    rules: {
      failureOf: ({ status }) => (status === 401 ? { kind: 'authExpired' } : null),
      budgetOf: () => null,
    },
    metrics: { called: ({ outcome }) => void outcomes.push(outcome) },
  });
  const call: Call = {
    operation: 'test',
    effect: script.effect ?? 'read',
    bucket: 'burst',
    options: { priority: script.priority ?? 'pull', ...(script.signal === undefined ? {} : { signal: script.signal }) },
    send: async (token) => script.answers[sent.push(token) - 1] ?? new Promise<SendResult>(() => undefined),
  };
  const result = await transport.call(CONNECTION, call);
  return { result, sent, outcomes, asks };
}
const failure = (result: HostResult<unknown>): HostFailure | null => (result.ok ? null : result.failure);

describe('tokens', () => {
  test('a 401 is answered by one refresh and one more try', async () => {
    const { result, sent, outcomes } = await run({ answers: [REFUSED, OK] });
    expect(result.ok).toBe(true);
    expect(sent).toEqual(['token-1', 'token-2']);
    expect(outcomes).toEqual(['authExpired', 'ok']);
  });
  test('a fresh token refused as well means the grant is gone; it never loops', async () => {
    const { result, sent } = await run({ answers: [REFUSED, REFUSED, OK] });
    expect(failure(result)).toEqual({ kind: 'authRevoked', detail: 'fresh_token_refused' });
    expect(sent).toHaveLength(2);
  });
  test('without a token nothing is sent', async () => {
    const revoked = async () => ({ ok: false, failure: { kind: 'authRevoked', detail: 'no_credential' } }) as const;
    const { result, sent } = await run({ answers: [OK], tokens: { accessToken: revoked } });
    expect(failure(result)).toEqual({ kind: 'authRevoked', detail: 'no_credential' });
    expect(sent).toEqual([]);
  });
});

describe('S7 budget', () => {
  test('a short wait is waited out, a long one goes back to the caller', async () => {
    const short = await run({ answers: [OK], gate: [{ kind: 'wait', waitMs: 100 }], clock: clock(false) });
    // The time limit of the call also sleeps on this clock, so the answer may lose that race; what matters is that the gate was asked twice.
    expect(short.asks).toBe(2);
    const long = await run({ answers: [OK], gate: [{ kind: 'wait', waitMs: BUDGET_WAIT_MS_MAX + 1 }] });
    expect(failure(long.result)).toEqual({
      kind: 'rateLimited',
      retryAfterMs: BUDGET_WAIT_MS_MAX + 1,
      scope: 'budget',
    });
    expect(long.sent).toEqual([]);
  });
  test('S14 a gate that never grants is asked a bounded number of times', async () => {
    const gate = Array.from({ length: 50 }, (): BudgetAnswer => ({ kind: 'wait', waitMs: 1 }));
    const { result, asks, sent } = await run({ answers: [OK], gate, clock: clock(false) });
    expect(failure(result)).toMatchObject({ kind: 'rateLimited', scope: 'budget' });
    expect(asks).toBe(BUDGET_ASKS_MAX);
    expect(sent).toEqual([]);
  });
  test('the retry after a 401 passes the gate again', async () => {
    expect((await run({ answers: [REFUSED, OK] })).asks).toBe(2);
  });
});

describe('calls without an answer', () => {
  test.each([
    ['read', { kind: 'unavailable', retryAfterMs: null, detail: 'timeout' }],
    ['write', { kind: 'unknown', detail: 'timeout' }],
  ] as const)('a %s that takes too long', async (effect, expected) => {
    const { result } = await run({ answers: [], effect, clock: clock(false) });
    expect(failure(result)).toEqual(expected);
  });
  test.each([
    ['read', 'broken', 'unavailable'],
    ['write', 'broken', 'unknown'],
    ['read', 'garbled', 'malformed'],
    ['write', 'garbled', 'unknown'],
    ['read', 'unsent', 'unavailable'],
    ['write', 'unsent', 'unavailable'],
  ] as const)('a %s that is %s', async (effect, kind, expected) => {
    const { result } = await run({ answers: [{ kind, detail: 'd' }], effect });
    expect(failure(result)?.kind).toBe(expected);
  });
  test('a caller that has left sends nothing; one that leaves later stops waiting', async () => {
    const before = AbortSignal.abort();
    expect(failure((await run({ answers: [OK], signal: before, effect: 'write' })).result)).toMatchObject({
      kind: 'unavailable',
      detail: 'aborted',
    });
    const leave = new AbortController();
    const pending = run({ answers: [], signal: leave.signal, effect: 'write' });
    setTimeout(() => leave.abort(), 10);
    expect(failure((await pending).result)).toEqual({ kind: 'unknown', detail: 'aborted' });
  });
});
