import { cardWriteResponse, linkRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf } from './record-ref.ts';

export const attachContract = cardRoute({
  method: 'post',
  path: '/v1/card/links',
  operationId: 'attachContract',
  summary: 'Attach a contract to a CRM record',
  body: linkRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.attach(actOf(input, context, 'attachContract'), input.body),
});
