/** One contract in the workspace: its page, and what a signed-in person may do to it there. */
import type { ContractDetail } from '../../app/wire/card.ts';
import type { AuditEntry } from '../../app/wire/workspace.ts';
import type { WorkspaceRow } from '../store/contract-port.ts';
import { changeContract, contextOf, type Decision } from './contract-changes.ts';
import { detailView, isoText } from './contract-view.ts';
import { createContract, type NewContract } from './new-contract.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { decodeInstantPlace, encodePlace } from './page-place.ts';
import { type Actor, type ServiceParts, viewDay } from './service-parts.ts';
import type { IncidentInput, SlaMonths } from './sla-months.ts';

const AUDIT_PAGE = 50;

export type Page = { readonly contract: ContractDetail };

export function createContractPages(parts: ServiceParts, sla: SlaMonths) {
  const page = async (workspace: WorkspaceRow, contractId: string): Promise<Outcome<Page>> => {
    const row = await parts.contracts.loadDetail(workspace.id, contractId);
    if (row === null) return refused('not_found');
    return done({ contract: detailView(row, await viewDay(parts, row.workspace, [row.contract.contract])) });
  };
  const pageAfter = async (workspace: WorkspaceRow, written: Outcome<string>): Promise<Outcome<Page>> =>
    written.ok ? await page(workspace, written.value) : written;
  const by = (actor: string): Actor => ({ source: 'workspace', actor, connectionId: null, ref: null });

  return {
    detail: async (workspace: WorkspaceRow, contractId: string): Promise<Outcome<ContractDetail>> => {
      const found = await page(workspace, contractId);
      return found.ok ? done(found.value.contract) : found;
    },
    create: async (workspace: WorkspaceRow, actor: string, contract: NewContract): Promise<Outcome<Page>> => {
      const request = { workspace, actor: by(actor), once: null };
      return await pageAfter(workspace, await createContract(parts, request, { contract, attachTo: null }));
    },
    change: async (
      workspace: WorkspaceRow,
      request: { readonly contractId: string; readonly expectedRevision: number; readonly actor: string },
      decide: Decision,
    ): Promise<Outcome<Page>> => {
      const change = { ...request, workspace, actor: by(request.actor), once: null };
      return await pageAfter(workspace, await changeContract(parts, change, decide));
    },
    logIncident: async (workspace: WorkspaceRow, actor: string, incident: IncidentInput): Promise<Outcome<Page>> => {
      const context = contextOf(parts, { workspace, actor: by(actor), once: null });
      return await pageAfter(workspace, await sla.logIncident(context, workspace, incident));
    },
    /** Field changes of all contracts or of one, newest first. */
    changes: async (
      workspace: WorkspaceRow,
      request: { readonly contractId: string | null; readonly after: string | undefined },
    ): Promise<Outcome<{ results: AuditEntry[]; next: string | null }>> => {
      const after = request.after === undefined ? null : decodeInstantPlace(request.after);
      if (after === 'malformed') return refused('bad_request', { reason: 'after' });
      const { contractId } = request;
      const rows = await parts.contracts.listChanges(workspace.id, { contractId, after, limit: AUDIT_PAGE + 1 });
      const last = rows.length > AUDIT_PAGE ? rows[AUDIT_PAGE - 1] : undefined;
      return done({
        results: rows
          .slice(0, AUDIT_PAGE)
          .map(({ at, ...row }) => ({ ...row, kind: 'field' as const, at: isoText(at) })),
        next: last === undefined ? null : encodePlace({ key: last.at, id: last.id }),
      });
    },
    /** Admin actions, newest first; the place is a sequence number. */
    adminEvents: async (
      workspace: WorkspaceRow,
      before: string | undefined,
    ): Promise<Outcome<{ results: AuditEntry[]; next: string | null }>> => {
      if (before !== undefined && !/^\d{1,18}$/.test(before)) return refused('bad_request', { reason: 'after' });
      const rows = await parts.workspaces.listAdminEvents(workspace.id, before ?? null, AUDIT_PAGE + 1);
      const last = rows.length > AUDIT_PAGE ? rows[AUDIT_PAGE - 1] : undefined;
      return done({
        results: rows
          .slice(0, AUDIT_PAGE)
          .map(({ at, ...row }) => ({ ...row, kind: 'admin' as const, at: isoText(at) })),
        next: last?.id ?? null,
      });
    },
  };
}
