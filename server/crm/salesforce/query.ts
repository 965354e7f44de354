/** SOQL over REST. Values never enter a query but as record ids, instants and counts, which are checked here. */
import type { CallOptions, ConnectionRef, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import { dataPath } from './api.ts';
import type { Parsed, SalesforceApi } from './api.ts';
import { longId } from './record-ids.ts';
import { QUERY_PAGE } from './wire.ts';
import type { Row } from './wire.ts';

/** Wide rows make Salesforce send less than was asked for at once. */
const QUERY_PAGES_MAX = 20;

export type Querying = { readonly api: SalesforceApi; readonly connection: ConnectionRef };

export type QueryAnswer = {
  readonly rows: readonly Row[];
  readonly totalSize: number;
  /** Headers of the first page. */
  readonly headers: Parsed<unknown>['headers'];
};

type Query = {
  readonly operation: string;
  readonly soql: string;
  /** Deleted and merged-away rows, too, as long as the recycle bin has them. */
  readonly withDeleted?: boolean;
};

/** All rows of a query. */
export async function runQuery(
  { api, connection }: Querying,
  { operation, soql, withDeleted = false }: Query,
  options: CallOptions,
): Promise<HostResult<QueryAnswer>> {
  const endpoint = { operation, effect: 'read', method: 'GET' } as const;
  const path = dataPath(withDeleted ? '/queryAll' : '/query');
  const first = await api.request(connection, { ...endpoint, path, query: { q: soql } }, QUERY_PAGE, options);
  if (!first.ok) return first;
  const rows = [...first.value.value.records];
  let next = first.value.value.nextRecordsUrl;
  for (let page = 1; next !== undefined && page < QUERY_PAGES_MAX; page += 1) {
    if (!next.startsWith(dataPath('/query'))) return failed({ kind: 'malformed', detail: 'foreign_query_locator' });
    const more = await api.request(connection, { ...endpoint, path: next }, QUERY_PAGE, options);
    if (!more.ok) return more;
    rows.push(...more.value.value.records);
    next = more.value.value.nextRecordsUrl;
  }
  if (next !== undefined) return failed({ kind: 'malformed', detail: 'query_without_end' });
  return { ok: true, value: { rows, totalSize: first.value.value.totalSize, headers: first.value.headers } };
}

/** `Id IN ('…', '…')`. Throws on what is no id. */
export function idsIn(field: string, ids: readonly string[]): string {
  return `${field} IN (${ids.map((id) => `'${checkedId(id)}'`).join(', ')})`;
}

export function checkedId(id: string): string {
  const long = longId(id);
  if (long === null) throw new Error('only record ids go into a query');
  return long;
}

/** A SOQL instant, which stands without quotes. */
export function soqlInstant(at: number): string {
  return new Date(at).toISOString();
}
