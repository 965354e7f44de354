/** Searches attachable contracts; an answer to an older question is dropped. */
import { useEffect, useReducer, useRef } from 'react';
import { CARD_STATE_START, createCardReducer, type CardState } from '@counterpart/app/core/card-state.ts';
import type { ContractSearch } from '@counterpart/app/wire/card.ts';
import { useHost } from '../components/card-frame.tsx';

const reduceSearch = createCardReducer<ContractSearch>((found) => found.results.length === 0);

export function useContractSearch(query: string): CardState<ContractSearch> {
  const { client } = useHost();
  const [state, dispatch] = useReducer(reduceSearch, CARD_STATE_START);
  const requests = useRef(0);
  useEffect(() => {
    requests.current += 1;
    const request = requests.current;
    dispatch({ kind: 'asked', request });
    void client
      .searchContracts(query)
      .then((answer) =>
        dispatch(
          answer.ok
            ? { kind: 'answered', request, data: answer.value }
            : { kind: 'refused', request, failure: answer.failure },
        ),
      );
  }, [client, query]);
  return state;
}
