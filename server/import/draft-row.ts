/**
 * Turns one row of cells into a contract draft, or names every cell that stands in the way. Pure: what exists already and which rows repeat
 * each other is judged by `judge-rows.ts`.
 */
import type { ImportField, ImportOptions } from '../../app/wire/workspace.ts';
import type { ContractSide, ContractStage, Money, NoticePeriod, PlainDate, RenewalKind } from '../domain/contract.ts';
import { type Cell, parseCountCell, parseDateCell, parseEmailCell } from './parse-cell.ts';
import { parseRenewalCell, parseSideCell, parseStageCell } from './parse-code-cell.ts';
import { parseMoneyCell } from './parse-money-cell.ts';

const TITLE_LENGTH_MAX = 200;
const NUMBER_LENGTH_MAX = 60;
const RENEWAL_MONTHS_MAX = 120;
const NOTICE_DAYS_MAX = 730;
const NOTICE_MONTHS_MAX = 60;

export type RowError = {
  readonly row: number;
  /** Header of the column; null when the fault is in no single one. */
  readonly column: string | null;
  readonly field: ImportField | null;
  readonly code: string;
  readonly value: string | null;
};

export type RowDraft = {
  readonly row: number;
  readonly number: string | null;
  readonly title: string;
  readonly counterparty: string;
  readonly counterpartyDomain: string | null;
  readonly side: ContractSide;
  readonly stage: ContractStage;
  readonly effectiveDate: PlainDate | null;
  readonly endDate: PlainDate | null;
  readonly signedDate: PlainDate | null;
  readonly value: Money | null;
  readonly renewalKind: RenewalKind;
  readonly renewalMonths: number | null;
  readonly notice: NoticePeriod | null;
  readonly calendarId: string;
  readonly ownerEmail: string | null;
};

export type RowContext = {
  readonly headers: readonly string[];
  readonly options: ImportOptions;
  readonly today: PlainDate;
};
export type DraftedRow =
  | { readonly ok: true; readonly draft: RowDraft }
  | { readonly ok: false; readonly errors: readonly RowError[] };

export function draftRow(
  line: { readonly row: number; readonly cells: readonly string[] },
  context: RowContext,
): DraftedRow {
  const { options, today } = context;
  const reader = createReader(line, context);
  const number = reader.text('number', NUMBER_LENGTH_MAX);
  const title = reader.required('title', TITLE_LENGTH_MAX);
  const counterparty = reader.required('counterparty', TITLE_LENGTH_MAX);
  const date = (cell: string) => parseDateCell(cell, options.dateFormat);
  const effectiveDate = reader.cell('effectiveDate', date);
  const endDate = reader.cell('endDate', date);
  const signedDate = reader.cell('signedDate', date);
  const value = reader.cell('value', (cell) => parseMoneyCell(cell, reader.raw('currency'), options.defaults.currency));
  const noticeDays = reader.cell('noticeDays', (cell) => parseCountCell(cell, NOTICE_DAYS_MAX));
  const noticeMonths = reader.cell('noticeMonths', (cell) => parseCountCell(cell, NOTICE_MONTHS_MAX));
  if (effectiveDate !== null && endDate !== null && endDate < effectiveDate)
    reader.report('endDate', 'end_date_before_effective_date');
  const draft = {
    row: line.row,
    number,
    title,
    counterparty,
    counterpartyDomain: domainOf(reader.raw('counterpartyDomain')),
    side: reader.cell('side', parseSideCell) ?? options.defaults.side,
    stage:
      reader.cell('stage', parseStageCell) ??
      stageFromDates({ effectiveDate, endDate, signedDate }, today) ??
      options.defaults.stage,
    effectiveDate,
    endDate,
    signedDate,
    value,
    renewalKind: reader.cell('renewalKind', parseRenewalCell) ?? 'none',
    renewalMonths: reader.cell('renewalMonths', (cell) => parseCountCell(cell, RENEWAL_MONTHS_MAX)),
    notice: noticeOf(noticeDays, noticeMonths),
    calendarId: options.defaults.calendarId,
    ownerEmail: reader.cell('ownerEmail', parseEmailCell),
  };
  if (['active', 'renewing', 'signed'].includes(draft.stage) && effectiveDate === null)
    reader.report('effectiveDate', 'effective_date_missing');
  return reader.errors.length === 0 ? { ok: true, draft } : { ok: false, errors: reader.errors };
}

/** What the dates alone say of the stage; null when there is no signing date and no period to tell from. */
export function stageFromDates(
  dates: {
    readonly effectiveDate: PlainDate | null;
    readonly endDate: PlainDate | null;
    readonly signedDate: PlainDate | null;
  },
  today: PlainDate,
): ContractStage | null {
  if (dates.signedDate === null || dates.effectiveDate === null) return null;
  if (dates.endDate !== null && dates.endDate < today) return 'expired';
  return dates.effectiveDate > today ? 'signed' : 'active';
}

function createReader(
  { row, cells }: { readonly row: number; readonly cells: readonly string[] },
  { headers, options }: RowContext,
) {
  const errors: RowError[] = [];
  const raw = (field: ImportField): string => {
    const position = options.mapping[field];
    return position === undefined ? '' : (cells[position] ?? '').trim();
  };
  const report = (field: ImportField, code: string): void => {
    const position = options.mapping[field];
    const value = raw(field);
    errors.push({
      row,
      column: position === undefined ? null : (headers[position] ?? null),
      field,
      code,
      value: value === '' ? null : value.slice(0, 120),
    });
  };
  const text = (field: ImportField, lengthMax: number): string | null => {
    const value = raw(field);
    if (value.length > lengthMax) report(field, 'too_long');
    return value === '' ? null : value;
  };
  const required = (field: ImportField, lengthMax: number): string => {
    const value = text(field, lengthMax);
    if (value === null) report(field, 'missing');
    return value ?? '';
  };
  const cell = <T>(field: ImportField, parse: (cell: string) => Cell<T>): T | null => {
    const value = raw(field);
    if (value === '') return null;
    const parsed = parse(value);
    if (parsed.ok) return parsed.value;
    report(field, parsed.code);
    return null;
  };
  return { errors, raw, report, text, required, cell };
}

function noticeOf(days: number | null, months: number | null): NoticePeriod | null {
  if (days !== null) return { count: days, unit: 'days', countedFrom: 'before_expiry' };
  return months === null ? null : { count: months, unit: 'months', countedFrom: 'before_expiry' };
}

/** The host of a web address, without `www.`; null for anything else. */
function domainOf(text: string): string | null {
  const host = text
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/?#].*$/, '');
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host) ? host : null;
}
