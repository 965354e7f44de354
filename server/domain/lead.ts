/**
 * The lead contract of a CRM record: the one whose facts fill the record's own fields when several contracts are linked to it.
 */
import type { Contract, PlainDate } from './contract.ts';
import { legalNoticeDate } from './renewal.ts';
import { isLive } from './stage.ts';

/**
 * The live contract with the nearest notice deadline that has not passed; else the newest live one; else the newest. Archived
 * contracts never lead. Ties fall to the smaller number and id, so that the answer does not depend on the order given.
 */
export function leadContract(contracts: readonly Contract[], asOf: PlainDate): Contract | null {
  const candidates = contracts.filter((contract) => !contract.archived);
  const live = candidates.filter((contract) => isLive(contract, asOf));
  const dated = live.flatMap((contract) => {
    const deadline = legalNoticeDate(contract.term, asOf);
    return deadline.kind === 'date' && deadline.date >= asOf ? [{ contract, date: deadline.date }] : [];
  });
  const nearest = dated.toSorted((a, b) => byText(a.date, b.date) || byName(a.contract, b.contract))[0];
  return nearest?.contract ?? newest(live) ?? newest(candidates);
}

/** Newest by effective date, else signing date; a contract with neither is older than all others. */
function newest(contracts: readonly Contract[]): Contract | null {
  const beganDate = (contract: Contract): string => contract.term.effectiveDate ?? contract.signedDate ?? '';
  return contracts.toSorted((a, b) => byText(beganDate(b), beganDate(a)) || byName(a, b))[0] ?? null;
}

function byName(a: Contract, b: Contract): number {
  return byText(a.number, b.number) || byText(a.id, b.id);
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
