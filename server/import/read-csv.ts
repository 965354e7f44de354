/**
 * Comma-, semicolon- or tab-separated text in UTF-8, UTF-16 or GB 18030, which Excel writes in China. Bytes that are valid UTF-8 are read as
 * UTF-8: text in another encoding is next to never valid UTF-8 by chance.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { type FileReading, tableOf } from './import-table.ts';

const DELIMITERS = [',', ';', '\t'] as const;
const LOOK_LINES = 5;

export function readCsv(bytes: Uint8Array): FileReading {
  const decoded = decode(bytes);
  if (decoded === null || decoded.text.includes('\u0000')) return { ok: false, problem: 'file_unreadable' };
  try {
    const lines: string[][] = parse(decoded.text, {
      delimiter: delimiterOf(decoded.text),
      relax_column_count: true,
      skip_empty_lines: false,
      bom: true,
    });
    return tableOf(lines, { format: 'csv', encoding: decoded.encoding });
  } catch (error) {
    if (error instanceof CsvError) return { ok: false, problem: 'file_unreadable' };
    throw error;
  }
}

function decode(bytes: Uint8Array): { readonly text: string; readonly encoding: string } | null {
  const encodings =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? ['utf-16le']
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? ['utf-16be']
        : ['utf-8', 'gb18030'];
  for (const encoding of encodings) {
    try {
      return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return null;
}

/** The delimiter that splits the first lines into most cells, quoted text aside. */
function delimiterOf(text: string): string {
  const start = text
    .split(/\r?\n/, LOOK_LINES)
    .join('\n')
    .replace(/"(?:[^"]|"")*"/g, '');
  const count = (delimiter: string): number => start.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best), ',');
}
