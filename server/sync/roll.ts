/**
 * Date events (domain §4): a signed contract becomes active on its effective date, a term that is over expires, an automatic renewal is
 * written into the term. Readings follow the date in any case; the run records it, so that filters and history show it too.
 */
import type { PlainDate, SharedField } from '../domain/contract.ts';
import { rolledByDate } from '../domain/term.ts';
import { stageAsOf } from '../domain/stage.ts';
import type { ContractUpdate, LinkedContract, Provenance } from '../store/port.ts';
import { changesBetween } from './contract-drafts.ts';
import type { EngineParts } from './settings.ts';

const ROLL_BATCH_MAX = 200;
const ROLL_PAGES_MAX = 50;

/** Records the date events due in one workspace by `today`; returns how many contracts changed. */
export async function rollByDate(parts: EngineParts, workspaceId: string, today: PlainDate): Promise<number> {
  let rolled = 0;
  for (let page = 0; page < ROLL_PAGES_MAX; page += 1) {
    const due = await parts.store.listDueByDate(workspaceId, today, ROLL_BATCH_MAX);
    const at = parts.world.clock.now();
    const updates = due.flatMap((linked) => updateDue(linked, today, at));
    if (updates.length === 0) return rolled;
    await parts.store.applySystemUpdates(workspaceId, updates);
    rolled += updates.length;
    if (due.length < ROLL_BATCH_MAX) return rolled;
  }
  return rolled;
}

/** Pure: what the calendar has changed about a contract by `today`. */
export function updateDue({ contract }: LinkedContract, today: PlainDate, at: number): readonly ContractUpdate[] {
  const stage = stageAsOf(contract, today);
  const { term } = stage === 'active' || stage === 'renewing' ? rolledByDate(contract, today) : contract;
  const changes = changesBetween(contract, { ...contract, stage, term });
  if (Object.keys(changes).length === 0) return [];
  const provenance: Provenance = { source: 'system', actor: null, connectionId: null, ref: null, eventId: null, at };
  const fields: { [F in SharedField]?: Provenance } = {
    ...(changes.stage === undefined ? {} : { stage: provenance }),
    ...(changes.endDate === undefined ? {} : { renewalDate: provenance }),
  };
  return [{ contractId: contract.id, expectedRevision: contract.revision, changes, provenance: fields }];
}
