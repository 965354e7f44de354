/** The records of one object type, with an index for each unique property that somebody has looked a record up by. */
import type { Table } from './database.ts';
import { type StoredRecord, valueOf } from './stored-record.ts';

export interface RecordTable extends Table<StoredRecord> {
  /** The live record that holds `value` in property `name`. */
  findByValue(name: string, value: string): StoredRecord | undefined;
}

const liveValue = (record: StoredRecord | undefined, name: string): string | undefined =>
  record === undefined || record.archivedAt !== null ? undefined : valueOf(record, name);

/** Wraps a table; every write keeps the indexes true. */
export function createRecordTable(table: Table<StoredRecord>): RecordTable {
  const indexes = new Map<string, Map<string, string>>();
  const indexOf = (name: string): Map<string, string> => {
    const known = indexes.get(name);
    if (known !== undefined) return known;
    const index = new Map<string, string>();
    for (const record of table.values()) {
      const value = liveValue(record, name);
      if (value !== undefined) index.set(value, record.id);
    }
    indexes.set(name, index);
    return index;
  };
  const reindex = (before: StoredRecord | undefined, after: StoredRecord | undefined): void => {
    for (const [name, index] of indexes) {
      const [was, is] = [liveValue(before, name), liveValue(after, name)];
      if (was !== undefined && index.get(was) === before?.id) index.delete(was);
      if (is !== undefined && after !== undefined) index.set(is, after.id);
    }
  };
  return {
    get: (key) => table.get(key),
    put: (key, record) => {
      reindex(table.get(key), record);
      table.put(key, record);
    },
    delete: (key) => {
      reindex(table.get(key), undefined);
      table.delete(key);
    },
    values: () => table.values(),
    entries: () => table.entries(),
    get size() {
      return table.size;
    },
    findByValue: (name, value) => table.get(indexOf(name).get(value) ?? ''),
  };
}
