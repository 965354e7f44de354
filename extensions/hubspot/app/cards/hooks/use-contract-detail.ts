/** Loads one contract in full, again whenever its revision on the card moves. */
import { useEffect, useReducer, useRef, useState } from 'react';
import { CARD_STATE_START, createCardReducer, type CardState } from '@counterpart/app/core/card-state.ts';
import type { ContractDetail } from '@counterpart/app/wire/card.ts';
import { useHost } from '../components/card-frame.tsx';

const reduceDetail = createCardReducer<ContractDetail>(() => false);

export type ContractDetailHandle = { readonly state: CardState<ContractDetail>; readonly reload: () => void };

/** `revision` and `syncedAt` are what the card shows: when either moves, the detail is out of date. */
export function useContractDetail(contractId: string, revision: number, syncedAt: string | null): ContractDetailHandle {
  const { client } = useHost();
  const [state, dispatch] = useReducer(reduceDetail, CARD_STATE_START);
  const [asks, setAsks] = useState(0);
  const requests = useRef(0);
  useEffect(() => {
    requests.current += 1;
    const request = requests.current;
    dispatch({ kind: 'asked', request });
    void client
      .loadContract(contractId)
      .then((answer) =>
        dispatch(
          answer.ok
            ? { kind: 'answered', request, data: answer.value }
            : { kind: 'refused', request, failure: answer.failure },
        ),
      );
  }, [client, contractId, revision, syncedAt, asks]);
  return { state, reload: () => setAsks((count) => count + 1) };
}
