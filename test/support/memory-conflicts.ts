/** The conflict rows of the store in memory: values that lost, and the questions that people have yet to answer. */
import type { HostRecordRef } from '../../server/crm/port.ts';
import type { SharedField } from '../../server/domain/contract.ts';
import type { NewConflict, QuestionChange } from '../../server/store/port.ts';

type Place = { readonly connectionId: string; readonly ref: HostRecordRef };
export type StoredConflict = Omit<NewConflict, 'winner'> &
  Place & {
    readonly winner: NewConflict['winner'] | 'undecided';
    readonly state: 'open' | 'settled' | 'answered';
  };

function openIndex(rows: readonly StoredConflict[], { connectionId, ref }: Place, field: string): number {
  return rows.findIndex(
    (row) =>
      row.connectionId === connectionId &&
      row.ref.objectType === ref.objectType &&
      row.ref.recordId === ref.recordId &&
      row.field === field &&
      row.winner === 'undecided' &&
      row.state === 'open',
  );
}

/** Applies what a judgement says of its record's questions. */
export function changeQuestions(rows: StoredConflict[], place: Place, changes: readonly QuestionChange[]): void {
  for (const change of changes) {
    const { field, question, at } = change;
    const asked: StoredConflict = {
      ...place,
      field,
      ...question,
      at,
      detail: 'ask',
      winner: 'undecided',
      state: 'open',
    };
    const index = openIndex(rows, place, field);
    if (change.kind === 'asked') {
      if (index === -1) rows.push(asked);
      else rows[index] = asked;
    } else if (index === -1) throw new Error(`no open question about ${field} to end`);
    else if (change.kind === 'settled') rows[index] = { ...asked, state: 'settled' };
    else rows[index] = { ...asked, winner: 'ours', reason: change.reason, detail: change.detail };
  }
}

/** False when nothing is asked there. */
export function answerQuestion(
  rows: StoredConflict[],
  place: Place,
  { field, winner }: { readonly field: SharedField; readonly winner: 'ours' | 'theirs' },
): boolean {
  const index = openIndex(rows, place, field);
  const row = rows[index];
  if (row === undefined) return false;
  rows[index] = { ...row, winner, state: 'answered' };
  return true;
}
