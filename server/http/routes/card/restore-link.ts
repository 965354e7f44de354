import { cardWriteResponse, linkRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf } from './record-ref.ts';

export const restoreLink = cardRoute({
  method: 'post',
  path: '/v1/card/links/restore',
  operationId: 'restoreLink',
  summary: 'Undo taking a contract off',
  body: linkRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.restore(actOf(input, context, 'restoreLink'), input.body),
});
