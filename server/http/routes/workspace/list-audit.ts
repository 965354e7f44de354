import { z } from 'zod';
import { auditList } from '../../../../app/wire/workspace.ts';
import { workspaceRoute } from '../../route.ts';

export const listAudit = workspaceRoute('manager', {
  method: 'get',
  path: '/v1/audit',
  operationId: 'listAudit',
  summary: 'Who changed what, newest first',
  query: z.strictObject({
    kind: z.enum(['field', 'admin']).default('field'),
    contractId: z.uuid().optional(),
    after: z.string().max(200).optional(),
  }),
  response: auditList,
  handle: ({ query }, { deps, caller }) =>
    query.kind === 'admin'
      ? deps.services.pages.adminEvents(caller.workspace, query.after)
      : deps.services.pages.changes(caller.workspace, { contractId: query.contractId ?? null, after: query.after }),
});
