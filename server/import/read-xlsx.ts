/** The first sheet that has text, as text. Excel's dates become `YYYY-MM-DD`; its numbers lose nothing but their formatting. */
import readSheets from 'read-excel-file/node';
import { type FileReading, tableOf } from './import-table.ts';

export async function readXlsx(bytes: Uint8Array): Promise<FileReading> {
  let sheets: Awaited<ReturnType<typeof readSheets>>;
  try {
    sheets = await readSheets(Buffer.from(bytes));
  } catch {
    // The reader throws for anything that is not a workbook; which part of the archive was wrong helps nobody.
    return { ok: false, problem: 'file_unreadable' };
  }
  const sheet = sheets.find(({ data }) => data.some((row) => row.some((cell) => cell !== null)));
  return tableOf(sheet?.data.map((row) => row.map(textOf)) ?? [], { format: 'xlsx', encoding: null });
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? '' : cell.toISOString().slice(0, 10);
  return typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : '';
}
