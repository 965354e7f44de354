/**
 * What a card knows about one thing it loads. Pure: `(state, event) -> state`.
 *
 *            asked                  answered
 *   loading ───────▶ loading ──────────────────▶ ready | empty
 *      │                                           │   ▲
 *      │ refused                    asked/refused  │   │ answered, replaced
 *      ▼                                           ▼   │
 *   failed ──────────── asked ───▶ loading       (shows the last data while refreshing)
 *
 * Each request carries a number. An answer is taken only when it belongs to the newest request, and a write's own answer
 * (`replaced`) overtakes every read still under way, so that a late answer never covers a newer one.
 */
import type { CardFailure } from './card-failure.ts';

export type CardState<T> =
  | { readonly status: 'loading'; readonly newestRequest: number }
  | {
      readonly status: 'ready' | 'empty';
      readonly newestRequest: number;
      readonly data: T;
      readonly refreshing: boolean;
      readonly stale: CardFailure | null;
    }
  | { readonly status: 'failed'; readonly newestRequest: number; readonly failure: CardFailure };

export type CardEvent<T> =
  | { readonly kind: 'asked'; readonly request: number }
  | { readonly kind: 'answered'; readonly request: number; readonly data: T }
  | { readonly kind: 'refused'; readonly request: number; readonly failure: CardFailure }
  /** A write answered with the thing as it now is; `request` is taken from the same counter. */
  | { readonly kind: 'replaced'; readonly request: number; readonly data: T };

export const CARD_STATE_START = { status: 'loading', newestRequest: 0 } as const satisfies CardState<never>;

/** Makes the reducer; `isEmpty` tells ready data from an empty record. */
export function createCardReducer<T>(isEmpty: (data: T) => boolean) {
  const shown = (request: number, data: T): CardState<T> => ({
    status: isEmpty(data) ? 'empty' : 'ready',
    newestRequest: request,
    data,
    refreshing: false,
    stale: null,
  });

  return (state: CardState<T>, event: CardEvent<T>): CardState<T> => {
    if (event.request < state.newestRequest) return state;
    switch (event.kind) {
      case 'asked':
        return 'data' in state
          ? { ...state, newestRequest: event.request, refreshing: true }
          : { status: 'loading', newestRequest: event.request };
      case 'answered':
      case 'replaced':
        return shown(event.request, event.data);
      case 'refused':
        return 'data' in state
          ? { ...state, newestRequest: event.request, refreshing: false, stale: event.failure }
          : { status: 'failed', newestRequest: event.request, failure: event.failure };
    }
  };
}
