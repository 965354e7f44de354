import { importList } from '../../../../app/wire/workspace.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const listImports = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/imports',
  operationId: 'listImports',
  summary: 'Files uploaded so far',
  response: importList,
  handle: async (_input, { deps, caller }) =>
    done({ results: [...(await deps.services.imports.list(caller.workspace))] }),
});
