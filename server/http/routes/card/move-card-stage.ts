import { cardWriteResponse, moveStageRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf, contractParams } from './record-ref.ts';

export const moveCardStage = cardRoute({
  method: 'post',
  path: '/v1/card/contracts/:contractId/stage',
  operationId: 'moveCardStage',
  summary: 'Move a contract to another stage',
  params: contractParams,
  body: moveStageRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.moveStage(
      actOf(input, context, 'moveCardStage'),
      input.params.contractId,
      input.body,
    ),
});
