/**
 * E-mail addresses of people in a portal: of record owners, whom HubSpot gives by owner id, and of those who edited a property, whom its
 * history gives by user id. The owners' list carries both. It is read whole, once an hour per connection, and only when somebody is asked
 * for; without the optional scope people stay unnamed.
 */
import type { Clock } from '../../world.ts';
import type { CallOptions, ConnectionRef } from '../port.ts';
import { API_VERSION } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { OWNER_PAGE } from './wire.ts';

const OWNERS_KEPT_MS = 3_600_000;
/** Somebody who is not on the list may have joined since: it is read again, but no more often than this. */
const UNKNOWN_KEPT_MS = 300_000;
const OWNER_PAGES_MAX = 20;
const OWNER_PAGE_SIZE = 100;
/** Beyond this many connections the one filled first is forgotten. */
const OWNER_CONNECTIONS_MAX = 1_000;

/** E-mail by owner id and by user id; whoever cannot be resolved is absent. */
type PortalPeople = {
  readonly byOwnerId: ReadonlyMap<string, string>;
  readonly byUserId: ReadonlyMap<string, string>;
};
type Kept = { readonly readAt: number; readonly people: PortalPeople };

const NOBODY: PortalPeople = { byOwnerId: new Map(), byUserId: new Map() };

export interface OwnerDirectory {
  /** Never fails: a person's name is not worth a failed sync. */
  people(
    connection: ConnectionRef,
    asked: { readonly ownerIds: readonly string[]; readonly userIds: readonly string[] },
    options: CallOptions,
  ): Promise<PortalPeople>;
}

export function createOwnerDirectory(api: HubSpotApi, clock: Clock): OwnerDirectory {
  const kept = new Map<string, Kept>();
  return {
    async people(connection, { ownerIds, userIds }, options) {
      const known = kept.get(connection.connectionId);
      const people = known?.people ?? NOBODY;
      if (ownerIds.length === 0 && userIds.length === 0) return people;
      const allKnown =
        ownerIds.every((id) => people.byOwnerId.has(id)) && userIds.every((id) => people.byUserId.has(id));
      const keptMs = allKnown ? OWNERS_KEPT_MS : UNKNOWN_KEPT_MS;
      if (known !== undefined && clock.now() - known.readAt < keptMs) return people;
      const read = (await readOwners(api, connection, options)) ?? people;
      kept.delete(connection.connectionId);
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= OWNER_CONNECTIONS_MAX) kept.delete(oldest);
      kept.set(connection.connectionId, { readAt: clock.now(), people: read });
      return read;
    },
  };
}

/** Null when they could not be read. */
async function readOwners(
  api: HubSpotApi,
  connection: ConnectionRef,
  options: CallOptions,
): Promise<PortalPeople | null> {
  const byOwnerId = new Map<string, string>();
  const byUserId = new Map<string, string>();
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
    for (const { id, email, userId, userIdIncludingInactive } of result.value.value.results) {
      if (email === null || email === undefined || email === '') continue;
      byOwnerId.set(id, email);
      const user = userId ?? userIdIncludingInactive;
      if (user !== null && user !== undefined) byUserId.set(user, email);
    }
    after = result.value.value.paging?.next?.after;
    if (after === undefined) break;
  }
  return { byOwnerId, byUserId };
}
