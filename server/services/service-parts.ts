/** What the application services are built from, and the two questions all of them ask: which day it is, and by which calendars. */
import type { Calendars } from '../calendars/calendars.ts';
import type { CrmPort, Host } from '../crm/port.ts';
import type { Contract, PlainDate } from '../domain/contract.ts';
import { isTimeZone, plainDateIn } from '../domain/dates.ts';
import type { ContractStore, WorkspaceRow } from '../store/contract-port.ts';
import type { ImportStore } from '../store/import-port.ts';
import type { Provenance } from '../store/port.ts';
import type { WorkspaceStore } from '../store/workspace-port.ts';
import type { World } from '../world.ts';
import { calendarsOf } from './derived-columns.ts';
import type { ViewDay } from './contract-view.ts';
import type { EventHub } from './event-hub.ts';

export type ServiceParts = {
  readonly contracts: ContractStore;
  readonly workspaces: WorkspaceStore;
  readonly imports: ImportStore;
  readonly crm: Partial<Record<Host, CrmPort>>;
  readonly calendars: Calendars;
  readonly world: World;
  readonly events: EventHub;
  /** Origin of the workspace pages. */
  readonly publicUrl: string;
  /** Tells the engine that marks were made. */
  readonly wake: () => void;
};

/** Today on a wall clock in the workspace's zone; UTC while the zone is not one the platform knows. */
export function todayOf(parts: Pick<ServiceParts, 'world'>, workspace: Pick<WorkspaceRow, 'timeZone'>): PlainDate {
  return plainDateIn(isTimeZone(workspace.timeZone) ? workspace.timeZone : 'UTC', parts.world.clock.now());
}

export async function viewDay(
  parts: ServiceParts,
  workspace: Pick<WorkspaceRow, 'timeZone'>,
  contracts: readonly Contract[],
): Promise<ViewDay> {
  return { asOf: todayOf(parts, workspace), calendarOf: await calendarsOf(parts.calendars, contracts) };
}

/** Somebody who acts, and from where. */
export type Actor = Pick<Provenance, 'source' | 'actor' | 'connectionId' | 'ref'>;

export function provenanceOf(parts: ServiceParts, actor: Actor): Provenance {
  return { ...actor, eventId: null, at: parts.world.clock.now() };
}
