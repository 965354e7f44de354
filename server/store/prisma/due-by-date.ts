/** Contracts that the calendar has moved on: signed ones that took effect, terms that ended or renewed by themselves (domain §4, §6). */
import type { Contract, PlainDate } from '../../domain/contract.ts';
import { stageAsOf } from '../../domain/stage.ts';
import { rollTerm } from '../../domain/term.ts';
import type { LinkedContract } from '../port.ts';
import { CONTRACT_COLUMNS, contractOf } from './contract-rows.ts';
import type { Sql } from './database.ts';

const PAGE_SIZE = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

function hasMovedOn(contract: Contract, today: PlainDate): boolean {
  const stage = stageAsOf(contract, today);
  if (stage !== contract.stage) return true;
  return rollTerm(contract.term, today).endDate !== contract.term.endDate;
}

/**
 * At most `limit` contracts whose stage or end date differs from what the calendar says. Candidates come from the indexed dates; the
 * domain decides, so that one which stays as it is (evergreen, say) never stands in the way of the others.
 */
export async function listDueByDate(
  sql: Sql,
  workspaceId: string,
  today: PlainDate,
  limit: number,
): Promise<readonly LinkedContract[]> {
  const due: LinkedContract[] = [];
  let after = FIRST_ID;
  while (due.length < limit) {
    const page = await sql.rows<{ id: string }>(
      `SELECT ${CONTRACT_COLUMNS} FROM contract c
       WHERE c.workspace_id = $1 AND c.id > $3 AND NOT c.archived
         AND ((c.stage = 'signed' AND c.effective_date <= $2) OR (c.stage IN ('active', 'renewing') AND c.end_date < $2))
       ORDER BY c.id LIMIT $4`,
      [workspaceId, today, after, PAGE_SIZE],
    );
    due.push(...page.map(contractOf).filter(({ contract }) => hasMovedOn(contract, today)));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) break;
    after = last.id;
  }
  return due.slice(0, limit);
}
