/**
 * The three streams of records: changed since a cursor, all, archived. A stream may name a record twice but never misses one.
 *
 * `changed` walks the search index by (modified at, id). HubSpot sorts by one property and ends every query at 10,000 results, so no query
 * is paged: each one starts where the last ended. A page that ends inside a group of equal instants is cut before that group; when one
 * instant fills a whole page, that instant is walked by id. New data appear in the index with delay, so a finished round starts the
 * next one `INDEX_LAG_MS` before it began, by HubSpot's own clock.
 */
import { z } from 'zod';
import type { Clock } from '../../world.ts';
import type {
  CallOptions,
  ChangePage,
  ChangeStream,
  ConnectionRef,
  HostObjectType,
  HostRecordRef,
  HostResult,
} from '../port.ts';
import { objectsPath } from './api.ts';
import type { HubSpotApi, Parsed } from './api.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { instantOf } from './records.ts';
import { PAGE } from './wire.ts';
import type { HubSpotRecord } from './wire.ts';

const SEARCH_PAGE_MAX = 200;
const LIST_PAGE_MAX = 100;
export const INDEX_LAG_MS = 120_000;
const MODIFIED_PROPERTY = 'hs_lastmodifieddate';

/** `floor`: where the round began. `from`: where its next query begins. `tie`: the instant being walked by id, when one instant fills a page. `roundAt`: HubSpot's clock when the round began. */
const CHANGED_CURSOR = z.object({
  stream: z.literal('changed'),
  floor: z.number().int().nonnegative(),
  from: z.number().int().nonnegative(),
  tie: z.object({ at: z.number().int(), afterId: z.string().regex(/^\d*$/) }).nullable(),
  roundAt: z.number().int().nullable(),
});
type ChangedCursor = z.infer<typeof CHANGED_CURSOR>;
const LIST_CURSOR = z.object({ stream: z.enum(['all', 'archived']), after: z.string().nullable() });

export type ChangesDependencies = { readonly api: HubSpotApi; readonly clock: Clock };
export type ChangesRequest = {
  readonly objectType: HostObjectType;
  readonly stream: ChangeStream;
  readonly cursor: string | null;
};

/** A cursor that cannot be read (from another version, or of another stream) starts its stream over: more work, nothing missed. */
export async function listChanges(
  deps: ChangesDependencies,
  connection: ConnectionRef,
  request: ChangesRequest,
  options: CallOptions,
): Promise<HostResult<ChangePage>> {
  if (request.stream === 'changed') {
    const cursor = parseCursor(CHANGED_CURSOR, request.cursor) ?? {
      stream: 'changed',
      floor: 0,
      from: 0,
      tie: null,
      roundAt: null,
    };
    return listChanged(deps, connection, { objectType: request.objectType, cursor }, options);
  }
  const cursor = parseCursor(LIST_CURSOR, request.cursor);
  const after = cursor?.stream === request.stream ? cursor.after : null;
  return listPage(deps.api, connection, { objectType: request.objectType, stream: request.stream, after }, options);
}

async function listChanged(
  deps: ChangesDependencies,
  connection: ConnectionRef,
  { objectType, cursor }: { readonly objectType: HostObjectType; readonly cursor: ChangedCursor },
  options: CallOptions,
): Promise<HostResult<ChangePage>> {
  const result = await deps.api.request(
    connection,
    {
      operation: 'objects.search',
      effect: 'read',
      bucket: 'search',
      method: 'POST',
      path: objectsPath(HUBSPOT_OBJECTS[objectType].path, '/search'),
      json: toSearch(cursor),
    },
    PAGE,
    options,
  );
  if (!result.ok) return result;
  const roundAt = cursor.roundAt ?? hostNow(result.value, deps.clock);
  const rows = result.value.value.results;
  const step =
    cursor.tie === null
      ? stepByTime(rows, { ...cursor, roundAt })
      : stepByTie(rows, { ...cursor, roundAt }, cursor.tie.at);
  return {
    ok: true,
    value: {
      refs: toRefs(objectType, step.rows),
      cursor: JSON.stringify(step.next),
      done: step.done,
      total: result.value.value.total ?? null,
    },
  };
}

function toSearch(cursor: ChangedCursor): unknown {
  const filters =
    cursor.tie === null
      ? [{ propertyName: MODIFIED_PROPERTY, operator: 'GTE', value: String(cursor.from) }]
      : [
          { propertyName: MODIFIED_PROPERTY, operator: 'EQ', value: String(cursor.tie.at) },
          ...(cursor.tie.afterId === ''
            ? []
            : [{ propertyName: 'hs_object_id', operator: 'GT', value: cursor.tie.afterId }]),
        ];
  return {
    filterGroups: [{ filters }],
    sorts: [{ propertyName: cursor.tie === null ? MODIFIED_PROPERTY : 'hs_object_id', direction: 'ASCENDING' }],
    properties: [MODIFIED_PROPERTY],
    limit: SEARCH_PAGE_MAX,
  };
}

type Step = { readonly rows: readonly HubSpotRecord[]; readonly next: ChangedCursor; readonly done: boolean };
type Round = ChangedCursor & { readonly roundAt: number };

function stepByTime(rows: readonly HubSpotRecord[], cursor: Round): Step {
  if (rows.length < SEARCH_PAGE_MAX) return { rows, next: nextRound(cursor), done: true };
  const instants = rows.map(modifiedAt);
  const first = Math.min(...instants);
  const last = Math.max(...instants);
  if (first === last) return { rows: [], next: { ...cursor, tie: { at: last, afterId: '' } }, done: false };
  const complete = rows.filter((row) => modifiedAt(row) < last);
  return { rows: complete, next: { ...cursor, from: last }, done: false };
}

function stepByTie(rows: readonly HubSpotRecord[], cursor: Round, at: number): Step {
  const lastId = rows.at(-1)?.id;
  if (rows.length < SEARCH_PAGE_MAX || lastId === undefined) {
    return { rows, next: { ...cursor, tie: null, from: at + 1 }, done: false };
  }
  return { rows, next: { ...cursor, tie: { at, afterId: lastId } }, done: false };
}

/** Never moves backwards, and never past what the index may still be missing. */
function nextRound(cursor: Round): ChangedCursor {
  const from = Math.max(cursor.floor, cursor.roundAt - INDEX_LAG_MS);
  return { stream: 'changed', floor: from, from, tie: null, roundAt: null };
}

function modifiedAt(row: HubSpotRecord): number {
  return instantOf(row.properties[MODIFIED_PROPERTY] ?? null) ?? instantOf(row.updatedAt) ?? 0;
}

/** The answer's Date header: its clock stamped the records, ours did not. */
function hostNow(answer: Parsed<unknown>, clock: Clock): number {
  return instantOf(answer.headers['date'] ?? null) ?? clock.now();
}

async function listPage(
  api: HubSpotApi,
  connection: ConnectionRef,
  request: { readonly objectType: HostObjectType; readonly stream: 'all' | 'archived'; readonly after: string | null },
  options: CallOptions,
): Promise<HostResult<ChangePage>> {
  const { objectType, stream, after } = request;
  const result = await api.request(
    connection,
    {
      operation: 'objects.list',
      effect: 'read',
      method: 'GET',
      path: objectsPath(HUBSPOT_OBJECTS[objectType].path),
      query: {
        limit: String(LIST_PAGE_MAX),
        archived: String(stream === 'archived'),
        properties: MODIFIED_PROPERTY,
        ...(after === null ? {} : { after }),
      },
    },
    PAGE,
    options,
  );
  if (!result.ok) return result;
  const next = result.value.value.paging?.next?.after ?? null;
  const total = stream === 'all' && after === null ? await countAll(api, connection, objectType, options) : null;
  return {
    ok: true,
    value: {
      refs: toRefs(objectType, result.value.value.results),
      cursor: JSON.stringify({ stream, after: next }),
      done: next === null,
      total,
    },
  };
}

/** Lists do not say how many there are; one search does. A backfill can do without the number, so a failure costs only that. */
async function countAll(
  api: HubSpotApi,
  connection: ConnectionRef,
  objectType: HostObjectType,
  options: CallOptions,
): Promise<number | null> {
  const path = objectsPath(HUBSPOT_OBJECTS[objectType].path, '/search');
  const json = { filterGroups: [], properties: ['hs_object_id'], limit: 1 };
  const result = await api.request(
    connection,
    { operation: 'objects.count', effect: 'read', bucket: 'search', method: 'POST', path, json },
    PAGE,
    options,
  );
  return result.ok ? (result.value.value.total ?? null) : null;
}

function toRefs(objectType: HostObjectType, rows: readonly HubSpotRecord[]): readonly HostRecordRef[] {
  return rows.map((row) => ({ objectType, recordId: row.id }));
}

function parseCursor<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  const parsed = schema.safeParse(safeJson(text));
  return parsed.success ? parsed.data : null;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
