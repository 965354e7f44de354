import { z } from 'zod';
import { workspaceContract } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const contractParams = z.strictObject({ contractId: z.uuid() });

export const getContract = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/contracts/:contractId',
  operationId: 'getContract',
  summary: 'One contract in detail',
  params: contractParams,
  response: workspaceContract,
  handle: ({ params }, { deps, caller }) => deps.services.pages.detail(caller.workspace, params.contractId),
});
