/** A card never shows an older answer over a newer one, and never loses what it already shows. */
import { assert, property, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainFailure } from '../../../app/core/card-failure.ts';
import { CARD_STATE_START, createCardReducer, type CardEvent, type CardState } from '../../../app/core/card-state.ts';

const reduce = createCardReducer<readonly string[]>((data) => data.length === 0);
const run = (events: readonly CardEvent<readonly string[]>[]): CardState<readonly string[]> =>
  events.reduce(reduce, CARD_STATE_START as CardState<readonly string[]>);
const offline = plainFailure('offline');

describe('card state', () => {
  test('an answer with contracts is ready, one without is empty, a refusal before any answer is failed', () => {
    expect(run([{ kind: 'asked', request: 1 }])).toEqual({ status: 'loading', newestRequest: 1 });
    expect(
      run([
        { kind: 'asked', request: 1 },
        { kind: 'answered', request: 1, data: ['a'] },
      ]).status,
    ).toBe('ready');
    expect(
      run([
        { kind: 'asked', request: 1 },
        { kind: 'answered', request: 1, data: [] },
      ]).status,
    ).toBe('empty');
    const failed = run([
      { kind: 'asked', request: 1 },
      { kind: 'refused', request: 1, failure: offline },
    ]);
    expect(failed).toEqual({ status: 'failed', newestRequest: 1, failure: offline });
  });

  test('a late answer never covers a newer one', () => {
    const state = run([
      { kind: 'asked', request: 1 },
      { kind: 'asked', request: 2 },
      { kind: 'answered', request: 2, data: ['new'] },
      { kind: 'answered', request: 1, data: ['old'] },
    ]);
    expect(state).toMatchObject({ status: 'ready', data: ['new'] });
  });

  test("a write's own answer overtakes the reads still under way", () => {
    const state = run([
      { kind: 'asked', request: 1 },
      { kind: 'answered', request: 1, data: ['before'] },
      { kind: 'asked', request: 2 },
      { kind: 'replaced', request: 3, data: ['written'] },
      { kind: 'answered', request: 2, data: ['before'] },
    ]);
    expect(state).toMatchObject({ data: ['written'], refreshing: false });
  });

  test('a failed refresh keeps the data on the screen and says that it is old; asking again after a failure loads', () => {
    const shown: readonly CardEvent<readonly string[]>[] = [
      { kind: 'asked', request: 1 },
      { kind: 'answered', request: 1, data: ['a'] },
      { kind: 'asked', request: 2 },
    ];
    expect(run(shown)).toMatchObject({ data: ['a'], refreshing: true });
    expect(run([...shown, { kind: 'refused', request: 2, failure: offline }])).toMatchObject({
      data: ['a'],
      stale: offline,
    });
    const again = run([
      { kind: 'asked', request: 1 },
      { kind: 'refused', request: 1, failure: offline },
      { kind: 'asked', request: 2 },
    ]);
    expect(again).toEqual({ status: 'loading', newestRequest: 2 });
  });

  test('whatever the order of answers, the newest request wins', () => {
    const answers = shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5, maxLength: 5 });
    assert(
      property(answers, (order) => {
        const asked = [1, 2, 3, 4, 5].map((request) => ({ kind: 'asked', request }) as const);
        const state = run([
          ...asked,
          ...order.map((request) => ({ kind: 'answered', request, data: [String(request)] }) as const),
        ]);
        expect(state).toMatchObject({ status: 'ready', data: ['5'] });
      }),
    );
  });
});
