/**
 * E-mail addresses of record owners, which HubSpot gives by owner id only. Read whole, once an hour per connection, and only when a record
 * has an owner not seen before; without the optional scope owners stay unnamed.
 */
import type { Clock } from '../../world.ts';
import type { CallOptions, ConnectionRef } from '../port.ts';
import { API_VERSION } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { OWNER_PAGE } from './wire.ts';

const OWNERS_KEPT_MS = 3_600_000;
const OWNER_PAGES_MAX = 20;
const OWNER_PAGE_SIZE = 100;
/** Beyond this many connections the one filled first is forgotten. */
const OWNER_CONNECTIONS_MAX = 1_000;

type Kept = { readonly readAt: number; readonly emails: ReadonlyMap<string, string> };

export interface OwnerDirectory {
  /** E-mail by owner id; ids that cannot be resolved are absent. Never fails: an owner's name is not worth a failed sync. */
  emails(
    connection: ConnectionRef,
    ownerIds: readonly string[],
    options: CallOptions,
  ): Promise<ReadonlyMap<string, string>>;
}

export function createOwnerDirectory(api: HubSpotApi, clock: Clock): OwnerDirectory {
  const kept = new Map<string, Kept>();
  return {
    async emails(connection, ownerIds, options) {
      const known = kept.get(connection.connectionId);
      const fresh = known !== undefined && clock.now() - known.readAt < OWNERS_KEPT_MS;
      if (ownerIds.length === 0 || fresh) return known?.emails ?? new Map<string, string>();
      const emails = await readOwners(api, connection, options);
      kept.delete(connection.connectionId);
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= OWNER_CONNECTIONS_MAX) kept.delete(oldest);
      kept.set(connection.connectionId, { readAt: clock.now(), emails: emails ?? known?.emails ?? new Map() });
      return emails ?? known?.emails ?? new Map<string, string>();
    },
  };
}

/** Null when they could not be read. */
async function readOwners(
  api: HubSpotApi,
  connection: ConnectionRef,
  options: CallOptions,
): Promise<ReadonlyMap<string, string> | null> {
  const emails = new Map<string, string>();
  let after: string | undefined;
  for (let page = 0; page < OWNER_PAGES_MAX; page += 1) {
    const query = { limit: String(OWNER_PAGE_SIZE), ...(after === undefined ? {} : { after }) };
    const path = `/crm/owners/${API_VERSION}`;
    const result = await api.request(
      connection,
      { operation: 'owners.list', effect: 'read', method: 'GET', path, query },
      OWNER_PAGE,
      options,
    );
    if (!result.ok) return null;
    for (const owner of result.value.value.results) {
      if (owner.email !== null && owner.email !== undefined && owner.email !== '') emails.set(owner.id, owner.email);
    }
    after = result.value.value.paging?.next?.after;
    if (after === undefined) break;
  }
  return emails;
}
