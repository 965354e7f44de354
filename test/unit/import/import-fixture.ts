/** A register of two contracts, and the options under which the tests read it. */
import type { ImportOptions } from '../../../app/wire/workspace.ts';
import { parsePlainDate } from '../../../server/domain/dates.ts';
import { suggestColumns } from '../../../server/import/column-meaning.ts';
import type { RowContext } from '../../../server/import/draft-row.ts';
import type { FileReading, ImportTable } from '../../../server/import/import-table.ts';

export const REGISTER_HEADERS = ['合同编号', '合同名称', '供应商', '生效日期', '到期日', '金额', '币种'] as const;

/** The table of a reading; fails the test when the file was refused. */
export function tableIn(reading: FileReading): ImportTable {
  if (!reading.ok) throw new Error(`the file was refused: ${reading.problem}`);
  return reading.table;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const TODAY = parsePlainDate('2026-11-21');

export function rowContext(headers: readonly string[], changes: Partial<ImportOptions> = {}): RowContext {
  if (TODAY === null) throw new Error('the day exists');
  const mapping = Object.fromEntries(
    suggestColumns(headers).flatMap((field, position) => (field === null ? [] : [[field, position]])),
  );
  return {
    headers,
    today: TODAY,
    options: {
      mapping,
      dateFormat: 'unambiguous',
      duplicates: 'skip',
      defaults: { side: 'buy', currency: 'EUR', stage: 'draft', calendarId: 'weekends' },
      ...changes,
    },
  };
}
