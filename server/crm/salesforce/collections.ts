/** sObject Collections: up to 200 records in one call that counts once, each with its own outcome (REST API guide, sObject Collections). */
import type { CallOptions, ConnectionRef, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import { dataPath } from './api.ts';
import type { SalesforceApi } from './api.ts';
import { SAVE_RESULTS } from './wire.ts';
import type { SaveResult } from './wire.ts';

export const COLLECTION_MAX = 200;

/**
 * Results in the order of `records`. Duplicate rules are told to let the save pass: what we write is not what they compare, and the
 * record is there already.
 */
export async function saveCollection(
  api: SalesforceApi,
  connection: ConnectionRef,
  request: { readonly operation: string; readonly path: string; readonly records: readonly unknown[] },
  options: CallOptions,
): Promise<HostResult<readonly SaveResult[]>> {
  const endpoint = {
    operation: request.operation,
    effect: 'write',
    method: 'PATCH',
    path: dataPath(request.path),
    headers: { 'Sforce-Duplicate-Rule-Header': 'allowSave=true' },
    json: { allOrNone: false, records: request.records },
  } as const;
  const result = await api.request(connection, endpoint, SAVE_RESULTS, options);
  if (!result.ok) return result;
  const results = result.value.value;
  return results.length === request.records.length
    ? { ok: true, value: results }
    : failed({ kind: 'unknown', detail: 'collection_results_missing' });
}
