/**
 * Everything the practice portal remembers lives in named tables of this small store: in memory, and, when a directory is given, in an
 * append-only journal beside a snapshot. A write reaches the journal before the request that made it is answered, so a process killed at
 * any moment loses nothing it has acknowledged. A new snapshot replaces the old one by an atomic rename once the journal has grown, which
 * keeps both bounded by the size of the data.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const JOURNAL_BYTES_MIN = 8 * 1024 * 1024;

export interface Table<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): void;
  values(): IterableIterator<T>;
  entries(): IterableIterator<[string, T]>;
  readonly size: number;
}

export interface Database {
  /** The table of that name; the caller owns the name and always reads back the type it wrote. */
  table<T>(name: string): Table<T>;
  /** Forgets every row of every table, on disk too. */
  clear(): void;
  /** Writes what is pending to the journal; called before an answer leaves. */
  flush(): void;
  close(): void;
}

interface JournalLine {
  readonly t: string;
  readonly k: string;
  readonly v?: unknown;
}

interface Files {
  readonly dataDir: string;
  generation: number;
  journal: number;
  journalBytes: number;
  snapshotBytes: number;
}

const snapshotPath = (dataDir: string): string => join(dataDir, 'snapshot.jsonl');
const journalPath = (dataDir: string, generation: number): string => join(dataDir, `journal-${generation}.jsonl`);

/** Opens the store; `dataDir` null keeps everything in memory. */
export function openDatabase(dataDir: string | null): Database {
  const tables = new Map<string, Map<string, unknown>>();
  const files = dataDir === null ? null : restore(dataDir, tables);
  let pending: string[] = [];
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    if (files === null || pending.length === 0) return;
    const bytes = Buffer.from(pending.join(''));
    pending = [];
    writeSync(files.journal, bytes);
    files.journalBytes += bytes.length;
    if (files.journalBytes > Math.max(JOURNAL_BYTES_MIN, 2 * files.snapshotBytes)) compact(files, tables);
  };
  const append = (line: JournalLine): void => {
    if (files === null) return;
    pending.push(`${JSON.stringify(line)}\n`);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };

  return {
    table: <T>(name: string): Table<T> => {
      let rows = tables.get(name);
      if (rows === undefined) {
        rows = new Map();
        tables.set(name, rows);
      }
      // Only the owner of the name writes to the table, so what is read back has the type that was put in.
      return tableOver(rows as Map<string, T>, name, append);
    },
    clear: () => {
      for (const rows of tables.values()) rows.clear();
      pending = [];
      if (files !== null) compact(files, tables);
    },
    flush,
    close: () => {
      flush();
      if (files !== null) closeSync(files.journal);
    },
  };
}

function tableOver<T>(rows: Map<string, T>, name: string, append: (line: JournalLine) => void): Table<T> {
  return {
    get: (key) => rows.get(key),
    put: (key, value) => {
      rows.set(key, value);
      append({ t: name, k: key, v: value });
    },
    delete: (key) => {
      if (rows.delete(key)) append({ t: name, k: key });
    },
    values: () => rows.values(),
    entries: () => rows.entries(),
    get size() {
      return rows.size;
    },
  };
}

function restore(dataDir: string, tables: Map<string, Map<string, unknown>>): Files {
  mkdirSync(dataDir, { recursive: true });
  const snapshot = readLines(snapshotPath(dataDir));
  const header = snapshot.lines.shift();
  const generation = header?.k === undefined ? 0 : Number(header.k);
  const journal = readLines(journalPath(dataDir, generation));
  for (const line of [...snapshot.lines, ...journal.lines]) applyLine(tables, line);
  const files: Files = {
    dataDir,
    generation,
    journal: openSync(journalPath(dataDir, generation), 'a'),
    journalBytes: journal.bytes,
    snapshotBytes: snapshot.bytes,
  };
  // A line cut short by a crash would swallow the next one written after it, so a torn journal is replaced at once.
  if (journal.torn) compact(files, tables);
  return files;
}

function applyLine(tables: Map<string, Map<string, unknown>>, line: JournalLine): void {
  let rows = tables.get(line.t);
  if (rows === undefined) {
    rows = new Map();
    tables.set(line.t, rows);
  }
  if (line.v === undefined) rows.delete(line.k);
  else rows.set(line.k, line.v);
}

function readLines(path: string): { lines: JournalLine[]; bytes: number; torn: boolean } {
  if (!existsSync(path)) return { lines: [], bytes: 0, torn: false };
  const text = readFileSync(path, 'utf8');
  const parts = text.split('\n');
  const tail = parts.pop() ?? '';
  // Only whole lines count: a line without its newline was never acknowledged. The file was written by `append` or `compact` above.
  const lines = parts.map((part) => JSON.parse(part) as JournalLine);
  return { lines, bytes: Buffer.byteLength(text), torn: tail !== '' };
}

function compact(files: Files, tables: ReadonlyMap<string, ReadonlyMap<string, unknown>>): void {
  const generation = files.generation + 1;
  const lines = [`${JSON.stringify({ t: 'generation', k: String(generation) })}\n`];
  for (const [t, rows] of tables) for (const [k, v] of rows) lines.push(`${JSON.stringify({ t, k, v })}\n`);
  const bytes = Buffer.from(lines.join(''));
  const temporary = `${snapshotPath(files.dataDir)}.new`;
  const file = openSync(temporary, 'w');
  writeSync(file, bytes);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, snapshotPath(files.dataDir));
  closeSync(files.journal);
  rmSync(journalPath(files.dataDir, files.generation), { force: true });
  files.generation = generation;
  files.journal = openSync(journalPath(files.dataDir, generation), 'a');
  files.journalBytes = 0;
  files.snapshotBytes = bytes.length;
}
