import { execFile } from 'node:child_process';
import { deflateRawSync } from 'node:zlib';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { IMPORT_ROWS_MAX } from '../../../server/import/limits.ts';
import { readImportFile } from '../../../server/import/read-import-file.ts';
import { tableIn } from './import-fixture.ts';
import { zip } from './zip-fixture.ts';

type Cell = {
  readonly value: string | number | boolean | Date;
  readonly type?: DateConstructor;
  readonly format?: string;
} | null;

const workbook = async (rows: readonly (readonly Cell[])[]): Promise<Buffer> =>
  await writeXlsxFile(rows.map((row) => [...row])).toBuffer();
const words = (...values: readonly string[]): readonly Cell[] => values.map((value) => ({ value }));
const dateCell = (instant: string, format = 'yyyy-mm-dd'): Cell => ({ value: new Date(instant), type: Date, format });

describe('cells of a workbook', () => {
  test('texts, numbers, booleans and days become text, numbered as Excel numbers the rows', async () => {
    const file = await workbook([
      words('合同编号', '生效日期', '金额', '备注', '签'),
      [],
      [
        { value: '00123' },
        dateCell('2026-03-01T00:00:00Z'),
        { value: 1_234_567.125 },
        { value: '=1+1' },
        { value: true },
      ],
      [{ value: 'HF-2' }, dateCell('2026-12-31T13:30:00Z', 'd/m/yyyy h:mm'), { value: 0.1 + 0.2 }, null, null],
    ]);
    expect(tableIn(await readImportFile(file))).toEqual({
      format: 'xlsx',
      encoding: null,
      headers: ['合同编号', '生效日期', '金额', '备注', '签'],
      rows: [
        { row: 3, cells: ['00123', '2026-03-01', '1234567.125', '=1+1', 'true'] },
        { row: 4, cells: ['HF-2', '2026-12-31', '0.3', '', ''] },
      ],
    });
  });

  test('large and small numbers are written out, without an exponent', async () => {
    const file = await workbook([words('a', 'b', 'c'), [{ value: 1e15 }, { value: 0.000_001 }, { value: 19.99 * 3 }]]);
    expect(tableIn(await readImportFile(file)).rows[0]?.cells).toEqual(['1000000000000000', '0.000001', '59.97']);
  });

  test('the first sheet with text is read', async () => {
    const file = await writeXlsxFile([
      { sheet: 'Cover', data: [] },
      { sheet: 'Register', data: [[{ value: 'Title' }], [{ value: 'Hosting' }]] },
      { sheet: 'Other', data: [[{ value: 'No' }]] },
    ]).toBuffer();
    expect(tableIn(await readImportFile(file)).rows[0]?.cells).toEqual(['Hosting']);
  });

  test.each([
    ['Asia/Shanghai', 8],
    ['America/Los_Angeles', 16],
  ])('no day shifts on a server whose clock is set to %s', async (TZ, hourAtEpoch) => {
    const days = ['2026-01-01', '2026-03-08', '2026-03-29', '2024-02-29', '1999-12-31', '2026-11-01'];
    const file = await workbook([words('End date'), ...days.map((day) => [dateCell(`${day}T00:00:00Z`)])]);
    const script =
      "const { readImportFile } = await import('./server/import/read-import-file.ts');" +
      "const reading = await readImportFile(Buffer.from(process.argv[1], 'base64'));" +
      'console.log(JSON.stringify([new Date(0).getHours(), reading.table.rows.map(({ cells }) => cells[0])]));';
    const args = ['--input-type=module', '--eval', script, file.toString('base64')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TZ } });
    expect(JSON.parse(stdout)).toEqual([hourAtEpoch, days]);
  });
});

const TYPES =
  '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>';
const WORKBOOK = '<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>';
const RELATIONS =
  '<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>';
const sheetOf = (rows: string) => `<worksheet><sheetData>${rows}</sheetData></worksheet>`;
const handmade = (rows: string, others: Readonly<Record<string, Buffer>> = {}) =>
  zip({
    '[Content_Types].xml': Buffer.from(TYPES),
    'xl/workbook.xml': Buffer.from(WORKBOOK),
    'xl/_rels/workbook.xml.rels': Buffer.from(RELATIONS),
    'xl/worksheets/sheet1.xml': Buffer.from(sheetOf(rows)),
    ...others,
  });
const inline = (ref: string, text: string) => `<c r="${ref}" t="inlineStr"><is><t>${text}</t></is></c>`;

describe('workbooks of other programs', () => {
  test('a hand-made workbook with inline texts is read', async () => {
    const file = handmade(`<row r="1">${inline('A1', 'Title')}</row><row r="2">${inline('A2', 'Hosting')}</row>`);
    expect(tableIn(await readImportFile(file)).rows).toEqual([{ row: 2, cells: ['Hosting'] }]);
  });

  test('a failed formula spoils its cell and not the file', async () => {
    const file = handmade(
      `<row r="1">${inline('A1', 'Title')}${inline('B1', 'Value')}</row>` +
        `<row r="2">${inline('A2', 'Hosting')}<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`,
    );
    expect(tableIn(await readImportFile(file)).rows).toEqual([{ row: 2, cells: ['Hosting', '#DIV/0!'] }]);
  });

  test('control characters that a cell hides in an escape are taken out', async () => {
    const file = handmade(
      `<row r="1">${inline('A1', 'Title')}</row><row r="2">${inline('A2', 'a_x0000_b_x0007_c')}</row>`,
    );
    expect(tableIn(await readImportFile(file)).rows[0]?.cells).toEqual(['abc']);
  });
});

describe('large workbooks', () => {
  const numberCells = (row: number) =>
    Array.from('BCDEFGHIJKL', (column) => `<c r="${column}${row}"><v>${row * 1.25}</v></c>`).join('');
  const register = (rows: number) =>
    handmade(
      Array.from(
        { length: rows + 1 },
        (_, at) => `<row r="${at + 1}">${inline(`A${at + 1}`, `Contract ${at}`)}${numberCells(at + 1)}</row>`,
      ).join(''),
    );

  test('a register as long as the limit is read within its bounds of memory and time', async () => {
    const { rows } = tableIn(await readImportFile(register(IMPORT_ROWS_MAX)));
    expect(rows).toHaveLength(IMPORT_ROWS_MAX);
    expect(rows.at(-1)?.cells.slice(0, 2)).toEqual([
      `Contract ${IMPORT_ROWS_MAX}`,
      String((IMPORT_ROWS_MAX + 1) * 1.25),
    ]);
  }, 60_000);

  test('a register one row longer is refused', async () => {
    expect(await readImportFile(register(IMPORT_ROWS_MAX + 1))).toEqual({ ok: false, problem: 'too_many_rows' });
  }, 60_000);
});

describe('hostile workbooks', () => {
  const refused = (problem: string) => ({ ok: false, problem });

  const bomb = deflateRawSync(Buffer.alloc(130_000_000, 0x20), { level: 1 });

  test('an archive that unpacks to more than the limit is refused', async () => {
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await readImportFile(zip({ 'xl/workbook.xml': bomb }, { isDeflated: true }))).toEqual(
      refused('file_too_large'),
    );
  });

  test('an archive that states a smaller size than it unpacks to is refused all the same', async () => {
    const file = zip({ 'xl/workbook.xml': bomb }, { isDeflated: true, statedLength: 10 });
    expect(await readImportFile(file)).toEqual(refused('file_too_large'));
  });

  test.each(['999999999999', '10000000'])('a sheet that claims row %s, which no sheet has, is refused', async (far) => {
    const file = handmade(`<row r="1">${inline('A1', 'T')}</row><row r="${far}">${inline(`A${far}`, 'x')}</row>`);
    expect(await readImportFile(file)).toEqual(refused('file_unreadable'));
  });

  test('a small sheet that claims a hundred million cells ends at the bound of memory, and the server goes on', async () => {
    const rows = Array.from({ length: 6000 }, (_, at) => `<row r="${at + 1}"><c r="ZZZ${at + 1}"><v>1</v></c></row>`);
    const file = handmade(rows.join(''));
    expect(file.length).toBeLessThan(400_000);
    expect(await readImportFile(file)).toEqual(refused('file_too_large'));
  }, 60_000);

  test('one long text repeated in every cell is bounded by what the table holds', async () => {
    const long = 'x'.repeat(2000);
    const strings = `<sst><si><t>T</t></si><si><t>${long}</t></si></sst>`;
    const relations = RELATIONS.replace(
      '</Relationships>',
      '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    );
    const rows = Array.from(
      { length: 19_999 },
      (_, at) => `<row r="${at + 2}"><c r="A${at + 2}" t="s"><v>1</v></c></row>`,
    );
    const file = handmade(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>${rows.join('')}`, {
      'xl/sharedStrings.xml': Buffer.from(strings),
      'xl/_rels/workbook.xml.rels': Buffer.from(relations),
    });
    expect(await readImportFile(file)).toEqual(refused('file_too_large'));
  }, 60_000);

  test.each([
    ['an archive without a workbook', zip({ 'readme.xml': Buffer.from('<a/>') })],
    ['the start of an archive alone', Buffer.from([0x50, 0x4b, 0x03, 0x04])],
    ['an archive cut in the middle', handmade(`<row r="1">${inline('A1', 'Title')}</row>`).subarray(0, 400)],
    ['entries that point outside the file', zip({ 'xl/workbook.xml': Buffer.from('<a/>') }, { shift: 1_000_000 })],
    ['a sheet that is not XML', handmade('<row r="1"><c r="A1"')],
  ])('%s is refused', async (_what, file) => {
    expect(await readImportFile(file)).toEqual(refused('file_unreadable'));
  });

  test('an entity that names a file is left as it is written', async () => {
    const file = handmade(`<row r="1">${inline('A1', 'Title')}</row><row r="2">${inline('A2', '&passwd;')}</row>`, {
      'xl/workbook.xml': Buffer.from(`<!DOCTYPE w [<!ENTITY passwd SYSTEM "file:///etc/passwd">]>${WORKBOOK}`),
    });
    expect(tableIn(await readImportFile(file)).rows).toEqual([{ row: 2, cells: ['&passwd;'] }]);
  });
});
