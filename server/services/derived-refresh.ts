/**
 * Brings the columns that lists filter on up to the day: all of them when the workspace's day has changed, else those of contracts that
 * changed since the last look. Any process may do it at any time; the outcome is the same.
 */
import type { PlainDate } from '../domain/contract.ts';
import type { ContractRow, DerivedColumns, WorkspaceRow } from '../store/contract-port.ts';
import type { LinkedContract } from '../store/port.ts';
import { calendarsOf, derivedColumns } from './derived-columns.ts';
import { type ServiceParts, todayOf } from './service-parts.ts';

const PAGE = 1000;
/** Clocks of several processes may differ by this much. */
const OVERLAP_MS = 60_000;
const WORKSPACES_MAX = 5000;

export type DerivedRefresh = ReturnType<typeof createDerivedRefresh>;

export function createDerivedRefresh(parts: ServiceParts) {
  const seen = new Map<string, { readonly day: PlainDate; readonly at: number }>();

  const refresh = async (workspace: WorkspaceRow): Promise<void> => {
    const day = todayOf(parts, workspace);
    const at = parts.world.clock.now();
    const last = seen.get(workspace.id);
    const changedSince = last?.day === day ? last.at - OVERLAP_MS : null;
    let afterId: string | null = null;
    for (;;) {
      const rows: readonly ContractRow[] = await parts.contracts.listForDerivation(workspace.id, {
        changedSince,
        afterId,
        limit: PAGE,
      });
      if (rows.length > 0) await parts.contracts.saveDerived(workspace.id, await columnsFor(parts, day, rows));
      if (rows.length < PAGE) break;
      afterId = rows.at(-1)?.contract.id ?? null;
    }
    if (seen.size >= WORKSPACES_MAX) seen.clear();
    seen.set(workspace.id, { day, at });
  };

  return {
    refresh,
    /** For writers that hold contracts in hand, the engine's store among them. */
    derive: async (workspaceId: string, contracts: readonly LinkedContract[]): Promise<readonly DerivedColumns[]> => {
      const workspace = await parts.contracts.getWorkspace(workspaceId);
      return workspace === null ? [] : await columnsFor(parts, todayOf(parts, workspace), contracts);
    },
  };
}

async function columnsFor(
  parts: ServiceParts,
  asOf: PlainDate,
  rows: readonly Pick<LinkedContract, 'contract' | 'sla'>[],
): Promise<readonly DerivedColumns[]> {
  const calendarOf = await calendarsOf(
    parts.calendars,
    rows.map(({ contract }) => contract),
  );
  return rows.map(({ contract, sla }) =>
    derivedColumns(contract, sla, { calendar: calendarOf(contract.term.calendarId), asOf }),
  );
}
