/** What every kind of file becomes before anything is understood: a header and rows of text, numbered as the file's own program counts. */
import { CELL_LENGTH_MAX, IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX, TABLE_LENGTH_MAX } from './limits.ts';

export type ImportTable = {
  readonly format: 'csv' | 'xlsx' | 'ocds';
  /** Text encoding that the bytes were read as; null where the format fixes it. */
  readonly encoding: string | null;
  readonly headers: readonly string[];
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
};

const FILE_PROBLEMS = [
  'file_empty',
  'file_too_large',
  'file_unreadable',
  'file_has_no_rows',
  'too_many_rows',
  'too_many_columns',
  'no_contracts_in_release',
] as const;
export type FileProblem = (typeof FILE_PROBLEMS)[number];
export type FileReading =
  | { readonly ok: true; readonly table: ImportTable }
  | { readonly ok: false; readonly problem: FileProblem };

type Lines = readonly (readonly string[])[];

/** The first line that is not blank is the header; blank lines are left out but counted, empty columns at the end are left out. */
export function tableOf(lines: Lines, kind: Pick<ImportTable, 'format' | 'encoding'>): FileReading {
  const headerAt = lines.findIndex(hasText);
  const header = lines[headerAt]?.map(cellText);
  if (header === undefined) return { ok: false, problem: 'file_empty' };
  const width = header.findLastIndex((cell) => cell !== '') + 1;
  if (width > IMPORT_COLUMNS_MAX) return { ok: false, problem: 'too_many_columns' };
  const rows: { readonly row: number; readonly cells: readonly string[] }[] = [];
  let length = 0;
  for (let at = headerAt + 1; at < lines.length; at += 1) {
    const cells = (lines[at] ?? []).slice(0, width).map(cellText);
    if (!hasText(cells)) continue;
    if (rows.length === IMPORT_ROWS_MAX) return { ok: false, problem: 'too_many_rows' };
    for (const cell of cells) length += cell.length;
    if (length > TABLE_LENGTH_MAX) return { ok: false, problem: 'file_too_large' };
    while (cells.length < width) cells.push('');
    rows.push({ row: at + 1, cells });
  }
  if (rows.length === 0) return { ok: false, problem: 'file_has_no_rows' };
  return { ok: true, table: { ...kind, headers: header.slice(0, width), rows } };
}

/** Control characters but tab and line ends: PostgreSQL refuses the first of them, and people see none. */
// oxlint-disable-next-line no-control-regex -- control characters are what it takes out
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Text that a database can hold: no control characters, no half of a surrogate pair, no more than the limit. */
export function cellText(text: string): string {
  return text.slice(0, CELL_LENGTH_MAX).replaceAll(CONTROL, '').toWellFormed().trim();
}

const hasText = (cells: readonly string[]): boolean => cells.some((cell) => cell.trim() !== '');
