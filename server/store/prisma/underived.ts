/** Contracts whose derived columns do not hold for a day. Both questions have an index of their own, so that asking costs nothing when there is none. */
import type { PlainDate } from '../../domain/contract.ts';
import type { ContractRow } from '../contract-port.ts';
import { CONTRACT_OBJECT, contractOf } from './contracts-row.ts';
import type { Reader } from './database.ts';

export async function listUnderived(
  sql: Reader,
  workspaceId: string,
  { asOf, limit }: { readonly asOf: PlainDate; readonly limit: number },
): Promise<readonly ContractRow[]> {
  const rows = await sql.rows<{ contract: unknown }>(
    `SELECT ${CONTRACT_OBJECT} AS contract FROM contract c WHERE c.workspace_id = $1 AND c.id = ANY(ARRAY(
       (SELECT u.id FROM contract u WHERE u.workspace_id = $1 AND u.derived_from IS DISTINCT FROM u.updated_at LIMIT $3)
       UNION
       (SELECT e.id FROM contract e WHERE e.workspace_id = $1 AND e.derived_through < $2 ORDER BY e.derived_through LIMIT $3)))
     LIMIT $3`,
    [workspaceId, asOf, limit],
    'underived',
  );
  return rows.map(({ contract }) => contractOf(contract));
}
