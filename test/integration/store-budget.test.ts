import { array, assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALL_PRIORITIES, type CallPriority } from '../../server/crm/port.ts';
import {
  BUDGET_SHARES,
  type BudgetState,
  learnLimits,
  newBudget,
  takeCalls,
} from '../../server/store/prisma/sliding-budget.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const T0 = Date.UTC(2026, 10, 20);
const SILENCE = { bucket: 'burst', max: null, remaining: null, intervalMs: null, limited: null } as const;

/** Asks at each instant until nothing more is granted; returns the instants of the grants. */
function spend(instants: readonly number[], perInstant = 200): readonly number[] {
  let state: BudgetState = newBudget('burst');
  const granted: number[] = [];
  for (const now of instants) {
    for (let ask = 0; ask < perInstant; ask += 1) {
      const taken = takeCalls(state, { priority: 'interactive', cost: 1, now });
      state = taken.state;
      if (taken.answer.kind === 'wait') break;
      granted.push(now);
    }
  }
  return granted;
}

function mostInOneWindow(instants: readonly number[], windowMs: number): number {
  return instants.reduce(
    (most, from) => Math.max(most, instants.filter((at) => at >= from && at <= from + windowMs).length),
    0,
  );
}

describe('call budget', () => {
  test('S7 no window of ten seconds, wherever it begins, holds more calls than the host allows', () => {
    const schedule = array(integer({ min: 0, max: 3000 }), { maxLength: 60 });
    assert(
      property(schedule, (gaps) => {
        let now = T0;
        const instants = gaps.map((gap) => (now += gap));
        expect(mostInOneWindow(spend(instants), 10_000)).toBeLessThanOrEqual(110);
      }),
      { numRuns: 200 },
    );
  });

  test('S7 a patient caller gets nearly all of the limit', () => {
    const minute = Array.from({ length: 1200 }, (_, index) => T0 + index * 50);
    expect(spend(minute).length).toBeGreaterThan(110 * 6 * 0.95);
  });

  /** Calls granted to work of one priority at one instant. */
  function mostOf(priority: CallPriority, from: BudgetState): { readonly calls: number; readonly state: BudgetState } {
    let state = from;
    for (let calls = 0; ; calls += 1) {
      const taken = takeCalls(state, { priority, cost: 1, now: T0 });
      if (taken.answer.kind === 'wait') return { calls, state };
      state = taken.state;
    }
  }

  test('S7 less urgent work leaves its reserve to more urgent work that is about', () => {
    const { state } = takeCalls(newBudget('burst'), { priority: 'interactive', cost: 1, now: T0 });
    const most = CALL_PRIORITIES.map((priority) => 1 + mostOf(priority, state).calls);
    expect(most).toEqual(CALL_PRIORITIES.map((priority) => Math.floor(110 * BUDGET_SHARES[priority])));
    expect(most).toEqual([110, 104, 99, 93, 88]);
  });

  test('S7 alone, a backfill uses nearly all of the limit; the first person who comes still gets through, and then it makes room', () => {
    const backfill = mostOf('backfill', newBudget('burst'));
    expect(backfill.calls).toBe(105);
    const person = takeCalls(backfill.state, { priority: 'interactive', cost: 1, now: T0 });
    expect(person.answer.kind).toBe('granted');
    const later = T0 + 10_050;
    const calm = takeCalls(backfill.state, { priority: 'backfill', cost: 1, now: later - 8_000 });
    expect(calm.answer.kind).toBe('wait');
    expect(mostOf('backfill', { ...person.state, grants: person.state.grants.slice(-1) }).calls).toBeLessThan(88);
  });

  test('S7 whoever is told to wait gets the call after that wait', () => {
    let state = newBudget('search');
    let now = T0;
    for (let round = 0; round < 40; round += 1) {
      const taken = takeCalls(state, { priority: 'sweep', cost: 1, now });
      state = taken.state;
      if (taken.answer.kind === 'granted') continue;
      now += taken.answer.waitMs;
      const again = takeCalls(state, { priority: 'sweep', cost: 1, now });
      expect(again.answer.kind).toBe('granted');
      state = again.state;
    }
    expect(now - T0).toBeLessThan(15_000);
  });

  test('S7 what the host says is believed: its limit, calls it counted and we did not, and its refusals', () => {
    const smaller = learnLimits(newBudget('burst'), { ...SILENCE, max: 10, remaining: 3, intervalMs: 10_000 }, T0);
    const grants = [1, 2, 3, 4].map(() => 0);
    let state = smaller;
    const answers = grants.map(() => {
      const taken = takeCalls(state, { priority: 'interactive', cost: 1, now: T0 });
      state = taken.state;
      return taken.answer.kind;
    });
    expect(answers).toEqual(['granted', 'granted', 'granted', 'wait']);
    const refused = learnLimits(
      newBudget('burst'),
      { ...SILENCE, limited: { scope: 'burst', retryAfterMs: 4000 } },
      T0,
    );
    expect(takeCalls(refused, { priority: 'interactive', cost: 1, now: T0 }).answer).toEqual({
      kind: 'wait',
      waitMs: 4000,
    });
    expect(takeCalls(refused, { priority: 'interactive', cost: 1, now: T0 + 4000 }).answer.kind).toBe('granted');
  });
});

describe('call budget of several instances', () => {
  const database = useDatabase();
  const world = testWorld(T0);

  test('S7 instances asking at once share one limit per connection, and a refusal slows that connection only', async () => {
    const stores = [database.openStore(world), database.openStore(world)] as const;
    const workspaceId = await addWorkspace(stores[0].database);
    const connection = await addConnection(stores[0].database, workspaceId);
    const other = await addConnection(stores[0].database, workspaceId);
    const asks = Array.from({ length: 130 }, (_, index) =>
      (stores[index % 2] ?? stores[0]).budget.take(connection, { priority: 'interactive', bucket: 'burst', cost: 1 }),
    );
    const answers = await Promise.all(asks);
    expect(answers.filter((answer) => answer.kind === 'granted')).toHaveLength(110);
    expect((await stores[1].budget.take(other, { priority: 'backfill', bucket: 'burst', cost: 1 })).kind).toBe(
      'granted',
    );
    world.setNow(T0 + 20_000);
    await stores[0].budget.report(connection, { ...SILENCE, limited: { scope: 'daily', retryAfterMs: 3_600_000 } });
    for (const bucket of ['burst', 'search'] as const) {
      const answer = await stores[1].budget.take(connection, { priority: 'interactive', bucket, cost: 1 });
      expect(answer).toEqual({ kind: 'wait', waitMs: 3_600_000 });
      expect((await stores[1].budget.take(other, { priority: 'interactive', bucket, cost: 1 })).kind).toBe('granted');
    }
  });

  test('S7 an org and a portal of one workspace have budgets of their own, and the org’s day is shared by instances', async () => {
    const stores = [database.openStore(world), database.openStore(world)] as const;
    const workspaceId = await addWorkspace(stores[0].database);
    const org = await addConnection(stores[0].database, workspaceId, { host: 'salesforce' });
    const portal = await addConnection(stores[0].database, workspaceId);
    const told = { bucket: 'daily', max: 15_000, remaining: 2, intervalMs: 86_400_000, limited: null } as const;
    await stores[0].budget.report(org, told);
    const ask = { priority: 'interactive', bucket: 'daily', cost: 1 } as const;
    const answers = await Promise.all([0, 1, 0, 1].map((index) => (stores[index] ?? stores[0]).budget.take(org, ask)));
    expect(answers.filter((answer) => answer.kind === 'granted')).toHaveLength(2);
    await stores[1].budget.report(org, { ...told, remaining: 10 });
    expect((await stores[0].budget.take(org, ask)).kind).toBe('granted');
    await stores[1].budget.report(org, { ...told, limited: { scope: 'daily', retryAfterMs: 900_000 } });
    expect(await stores[0].budget.take(org, ask)).toEqual({ kind: 'wait', waitMs: 900_000 });
    const burst = { priority: 'interactive', bucket: 'burst', cost: 1 } as const;
    expect((await stores[0].budget.take(portal, burst)).kind).toBe('granted');
  });
});
