import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { CELL_LENGTH_MAX, IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX } from '../../../server/import/limits.ts';
import { readImportFile } from '../../../server/import/read-import-file.ts';
import { tableIn, utf8 } from './import-fixture.ts';

const read = async (text: string) => tableIn(await readImportFile(utf8(text)));

describe('separators', () => {
  test.each([
    ['comma', ','],
    ['semicolon', ';'],
    ['tab', '\t'],
    ['bar', '|'],
  ])('cells parted by a %s are told apart without being told how', async (_name, delimiter) => {
    const lines = [
      ['Number', 'Title', 'Vendor'],
      ['C-1', 'Hosting', 'Tern GmbH'],
      ['C-2', 'Print', 'Ostrava'],
    ];
    const table = await read(lines.map((cells) => cells.join(delimiter)).join('\r\n'));
    expect([table.headers, ...table.rows.map(({ cells }) => cells)]).toEqual(lines);
  });

  test('a semicolon file whose amounts have decimal commas is not split at the commas', async () => {
    const table = await read('Number;Title;Value\nC-1;Hosting;1.200,50\nC-2;Print;80,25\n');
    expect(table.rows.map(({ cells }) => cells)).toEqual([
      ['C-1', 'Hosting', '1.200,50'],
      ['C-2', 'Print', '80,25'],
    ]);
  });

  test("Excel's own first line names the delimiter and is not a row", async () => {
    const table = await read('sep=;\r\nNumber;Title\r\nC-1;a, b, c\r\n');
    expect(table).toMatchObject({ headers: ['Number', 'Title'], rows: [{ row: 2, cells: ['C-1', 'a, b, c'] }] });
  });

  test('one column alone is a table', async () => {
    expect(await read('Title\nHosting\n')).toMatchObject({
      headers: ['Title'],
      rows: [{ row: 2, cells: ['Hosting'] }],
    });
  });
});

describe('cells', () => {
  test('quotes keep separators, line breaks and doubled quotes in a cell', async () => {
    const table = await read('Number,Title\n"C-1","Hosting, ""gold""\nand backup"\nC-2,Print\n');
    expect(table.rows).toEqual([
      { row: 2, cells: ['C-1', 'Hosting, "gold"\nand backup'] },
      { row: 3, cells: ['C-2', 'Print'] },
    ]);
  });

  test('a lone quote inside a cell is text, as in a screen of 24"', async () => {
    const table = await read('Number,Title\nC-1,24" screens\n');
    expect(table.rows[0]?.cells).toEqual(['C-1', '24" screens']);
  });

  test('what looks like a formula stays text', async () => {
    const formulas = ['=1+1', '+49 30 1234', '-5', '@SUM(A1)', "=cmd|'/c calc'!A1"];
    const table = await read(`Title\n${formulas.join('\n')}\n`);
    expect(table.rows.map(({ cells }) => cells[0])).toEqual(formulas);
  });

  test('leading zeros of a number survive', async () => {
    expect((await read('Number,Title\n000123,Print')).rows[0]?.cells[0]).toBe('000123');
  });

  test('short rows are filled up, and cells beyond the header are left out', async () => {
    const table = await read('Number,Title,Vendor\nC-1\nC-2,Print,Ostrava,extra,more\n');
    expect(table.rows.map(({ cells }) => cells)).toEqual([
      ['C-1', '', ''],
      ['C-2', 'Print', 'Ostrava'],
    ]);
  });

  test('rows are numbered as the spreadsheet shows them, blank lines and line breaks in cells included', async () => {
    const table = await read('\n\nNumber,Title\n\nC-1,"two\nlines"\n,\n\nC-2,Print\n');
    expect(table.rows.map(({ row, cells }) => [row, cells[0]])).toEqual([
      [5, 'C-1'],
      [8, 'C-2'],
    ]);
  });
});

describe('encodings', () => {
  const chinese = '合同编号,合同名称,供应商\nHF-1,云主机服务合同,北辰云计算股份有限公司\n';
  const rows = [{ row: 2, cells: ['HF-1', '云主机服务合同', '北辰云计算股份有限公司'] }];
  const headers = ['合同编号', '合同名称', '供应商'];
  // 合同编号,合同名称,供应商 / HF-1,云主机服务合同,北辰云计算股份有限公司 as Excel in China saves it.
  const GB18030 =
    'bacfcdacb1e0bac52cbacfcdacc3fbb3c62cb9a9d3a6c9cc0a48462d312cd4c6d6f7bbfab7fecef1bacfcdac2cb1b1b3bdd4c6bcc6cbe3b9c9b7ddd3d0cfdeb9abcbbe0a';
  const bigEndian = Buffer.from(`\uFEFF${chinese}`, 'utf16le').swap16();

  test.each([
    ['utf-8', utf8(chinese)],
    ['utf-8', utf8(`\uFEFF${chinese}`)],
    ['utf-16le', Buffer.from(`\uFEFF${chinese}`, 'utf16le')],
    ['utf-16be', bigEndian],
    ['gb18030', Buffer.from(GB18030, 'hex')],
  ])('Chinese headers and cells are read from %s', async (encoding, bytes) => {
    expect(tableIn(await readImportFile(new Uint8Array(bytes)))).toEqual({ format: 'csv', encoding, headers, rows });
  });

  test('a Western European file is not taken for Chinese', async () => {
    const bytes = Buffer.from('Nummer;Lieferant\nC-1;Müller & Söhne GmbH\nC-2;Castellane Hôtels\n', 'latin1');
    expect(tableIn(await readImportFile(bytes))).toMatchObject({
      encoding: 'windows-1252',
      rows: [{ cells: ['C-1', 'Müller & Söhne GmbH'] }, { cells: ['C-2', 'Castellane Hôtels'] }],
    });
  });
});

describe('bounds and hostile files', () => {
  test.each([
    ['nothing', '', 'file_empty'],
    ['blank lines alone', '\n \n,,\n', 'file_empty'],
    ['a header alone', 'Number,Title\n', 'file_has_no_rows'],
    ['a NUL byte', 'Number,Title\nC-1,a\u0000b\n', 'file_unreadable'],
    ['a quote that never ends', 'Number,Title\n"C-1,Hosting\n', 'file_unreadable'],
    ['a column too many', `${'x,'.repeat(IMPORT_COLUMNS_MAX)}x\n1`, 'too_many_columns'],
    ['a row too many', `Title\n${'x\n'.repeat(IMPORT_ROWS_MAX + 1)}`, 'too_many_rows'],
  ])('%s is refused with a code', async (_what, text, problem) => {
    expect(await readImportFile(utf8(text))).toEqual({ ok: false, problem });
  });

  test('the limits themselves are allowed', async () => {
    expect((await read(`Title\n${'x\n'.repeat(IMPORT_ROWS_MAX)}`)).rows).toHaveLength(IMPORT_ROWS_MAX);
    expect((await read(`${'x,'.repeat(IMPORT_COLUMNS_MAX - 1)}x\n1`)).headers).toHaveLength(IMPORT_COLUMNS_MAX);
  });

  test('a file of more than ten million bytes is refused before it is read', async () => {
    expect(await readImportFile(new Uint8Array(10_000_001).fill(0x41))).toEqual({
      ok: false,
      problem: 'file_too_large',
    });
  });

  test('an endless cell is cut at its limit, never inside a character', async () => {
    const table = await read(`Title\n${'a'.repeat(CELL_LENGTH_MAX - 1)}😀tail\n`);
    expect(table.rows[0]?.cells[0]).toBe(`${'a'.repeat(CELL_LENGTH_MAX - 1)}\uFFFD`);
  });

  test('bytes of no known encoding are refused', async () => {
    expect(await readImportFile(new Uint8Array([0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]))).toEqual({
      ok: false,
      problem: 'file_unreadable',
    });
  });

  test('a header named after a part of every object is an ordinary header', async () => {
    const table = await read('__proto__,constructor,toString\n1,2,3\n');
    expect(table).toMatchObject({
      headers: ['__proto__', 'constructor', 'toString'],
      rows: [{ cells: ['1', '2', '3'] }],
    });
  });

  test('ten million bytes of nothing but line ends hold up nobody while they are read', async () => {
    const file = utf8(`Title\n${'\n'.repeat(9_900_000)}`);
    const startedAt = performance.now();
    const reading = readImportFile(file);
    await new Promise((resolve) => setImmediate(resolve));
    const heldUpMs = performance.now() - startedAt;
    expect(await reading).toMatchObject({ ok: false });
    expect(heldUpMs).toBeLessThan((performance.now() - startedAt) / 2);
  }, 60_000);
});
