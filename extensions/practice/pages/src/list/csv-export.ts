import { csvCell } from './csv-cell.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { PAGE_SIZE, portalApi } from '../portal/portal-api.ts';
import type { Property, RecordSummary } from '../portal/portal-schema.ts';
import { formatValue, propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { effectiveSort } from './list-query.ts';
import type { ListView } from './list-query.ts';

/** An export stops here and says so; HubSpot's own search stops at the same number. */
export const EXPORT_ROWS_MAX = 10_000;

export type ExportRequest = {
  readonly portalId: number;
  readonly type: ObjectType;
  readonly view: ListView;
  readonly columns: readonly Property[];
  readonly context: FormatContext;
};

/** Reads every page of a view. Returns the file's text, or why it cannot be read. */
export async function exportCsv(
  request: ExportRequest,
): Promise<{ ok: true; csv: string } | { ok: false; message: string }> {
  const { portalId, type, view, columns, context } = request;
  const rows: RecordSummary[] = [];
  let after: string | null = null;
  while (rows.length < EXPORT_ROWS_MAX) {
    const query = { q: view.q, filters: view.filters, ...effectiveSort(view), after };
    const answer = await portalApi.records(portalId, type, query, PAGE_SIZE);
    if (!answer.ok) return { ok: false, message: answer.message };
    rows.push(...answer.data.results);
    after = answer.data.after ?? null;
    if (after === null || answer.data.results.length === 0) break;
  }
  const head = ['ID', ...columns.map((property) => propertyLabel(property, context.language))];
  const lines = rows.map((row) => [
    row.id,
    ...columns.map((property) => formatValue(property, row.properties[property.name], context)),
  ]);
  return { ok: true, csv: [head, ...lines].map((cells) => cells.map(csvCell).join(',')).join('\r\n') };
}

/** Hands a text to the browser as a file. The mark at the start lets spreadsheets read it as UTF-8. */
export function downloadCsv(csv: string, name: string): void {
  const url = URL.createObjectURL(new Blob([`\uFEFF${csv}`], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
