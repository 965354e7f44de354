/** The contract list as CSV or XLSX, in the reader's language. Headers are those the importer understands. */
import type { Response } from 'express';
import writeExcelFile from 'write-excel-file/node';
import type { ContractRow } from '../../app/wire/workspace.ts';
import { formatDecimal } from '../domain/money.ts';
import { csvText, safeCell } from './csv.ts';

export type ContractExport = {
  readonly format: 'csv' | 'xlsx';
  readonly locale: 'en' | 'zh-CN';
  readonly rows: readonly ContractRow[];
};

type Column = {
  readonly header: { readonly en: string; readonly 'zh-CN': string };
  readonly cell: (row: ContractRow) => string | null;
};

const valueOf = ({ value }: ContractRow): string | null =>
  value === null ? null : formatDecimal({ minor: BigInt(value.minor), currency: value.currency });

const COLUMNS: readonly Column[] = [
  { header: { en: 'Contract number', 'zh-CN': '合同编号' }, cell: (row) => row.number },
  { header: { en: 'Title', 'zh-CN': '合同名称' }, cell: (row) => row.title },
  { header: { en: 'Counterparty', 'zh-CN': '合同相对方' }, cell: (row) => row.counterparty },
  { header: { en: 'Side', 'zh-CN': '方向' }, cell: (row) => row.side },
  { header: { en: 'Stage', 'zh-CN': '阶段' }, cell: (row) => row.stage },
  { header: { en: 'Health', 'zh-CN': '健康度' }, cell: (row) => row.health },
  { header: { en: 'Effective date', 'zh-CN': '生效日期' }, cell: (row) => row.effectiveDate },
  { header: { en: 'End date', 'zh-CN': '到期日' }, cell: (row) => row.endDate },
  { header: { en: 'Renewal date', 'zh-CN': '续签日期' }, cell: (row) => row.renewalDate },
  { header: { en: 'Renewal type', 'zh-CN': '续签方式' }, cell: (row) => row.renewalKind },
  { header: { en: 'Renewal decision', 'zh-CN': '续签决定' }, cell: (row) => row.renewalDecision },
  { header: { en: 'Notice deadline', 'zh-CN': '通知截止日' }, cell: (row) => row.notice?.safeDate ?? null },
  { header: { en: 'Value', 'zh-CN': '合同金额' }, cell: valueOf },
  { header: { en: 'Currency', 'zh-CN': '币种' }, cell: (row) => row.value?.currency ?? null },
  { header: { en: 'SLA last month', 'zh-CN': '上月服务等级' }, cell: (row) => row.sla.status },
  { header: { en: 'Availability last month', 'zh-CN': '上月可用率' }, cell: (row) => row.sla.availabilityLastMonth },
  {
    header: { en: 'Breaches, 12 months', 'zh-CN': '近12个月违约次数' },
    cell: (row) => String(row.sla.breachesTwelveMonths),
  },
  { header: { en: 'Open risks', 'zh-CN': '风险' }, cell: (row) => openRisks(row) },
  { header: { en: 'Owner', 'zh-CN': '负责人' }, cell: (row) => row.ownerEmail },
];

const openRisks = (row: ContractRow): string =>
  row.risks.flatMap(({ code, state }) => (state === 'open' ? [code] : [])).join('; ');

function exportTable({ locale, rows }: ContractExport): readonly (readonly (string | null)[])[] {
  return [COLUMNS.map(({ header }) => header[locale]), ...rows.map((row) => COLUMNS.map(({ cell }) => cell(row)))];
}

export async function writeContractExport(value: ContractExport, response: Response): Promise<void> {
  const table = exportTable(value);
  response.attachment(`contracts.${value.format}`);
  if (value.format === 'csv') {
    response.type('text/csv; charset=utf-8').send(csvText(table));
    return;
  }
  const sheet = table.map((row, index) =>
    row.map((cell) => ({
      type: String,
      value: safeCell(cell ?? ''),
      ...(index === 0 ? { fontWeight: 'bold' as const } : {}),
    })),
  );
  const file = await writeExcelFile(sheet).toBuffer();
  response.type('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet').send(file);
}
