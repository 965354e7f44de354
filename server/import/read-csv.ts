/**
 * Text separated by commas, semicolons, tabs or bars, in UTF-8, UTF-16, GB 18030 (which Excel writes in China) or Windows-1252 (which it
 * writes in Western Europe). A cell is text, whatever it looks like: nothing here computes a formula.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { type FileReading, tableOf } from './import-table.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;
const LOOK_LENGTH = 20_000;
const LOOK_LINES = 20;
/** Excel's own first line that names the delimiter; it does not count it as a row. */
const DELIMITER_LINE = /^\uFEFF?sep=([,;\t|])\r?\n/i;

export function readCsv(bytes: Uint8Array): FileReading {
  const decoded = decode(bytes);
  if (decoded === null || decoded.text.includes('\u0000')) return { ok: false, problem: 'file_unreadable' };
  const named = DELIMITER_LINE.exec(decoded.text);
  const text = decoded.text.slice(named?.[0].length ?? 0);
  try {
    const lines: string[][] = parse(text, {
      delimiter: named?.[1] ?? delimiterOf(text),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: false,
      bom: true,
    });
    return tableOf(lines, { format: 'csv', encoding: decoded.encoding });
  } catch (error) {
    if (error instanceof CsvError) return { ok: false, problem: 'file_unreadable' };
    throw error;
  }
}

/** A byte order mark decides. Without one, what is valid UTF-8 is UTF-8: text in another encoding is next to never so by chance. */
function decode(bytes: Uint8Array): { readonly text: string; readonly encoding: string } | null {
  for (const encoding of encodingsOf(bytes)) {
    try {
      return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return null;
}

function encodingsOf(bytes: Uint8Array): readonly string[] {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return ['utf-16le'];
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return ['utf-16be'];
  return isPaired(bytes) ? ['utf-8', 'gb18030', 'windows-1252'] : ['utf-8', 'windows-1252', 'gb18030'];
}

/**
 * Whether the bytes above ASCII come in pairs, as the common Chinese characters of GB 18030 do. In a Western European text they stand
 * alone between ASCII letters; most of those pairs are valid GB 18030 too, so that its decoder alone would turn `Müller` into `M黮ler`.
 */
function isPaired(bytes: Uint8Array): boolean {
  let pairs = 0;
  let singles = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if ((bytes[at] ?? 0) < 0x80) continue;
    if ((bytes[at + 1] ?? 0) >= 0x80) {
      pairs += 1;
      at += 1;
    } else singles += 1;
  }
  return pairs > singles;
}

/** The delimiter found equally often in most of the first lines, quoted text aside; of those the one that makes most cells. */
function delimiterOf(text: string): string {
  const lines = text
    .slice(0, LOOK_LENGTH)
    .replaceAll(/"(?:[^"]|"")*"/g, '')
    .split(/\r\n|\n|\r/, LOOK_LINES)
    .filter((line) => line.trim() !== '');
  const scores = DELIMITERS.map((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const inHeader = counts[0] ?? 0;
    const agreeing = inHeader === 0 ? 0 : counts.filter((count) => count === inHeader).length;
    return { delimiter, agreeing, inHeader };
  });
  const [best] = scores.toSorted((x, y) => y.agreeing - x.agreeing || y.inHeader - x.inHeader);
  return best === undefined || best.agreeing === 0 ? ',' : best.delimiter;
}
