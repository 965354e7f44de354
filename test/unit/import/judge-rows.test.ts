import { describe, expect, test } from 'vitest';
import { draftRow, stageFromDates } from '../../../server/import/draft-row.ts';
import { judgeRows } from '../../../server/import/judge-rows.ts';
import { parseCountCell, parseEmailCell } from '../../../server/import/parse-cell.ts';
import { parseRenewalCell, parseSideCell, parseStageCell } from '../../../server/import/parse-code-cell.ts';
import { readImportFile } from '../../../server/import/read-import-file.ts';
import { rowContext, tableIn, utf8 } from './import-fixture.ts';

const judge = async (text: string, changes: Parameters<typeof rowContext>[1] = {}, onFile: readonly string[] = []) => {
  const { headers, rows } = tableIn(await readImportFile(utf8(text)));
  return judgeRows(rows, rowContext(headers, changes), new Map(onFile.map((number) => [number, `id of ${number}`])));
};

describe('errors', () => {
  test('every fault of a row is named with the row of the spreadsheet, the column, the code and the value', async () => {
    const rows = await judge(
      'No,Contract name,Vendor,Start date,End date,Amount,Currency,Status,Notice days,Owner\n' +
        '\n' +
        'C-1,Hosting,Tern,2026-01-01,31/12/26,a lot,EUR,sleeping,many,nobody\n',
      {
        mapping: {
          number: 0,
          title: 1,
          counterparty: 2,
          effectiveDate: 3,
          endDate: 4,
          value: 5,
          currency: 6,
          stage: 7,
          noticeDays: 8,
          ownerEmail: 9,
        },
      },
    );
    const fault = (column: string, field: string, code: string, value: string) => ({
      row: 3,
      column,
      field,
      code,
      value,
    });
    expect(rows).toEqual([
      {
        action: 'invalid',
        row: 3,
        errors: [
          fault('End date', 'endDate', 'not_a_date', '31/12/26'),
          fault('Amount', 'value', 'not_an_amount', 'a lot'),
          fault('Notice days', 'noticeDays', 'not_a_whole_number', 'many'),
          fault('Status', 'stage', 'unknown_code', 'sleeping'),
          fault('Owner', 'ownerEmail', 'not_an_email', 'nobody'),
        ],
      },
    ]);
  });

  test('a row without title or counterparty says so, also when no column was chosen for them', async () => {
    expect(await judge('Number,Title,Vendor\nC-1,,\n')).toMatchObject([
      {
        errors: [
          { row: 2, column: 'Title', code: 'missing', value: null },
          { row: 2, column: 'Vendor', code: 'missing' },
        ],
      },
    ]);
    expect(await judge('Number\nC-1\n')).toMatchObject([
      { errors: [{ column: null, field: 'title' }, { column: null }] },
    ]);
  });

  test('a date that could be two days is refused, and read once the order is chosen', async () => {
    const text = 'Title,Vendor,End date\nHosting,Tern,03/04/2027\n';
    expect(await judge(text)).toMatchObject([
      { action: 'invalid', errors: [{ code: 'ambiguous_date', value: '03/04/2027' }] },
    ]);
    expect(await judge(text, { dateFormat: 'day_first' })).toMatchObject([{ draft: { endDate: '2027-04-03' } }]);
    expect(await judge(text, { dateFormat: 'month_first' })).toMatchObject([{ draft: { endDate: '2027-03-04' } }]);
  });

  test.each([
    ['an end before the start', 'Hosting,Tern,2026-05-01,2026-04-30,', 'end_date_before_effective_date'],
    ['a contract in force without a start', 'Hosting,Tern,,2026-04-30,active', 'effective_date_missing'],
    ['a title beyond its length', `${'x'.repeat(201)},Tern,,,`, 'too_long'],
  ])('%s is refused', async (_what, line, code) => {
    expect(await judge(`Title,Vendor,Start,End,Stage\n${line}\n`)).toMatchObject([
      { action: 'invalid', errors: [{ code }] },
    ]);
  });

  test('a long value is cut in the error, so that errors stay small', async () => {
    const [row] = await judge(`Title,Vendor,End date\nHosting,Tern,${'9'.repeat(2000)}\n`);
    expect(row).toMatchObject({ errors: [{ value: '9'.repeat(120) }] });
  });
});

describe('numbers', () => {
  const text =
    'Number,Title,Vendor\nC-1,Hosting,Tern\nC-2,Print,Ostrava\nC-1,Again,Tern\n,Without,Tern\n,Without too,Tern\n';

  test('a number that an earlier row has is refused; rows without a number never repeat each other', async () => {
    expect((await judge(text)).map(({ action, row }) => [row, action])).toEqual([
      [2, 'create'],
      [3, 'create'],
      [4, 'invalid'],
      [5, 'create'],
      [6, 'create'],
    ]);
    expect((await judge(text))[2]).toMatchObject({
      errors: [{ column: 'Number', code: 'number_repeated_in_file', value: 'C-1' }],
    });
  });

  test('a number on file is skipped or updated as chosen, and says which contract it is', async () => {
    expect((await judge(text, {}, ['C-2']))[1]).toMatchObject({ action: 'skip', contractId: 'id of C-2' });
    expect((await judge(text, { duplicates: 'update' }, ['C-2']))[1]).toMatchObject({
      action: 'update',
      contractId: 'id of C-2',
    });
  });

  test('an invalid row does not take its number away from a later one', async () => {
    const rows = await judge('Number,Title,Vendor\nC-1,,Tern\nC-1,Hosting,Tern\n');
    expect(rows.map(({ action }) => action)).toEqual(['invalid', 'create']);
  });
});

describe('drafts', () => {
  test('a whole Chinese row becomes a contract', async () => {
    const [row] = await judge(
      '合同编号,合同名称,供应商,官网,合同类型,合同状态,签订日期,生效日期,到期日,合同金额,币种,续约方式,续约月数,通知期（天）,负责人邮箱\n' +
        'HF-1,云主机服务合同,北辰云计算,https://www.beichen.example/about,采购,履行中,2025年12月20日,2026年1月1日,2026年12月31日,12.5万元,人民币,自动续约,12个月,60天,LIN@harbour.example\n',
    );
    expect(row).toEqual({
      action: 'create',
      row: 2,
      draft: {
        row: 2,
        number: 'HF-1',
        title: '云主机服务合同',
        counterparty: '北辰云计算',
        counterpartyDomain: 'beichen.example',
        side: 'buy',
        stage: 'active',
        effectiveDate: '2026-01-01',
        endDate: '2026-12-31',
        signedDate: '2025-12-20',
        value: { minor: 12_500_000n, currency: 'CNY' },
        renewalKind: 'auto',
        renewalMonths: 12,
        notice: { count: 60, unit: 'days', countedFrom: 'before_expiry' },
        calendarId: 'weekends',
        ownerEmail: 'lin@harbour.example',
      },
    });
  });

  test('what looks like a formula is kept as the text it is', async () => {
    expect(await judge('Title,Vendor\n=HYPERLINK(1),@Tern\n')).toMatchObject([
      { draft: { title: '=HYPERLINK(1)', counterparty: '@Tern' } },
    ]);
  });

  test.each([
    ['2026-01-01', '2026-12-31', '2025-12-20', 'active'],
    ['2026-11-21', null, '2026-11-01', 'active'],
    ['2026-11-22', null, '2026-11-01', 'signed'],
    ['2025-01-01', '2026-11-20', '2024-12-01', 'expired'],
    ['2025-01-01', '2026-11-21', '2024-12-01', 'active'],
    ['2026-01-01', null, null, null],
    [null, null, '2026-01-01', null],
  ])('from %s to %s, signed %s, on 2026-11-21 it is %s', (effective, end, signed, stage) => {
    const { today } = rowContext([]);
    const day = (text: string | null) => {
      const line = { row: 2, cells: ['T', 'V', text ?? ''] };
      const drafted = draftRow(line, rowContext(['Title', 'Vendor', 'End date']));
      return drafted.ok ? drafted.draft.endDate : null;
    };
    expect(stageFromDates({ effectiveDate: day(effective), endDate: day(end), signedDate: day(signed) }, today)).toBe(
      stage,
    );
  });
});

describe('words and counts', () => {
  test.each([
    [parseSideCell, 'Purchase', 'buy'],
    [parseSideCell, '销售合同', 'sell'],
    [parseStageCell, 'In  Review', 'in_review'],
    [parseStageCell, 'in-review', 'in_review'],
    [parseStageCell, '已签署', 'signed'],
    [parseStageCell, '作废', 'void'],
    [parseRenewalCell, 'AUTO', 'auto'],
    [parseRenewalCell, 'option_buyer', 'option_buyer'],
    [parseRenewalCell, '双方书面确认', 'mutual_written'],
    [parseRenewalCell, 'Auto renewal', 'auto'],
  ])('%o reads %s as %s', (parse, text, value) => {
    expect(parse(text)).toEqual({ ok: true, value });
  });

  test.each(['constructor', '__proto__', 'toString', 'valueOf', 'sleeping', '?'])(
    '%s is no word of any list',
    (text) => {
      for (const parse of [parseSideCell, parseStageCell, parseRenewalCell])
        expect(parse(text)).toEqual({ ok: false, code: 'unknown_code' });
    },
  );

  test('counts are whole, bounded, and may carry their unit', () => {
    expect(['60', '60 days', '60天', '６０', '0'].map((text) => parseCountCell(text, 60))).toMatchObject(
      [60, 60, 60, 60, 0].map((value) => ({ value })),
    );
    for (const text of ['61', '-1', '1.5', '1e1', '60 weeks', '']) expect(parseCountCell(text, 60).ok).toBe(false);
  });

  test('addresses are kept in lower case, and half of one is refused', () => {
    expect(parseEmailCell('Mia.Chen@Harbour.example')).toEqual({ ok: true, value: 'mia.chen@harbour.example' });
    for (const text of ['mia', 'mia@', '@harbour.example', 'mia@harbour', 'mia chen@harbour.example', 'a@b@c.example'])
      expect(parseEmailCell(text).ok).toBe(false);
  });
});
