import { recordCard } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { recordRef } from './record-ref.ts';
import { z } from 'zod';

export const getRecordCard = cardRoute({
  method: 'get',
  path: '/v1/card/records/:objectType/:recordId',
  operationId: 'getRecordCard',
  summary: 'Everything a card shows of one CRM record',
  params: recordRef,
  query: z.strictObject({}),
  response: recordCard,
  handle: ({ params }, { deps, caller, signal }) => deps.services.cards.card(caller.connection, params, signal),
});
