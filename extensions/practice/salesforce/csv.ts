/** CSV as Bulk API 2.0 takes and gives it (Bulk API guide, Prepare CSV files): a header line, quotes where needed, empty for null. */
export type CsvRow = Readonly<Record<string, string>>;

const DELIMITERS: Readonly<Record<string, string>> = {
  COMMA: ',',
  SEMICOLON: ';',
  TAB: '\t',
  PIPE: '|',
  CARET: '^',
  BACKQUOTE: '`',
};
export const delimiterOf = (name: string): string => DELIMITERS[name] ?? ',';

/** Rows as objects by column name. */
export function parseCsv(
  text: string,
  delimiter: string,
): { readonly columns: readonly string[]; readonly rows: readonly CsvRow[] } {
  const [columns = [], ...lines] = parseLines(text.replace(/^\uFEFF/, ''), delimiter);
  const rows = lines
    .filter((cells) => cells.length > 1 || cells[0] !== '')
    .map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ''])));
  return { columns, rows };
}

function parseLines(text: string, delimiter: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === delimiter) {
      line.push(cell);
      cell = '';
    } else if (character === '\n') {
      lines.push([...line, cell.replace(/\r$/, '')]);
      line = [];
      cell = '';
    } else cell += character;
  }
  if (cell !== '' || line.length > 0) lines.push([...line, cell.replace(/\r$/, '')]);
  return lines;
}

/** Every value in quotes, as Salesforce writes them. */
export function writeCsv(
  columns: readonly string[],
  rows: readonly CsvRow[],
  format: { readonly delimiter: string; readonly lineEnding: string },
): string {
  const end = format.lineEnding === 'CRLF' ? '\r\n' : '\n';
  const cell = (text: string): string => (text === '' ? '' : `"${text.replaceAll('"', '""')}"`);
  const lines = [columns.map(cell), ...rows.map((row) => columns.map((column) => cell(row[column] ?? '')))];
  return lines.map((cells) => cells.join(format.delimiter) + end).join('');
}
