/**
 * Brings the columns that lists and totals are read from up to the day. The store knows which contracts need it: those that changed since
 * their columns were worked out, and those whose columns end before the day. Any process may do it at any time; the outcome is the same.
 */
import type { PlainDate } from '../domain/contract.ts';
import { addDays } from '../domain/dates.ts';
import { recently } from './recently.ts';
import type { DerivedColumns, WorkspaceRow } from '../store/contract-port.ts';
import type { LinkedContract } from '../store/port.ts';
import { calendarsOf, derivedColumns, derivedColumnsAhead } from './derived-columns.ts';
import { type ServiceParts, todayOf } from './service-parts.ts';

const PAGE = 1000;
/** How late columns may notice that a workspace has another time zone. */
const WORKSPACE_KEPT_MS = 10_000;
/** Days looked ahead, so that a new day finds most columns to hold for it already. */
const DAYS_AHEAD_MAX = 14;
/** Bounds a refresh whose contracts keep changing while it runs. */
const PAGES_MAX = 10_000;

export type DerivedRefresh = ReturnType<typeof createDerivedRefresh>;

export function createDerivedRefresh(parts: ServiceParts) {
  const refreshFor = async (workspace: WorkspaceRow, asOf: PlainDate): Promise<void> => {
    const tried = new Set<string>();
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const rows = await parts.contracts.listUnderived(workspace.id, asOf, PAGE);
      const fresh = rows.filter(({ contract }) => !tried.has(`${contract.id} ${contract.revision}`));
      // What is named again has changed while its columns were worked out; whoever changed it, or the next refresh, sees to it.
      if (fresh.length === 0) return;
      for (const { contract } of fresh) tried.add(`${contract.id} ${contract.revision}`);
      await parts.contracts.saveDerived(workspace.id, await columnsAhead(parts, todayOf(parts, workspace), fresh));
      if (rows.length < PAGE) return;
    }
  };

  const workspaceOf = recently(parts.world.clock, WORKSPACE_KEPT_MS, (id: string) => parts.contracts.getWorkspace(id));

  return {
    /** Before lists and totals are read. */
    refresh: (workspace: WorkspaceRow): Promise<void> => refreshFor(workspace, todayOf(parts, workspace)),
    /** Ahead of time: what ends today is worked out for tomorrow too, where tomorrow changes nothing. */
    refreshAhead: (workspace: WorkspaceRow): Promise<void> =>
      refreshFor(workspace, addDays(todayOf(parts, workspace), 1)),
    /** For writers that hold contracts in hand, the engine's store among them. */
    derive: async (workspaceId: string, contracts: readonly LinkedContract[]): Promise<readonly DerivedColumns[]> => {
      const workspace = await workspaceOf(workspaceId);
      if (workspace === null) return [];
      const asOf = todayOf(parts, workspace);
      const calendarOf = await calendarsOfRows(parts, contracts);
      return contracts.map(({ contract, sla }) =>
        derivedColumns(contract, sla, { calendar: calendarOf(contract.term.calendarId), asOf }),
      );
    },
  };
}

type Rows = readonly Pick<LinkedContract, 'contract' | 'sla'>[];

const calendarsOfRows = (parts: ServiceParts, rows: Rows) =>
  calendarsOf(
    parts.calendars,
    rows.map(({ contract }) => contract),
  );

async function columnsAhead(parts: ServiceParts, asOf: PlainDate, rows: Rows): Promise<readonly DerivedColumns[]> {
  const calendarOf = await calendarsOfRows(parts, rows);
  return rows.map(({ contract, sla }) =>
    derivedColumnsAhead(contract, sla, {
      calendar: calendarOf(contract.term.calendarId),
      asOf,
      daysMax: DAYS_AHEAD_MAX,
    }),
  );
}
