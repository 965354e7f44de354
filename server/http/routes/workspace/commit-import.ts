import { importCommitRequest, importView } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';
import { importParams } from './get-import.ts';

/** Twenty thousand rows, each with its parties and its trace, are one transaction. */
const COMMIT_MS_MAX = 240_000;

export const commitImport = workspaceRoute('manager', {
  method: 'post',
  path: '/v1/imports/:importId/commit',
  operationId: 'commitImport',
  summary: 'Import all valid rows in one transaction, or nothing',
  params: importParams,
  body: importCommitRequest,
  response: importView,
  handlerMsMax: COMMIT_MS_MAX,
  handle: ({ params, body }, { deps, caller }) =>
    deps.services.imports.commit(caller.workspace, { ...params, ...body, actor: caller.user.email }),
});
