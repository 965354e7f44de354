/** What became of each row of an import, as CSV: for the person who has to mend the rest. */
import type { Response } from 'express';
import type { ImportResult } from '../services/imports.ts';
import { csvText } from './csv.ts';

export async function writeImportResult({ fileName, headers, rows }: ImportResult, response: Response): Promise<void> {
  const table = [
    ['Row', 'Outcome', 'Errors', ...headers],
    ...rows.map(({ row, action, errors, cells }) => [String(row), action, errors, ...cells]),
  ];
  response.attachment(`${fileName.replace(/\.[a-z]{3,4}$/i, '')}-result.csv`);
  response.type('text/csv; charset=utf-8').send(csvText(table));
}
