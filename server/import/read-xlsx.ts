/**
 * The first sheet of a workbook that has text, as text. Excel's dates become `YYYY-MM-DD`; its numbers lose nothing but their formatting. The
 * sheet's own claims about rows and columns decide how much the reader allocates: call this where memory and time are bounded.
 */
import readSheets from 'read-excel-file/node';
import { type FileReading, tableOf } from './import-table.ts';
import { repackWorkbook } from './xlsx-archive.ts';

/** Digits that Excel shows of a number; what it stores beyond them is the error of binary fractions. */
const SIGNIFICANT_DIGITS = 15;

export async function readXlsx(bytes: Uint8Array): Promise<FileReading> {
  const repacked = repackWorkbook(bytes);
  if (!repacked.ok) return repacked;
  let sheets: Awaited<ReturnType<typeof readSheets>>;
  try {
    sheets = await readSheets(repacked.archive);
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
  if (typeof cell === 'number') return plainNumber(cell);
  return typeof cell === 'string' || typeof cell === 'boolean' ? String(cell) : '';
}

const withoutExponent = new Intl.NumberFormat('en-US', {
  useGrouping: false,
  maximumSignificantDigits: SIGNIFICANT_DIGITS,
});

function plainNumber(value: number): string {
  const shown = String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  return shown.includes('e') ? withoutExponent.format(value) : shown;
}
