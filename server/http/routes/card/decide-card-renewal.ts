import { cardWriteResponse, renewalDecisionRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf, contractParams } from './record-ref.ts';

export const decideCardRenewal = cardRoute({
  method: 'post',
  path: '/v1/card/contracts/:contractId/renewal-decision',
  operationId: 'decideCardRenewal',
  summary: 'Record what was decided about a renewal',
  params: contractParams,
  body: renewalDecisionRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.decideRenewal(
      actOf(input, context, 'decideCardRenewal'),
      input.params.contractId,
      input.body,
    ),
});
