import { describe, expect, test } from 'vitest';
import { IMPORT_FIELDS } from '../../../app/wire/workspace.ts';
import { suggestColumns } from '../../../server/import/column-meaning.ts';

describe('what a header means', () => {
  test('an ordinary English register is understood as a whole', () => {
    const headers = [
      'Contract No.',
      'Contract name',
      'VENDOR',
      'Start Date',
      'Expiry date',
      'Total value',
      'Currency',
      'Auto-renewal',
      'Notice period (days)',
      'Owner',
    ];
    expect(suggestColumns(headers)).toEqual([
      'number',
      'title',
      'counterparty',
      'effectiveDate',
      'endDate',
      'value',
      'currency',
      'renewalKind',
      'noticeDays',
      'ownerEmail',
    ]);
  });

  test('an ordinary Chinese register is understood as a whole', () => {
    const headers = [
      '合同编号',
      '合同名称',
      '供应商',
      '合同类型',
      '合同状态',
      '签订日期',
      '生效日期',
      '到期日',
      '合同金额',
      '币种',
      '是否自动续约',
      '通知期（天）',
      '负责人',
    ];
    expect(suggestColumns(headers)).toEqual([
      'number',
      'title',
      'counterparty',
      'side',
      'stage',
      'signedDate',
      'effectiveDate',
      'endDate',
      'value',
      'currency',
      'renewalKind',
      'noticeDays',
      'ownerEmail',
    ]);
  });

  test('each field is understood by its own name', () => {
    expect(suggestColumns(IMPORT_FIELDS)).toEqual(IMPORT_FIELDS);
  });

  test.each([
    'END DATE',
    ' end_date ',
    'End-Date:',
    'ｅｎｄ ｄａｔｅ',
    'End date *',
    'End date (YYYY-MM-DD)',
    '到期日（必填）',
    '到期 日',
  ])('"%s" is the end date', (header) => {
    expect(suggestColumns([header])).toEqual(['endDate']);
  });

  test('a remark that changes the numbers is no remark', () => {
    expect(suggestColumns(['金额（元）', 'Amount (EUR)'])).toEqual(['value', null]);
    expect(suggestColumns(['金额（万元）', 'Amount (thousands)', 'Renewal term (years)'])).toEqual([null, null, null]);
  });

  test('a field is suggested for the first column that fits, and for no other', () => {
    expect(suggestColumns(['End date', '到期日', 'End'])).toEqual(['endDate', null, null]);
  });

  test.each(['', 'Remarks', 'constructor', '__proto__', 'toString', '备注', '日期'])(
    '"%s" means nothing known',
    (header) => {
      expect(suggestColumns([header])).toEqual([null]);
    },
  );
});
