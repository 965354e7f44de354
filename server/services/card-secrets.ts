/**
 * The secret with which an org's cards prove which org they speak for. It is made here, written into the org, and kept as a keyed hash
 * only. A new one is taken besides the old one until the org is known to have it, so that a process may die at any step.
 */
import type { ConnectionRef, HostResult } from '../crm/port.ts';
import type { WorkspaceStore } from '../store/workspace-port.ts';
import type { World } from '../world.ts';

const SECRET_BYTES = 32;

export type CardSecretParts = {
  readonly workspaces: Pick<WorkspaceStore, 'listCardSecrets' | 'addCardSecret' | 'confirmCardSecret'>;
  readonly world: World;
  /** A keyed hash of the text, and whether two of them are equal, in constant time. */
  readonly hash: (text: string) => string;
  readonly same: (a: string, b: string) => boolean;
  /** Puts the secret where the org's cards take it from. */
  readonly write: (connection: ConnectionRef, secret: string) => Promise<HostResult<null>>;
};
export type CardSecrets = ReturnType<typeof createCardSecrets>;

export function createCardSecrets({ workspaces, world, hash, same, write }: CardSecretParts) {
  /** A new secret in the place of all others; `unreachable` leaves the old one in force. */
  const renew = async (connection: ConnectionRef): Promise<'written' | 'unreachable'> => {
    const secret = Buffer.from(world.random.bytes(SECRET_BYTES)).toString('base64url');
    const secretHash = hash(secret);
    await workspaces.addCardSecret(connection, secretHash, world.clock.now());
    const written = await write(connection, secret);
    if (!written.ok) {
      const { connectionId } = connection;
      world.log.warn({ connectionId, failure: written.failure.kind }, 'the secret of the cards could not be written');
      return 'unreachable';
    }
    await workspaces.confirmCardSecret(connection, secretHash);
    return 'written';
  };
  return {
    renew,
    /** Makes one where the org is not known to have any: the package may have come after the install. */
    ensure: async (connection: ConnectionRef): Promise<void> => {
      const known = await workspaces.listCardSecrets(connection);
      if (!known.some(({ state }) => state === 'current')) await renew(connection);
    },
    /** Every stored hash is compared, so that the time says nothing about which one fits. */
    fits: async (connection: ConnectionRef, secret: string): Promise<boolean> => {
      const given = hash(secret);
      const known = await workspaces.listCardSecrets(connection);
      return known.map(({ secretHash }) => same(secretHash, given)).includes(true);
    },
  };
}
