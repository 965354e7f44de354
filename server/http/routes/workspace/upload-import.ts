import { z } from 'zod';
import { importView } from '../../../../app/wire/workspace.ts';
import { IMPORT_BYTES_MAX } from '../../../import/limits.ts';
import { workspaceRoute } from '../../route.ts';

export const uploadImport = workspaceRoute('manager', {
  method: 'post',
  path: '/v1/imports',
  operationId: 'uploadImport',
  summary: 'Upload a file of contracts; nothing is imported yet',
  query: z.strictObject({ fileName: z.string().trim().min(1).max(200) }),
  upload: { mediaTypes: ['application/octet-stream'], bytesMax: IMPORT_BYTES_MAX },
  response: importView,
  status: 201,
  handle: ({ query, bytes }, { deps, caller }) =>
    deps.services.imports.upload(caller.workspace, { fileName: query.fileName, bytes, actor: caller.user.email }),
});
