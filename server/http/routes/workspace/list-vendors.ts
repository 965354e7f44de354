import { vendorList } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const listVendors = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/vendors',
  operationId: 'listVendors',
  summary: 'Vendors compared',
  response: vendorList,
  handle: async (_input, { deps, caller }) =>
    done({ results: [...(await deps.services.contracts.vendors(caller.workspace))] }),
});
