/**
 * Remembers opened tokens for a few seconds, because every call to a CRM asks for them: reading and unsealing costs more than the rest of
 * what a call needs. Whoever is about to renew tokens reads them anew. A token that another process has replaced or ended meanwhile is
 * refused by the CRM, and that refusal leads to a new reading.
 */
import type { Credential } from '../../crm/credentials.ts';
import type { ConnectionRef } from '../../crm/port.ts';
import type { Clock } from '../../world.ts';
import type { Vault } from './credential-vault.ts';

export const CREDENTIALS_KEPT_MS = 2_000;
/** More connections than one process works on within those seconds; the oldest entry makes room. */
const KEPT_MAX = 1_000;

type Kept = { readonly credential: Credential; readonly until: number };

export function rememberCredentials(vault: Vault, clock: Clock): Vault {
  const kept = new Map<string, Kept>();
  const keyOf = ({ workspaceId, connectionId }: ConnectionRef): string => `${workspaceId}/${connectionId}`;
  const keep = (key: string, credential: Credential): void => {
    kept.delete(key);
    const [oldest] = kept.keys();
    if (kept.size >= KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    kept.set(key, { credential, until: clock.now() + CREDENTIALS_KEPT_MS });
  };
  const forget = (connection: ConnectionRef): void => void kept.delete(keyOf(connection));
  return {
    ...vault,
    async read(connection) {
      const key = keyOf(connection);
      const known = kept.get(key);
      if (known !== undefined && known.until > clock.now()) return known.credential;
      const credential = await vault.read(connection);
      if (credential === null) kept.delete(key);
      else keep(key, credential);
      return credential;
    },
    async write(connection, credential) {
      forget(connection);
      await vault.write(connection, credential);
      keep(keyOf(connection), credential);
    },
    async delete(connection) {
      forget(connection);
      await vault.delete(connection);
      forget(connection);
    },
    withRefreshLock: (connection, work) =>
      vault.withRefreshLock(connection, () => {
        forget(connection);
        return work();
      }),
  };
}
