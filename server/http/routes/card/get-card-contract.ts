import { contractDetail } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { contractParams, recordRef } from './record-ref.ts';

export const getCardContract = cardRoute({
  method: 'get',
  path: '/v1/card/contracts/:contractId',
  operationId: 'getCardContract',
  summary: 'One contract of a CRM record in detail',
  params: contractParams,
  query: recordRef,
  response: contractDetail,
  handle: ({ params, query }, { deps, caller, signal }) =>
    deps.services.cards.detail(caller.connection, { ref: query, contractId: params.contractId, signal }),
});
