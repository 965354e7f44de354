import { done } from '../../../services/outcome.ts';
import { writeImportResult } from '../../import-result.ts';
import type { ImportResult } from '../../../services/imports.ts';
import { workspaceRoute } from '../../route.ts';
import { importParams } from './get-import.ts';

export const getImportResult = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/imports/:importId/result',
  operationId: 'getImportResult',
  summary: 'What became of each row, as CSV',
  params: importParams,
  stream: { mediaType: 'text/csv', write: (value: ImportResult, response) => writeImportResult(value, response) },
  handle: async ({ params }, { deps, caller }) => {
    const result = await deps.services.imports.result(caller.workspace, params.importId);
    return result.ok ? done(result.value) : result;
  },
});
