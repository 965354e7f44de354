/** What every kind of file becomes before anything is understood: a header and rows of text, numbered as the file's own program counts. */
export type ImportTable = {
  readonly format: 'csv' | 'xlsx' | 'ocds';
  /** Text encoding that the bytes were read as; null where the format fixes it. */
  readonly encoding: string | null;
  readonly headers: readonly string[];
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
};

export const FILE_PROBLEMS = [
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

export const IMPORT_FILE_BYTES_MAX = 10_000_000;
export const IMPORT_ROWS_MAX = 20_000;
export const IMPORT_COLUMNS_MAX = 200;
export const IMPORT_CELL_LENGTH_MAX = 2_000;

type Lines = readonly (readonly string[])[];

/** The first line that is not blank is the header; blank lines are left out but counted. */
export function tableOf(lines: Lines, kind: Pick<ImportTable, 'format' | 'encoding'>): FileReading {
  const headerAt = lines.findIndex(hasText);
  const header = lines[headerAt];
  if (header === undefined) return { ok: false, problem: 'file_empty' };
  if (header.length > IMPORT_COLUMNS_MAX) return { ok: false, problem: 'too_many_columns' };
  const rows = lines
    .map((cells, index) => ({
      row: index + 1,
      cells: header.map((_, column) => (cells[column] ?? '').trim().slice(0, IMPORT_CELL_LENGTH_MAX)),
    }))
    .slice(headerAt + 1)
    .filter(({ cells }) => hasText(cells));
  if (rows.length === 0) return { ok: false, problem: 'file_has_no_rows' };
  if (rows.length > IMPORT_ROWS_MAX) return { ok: false, problem: 'too_many_rows' };
  return { ok: true, table: { ...kind, headers: header.map((cell) => cell.trim()), rows } };
}

const hasText = (cells: readonly string[]): boolean => cells.some((cell) => cell.trim() !== '');
