/** Which records of another kind a batch of records is associated with (HubSpot docs, Associations). */
import type { CallOptions, ConnectionRef, HostObjectType, HostResult } from '../port.ts';
import { API_VERSION } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { ASSOCIATION_BATCH } from './wire.ts';

/** HubSpot takes 1,000 ids in one call; we never ask for more than one record batch. */
const ASSOCIATION_IDS_MAX = 1_000;

/**
 * Associated ids by record id; a record without any has no entry, and HubSpot reports it as an error part of a 207, which is no failure here.
 * Only HubSpot's first page per record is read: hundreds of companies on one ticket tell nothing about whose SLA it is.
 */
export async function readAssociations(
  api: HubSpotApi,
  connection: ConnectionRef,
  request: { readonly from: HostObjectType; readonly to: HostObjectType; readonly ids: readonly string[] },
  options: CallOptions,
): Promise<HostResult<ReadonlyMap<string, readonly string[]>>> {
  const from = HUBSPOT_OBJECTS[request.from].path;
  const to = HUBSPOT_OBJECTS[request.to].path;
  const result = await api.request(
    connection,
    {
      operation: 'associations.batchRead',
      effect: 'read',
      method: 'POST',
      path: `/crm/associations/${API_VERSION}/${from}/${to}/batch/read`,
      json: { inputs: request.ids.slice(0, ASSOCIATION_IDS_MAX).map((id) => ({ id })) },
    },
    ASSOCIATION_BATCH,
    options,
  );
  if (!result.ok) return result;
  const byId = result.value.value.results.map((entry) => {
    const ids = entry.to.map((target) => target.toObjectId);
    return [entry.from.id, [...new Set(ids)].toSorted()] as const;
  });
  return { ok: true, value: new Map(byId) };
}
