/**
 * Loads the record's card, takes over what writes answer, and follows changes made elsewhere: when a person edits one of the shared
 * properties on the record, the card asks again, a bounded number of times, until the record and the store agree.
 */
import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { RecordCard } from '@counterpart/app/wire/card.ts';
import { CARD_STATE_START, createCardReducer, type CardState } from '@counterpart/app/core/card-state.ts';
import { followUpDelayMs, isUnsettled, type SharedValues } from '@counterpart/app/core/follow-up.ts';
import { useHost } from '../components/card-frame.tsx';

const reduceCard = createCardReducer<RecordCard>((card) => card.contracts.length === 0);

export type RecordCardHandle = {
  readonly state: CardState<RecordCard>;
  readonly reload: () => void;
  /** Shows what a write answered and follows it until the CRM holds it too. */
  readonly takeOver: (card: RecordCard) => void;
};

export function useRecordCard(): RecordCardHandle {
  const host = useHost();
  const [state, dispatch] = useReducer(reduceCard, CARD_STATE_START);
  const requests = useRef(0);
  const cancelFollowUp = useRef<() => void>(() => undefined);

  const load = useCallback(async (): Promise<RecordCard | null> => {
    requests.current += 1;
    const request = requests.current;
    dispatch({ kind: 'asked', request });
    const answer = await host.client.loadCard();
    dispatch(
      answer.ok
        ? { kind: 'answered', request, data: answer.value }
        : { kind: 'refused', request, failure: answer.failure },
    );
    return answer.ok ? answer.value : null;
  }, [host]);

  const followUp = useCallback(
    (seen: SharedValues | null, whenSettled: () => void): void => {
      cancelFollowUp.current();
      let cancelled = false;
      let cancelTimer = (): void => undefined;
      cancelFollowUp.current = () => {
        cancelled = true;
        cancelTimer();
      };
      const tryAfter = (tries: number): void => {
        const delayMs = followUpDelayMs(tries);
        if (delayMs === null || cancelled) return;
        cancelTimer = host.schedule(() => {
          void load().then((card) => {
            if (cancelled) return;
            if (card !== null && !isUnsettled(card, seen)) whenSettled();
            else tryAfter(tries + 1);
          });
        }, delayMs);
      };
      tryAfter(0);
    },
    [host, load],
  );

  useEffect(() => {
    void load();
    host.onSharedPropertiesUpdate((seen) => {
      void load().then((card) => {
        if (card === null || isUnsettled(card, seen)) followUp(seen, () => undefined);
      });
    });
    return () => cancelFollowUp.current();
  }, [host, load, followUp]);

  const takeOver = useCallback(
    (card: RecordCard): void => {
      requests.current += 1;
      dispatch({ kind: 'replaced', request: requests.current, data: card });
      host.refreshRecord();
      if (isUnsettled(card, null)) followUp(null, host.refreshRecord);
    },
    [host, followUp],
  );

  return { state, reload: () => void load(), takeOver };
}
