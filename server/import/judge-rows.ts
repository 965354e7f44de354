/** Decides for every row of a table what a commit would do with it: create, update, leave as it is, or refuse. Pure. */
import { draftRow, type RowContext, type RowDraft, type RowError } from './draft-row.ts';

export type JudgedRow =
  | { readonly action: 'create'; readonly row: number; readonly draft: RowDraft }
  | { readonly action: 'update'; readonly row: number; readonly draft: RowDraft; readonly contractId: string }
  | { readonly action: 'skip'; readonly row: number; readonly draft: RowDraft; readonly contractId: string }
  | { readonly action: 'invalid'; readonly row: number; readonly errors: readonly RowError[] };

/** @param existing contracts already on file, by number. */
export function judgeRows(
  rows: readonly { readonly row: number; readonly cells: readonly string[] }[],
  context: RowContext,
  existing: ReadonlyMap<string, string>,
): readonly JudgedRow[] {
  const rowOfNumber = new Map<string, number>();
  return rows.map((line): JudgedRow => {
    const drafted = draftRow(line, context);
    if (!drafted.ok) return { action: 'invalid', row: line.row, errors: drafted.errors };
    const { draft } = drafted;
    if (draft.number === null) return { action: 'create', row: line.row, draft };
    const earlier = rowOfNumber.get(draft.number);
    if (earlier !== undefined)
      return { action: 'invalid', row: line.row, errors: [repeated(line.row, draft.number, context)] };
    rowOfNumber.set(draft.number, line.row);
    const contractId = existing.get(draft.number);
    if (contractId === undefined) return { action: 'create', row: line.row, draft };
    return { action: context.options.duplicates, row: line.row, draft, contractId };
  });
}

function repeated(row: number, number: string, { headers, options }: RowContext): RowError {
  const position = options.mapping.number;
  return {
    row,
    column: position === undefined ? null : (headers[position] ?? null),
    field: 'number',
    code: 'number_repeated_in_file',
    value: number,
  };
}
