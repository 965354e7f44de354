/**
 * The rows of an org, one table per object, with a log of what was there before each write, so that a save that is refused half-way
 * through, or a request that is all or nothing, leaves nothing behind.
 */
import type { Database, Table } from '../hubspot/database.ts';
import type { FieldValues } from './field-value.ts';

export interface StoredRow {
  /** 18 characters. */
  readonly id: string;
  readonly object: string;
  /** By API name, system fields included; a field that is not there is null. */
  readonly values: FieldValues;
  /** Id of the record whose deletion took this one along, so that its return brings this one back. */
  readonly deletedWith: string | null;
}

export interface LogEntry {
  readonly object: string;
  readonly id: string;
  readonly before: StoredRow | undefined;
}

export interface RecordStore {
  get(object: string, id: string): StoredRow | undefined;
  rows(object: string): IterableIterator<StoredRow>;
  count(object: string): number;
  /** Rows whose field has the value, deleted ones too, without regard to case. */
  find(object: string, field: string, value: string): readonly StoredRow[];
  put(row: StoredRow): void;
  remove(object: string, id: string): void;
  /** Position in the log, to go back to. */
  mark(): number;
  rollback(mark: number): void;
  /** What was written since the log was last taken. */
  takeLog(): readonly LogEntry[];
  /** After the tables were emptied behind the store's back. */
  forgetIndexes(): void;
}

export function createRecordStore(database: Database): RecordStore {
  const tables = new Map<string, Table<StoredRow>>();
  const table = (object: string): Table<StoredRow> => {
    const known = tables.get(object);
    if (known !== undefined) return known;
    const opened = database.table<StoredRow>(`records/${object}`);
    tables.set(object, opened);
    return opened;
  };
  const indexes = createIndexes((object) => table(object).values());
  const write = (object: string, id: string, row: StoredRow | undefined): void => {
    indexes.move(table(object).get(id), row);
    if (row === undefined) table(object).delete(id);
    else table(object).put(id, row);
  };
  let log: LogEntry[] = [];
  return {
    get: (object, id) => table(object).get(id),
    rows: (object) => table(object).values(),
    count: (object) => table(object).size,
    find: (object, field, value) => indexes.idsOf(object, field, value).flatMap((id) => table(object).get(id) ?? []),
    put: (row) => {
      log.push({ object: row.object, id: row.id, before: table(row.object).get(row.id) });
      write(row.object, row.id, row);
    },
    remove: (object, id) => {
      log.push({ object, id, before: table(object).get(id) });
      write(object, id, undefined);
    },
    forgetIndexes: () => indexes.clear(),
    mark: () => log.length,
    rollback: (mark) => {
      for (const { object, id, before } of log.splice(mark).toReversed()) write(object, id, before);
    },
    takeLog: () => {
      const taken = log;
      log = [];
      return taken;
    },
  };
}

interface Indexes {
  idsOf(object: string, field: string, value: string): readonly string[];
  move(before: StoredRow | undefined, after: StoredRow | undefined): void;
  clear(): void;
}

/** Ids by value, for the few fields that are asked for by value: external ids and references. Built when first asked for. */
function createIndexes(rows: (object: string) => Iterable<StoredRow>): Indexes {
  const byField = new Map<string, Map<string, Map<string, Set<string>>>>();
  const keyOf = (row: StoredRow, field: string): string | null => {
    const value = row.values[field] ?? null;
    return value === null ? null : String(value).toLowerCase();
  };
  const add = (index: Map<string, Set<string>>, key: string | null, id: string): void => {
    if (key === null) return;
    const ids = index.get(key) ?? new Set();
    index.set(key, ids.add(id));
  };
  const indexOf = (object: string, field: string): Map<string, Set<string>> => {
    const fields = byField.get(object) ?? new Map<string, Map<string, Set<string>>>();
    byField.set(object, fields);
    const known = fields.get(field);
    if (known !== undefined) return known;
    const made = new Map<string, Set<string>>();
    fields.set(field, made);
    for (const row of rows(object)) add(made, keyOf(row, field), row.id);
    return made;
  };
  return {
    idsOf: (object, field, value) => [...(indexOf(object, field).get(value.toLowerCase()) ?? [])],
    move: (before, after) => {
      for (const [field, index] of byField.get(after?.object ?? before?.object ?? '') ?? []) {
        const [old, next] = [
          before === undefined ? null : keyOf(before, field),
          after === undefined ? null : keyOf(after, field),
        ];
        if (old === next) continue;
        if (before !== undefined && old !== null) index.get(old)?.delete(before.id);
        if (after !== undefined) add(index, next, after.id);
      }
    },
    clear: () => byField.clear(),
  };
}

/** A field of a row; null when it is empty. */
export const valueOf = (row: StoredRow | undefined, field: string): FieldValues[string] => row?.values[field] ?? null;
export const textOf = (row: StoredRow | undefined, field: string): string | null => {
  const value = valueOf(row, field);
  return typeof value === 'string' ? value : null;
};
export const isDeleted = (row: StoredRow): boolean => row.values.IsDeleted === true;
