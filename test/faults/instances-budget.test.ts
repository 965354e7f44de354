/**
 * Four processes' worth of calls to one portal, each with a database pool of its own, on a clock that the test moves: the portal counts as
 * HubSpot documents it (110 calls in any ten seconds), the budget is the one in PostgreSQL.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { createRequestBudget } from '../../extensions/practice/hubspot/request-budget.ts';
import { budgetOf, failureOf } from '../../server/crm/hubspot/failures.ts';
import type { CallPriority, ConnectionRef } from '../../server/crm/port.ts';
import { createTransport, type HttpAnswer, type Transport } from '../../server/crm/transport.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const T0 = Date.UTC(2026, 10, 20);
const STEP_MS = 200;
const WINDOW_MS = 10_000;
const WINDOW_CALLS = 110;
const PROCESSES = 4;

const database = useDatabase();
const world = testWorld(T0);
let connection: ConnectionRef;
let processes: readonly Transport[] = [];

type Seen = { readonly at: number; readonly status: number; readonly process: number };
let seen: Seen[] = [];
/** What the portal answers instead of counting, while it is set. */
let refusal: { readonly until: number; readonly retryAfterS: number } | null = null;
const portal = createRequestBudget(world.clock);

function answerOf(): HttpAnswer {
  const now = world.clock.now();
  if (refusal !== null && now < refusal.until)
    return { status: 429, headers: { 'retry-after': String(refusal.retryAfterS) }, body: {} };
  const verdict = portal.take({ portalId: 'p', appId: 1, search: false, dailyLimit: null });
  if (!verdict.ok) return { status: 429, headers: {}, body: {} };
  const headers = Object.fromEntries(
    Object.entries(verdict.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { status: 200, headers, body: {} };
}

beforeAll(async () => {
  const stores = Array.from({ length: PROCESSES }, () => database.openStore(world, { poolSize: 2 }));
  const [first] = stores;
  if (first === undefined) throw new Error('there are stores');
  connection = await addConnection(first.database, await addWorkspace(first.database));
  const token = () => Promise.resolve({ ok: true, value: 'token' } as const);
  processes = stores.map((store) =>
    createTransport({
      // A wait inside a call is a step of the test, not a pause.
      clock: { now: () => world.clock.now(), sleep: () => Promise.reject(new Error('no waiting here')) },
      gate: store.budget,
      tokens: { accessToken: token, refreshed: token },
      rules: { failureOf, budgetOf },
    }),
  );
});

/** One call by one process; true when the portal took it. */
async function call(process: number, priority: CallPriority): Promise<boolean> {
  const answer = await processes[process]?.call(connection, {
    operation: 'test',
    effect: 'read',
    bucket: 'burst',
    options: { priority },
    send: () => {
      const given = answerOf();
      seen.push({ at: world.clock.now(), status: given.status, process });
      return Promise.resolve({ kind: 'answer', answer: given });
    },
  });
  return answer?.ok === true;
}

/** Every process calls until it is told to wait. */
async function spendAll(priorities: readonly CallPriority[]): Promise<void> {
  await Promise.all(
    priorities.map(async (priority, process) => {
      for (let calls = 0; calls < WINDOW_CALLS; calls += 1) if (!(await call(process, priority))) return;
    }),
  );
}

const within = (from: number, to: number): readonly Seen[] => seen.filter(({ at }) => at >= from && at < to);

describe('S7 four processes full of work and one portal', () => {
  test('the portal never refuses, nearly all of its limit is used, and a person’s call is never made to wait', async () => {
    seen = [];
    const interactive: boolean[] = [];
    for (let now = T0; now < T0 + 3 * WINDOW_MS; now += STEP_MS) {
      world.setNow(now);
      await spendAll(['push', 'pull', 'sweep', 'backfill']);
      if ((now - T0) % (12 * STEP_MS) === 0) interactive.push(await call((now / STEP_MS) % PROCESSES, 'interactive'));
    }
    expect(seen.filter(({ status }) => status === 429)).toEqual([]);
    expect(interactive).not.toContain(false);
    for (const from of [1, 2].map((index) => T0 + index * WINDOW_MS))
      expect(within(from, from + WINDOW_MS).length).toBeGreaterThanOrEqual(0.9 * WINDOW_CALLS);
  });

  test('a refusal told to one process is honoured by all four for as long as the portal asked, then work goes on', async () => {
    const start = T0 + 10 * WINDOW_MS;
    world.setNow(start);
    seen = [];
    refusal = { until: start + 4_000, retryAfterS: 4 };
    expect(await call(0, 'pull')).toBe(false);
    for (let now = start; now < start + 4_000; now += STEP_MS) {
      world.setNow(now);
      await spendAll(['interactive', 'push', 'pull', 'backfill']);
    }
    expect(seen.map(({ status }) => status)).toEqual([429]);
    world.setNow(start + 4_000);
    await spendAll(['interactive', 'push', 'pull', 'backfill']);
    expect(seen.filter(({ status }) => status === 200).length).toBeGreaterThan(0.9 * WINDOW_CALLS);
    expect(seen.filter(({ status }) => status === 429)).toHaveLength(1);
  });

  test('of calls made at the same instant by all four none is granted beyond the limit, wherever each process’s clock stands', async () => {
    const start = T0 + 20 * WINDOW_MS;
    world.setNow(start);
    seen = [];
    refusal = null;
    for (const skewMs of [0, 300, -300, 0]) {
      world.setNow(start + skewMs);
      await spendAll(['interactive', 'interactive', 'interactive', 'interactive']);
    }
    expect(seen.filter(({ status }) => status === 200)).toHaveLength(WINDOW_CALLS);
    expect(seen.filter(({ status }) => status === 429)).toEqual([]);
  });
});
