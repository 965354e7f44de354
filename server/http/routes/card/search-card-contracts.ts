import { z } from 'zod';
import { contractSearch } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { recordRef } from './record-ref.ts';

const LIMIT_DEFAULT = 20;

export const searchCardContracts = cardRoute({
  method: 'get',
  path: '/v1/card/contracts',
  operationId: 'searchCardContracts',
  summary: 'Contracts that could be attached to a CRM record',
  query: recordRef.extend({
    query: z.string().trim().max(100).default(''),
    limit: z.coerce.number().int().min(1).max(50).default(LIMIT_DEFAULT),
  }),
  response: contractSearch,
  handle: ({ query: { query: text, limit, ...ref } }, { deps, caller, signal }) =>
    deps.services.cards.search(caller.connection, { ref, text, limit, signal }),
});
