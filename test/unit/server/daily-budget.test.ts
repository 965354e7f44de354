import { describe, expect, test } from 'vitest';
import type { BudgetReport } from '../../../server/crm/transport.ts';
import { budgetLeft, learnLimits, newBudget, takeCalls } from '../../../server/store/prisma/sliding-budget.ts';
import type { BudgetState } from '../../../server/store/prisma/sliding-budget.ts';

const T0 = Date.UTC(2026, 10, 22);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const told = (used: number, max = 15_000): BudgetReport => ({
  bucket: 'daily',
  max,
  remaining: max - used,
  intervalMs: DAY_MS,
  limited: null,
});
const take = (state: BudgetState, now: number, cost = 1) => takeCalls(state, { priority: 'interactive', cost, now });

describe('S7 the calls of a day', () => {
  test('until the org says how many, there are as many as the smallest org has', () => {
    expect(budgetLeft(newBudget('daily'), T0)).toBe(15_000);
  });

  test('what the org says is believed when it is more than we count, and when it is less', () => {
    let state = learnLimits(newBudget('daily'), told(90_000, 100_000), T0);
    expect(budgetLeft(state, T0)).toBe(10_000);
    state = learnLimits(state, told(90_500, 100_000), T0 + 1_000);
    expect(budgetLeft(state, T0 + 1_000)).toBe(9_500);
    state = learnLimits(state, told(20_000, 100_000), T0 + 2_000);
    expect(budgetLeft(state, T0 + 2_000)).toBe(80_000);
    state = learnLimits(state, told(0, 200_000), T0 + 3_000);
    expect(budgetLeft(state, T0 + 3_000)).toBe(200_000);
  });

  test('a grant and the answer that has it counted in are one call', () => {
    let state = learnLimits(newBudget('daily'), told(100), T0);
    state = take(state, T0 + 10).state;
    state = learnLimits(state, told(101), T0 + 20);
    expect(budgetLeft(state, T0 + 20)).toBe(15_000 - 101);
  });

  test('calls of others leave room again over the day, not all at its end', () => {
    const spent = learnLimits(newBudget('daily'), told(15_000), T0);
    expect(take(spent, T0).answer.kind).toBe('wait');
    const left = [1, 6, 12, 18, 25].map((hours) => budgetLeft(spent, T0 + hours * HOUR_MS));
    expect(left.toSorted((a, b) => a - b)).toEqual(left);
    expect(left[0]).toBeGreaterThan(0);
    expect(left[2]).toBeGreaterThan(6_000);
    expect(left[2]).toBeLessThan(8_000);
    expect(left.at(-1)).toBe(15_000);
  });

  test('a spent day says to come back within the hour, not tomorrow', () => {
    const { answer } = take(learnLimits(newBudget('daily'), told(15_000), T0), T0);
    expect(answer.kind).toBe('wait');
    expect(answer.kind === 'wait' ? answer.waitMs : 0).toBeLessThanOrEqual(HOUR_MS);
  });

  test('a day of calls is kept in few entries', () => {
    let state = learnLimits(newBudget('daily'), told(5_000, 1_000_000), T0);
    for (let minute = 0; minute < 3 * 24 * 60; minute += 1) state = take(state, T0 + minute * 60_000, 3).state;
    expect(state.grants.length).toBeLessThan(110);
    expect(budgetLeft(state, T0 + 3 * DAY_MS)).toBeGreaterThan(1_000_000 - 3 * 1_440 - 100);
  });

  test('the host’s refusal holds until its time is over', () => {
    const limited = { scope: 'daily', retryAfterMs: 900_000 } as const;
    const state = learnLimits(newBudget('daily'), { ...told(10), limited }, T0);
    expect(take(state, T0 + 899_000).answer.kind).toBe('wait');
    expect(take(state, T0 + 900_001).answer.kind).toBe('granted');
  });

  test('less urgent work leaves its reserve', () => {
    const state = learnLimits(newBudget('daily'), told(14_000), T0);
    const urgent = take(state, T0).state;
    expect(takeCalls(urgent, { priority: 'backfill', cost: 1, now: T0 }).answer.kind).toBe('wait');
    expect(take(urgent, T0).answer.kind).toBe('granted');
  });
});
