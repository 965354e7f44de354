/** What goes onto the bus: an org's change, or a header alone where the org cannot say more. */
import type { OrgChange } from '../org-change.ts';

/** Kinds of change event (Change Data Capture guide, Change event header fields), in the order of the schema's enumeration. */
export const BUS_CHANGE_TYPES = [
  'CREATE',
  'UPDATE',
  'DELETE',
  'UNDELETE',
  'GAP_CREATE',
  'GAP_UPDATE',
  'GAP_DELETE',
  'GAP_UNDELETE',
  'GAP_OVERFLOW',
  'SNAPSHOT',
] as const;
type BusChangeType = (typeof BUS_CHANGE_TYPES)[number];

export type BusChange = Omit<OrgChange, 'changeType'> & { readonly changeType: BusChangeType };

/** What an overflow event names instead of records (Change Data Capture guide, Overflow events). */
export const EMPTY_RECORD_ID = '000000000000000AAA';

/** A gap event says which records changed and nothing else (Change Data Capture guide, Gap events). */
export function toGap(change: OrgChange): BusChange {
  return { ...change, changeType: `GAP_${change.changeType}`, changedFields: [], nulledFields: [], values: {} };
}
