import { cardWriteResponse, logIncidentRequest } from '../../../../app/wire/card.ts';
import { cardRoute } from '../../route.ts';
import { actOf, contractParams } from './record-ref.ts';

export const logCardIncident = cardRoute({
  method: 'post',
  path: '/v1/card/contracts/:contractId/incidents',
  operationId: 'logCardIncident',
  summary: 'Record an outage or failure of the service',
  params: contractParams,
  body: logIncidentRequest,
  response: cardWriteResponse,
  handle: (input, context) =>
    context.deps.services.cardWrites.logIncident(
      actOf(input, context, 'logCardIncident'),
      input.params.contractId,
      input.body,
    ),
});
