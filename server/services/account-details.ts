/**
 * What a CRM account says of itself, read again from time to time: people change an account's time zone or currency, and an org moves to
 * another address, without anybody connecting anew.
 */
import type { ConnectionRef, CrmPort, Host } from '../crm/port.ts';
import type { WorkspaceStore } from '../store/workspace-port.ts';
import type { World } from '../world.ts';

const READ_AGAIN_MS = 86_400_000;

export type AccountDetailsParts = {
  readonly crm: { readonly [H in Host]?: Pick<CrmPort, 'describeAccount'> | undefined };
  readonly workspaces: Pick<WorkspaceStore, 'describeConnection'>;
  readonly world: Pick<World, 'clock'>;
};

/** Keeps a connection's details as its account tells them, at most once a day while the process runs; a failed reading is tried again. */
export function createAccountDetails({ crm, workspaces, world }: AccountDetailsParts) {
  const readAt = new Map<string, number>();
  return async (connection: ConnectionRef): Promise<void> => {
    const now = world.clock.now();
    const last = readAt.get(connection.connectionId);
    if (last !== undefined && now - last < READ_AGAIN_MS) return;
    const described = await crm[connection.host]?.describeAccount(connection, { priority: 'sweep' });
    if (described?.ok !== true) return;
    const { uiOrigin, timeZone, currency } = described.value;
    await workspaces.describeConnection(
      connection,
      { name: null, uiOrigin, timeZone, currency, newWorkspace: false },
      world.clock.now(),
    );
    readAt.set(connection.connectionId, now);
  };
}
