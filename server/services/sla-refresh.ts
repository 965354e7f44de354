/**
 * Works out service levels anew soon after a vendor's cases changed, so that nobody waits for the regular close. What is waiting is kept
 * in memory and bounded: whatever is lost with the process or exceeds the bound is made good by that close (services/housekeeping.ts).
 */
import type { ConnectionRef } from '../crm/port.ts';
import { provenanceOf, type ServiceParts } from './service-parts.ts';
import type { SlaMonths } from './sla-months.ts';

/** Changes of this span are worked on together. */
const REFRESH_INTERVAL_MS = 5_000;
const ACCOUNTS_WAITING_MAX = 10_000;
const ACCOUNTS_PER_ROUND = 500;
const CONTRACTS_PER_ROUND = 200;

type Account = { readonly connection: ConnectionRef; readonly accountId: string };

export function createSlaRefresh(parts: ServiceParts, sla: SlaMonths) {
  const waiting = new Map<string, Account>();

  const note = (connection: ConnectionRef, accountIds: readonly string[]): void => {
    for (const accountId of accountIds) {
      const key = `${connection.connectionId} ${accountId}`;
      if (waiting.size >= ACCOUNTS_WAITING_MAX && !waiting.has(key)) return;
      waiting.set(key, { connection, accountId });
    }
  };

  /** One portal's accounts: those that have waited longest, and others of the same portal. */
  const take = (): { readonly connection: ConnectionRef; readonly accountIds: readonly string[] } | null => {
    const [oldest] = waiting.values();
    if (oldest === undefined) return null;
    const { connection } = oldest;
    const taken = [...waiting]
      .filter(([, account]) => account.connection.connectionId === connection.connectionId)
      .slice(0, ACCOUNTS_PER_ROUND);
    for (const [key] of taken) waiting.delete(key);
    return { connection, accountIds: taken.map(([, { accountId }]) => accountId) };
  };

  /** Every contract attached to the accounts, a page at a time. */
  const refreshAccounts = async (connection: ConnectionRef, accountIds: readonly string[]): Promise<void> => {
    const { workspaceId } = connection;
    const workspace = await parts.contracts.getWorkspace(workspaceId);
    if (workspace === null) return;
    const provenance = provenanceOf(parts, { source: 'system', actor: null, connectionId: null, ref: null });
    let afterId: string | null = null;
    for (;;) {
      const page = { connectionId: connection.connectionId, accountIds, afterId, limit: CONTRACTS_PER_ROUND };
      const ids: readonly string[] = await parts.contracts.listServedContracts(workspaceId, page);
      for (const id of ids) await sla.recompute({ workspaceId, provenance, once: null }, workspace, id);
      if (ids.length > 0) {
        parts.wake();
        parts.events.publish(workspaceId, { kind: 'contracts', contractIds: ids.slice() });
      }
      if (ids.length < CONTRACTS_PER_ROUND) break;
      afterId = ids.at(-1) ?? null;
    }
  };

  /** Everything that waits when it is called; what comes meanwhile waits for the next round. */
  const once = async (signal: AbortSignal): Promise<void> => {
    for (let left = waiting.size; left > 0 && !signal.aborted; ) {
      const batch = take();
      if (batch === null) return;
      left -= batch.accountIds.length;
      try {
        await refreshAccounts(batch.connection, batch.accountIds);
      } catch (error) {
        parts.world.log.error({ error }, 'service levels could not be worked out; the next round tries again');
        note(batch.connection, batch.accountIds);
        return;
      }
    }
  };

  return {
    /** Cases of these accounts changed. Never waits. */
    note,
    once,
    /** Until the signal aborts. */
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await once(signal);
        await parts.world.clock.sleep(REFRESH_INTERVAL_MS, signal).catch(() => undefined);
      }
    },
  };
}
