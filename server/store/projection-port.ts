/**
 * Contracts as rows of a CRM: what an org should hold of them, and what it was last given. A row is due while the two differ, so that
 * nothing has to be remembered between one run and the next, and a run that was cut off is simply done again.
 */
import type { ConnectionRef } from '../crm/port.ts';
import type { RowKind, RowSource } from '../domain/contract-row.ts';

export type DueRow = { readonly rowId: string; readonly fingerprint: string; readonly source: RowSource };

export interface ProjectionStore {
  /** Rows that the org lacks or holds with other contents, in id order. Contracts that are attached to no record of it are not its concern. */
  listDue(connection: ConnectionRef, kind: RowKind, limit: number): Promise<readonly DueRow[]>;
  /** What the org has taken, or refused for the contents that the fingerprint stands for. */
  markProjected(
    connection: ConnectionRef,
    kind: RowKind,
    rows: readonly { readonly rowId: string; readonly fingerprint: string; readonly failure: string | null }[],
    at: number,
  ): Promise<void>;
}
