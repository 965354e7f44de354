/** One batch read, of live records or of the recycle bin. */
import type { CallOptions, ConnectionRef, HostObjectType, HostResult } from '../port.ts';
import type { AbsenceMemo } from './absence-memo.ts';
import { objectsPath } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { MIRROR_PROPERTY_NAMES } from './properties.ts';
import { requestedProperties } from './records.ts';
import { BATCH_READ } from './wire.ts';
import type { HubSpotRecord } from './wire.ts';

export type ReadOptions = CallOptions & { readonly history: boolean };
export type Reading = {
  readonly api: HubSpotApi;
  readonly appId: string;
  readonly connection: ConnectionRef;
  readonly memo: AbsenceMemo;
};

/** The records found; absent ids are left out, also when none is found. */
export async function batchRead(
  { api, connection }: Reading,
  request: ReadOptions & {
    readonly objectType: HostObjectType;
    readonly ids: readonly string[];
    readonly archived: boolean;
  },
): Promise<HostResult<readonly HubSpotRecord[]>> {
  const { objectType, ids, archived, history } = request;
  const result = await api.request(
    connection,
    {
      operation: 'objects.batchRead',
      effect: 'read',
      method: 'POST',
      path: objectsPath(HUBSPOT_OBJECTS[objectType].path, '/batch/read'),
      query: { archived: String(archived) },
      json: {
        inputs: ids.map((id) => ({ id })),
        properties: requestedProperties(objectType),
        ...(history && objectType !== 'case' ? { propertiesWithHistory: MIRROR_PROPERTY_NAMES } : {}),
      },
    },
    BATCH_READ,
    request,
  );
  if (!result.ok) return result.failure.kind === 'notFound' ? { ok: true, value: [] } : result;
  return { ok: true, value: result.value.value.results };
}
