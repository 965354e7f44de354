/**
 * One transaction: everything a request writes is kept or undone together, and on commit becomes change events, field history and news
 * for the pages. Events are taken from the difference between what was there before and after, so that a record that a trigger touches
 * again yields one event.
 */
import type { FieldValue, FieldValues } from './field-value.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { ChangeType, OrgChange } from './org-change.ts';
import { type HistoryEntry, type PracticeOrg, nextNumber } from './practice-org.ts';
import { type LogEntry, type StoredRow, isDeleted } from './record-store.ts';

const API_VERSION = '68.0';
/** Commit numbers are beyond what a double can count exactly (Change Data Capture guide, commitNumber). */
const COMMIT_NUMBER_FROM = 11_000_000_000_000_000n;
const HISTORY_ENTRIES_MAX = 400;

/** By whom and by what door a transaction is made. */
export interface Origin {
  readonly userId: string;
  /** Client id of `Sforce-Call-Options`; null for people and for callers without one. */
  readonly client: string | null;
  readonly door: 'rest' | 'bulkapi' | 'ui';
  /** Instant of the commit, when it is not now. */
  readonly stampedAt?: number;
}

export interface Transaction {
  readonly org: PracticeOrg;
  readonly origin: Origin;
  /** Epoch milliseconds that stamp everything the transaction writes. */
  readonly at: number;
}

const open = new WeakMap<PracticeOrg, Transaction>();

/** Runs work in a transaction, or joins the one that is open; a thrown error undoes everything since the outermost began. */
export function inTransaction<T>(org: PracticeOrg, origin: Origin, work: (transaction: Transaction) => T): T {
  const running = open.get(org);
  if (running !== undefined) return work(running);
  const transaction: Transaction = { org, origin, at: origin.stampedAt ?? org.clock.now() };
  const start = org.records.mark();
  open.set(org, transaction);
  try {
    const result = work(transaction);
    open.delete(org);
    commit(transaction, org.records.takeLog());
    return result;
  } catch (error) {
    open.delete(org);
    org.records.rollback(start);
    org.records.takeLog();
    throw error;
  }
}

interface RowChange {
  readonly type: ChangeType;
  readonly before: StoredRow | undefined;
  readonly after: StoredRow;
  readonly fields: readonly string[];
}

function commit(transaction: Transaction, log: readonly LogEntry[]): void {
  const { org } = transaction;
  const first = new Map<string, LogEntry>();
  for (const entry of log) if (!first.has(entry.id)) first.set(entry.id, entry);
  const changes = [...first.values()].flatMap((entry) => rowChange(org, entry));
  if (changes.length === 0) return;
  for (const change of changes) keepHistory(transaction, change);
  for (const event of toEvents(transaction, changes)) org.emit(event);
  const touched = Map.groupBy(changes, ({ after }) => after.object);
  for (const [object, own] of touched) org.announce({ type: 'record', object, ids: own.map(({ after }) => after.id) });
}

function rowChange(org: PracticeOrg, { object, id, before }: LogEntry): readonly RowChange[] {
  const after = org.records.get(object, id);
  if (after === undefined) return [];
  const was = before !== undefined && !isDeleted(before);
  const is = !isDeleted(after);
  if (!was && !is) return [];
  const type = was && is ? 'UPDATE' : is ? (before === undefined ? 'CREATE' : 'UNDELETE') : 'DELETE';
  return [{ type, before, after, fields: changedFields(org.schema().objects.get(object), before, after) }];
}

function changedFields(
  definition: ObjectDefinition | undefined,
  before: StoredRow | undefined,
  after: StoredRow,
): readonly string[] {
  return (definition?.fields ?? [])
    .map(({ name }) => name)
    .filter((name) => (before?.values[name] ?? null) !== (after.values[name] ?? null));
}

/** Event bodies carry neither these (Change Data Capture guide, Change event body fields). */
const NOT_IN_EVENTS: ReadonlySet<string> = new Set(['Id', 'IsDeleted', 'SystemModstamp']);

function toEvents(transaction: Transaction, changes: readonly RowChange[]): readonly OrgChange[] {
  const { org, origin } = transaction;
  const transactionKey = org.random.uuid();
  const commitNumber = COMMIT_NUMBER_FROM + BigInt(nextNumber(org, 'commit'));
  const bodies = changes.map((change) => ({ change, body: bodyOf(change) }));
  const groups = Map.groupBy(bodies, ({ change, body }) =>
    org.behaviour().mergeChangeEvents && change.type === 'UPDATE'
      ? JSON.stringify([change.after.object, change.type, body])
      : change.after.id,
  );
  return [...groups.values()].flatMap((group, index) => {
    const [one] = group;
    if (one === undefined) return [];
    const { fields, values } = one.body;
    return [
      {
        orgId: org.orgId,
        entityName: one.change.after.object,
        changeType: one.change.type,
        recordIds: group.map(({ change }) => change.after.id),
        changedFields: fields,
        values,
        nulledFields: fields.filter((name) => values[name] === null),
        transactionKey,
        sequenceNumber: index + 1,
        commitNumber,
        commitTimestamp: transaction.at,
        commitUser: origin.userId,
        changeOrigin: changeOrigin(origin),
      },
    ];
  });
}

function bodyOf({ type, after, fields }: RowChange): {
  readonly fields: readonly string[];
  readonly values: FieldValues;
} {
  if (type === 'DELETE') return { fields: [], values: {} };
  const names =
    type === 'UPDATE'
      ? [...new Set([...fields, 'LastModifiedDate'])]
      : Object.keys(after.values).filter((name) => (after.values[name] ?? null) !== null);
  const shown = names.filter((name) => !NOT_IN_EVENTS.has(name));
  return {
    fields: type === 'UPDATE' ? shown : [],
    values: Object.fromEntries(shown.map((name) => [name, after.values[name] ?? null])),
  };
}

function changeOrigin({ door, client }: Origin): string {
  if (door === 'ui') return `com/salesforce/api/soap/${API_VERSION};client=SfdcInternalAPI/`;
  return `com/salesforce/api/${door}/${API_VERSION}${client === null ? '' : `;client=${client}`}`;
}

const UNTRACKED: ReadonlySet<string> = new Set([
  'Id',
  'SystemModstamp',
  'LastModifiedDate',
  'LastModifiedById',
  'CreatedDate',
  'CreatedById',
]);

function keepHistory(transaction: Transaction, { type, before, after, fields }: RowChange): void {
  const { org, origin, at } = transaction;
  if (type === 'CREATE') return;
  const entries = fields
    .filter((name) => !UNTRACKED.has(name))
    .map((name): HistoryEntry => {
      const oldValue: FieldValue = before?.values[name] ?? null;
      return {
        field: name,
        oldValue,
        newValue: after.values[name] ?? null,
        at,
        userId: origin.userId,
        client: origin.client,
      };
    });
  if (entries.length === 0) return;
  org.history.put(after.id, [...(org.history.get(after.id) ?? []), ...entries].slice(-HISTORY_ENTRIES_MAX));
}
