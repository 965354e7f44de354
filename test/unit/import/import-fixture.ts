/** How the tests read a file, and the options under which its rows are judged. */
import type { ImportOptions } from '../../../app/wire/workspace.ts';
import { parsePlainDate } from '../../../server/domain/dates.ts';
import { suggestColumns } from '../../../server/import/column-meaning.ts';
import type { RowContext } from '../../../server/import/draft-row.ts';
import type { FileReading, ImportTable } from '../../../server/import/import-table.ts';

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
