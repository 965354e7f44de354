/** `query`, `queryAll` and their further pages (REST guide, Query; Query Options header; Salesforce help, query cursor limits). */
import { baseOf, versioned } from './api-version.ts';
import { type Call, type Reply, type Route, json } from './exchange.ts';
import { readerOf } from './object-routes.ts';
import { type Cursor, type PracticeOrg, nextNumber } from './practice-org.ts';
import { makeId } from './record-id.ts';
import { textOf } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';
import type { QueryScope } from './soql-path.ts';
import { runQuery } from './soql-run.ts';

const BATCH_MIN = 200;
const CURSORS_PER_USER_MAX = 10;
const CURSOR_PREFIX = '01g';

/** What a query of this user may see, and in whose time zone its date literals count. */
export function scopeOf(
  org: PracticeOrg,
  userId: string,
  query: { readonly soql: string; readonly includeDeleted: boolean; readonly base: string },
): QueryScope {
  const { schema, access, language } = readerOf(org, userId);
  const timeZone = textOf(org.records.get('User', userId), 'TimeZoneSidKey') ?? org.profile.timeZone;
  return { schema, access, records: org.records, now: org.clock.now(), timeZone, language, ...query };
}

export function queryRoutes(org: PracticeOrg): readonly Route[] {
  const run =
    (includeDeleted: boolean) =>
    (call: Call): Reply =>
      firstPage(org, call, includeDeleted);
  return [
    versioned('GET', '/query', run(false)),
    versioned('GET', '/queryAll', run(true)),
    versioned('GET', '/query/{locator}', (call) => nextPage(org, call)),
    versioned('GET', '/queryAll/{locator}', (call) => nextPage(org, call)),
  ];
}

function firstPage(org: PracticeOrg, call: Call, includeDeleted: boolean): Reply {
  const soql = call.query.get('q');
  if (soql === null) throw new OrgRefusal('MALFORMED_QUERY', 'A query string has to be specified');
  const answer = runQuery(scopeOf(org, call.caller.userId, { soql, includeDeleted, base: baseOf(call) }));
  if (answer.count !== null) return json({ totalSize: answer.count, done: true, records: [] });
  const { records } = answer;
  const batchSize = batchOf(org, call);
  const shown = records.slice(0, batchSize);
  if (shown.length === records.length) return json({ totalSize: records.length, done: true, records: shown });
  const locator = makeId(CURSOR_PREFIX, nextNumber(org, 'cursor'));
  keepCursor(org, locator, { userId: call.caller.userId, rows: records, batchSize, usedAt: org.clock.now() });
  return json({
    totalSize: records.length,
    done: false,
    nextRecordsUrl: `${baseOf(call)}/query/${locator}-${batchSize}`,
    records: shown,
  });
}

/** `Sforce-Query-Options: batchSize=`, between 200 and 2,000; the org answers its own size otherwise. */
function batchOf(org: PracticeOrg, call: Call): number {
  const { queryBatchMax } = org.behaviour();
  const asked = /batchSize=(\d+)/i.exec(call.headers['sforce-query-options'] ?? '')?.[1];
  if (asked === undefined) return queryBatchMax;
  return Math.min(Math.max(Number(asked), Math.min(BATCH_MIN, queryBatchMax)), queryBatchMax);
}

/** A user has ten cursors at most; the one used longest ago goes. */
function keepCursor(org: PracticeOrg, locator: string, cursor: Cursor): void {
  const own = [...org.cursors]
    .filter(([, one]) => one.userId === cursor.userId)
    .toSorted(([, a], [, b]) => a.usedAt - b.usedAt);
  for (const [old] of own.slice(0, Math.max(0, own.length - CURSORS_PER_USER_MAX + 1))) org.cursors.delete(old);
  org.cursors.set(locator, cursor);
}

function nextPage(org: PracticeOrg, call: Call): Reply {
  const [, locator = '', from = ''] = /^([0-9A-Za-z]{18})-(\d+)$/.exec(call.params.locator ?? '') ?? [];
  const cursor = org.cursors.get(locator);
  const expired = cursor !== undefined && org.clock.now() - cursor.usedAt > org.behaviour().queryLocatorTtlMs;
  if (cursor === undefined || expired || cursor.userId !== call.caller.userId)
    throw new OrgRefusal('INVALID_QUERY_LOCATOR', 'invalid query locator');
  cursor.usedAt = org.clock.now();
  const start = Number(from);
  const records = cursor.rows.slice(start, start + cursor.batchSize);
  const end = start + records.length;
  const done = end >= cursor.rows.length;
  return json({
    totalSize: cursor.rows.length,
    done,
    ...(done ? {} : { nextRecordsUrl: `${baseOf(call)}/query/${locator}-${end}` }),
    records,
  });
}
