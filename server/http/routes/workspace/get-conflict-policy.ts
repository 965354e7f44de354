import { conflictPolicy } from '../../../../app/wire/conflict-policy.ts';
import { done } from '../../../services/outcome.ts';
import { workspaceRoute } from '../../route.ts';

export const getConflictPolicy = workspaceRoute('rep', {
  method: 'get',
  path: '/v1/conflict-policy',
  operationId: 'getConflictPolicy',
  summary: 'Who wins a conflict, by field',
  response: conflictPolicy,
  handle: (_input, { caller }) => Promise.resolve(done({ ...caller.workspace.conflictPolicy })),
});
