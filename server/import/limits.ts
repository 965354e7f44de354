/** Named bounds of an import; a file beyond one of them is refused with a code that says which. */
export const IMPORT_BYTES_MAX = 10_000_000;
export const IMPORT_ROWS_MAX = 20_000;
export const IMPORT_COLUMNS_MAX = 200;
/** Characters of one cell that are kept; no field of a contract is as long. */
export const CELL_LENGTH_MAX = 2_000;
/** Characters of a whole table. A workbook may repeat one long text in every cell, so the size of the file bounds nothing. */
export const TABLE_LENGTH_MAX = 30_000_000;
/** What the parts of an XLSX file may unpack to, together. */
export const UNPACKED_BYTES_MAX = 120_000_000;
/** Files inside an XLSX archive. */
export const ARCHIVE_ENTRIES_MAX = 2_000;
/** Memory and time for reading one file; less than an answer over HTTP may take. */
export const READING_HEAP_MB_MAX = 448;
export const READING_MS_MAX = 12_000;
