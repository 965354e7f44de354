import { importCheck, importOptions } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';
import { importParams } from './get-import.ts';

export const checkImport = workspaceRoute('manager', {
  method: 'post',
  path: '/v1/imports/:importId/check',
  operationId: 'checkImport',
  summary: 'What a commit would do, row by row; nothing is written',
  params: importParams,
  body: importOptions,
  response: importCheck,
  handle: ({ params, body }, { deps, caller }) => deps.services.imports.check(caller.workspace, params.importId, body),
});
