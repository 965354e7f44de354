/** The dirty rows of the store in memory. */
import type { HostRecordRef } from '../../server/crm/port.ts';
import { DIRTY_PRIORITY, type DirtyReason, type Settlement } from '../../server/store/port.ts';

export type DirtyRow = {
  ref: HostRecordRef;
  generation: number;
  reason: DirtyReason;
  priority: number;
  attempts: number;
  dirtySince: number;
  eventId: string | null;
  notBefore: number;
  dead: boolean;
};

const keyOf = (ref: HostRecordRef): string => `${ref.objectType}/${ref.recordId}`;

/** A row marked again since it was taken has a newer generation and stays as it is. */
export function settleRow(rows: Map<string, DirtyRow>, settlement: Settlement): void {
  const row = rows.get(keyOf(settlement.ref));
  if (row === undefined || row.generation !== settlement.generation) return;
  switch (settlement.kind) {
    case 'done':
      rows.delete(keyOf(settlement.ref));
      return;
    case 'confirm':
      row.reason = 'confirm';
      row.priority = DIRTY_PRIORITY.confirm;
      row.attempts = 0;
      row.notBefore = settlement.notBefore;
      return;
    case 'retry':
      row.attempts += 1;
      row.notBefore = settlement.notBefore;
      return;
    case 'dead':
      row.dead = true;
  }
}
