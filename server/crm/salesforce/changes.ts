/**
 * The three streams of records: changed since a cursor, all, archived. A stream may name a record twice but never misses one.
 *
 * `changed` walks (SystemModstamp, Id) upwards. A full page may end inside a group of rows with one stamp, so the rest of that group is walked
 * by id before the walk goes on: two conditions that each have an index, where one for both would scan the table. A stamp is set when a row is
 * saved, while others see it only when its transaction ends; so a finished round starts the next one `LATE_COMMIT_MS` before it began, by
 * the org's own clock.
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
import type { SalesforceApi } from './api.ts';
import { ALL_STEP, listAll } from './all-records.ts';
import { listDeleted } from './deleted-records.ts';
import { VERSION_FIELD } from './field-names.ts';
import { SALESFORCE_OBJECTS } from './object-types.ts';
import { checkedId, type QueryAnswer, runQuery, soqlInstant } from './query.ts';
import { instantOf, textAt } from './records.ts';
import { RECORD_ID, type Row } from './wire.ts';

const CHANGED_PAGE_MAX = 2_000;
/** Longer transactions are caught by their change event, which is sent when they end, and by the daily check of every linked record. */
export const LATE_COMMIT_MS = 300_000;
/** Stamps are whole seconds, and so is the clock of an answer: after these, no record can get this stamp any more but by a late commit. */
const STAMP_OPEN_MS = 2_000;

/**
 * `floor`: where the round began. `from`: where its next page begins, with or without the rows of that instant (`isBeyond`). `tieAfterId`:
 * rows of exactly `from` are being walked by id. `roundAt`: the org's clock when the round began.
 */
const CHANGED_CURSOR = z.object({
  stream: z.literal('changed'),
  floor: z.number().int().nonnegative(),
  from: z.number().int().nonnegative(),
  isBeyond: z.boolean(),
  tieAfterId: RECORD_ID.nullable(),
  roundAt: z.number().int().nullable(),
});
type ChangedCursor = z.infer<typeof CHANGED_CURSOR>;
const ALL_CURSOR = z.object({ stream: z.literal('all'), step: ALL_STEP });
const ARCHIVED_CURSOR = z.object({ stream: z.literal('archived'), afterId: RECORD_ID.nullable() });

export type ChangesDependencies = { readonly api: SalesforceApi; readonly clock: Clock };
export type ChangesRequest = {
  readonly objectType: HostObjectType;
  readonly stream: ChangeStream;
  readonly cursor: string | null;
};

/** A cursor that cannot be read (from another version, or of another stream) starts its stream over: more work, nothing missed. */
export async function listChanges(
  { api, clock }: ChangesDependencies,
  connection: ConnectionRef,
  request: ChangesRequest,
  options: CallOptions,
): Promise<HostResult<ChangePage>> {
  const { objectType, stream } = request;
  const listing = { api, clock, connection, objectType };
  switch (stream) {
    case 'changed':
      return listChanged(listing, parseCursor(CHANGED_CURSOR, request.cursor) ?? FIRST_ROUND, options);
    case 'all': {
      const step = parseCursor(ALL_CURSOR, request.cursor)?.step ?? { kind: 'start' };
      const page = await listAll(listing, step, options);
      return toPage(objectType, page, (next) => ({ stream, step: next }));
    }
    case 'archived': {
      const cursor = parseCursor(ARCHIVED_CURSOR, request.cursor);
      const page = await listDeleted(listing, cursor === null ? 'log' : { afterId: cursor.afterId }, options);
      return toPage(objectType, page, (next) => ({ stream, ...next }));
    }
  }
}

const FIRST_ROUND: ChangedCursor = {
  stream: 'changed',
  floor: 0,
  from: 0,
  isBeyond: false,
  tieAfterId: null,
  roundAt: null,
};

export type Listing = ChangesDependencies & {
  readonly connection: ConnectionRef;
  readonly objectType: HostObjectType;
};
/** One page of a stream; `next` is null at its end. */
export type Step<Next> = {
  readonly ids: readonly string[];
  readonly next: Next | null;
  readonly total: number | null;
};

function toPage<Next>(
  objectType: HostObjectType,
  page: HostResult<Step<Next>>,
  toCursor: (next: Next) => unknown,
): HostResult<ChangePage> {
  if (!page.ok) return page;
  const { ids, next, total } = page.value;
  // The last cursor starts its stream over.
  const cursor = next === null ? '' : JSON.stringify(toCursor(next));
  return { ok: true, value: { refs: toRefs(objectType, ids), cursor, done: next === null, total } };
}

async function listChanged(
  listing: Listing,
  cursor: ChangedCursor,
  options: CallOptions,
): Promise<HostResult<ChangePage>> {
  const { objectType, clock } = listing;
  const result = await queryChanged(listing, cursor, options);
  if (!result.ok) return result;
  const { rows, headers } = result.value;
  const answeredAt = instantOf(headers['date'] ?? null);
  const roundAt = cursor.roundAt ?? answeredAt ?? clock.now();
  const ids = rows.flatMap((row) => textAt(row, 'Id') ?? []);
  const last = rows.at(-1);
  const lastAt = last === undefined ? null : instantOf(textAt(last, 'SystemModstamp'));
  const next = after({ ...cursor, roundAt }, rows.length < CHANGED_PAGE_MAX ? null : { at: lastAt, id: ids.at(-1) });
  return {
    ok: true,
    value: {
      refs: toRefs(objectType, ids),
      states: statesOf(rows, answeredAt),
      cursor: JSON.stringify(next ?? nextRound(cursor, roundAt)),
      done: next === null,
      total: null,
    },
  };
}

/** With each record's version where the package keeps one; an org that does not show it is listed without. */
async function queryChanged(
  listing: Listing,
  cursor: ChangedCursor,
  options: CallOptions,
): Promise<HostResult<QueryAnswer>> {
  const { objectType } = listing;
  const { name } = SALESFORCE_OBJECTS[objectType];
  const query = (fields: string): Promise<HostResult<QueryAnswer>> => {
    const soql = `SELECT ${fields} FROM ${name} WHERE ${pageOf(cursor)} LIMIT ${CHANGED_PAGE_MAX}`;
    return runQuery(listing, { operation: 'query.changed', soql }, options);
  };
  const plain = 'Id, SystemModstamp';
  if (objectType === 'case') return await query(plain);
  const result = await query(`${plain}, ${VERSION_FIELD}`);
  const isUnknown = !result.ok && result.failure.kind === 'rejected' && result.failure.code === 'INVALID_FIELD';
  return isUnknown ? await query(plain) : result;
}

/**
 * Stamp and version tell a record's states apart: a transaction that commits late keeps an old stamp and raises the version. Without a
 * version, or within the second of its stamp, a state has no name, for the next one might have the same.
 */
function statesOf(rows: readonly Row[], answeredAt: number | null): ReadonlyMap<string, string> {
  const named = rows.flatMap((row): readonly (readonly [string, string])[] => {
    const [id, stamp, version] = [textAt(row, 'Id'), textAt(row, 'SystemModstamp'), textAt(row, VERSION_FIELD)];
    const stampedAt = instantOf(stamp);
    if (id === null || version === null || stampedAt === null || answeredAt === null) return [];
    return stampedAt + STAMP_OPEN_MS > answeredAt ? [] : [[id, `${stamp}/${version}`]];
  });
  return new Map(named);
}

function pageOf({ from, isBeyond, tieAfterId }: ChangedCursor): string {
  const at = soqlInstant(from);
  return tieAfterId === null
    ? `SystemModstamp ${isBeyond ? '>' : '>='} ${at} ORDER BY SystemModstamp ASC, Id ASC`
    : `SystemModstamp = ${at} AND Id > '${checkedId(tieAfterId)}' ORDER BY Id ASC`;
}

/** Null at the end of the round. `last`: of a full page. */
function after(
  cursor: ChangedCursor,
  last: { readonly at: number | null; readonly id: string | undefined } | null,
): ChangedCursor | null {
  if (last !== null && last.at !== null && last.id !== undefined)
    return { ...cursor, from: last.at, isBeyond: false, tieAfterId: last.id };
  return cursor.tieAfterId === null ? null : { ...cursor, isBeyond: true, tieAfterId: null };
}

/** Never moves backwards, and never past what transactions may still hold back. */
function nextRound({ floor }: ChangedCursor, roundAt: number): ChangedCursor {
  const from = Math.max(floor, roundAt - LATE_COMMIT_MS);
  return { stream: 'changed', floor: from, from, isBeyond: false, tieAfterId: null, roundAt: null };
}

function toRefs(objectType: HostObjectType, ids: readonly string[]): readonly HostRecordRef[] {
  return ids.map((recordId) => ({ objectType, recordId }));
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
