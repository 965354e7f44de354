/**
 * Low-rate work beside the sync: the monthly close, which is simply every contract's results worked out anew, and the daily refresh of
 * filterable columns, and the end of what is kept for a while only. One process does it for a workspace at a time; doing it twice changes nothing.
 */
import type { ConnectionRef } from '../crm/port.ts';
import type { ConnectionState, SyncStore } from '../store/port.ts';
import { provenanceOf, type ServiceParts } from './service-parts.ts';
import type { DerivedRefresh } from './derived-refresh.ts';
import type { SlaMonths } from './sla-months.ts';

const HOUSEKEEPING_INTERVAL_MS = 600_000;
const LEASE_MS = 300_000;
const PAGE = 200;
const STATES: readonly ConnectionState[] = ['installing', 'active', 'parked', 'disconnected'];

type Directory = Pick<SyncStore, 'listConnections' | 'leaseJob'>;

/** What a connection needs from time to time so that it goes on working. Failing, it is tried again at the next round. */
type Upkeep = (connection: ConnectionRef) => Promise<void>;

export function createHousekeeping(
  parts: ServiceParts,
  work: {
    readonly sla: SlaMonths;
    readonly derived: DerivedRefresh;
    readonly directory: Directory;
    readonly upkeep: Upkeep;
  },
) {
  const worker = parts.world.random.uuid();

  const closeMonths = async (workspaceId: string): Promise<void> => {
    const workspace = await parts.contracts.getWorkspace(workspaceId);
    if (workspace === null) return;
    const provenance = provenanceOf(parts, { source: 'system', actor: null, connectionId: null, ref: null });
    let after: string | null = null;
    for (;;) {
      const ids = await parts.contracts.listContractsWithObjectives(workspaceId, after, PAGE);
      for (const id of ids) await work.sla.recompute({ workspaceId, provenance, once: null }, workspace, id);
      after = ids.at(-1) ?? null;
      if (ids.length < PAGE) break;
    }
    await work.derived.refreshAhead(workspace);
    parts.wake();
    parts.events.publish(workspaceId, { kind: 'contracts', contractIds: [] });
  };

  /** One connection that cannot be helped holds up no other. */
  const upkeep = async (workspaceId: string): Promise<void> => {
    const served = await work.directory.listConnections(['installing', 'active']);
    for (const connection of served.filter((each) => each.workspaceId === workspaceId)) {
      const { connectionId } = connection;
      await work
        .upkeep(connection)
        .catch((error: unknown) => parts.world.log.error({ error, connectionId }, 'a connection could not be kept up'));
    }
  };

  const once = async (signal: AbortSignal): Promise<void> => {
    await parts.workspaces.expireRouting(parts.world.clock.now());
    const connections = await work.directory.listConnections(STATES);
    for (const workspaceId of new Set(connections.map((connection) => connection.workspaceId))) {
      if (signal.aborted) return;
      const now = parts.world.clock.now();
      const lease = { workspaceId, name: 'housekeeping', worker, now, leaseMs: LEASE_MS };
      if (!(await work.directory.leaseJob(lease))) continue;
      await closeMonths(workspaceId);
      await parts.workspaces.expire(workspaceId, now);
      await upkeep(workspaceId);
    }
  };

  return {
    closeMonths,
    /** Until the signal aborts. A failed round is logged and the next one comes. */
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await once(signal).catch((error: unknown) => parts.world.log.error({ error }, 'housekeeping failed'));
        await parts.world.clock.sleep(HOUSEKEEPING_INTERVAL_MS, signal).catch(() => undefined);
      }
    },
  };
}
