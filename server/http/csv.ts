/** CSV as spreadsheets open it: UTF-8 with a mark, CRLF, and no cell that a spreadsheet would run as a formula. */
const FORMULA_START = /^[=+\-@\t\r|]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A leading apostrophe keeps text from being taken for a formula; plain numbers stay numbers. */
export function safeCell(text: string): string {
  return FORMULA_START.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvText(rows: readonly (readonly (string | null)[])[]): string {
  const lines = rows.map((row) => row.map((cell) => quoted(safeCell(cell ?? ''))).join(','));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}
