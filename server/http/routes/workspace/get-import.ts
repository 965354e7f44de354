import { z } from 'zod';
import { importView } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const importParams = z.strictObject({ importId: z.uuid() });

export const getImport = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/imports/:importId',
  operationId: 'getImport',
  summary: 'One uploaded file: its columns and how they were understood',
  params: importParams,
  response: importView,
  handle: ({ params }, { deps, caller }) => deps.services.imports.get(caller.workspace, params.importId),
});
