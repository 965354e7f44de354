import { cardWriteResponse, createContractRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf } from './record-ref.ts';

export const createCardContract = cardRoute({
  method: 'post',
  path: '/v1/card/contracts',
  operationId: 'createCardContract',
  summary: 'Create a contract and attach it',
  body: createContractRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.create(actOf(input, context, 'createCardContract'), input.body),
});
