import { cardWriteResponse, linkRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf } from './record-ref.ts';

export const detachContract = cardRoute({
  method: 'post',
  path: '/v1/card/links/detach',
  operationId: 'detachContract',
  summary: 'Take a contract off a CRM record',
  body: linkRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.detach(actOf(input, context, 'detachContract'), input.body),
});
