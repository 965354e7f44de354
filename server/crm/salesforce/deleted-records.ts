/**
 * What lies in the recycle bin. The delete log answers for fifteen days in one call, unless Salesforce had to shorten it; then, and when it
 * is refused, the bin itself is read page by page.
 */
import type { CallOptions, HostFailure, HostResult } from '../port.ts';
import { dataPath } from './api.ts';
import type { Listing, Step } from './changes.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import { checkedId, runQuery } from './query.ts';
import { instantOf, textAt } from './records.ts';
import { DELETED_PAGE } from './wire.ts';

const BIN_PAGE_MAX = 2_000;
const MINUTE_MS = 60_000;
/** An hour less than the fifteen days that Salesforce allows, so that clocks may differ (REST API guide, sObject Get Deleted). */
const LOG_WINDOW_MS = 15 * 86_400_000 - 3_600_000;

type BinStep = { readonly afterId: string | null };

export async function listDeleted(
  listing: Listing,
  step: BinStep | 'log',
  options: CallOptions,
): Promise<HostResult<Step<BinStep>>> {
  return step === 'log' ? readLog(listing, options) : readBin(listing, step, options);
}

/** Seconds are ignored there, so the window ends with the minute that has begun. */
async function readLog(listing: Listing, options: CallOptions): Promise<HostResult<Step<BinStep>>> {
  const { api, clock, connection, objectType } = listing;
  const endAt = Math.ceil((clock.now() + 1) / MINUTE_MS) * MINUTE_MS;
  const startAt = endAt - LOG_WINDOW_MS;
  const endpoint = {
    operation: 'sobjects.deleted',
    effect: 'read',
    method: 'GET',
    path: dataPath(`/sobjects/${SALESFORCE_OBJECTS[objectType].name}/deleted/`),
    query: { start: instantText(startAt), end: instantText(endAt) },
  } as const;
  const result = await api.request(connection, endpoint, DELETED_PAGE, options);
  if (!result.ok) return LOG_REFUSALS.has(result.failure.kind) ? emptyPage() : result;
  const { deletedRecords, earliestDateAvailable } = result.value.value;
  const isWhole = (instantOf(earliestDateAvailable) ?? Number.MAX_SAFE_INTEGER) <= startAt + MINUTE_MS;
  const ids = deletedRecords.map(({ id }) => id);
  return { ok: true, value: { ids, next: isWhole ? null : { afterId: null }, total: null } };
}
/** `malformed`: also an answer beyond the size limit, for the log comes in one piece. */
const LOG_REFUSALS: ReadonlySet<HostFailure['kind']> = new Set(['rejected', 'notFound', 'forbidden', 'malformed']);

async function readBin(
  listing: Listing,
  { afterId }: BinStep,
  options: CallOptions,
): Promise<HostResult<Step<BinStep>>> {
  const { name } = SALESFORCE_OBJECTS[listing.objectType];
  const after = afterId === null ? '' : ` AND Id > '${checkedId(afterId)}'`;
  const soql = `SELECT Id FROM ${name} WHERE IsDeleted = true${after} ORDER BY Id ASC LIMIT ${BIN_PAGE_MAX}`;
  const result = await runQuery(listing, { operation: 'queryAll.deleted', soql, withDeleted: true }, options);
  if (!result.ok) return result;
  const ids = result.value.rows.flatMap((row) => textAt(row, 'Id') ?? []);
  const next = ids.length < BIN_PAGE_MAX ? null : { afterId: ids.at(-1) ?? null };
  return { ok: true, value: { ids, next, total: null } };
}

function emptyPage(): HostResult<Step<BinStep>> {
  return { ok: true, value: { ids: [], next: { afterId: null }, total: null } };
}

function instantText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', '+00:00');
}
