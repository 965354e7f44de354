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
  put(row: StoredRow): void;
  remove(object: string, id: string): void;
  /** Position in the log, to go back to. */
  mark(): number;
  rollback(mark: number): void;
  /** What was written since the log was last taken. */
  takeLog(): readonly LogEntry[];
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
  let log: LogEntry[] = [];
  return {
    get: (object, id) => table(object).get(id),
    rows: (object) => table(object).values(),
    count: (object) => table(object).size,
    put: (row) => {
      log.push({ object: row.object, id: row.id, before: table(row.object).get(row.id) });
      table(row.object).put(row.id, row);
    },
    remove: (object, id) => {
      log.push({ object, id, before: table(object).get(id) });
      table(object).delete(id);
    },
    mark: () => log.length,
    rollback: (mark) => {
      for (const { object, id, before } of log.splice(mark).toReversed()) {
        if (before === undefined) table(object).delete(id);
        else table(object).put(id, before);
      }
    },
    takeLog: () => {
      const taken = log;
      log = [];
      return taken;
    },
  };
}

/** A field of a row; null when it is empty. */
export const valueOf = (row: StoredRow | undefined, field: string): FieldValues[string] => row?.values[field] ?? null;
export const textOf = (row: StoredRow | undefined, field: string): string | null => {
  const value = valueOf(row, field);
  return typeof value === 'string' ? value : null;
};
export const isDeleted = (row: StoredRow): boolean => row.values.IsDeleted === true;
