/**
 * Which fields of an object the app's user may see in an org, remembered for an hour. A query that names a field which is not there, or is
 * hidden from the user, fails as a whole and says so only in words; so the fields are known before the query is made.
 */
import type { Clock } from '../../world.ts';
import type { CallOptions, ConnectionRef, HostObjectType, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import { dataPath } from './api.ts';
import type { SalesforceApi } from './api.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import { DESCRIBE } from './wire.ts';
import type { DescribedField } from './wire.ts';

const FIELDS_KEPT_MS = 3_600_000;
const ENTRIES_MAX = 3_000;

export type OrgFields = ReadonlyMap<string, DescribedField>;

export interface FieldDirectory {
  fields(connection: ConnectionRef, objectType: HostObjectType, options: CallOptions): Promise<HostResult<OrgFields>>;
  /** The org said that they are no longer what they were. */
  forget(connection: ConnectionRef, objectType: HostObjectType): void;
}

export function createFieldDirectory(api: SalesforceApi, clock: Clock): FieldDirectory {
  const kept = new Map<string, { readonly readAt: number; readonly fields: OrgFields }>();
  const keyOf = (connection: ConnectionRef, objectType: HostObjectType): string =>
    `${connection.workspaceId}/${connection.connectionId}/${objectType}`;
  return {
    async fields(connection, objectType, options) {
      const key = keyOf(connection, objectType);
      const known = kept.get(key);
      if (known !== undefined && clock.now() - known.readAt < FIELDS_KEPT_MS) return { ok: true, value: known.fields };
      const described = await describe(api, connection, SALESFORCE_OBJECTS[objectType].name, options);
      if (!described.ok) return described;
      kept.delete(key);
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= ENTRIES_MAX) kept.delete(oldest);
      kept.set(key, { readAt: clock.now(), fields: described.value });
      return described;
    },
    forget: (connection, objectType) => void kept.delete(keyOf(connection, objectType)),
  };
}

async function describe(
  api: SalesforceApi,
  connection: ConnectionRef,
  object: string,
  options: CallOptions,
): Promise<HostResult<OrgFields>> {
  const path = dataPath(`/sobjects/${object}/describe`);
  const endpoint = { operation: 'sobjects.describe', effect: 'read', method: 'GET', path } as const;
  const result = await api.request(connection, endpoint, DESCRIBE, options);
  // An object that the app's user may not see is answered as one that does not exist.
  if (!result.ok) return result.failure.kind === 'notFound' ? failed({ kind: 'forbidden', missing: [object] }) : result;
  return { ok: true, value: new Map(result.value.value.fields.map((field) => [field.name, field])) };
}
