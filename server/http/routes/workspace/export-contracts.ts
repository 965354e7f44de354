import { contractExportQuery } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { type ContractExport, writeContractExport } from '../../contract-export.ts';
import { workspaceRoute } from '../../route.ts';

export const exportContracts = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/contracts/export',
  operationId: 'exportContracts',
  summary: 'The filtered list as a file',
  query: contractExportQuery,
  stream: {
    mediaType: 'application/octet-stream',
    write: (value: ContractExport, response) => writeContractExport(value, response),
  },
  handle: async ({ query: { format, locale, ...filters } }, { deps, caller }) => {
    const rows = await deps.services.contracts.exportRows(caller.workspace, filters);
    return done({ format, locale: locale ?? caller.user.locale, rows });
  },
});
