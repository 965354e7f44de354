/** Which records were changed or deleted in a span of time (REST guide, sObject Get Updated; sObject Get Deleted). */
import { versioned } from './api-version.ts';
import { type Call, type Reply, type Route, json } from './exchange.ts';
import { instantText, parseInstant } from './field-value.ts';
import { objectOf } from './object-routes.ts';
import type { PracticeOrg } from './practice-org.ts';
import { type StoredRow, isDeleted } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const UPDATED_DAYS_MAX = 30;
const DELETED_DAYS_MAX = 15;
const IDS_MAX = 600_000;

interface Span {
  readonly from: number;
  readonly until: number;
}

export function replicationRoutes(org: PracticeOrg): readonly Route[] {
  return [
    versioned('GET', '/sobjects/{object}/updated', (call) => updated(org, call)),
    versioned('GET', '/sobjects/{object}/deleted', (call) => deleted(org, call)),
  ];
}

/** Seconds are ignored: 12:35:15 means 12:35:00. */
function readSpan(org: PracticeOrg, call: Call, daysMax: number): Span {
  const instant = (name: string): number => {
    const at = parseInstant((call.query.get(name) ?? '').replace(' ', '+'));
    if (at === null) throw new OrgRefusal('INVALID_REPLICATION_DATE', `${name} is not a valid date`);
    return Math.floor(at / MINUTE_MS) * MINUTE_MS;
  };
  const span = { from: instant('start'), until: instant('end') };
  if (span.from >= span.until) throw new OrgRefusal('INVALID_REPLICATION_DATE', 'startDate must be before endDate');
  if (span.from < org.clock.now() - daysMax * DAY_MS)
    throw new OrgRefusal('INVALID_REPLICATION_DATE', `startDate cannot be more than ${daysMax} days ago`);
  return span;
}

function rowsIn(org: PracticeOrg, call: Call, span: Span, gone: boolean): readonly StoredRow[] {
  const object = objectOf(org, call);
  const found: StoredRow[] = [];
  for (const row of org.records.rows(object.name)) {
    const at = parseInstant(String(row.values.SystemModstamp)) ?? 0;
    if (isDeleted(row) === gone && at >= span.from && at < span.until) found.push(row);
  }
  if (found.length > IDS_MAX)
    throw new OrgRefusal('EXCEEDED_ID_LIMIT', 'too many ids: choose dates that are closer together');
  return found;
}

/** Up to where the answer is complete: a long transaction holds it back behind the end of the span. */
function covered(org: PracticeOrg, { from, until }: Span): string {
  const { latestDateCoveredLagMs } = org.behaviour();
  const sure = Math.floor((org.clock.now() - latestDateCoveredLagMs) / MINUTE_MS) * MINUTE_MS;
  return instantText(Math.max(from, Math.min(until, sure)));
}

function updated(org: PracticeOrg, call: Call): Reply {
  const span = readSpan(org, call, UPDATED_DAYS_MAX);
  return json({ ids: rowsIn(org, call, span, false).map(({ id }) => id), latestDateCovered: covered(org, span) });
}

function deleted(org: PracticeOrg, call: Call): Reply {
  const span = readSpan(org, call, DELETED_DAYS_MAX);
  return json({
    deletedRecords: rowsIn(org, call, span, true).map(({ id, values }) => ({
      id,
      deletedDate: values.SystemModstamp ?? null,
    })),
    earliestDateAvailable: instantText(org.clock.now() - DELETED_DAYS_MAX * DAY_MS),
    latestDateCovered: covered(org, span),
  });
}
