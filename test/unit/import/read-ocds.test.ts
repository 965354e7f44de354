import { describe, expect, test } from 'vitest';
import { draftRow } from '../../../server/import/draft-row.ts';
import { CELL_LENGTH_MAX, IMPORT_ROWS_MAX } from '../../../server/import/limits.ts';
import { readImportFile } from '../../../server/import/read-import-file.ts';
import { OCDS_HEADERS } from '../../../server/import/read-ocds.ts';
import { rowContext, tableIn, utf8 } from './import-fixture.ts';

const contract = {
  id: 'quay-7-works',
  awardID: 'quay-7-award',
  title: 'Repair of quay 7',
  status: 'active',
  period: { startDate: '2026-02-01T00:00:00+01:00', endDate: '2027-01-31T23:59:59+01:00' },
  value: { amount: 1_250_000.5, currency: 'EUR' },
  dateSigned: '2026-01-20T10:00:00Z',
};
const release = {
  ocid: 'ocds-test00-quay-7',
  id: 'ocds-test00-quay-7-02',
  date: '2026-01-21T08:00:00Z',
  tag: ['contract'],
  buyer: { id: 'XX-HARBOUR', name: 'Harbour Office' },
  tender: { id: 't', title: 'Quay repairs 2026' },
  awards: [
    { id: 'other', suppliers: [{ id: 's1', name: 'Somebody Else Ltd' }] },
    { id: 'quay-7-award', title: 'Quay 7', suppliers: [{ id: 's2', name: 'Tern Marine Works BV' }] },
  ],
  contracts: [contract],
};
const ROW = [
  'quay-7-works',
  'Repair of quay 7',
  'Tern Marine Works BV',
  'buy',
  '',
  '2026-02-01',
  '2027-01-31',
  '2026-01-20',
  '1250000.5',
  'EUR',
];
const read = async (document: unknown) => tableIn(await readImportFile(utf8(JSON.stringify(document))));
const cellsOf = async (document: unknown) => (await read(document)).rows.map(({ cells }) => cells);

describe('the three kinds of document', () => {
  test.each([
    ['a single release', release],
    ['a release package', { uri: 'https://ocds.example/p', version: '1.1', releases: [release] }],
    ['a record package with a compiled release', { records: [{ ocid: release.ocid, compiledRelease: release }] }],
    ['a record package with releases only', { records: [{ ocid: release.ocid, releases: [release] }] }],
  ])('%s becomes a table whose headers say what the columns mean', async (_kind, document) => {
    expect(await read(document)).toEqual({
      format: 'ocds',
      encoding: null,
      headers: OCDS_HEADERS,
      rows: [{ row: 2, cells: ROW }],
    });
  });

  test('a byte order mark and blank space before the document do not matter', async () => {
    const file = utf8(`\uFEFF\n  ${JSON.stringify(release)}`);
    expect(tableIn(await readImportFile(file)).rows[0]?.cells).toEqual(ROW);
  });

  test('the row becomes a contract whose stage follows from its dates', async () => {
    const { rows, headers } = await read(release);
    const [line] = rows;
    if (line === undefined) throw new Error('the release has a contract');
    expect(draftRow(line, rowContext(headers))).toMatchObject({
      ok: true,
      draft: { number: 'quay-7-works', stage: 'active', side: 'buy', value: { minor: 125_000_050n, currency: 'EUR' } },
    });
  });
});

describe('contracts within releases', () => {
  test('of several releases the newest counts, whatever their order', async () => {
    const amended = {
      ...release,
      date: '2026-06-01T00:00:00Z',
      contracts: [{ ...contract, period: { ...contract.period, endDate: '2027-06-30T23:59:59+01:00' } }],
    };
    for (const releases of [
      [release, amended],
      [amended, release],
    ]) {
      const rows = await cellsOf({ releases });
      expect(rows.map((cells) => cells[6])).toEqual(['2027-06-30']);
    }
  });

  test('a contract id that two processes use gets the process before it', async () => {
    const other = { ...release, ocid: 'ocds-test00-quay-8' };
    const numbers = (await cellsOf({ releases: [release, other] })).map((cells) => cells[0]);
    expect(numbers).toEqual(['ocds-test00-quay-7-quay-7-works', 'ocds-test00-quay-8-quay-7-works']);
  });

  test('a supplier is taken from the award of the contract, and not from another', async () => {
    const stray = { ...release, contracts: [{ ...contract, awardID: 'unknown' }] };
    expect((await cellsOf(stray))[0]?.[2]).toBe('');
    const single = { ...stray, awards: [release.awards[1]] };
    expect((await cellsOf(single))[0]?.[2]).toBe('Tern Marine Works BV');
  });

  test('a title is taken from the award or the tender where the contract has none', async () => {
    const untitled = { ...contract, title: undefined };
    expect((await cellsOf({ ...release, contracts: [untitled] }))[0]?.[1]).toBe('Quay 7');
    expect((await cellsOf({ ...release, awards: [], contracts: [untitled] }))[0]?.[1]).toBe('Quay repairs 2026');
  });

  test.each([
    ['pending', null, 'draft'],
    ['pending', '2026-01-20T00:00:00Z', ''],
    ['active', '2026-01-20T00:00:00Z', ''],
    ['cancelled', null, 'void'],
    ['terminated', '2026-01-20T00:00:00Z', 'terminated'],
    [undefined, null, ''],
  ])('status %s signed on %s is stage "%s"', async (status, dateSigned, stage) => {
    expect((await cellsOf({ ...release, contracts: [{ ...contract, status, dateSigned }] }))[0]?.[4]).toBe(stage);
  });

  test('numbers written as text, and fields of another kind, cost no more than their cell', async () => {
    const odd = {
      ...contract,
      id: 7,
      title: 12,
      period: 'soon',
      value: { amount: '99.5', currency: 'EUR' },
      dateSigned: {},
    };
    const [cells] = await cellsOf({ ...release, contracts: [odd] });
    expect(cells).toEqual(['7', 'Quay 7', 'Tern Marine Works BV', 'buy', '', '', '', '', '99.5', 'EUR']);
  });

  test('an amount of any size is written without an exponent', async () => {
    const amounts = [1e21, 0.000_001, 12_345_678_901_234.56];
    const contracts = amounts.map((amount, index) => ({ id: String(index), value: { amount } }));
    const values = (await cellsOf({ ...release, contracts })).map((cells) => cells[8]);
    expect(values).toEqual(['1000000000000000000000', '0.000001', '12345678901234.56']);
  });
});

describe('hostile and broken documents', () => {
  test.each([
    ['a document without contracts', '{"releases":[{"ocid":"x"}]}', 'no_contracts_in_release'],
    ['an empty object', '{}', 'no_contracts_in_release'],
    ['a list', '[1,2]', 'file_unreadable'],
    ['releases of another kind', '{"releases":7}', 'no_contracts_in_release'],
    ['a document cut in the middle', '{"releases":[{"contracts":[{', 'file_unreadable'],
    ['more depth than any reader needs', '{"a":'.repeat(1_000_000), 'file_unreadable'],
    ['closed depth', `{"contracts":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'file_unreadable'],
  ])('%s is refused with a code', async (_what, text, problem) => {
    expect(await readImportFile(utf8(text))).toEqual({ ok: false, problem });
  });

  test('bytes that are not UTF-8 are refused', async () => {
    const bytes = new Uint8Array([...utf8('{"contracts":[{"title":"'), 0xff, ...utf8('"}]}')]);
    expect(await readImportFile(bytes)).toEqual({ ok: false, problem: 'file_unreadable' });
  });

  test('a key named after a part of every object changes no object', async () => {
    const text =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},' +
      '"contracts":[{"id":"1","__proto__":{"title":"from the prototype"}}]}';
    const { rows } = tableIn(await readImportFile(utf8(text)));
    expect(rows[0]?.cells.slice(0, 2)).toEqual(['1', '']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('NUL, half characters and endless texts never reach a cell', async () => {
    const title = `a\u0000b\ud800c${'x'.repeat(CELL_LENGTH_MAX)}`;
    const [cells] = await cellsOf({ contracts: [{ id: '1', title }] });
    expect(cells?.[1]).toHaveLength(CELL_LENGTH_MAX - 1);
    expect(cells?.[1]?.startsWith('ab\uFFFDcx')).toBe(true);
  });

  test('more contracts than the limit are refused', async () => {
    const contracts = Array.from({ length: IMPORT_ROWS_MAX + 1 }, (_, id) => ({ id }));
    expect(await readImportFile(utf8(JSON.stringify({ contracts })))).toEqual({ ok: false, problem: 'too_many_rows' });
  });
});
