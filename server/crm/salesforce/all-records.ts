/**
 * Every live record in the order of ids. Few are read by query, page by page; many by one job of Bulk API 2.0, whose results are fetched
 * piece by piece and wait for us seven days, so that a restart goes on where it stopped. When the org will not have a bulk job (no
 * permission, no room, results gone), the pages do it too, only slower.
 */
import { z } from 'zod';
import type { CallOptions, HostFailure, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import { dataPath } from './api.ts';
import type { Listing, Step } from './changes.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import { checkedId, runQuery } from './query.ts';
import { longId } from './record-ids.ts';
import { textAt } from './records.ts';
import { BULK_JOB, BULK_RESULTS, RECORD_ID } from './wire.ts';
import type { BulkJobState } from './wire.ts';

/** One page of a query; above this many records a job is made (Bulk API 2.0 guide, when to use it). */
export const ALL_PAGE_MAX = 2_000;
export const BULK_POLL_MS = 2_000;
/** Twenty minutes. */
const BULK_POLLS_MAX = 600;

/** Where the listing stands, kept over restarts. */
export const ALL_STEP = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start') }),
  z.object({ kind: z.literal('pages'), afterId: RECORD_ID.nullable() }),
  z.object({ kind: z.literal('waiting'), jobId: RECORD_ID, polls: z.number().int().nonnegative() }),
  z.object({ kind: z.literal('results'), jobId: RECORD_ID, locator: z.string().max(500).nullable() }),
]);
type AllStep = z.infer<typeof ALL_STEP>;
type AllPage = HostResult<Step<AllStep>>;

const FIRST_PAGE: AllStep = { kind: 'pages', afterId: null };

export async function listAll(listing: Listing, step: AllStep, options: CallOptions): Promise<AllPage> {
  switch (step.kind) {
    case 'start':
      return begin(listing, options);
    case 'pages':
      return nextPage(listing, step.afterId, options);
    case 'waiting':
      return orByPages(await pollJob(listing, step, options));
    case 'results':
      return orByPages(await nextResults(listing, step, options));
  }
}

async function begin(listing: Listing, options: CallOptions): Promise<AllPage> {
  const { name } = SALESFORCE_OBJECTS[listing.objectType];
  const count = { operation: 'query.count', soql: `SELECT COUNT() FROM ${name}` };
  const counted = await runQuery(listing, count, options);
  if (!counted.ok) return counted;
  const total = counted.value.totalSize;
  const page =
    total > ALL_PAGE_MAX ? orByPages(await createJob(listing, options)) : await nextPage(listing, null, options);
  return page.ok ? { ok: true, value: { ...page.value, total } } : page;
}

async function nextPage(listing: Listing, afterId: string | null, options: CallOptions): Promise<AllPage> {
  const { name } = SALESFORCE_OBJECTS[listing.objectType];
  const where = afterId === null ? '' : ` WHERE Id > '${checkedId(afterId)}'`;
  const soql = `SELECT Id FROM ${name}${where} ORDER BY Id ASC LIMIT ${ALL_PAGE_MAX}`;
  const result = await runQuery(listing, { operation: 'query.all', soql }, options);
  if (!result.ok) return result;
  const ids = result.value.rows.flatMap((row) => textAt(row, 'Id') ?? []);
  const next: AllStep | null = ids.length < ALL_PAGE_MAX ? null : { kind: 'pages', afterId: ids.at(-1) ?? null };
  return { ok: true, value: { ids, next, total: null } };
}

async function createJob({ api, connection, objectType }: Listing, options: CallOptions): Promise<AllPage> {
  const query = `SELECT Id FROM ${SALESFORCE_OBJECTS[objectType].name} ORDER BY Id ASC`;
  const endpoint = {
    operation: 'jobs.query.create',
    effect: 'write',
    method: 'POST',
    path: dataPath('/jobs/query'),
    json: { operation: 'query', query },
  } as const;
  const made = await api.request(connection, endpoint, BULK_JOB, options);
  return made.ok ? emptyPage({ kind: 'waiting', jobId: made.value.value.id, polls: 0 }) : made;
}

async function pollJob(
  { api, clock, connection }: Listing,
  step: Extract<AllStep, { readonly kind: 'waiting' }>,
  options: CallOptions,
): Promise<AllPage> {
  const endpoint = {
    operation: 'jobs.query.get',
    effect: 'read',
    method: 'GET',
    path: dataPath(`/jobs/query/${step.jobId}`),
  } as const;
  const job = await api.request(connection, endpoint, BULK_JOB, options);
  if (!job.ok) return job;
  switch (progressOf(job.value.value.state)) {
    case 'done':
      return emptyPage({ kind: 'results', jobId: step.jobId, locator: null });
    case 'failed':
      return emptyPage(FIRST_PAGE);
    case 'running':
      if (step.polls >= BULK_POLLS_MAX) return emptyPage(FIRST_PAGE);
      // Whoever leaves meanwhile finds the same step again.
      await clock.sleep(BULK_POLL_MS, options.signal).catch(() => undefined);
      return emptyPage({ ...step, polls: step.polls + 1 });
  }
}

function progressOf(state: BulkJobState): 'running' | 'done' | 'failed' {
  if (state === 'JobComplete') return 'done';
  return state === 'Failed' || state === 'Aborted' ? 'failed' : 'running';
}

async function nextResults(
  { api, connection }: Listing,
  step: Extract<AllStep, { readonly kind: 'results' }>,
  options: CallOptions,
): Promise<AllPage> {
  const endpoint = {
    operation: 'jobs.query.results',
    effect: 'read',
    method: 'GET',
    path: dataPath(`/jobs/query/${step.jobId}/results`),
    query: {
      maxRecords: String(ALL_PAGE_MAX),
      ...(step.locator === null ? {} : { locator: step.locator }),
    },
    answer: 'text',
  } as const;
  const result = await api.request(connection, endpoint, BULK_RESULTS, options);
  if (!result.ok) return result;
  const ids = parseIds(result.value.value);
  if (ids === null) return failed({ kind: 'malformed', detail: 'bulk_results' });
  const locator = result.value.headers['sforce-locator'] ?? 'null';
  const next: AllStep | null = locator === 'null' ? null : { ...step, locator };
  return { ok: true, value: { ids, next, total: null } };
}

/** A CSV of one column, named in its first line. Null when it is something else. */
function parseIds(csv: string): readonly string[] | null {
  const [header, ...lines] = csv
    .split(/\r?\n/)
    .map((line) => line.replace(/^"(.*)"$/, '$1'))
    .filter((line) => line !== '');
  if (header === undefined) return [];
  if (header !== 'Id' || lines.some((line) => longId(line) === null)) return null;
  return lines;
}

function emptyPage(next: AllStep): AllPage {
  return { ok: true, value: { ids: [], next, total: null } };
}

/** What a bulk job was refused for does not keep the pages from working; they begin at the first record. */
function orByPages(page: AllPage): AllPage {
  return page.ok || !BULK_REFUSALS.has(page.failure.kind) ? page : emptyPage(FIRST_PAGE);
}
const BULK_REFUSALS: ReadonlySet<HostFailure['kind']> = new Set(['rejected', 'notFound', 'forbidden']);
