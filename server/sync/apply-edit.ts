/**
 * Puts a value from a CRM into a contract under the domain's rules (sync rule S10). Pure: the same checks that a card's edit meets, so
 * that nothing becomes true through a CRM that could not become true here.
 */
import { RENEWAL_DECISIONS, type Contract, type PlainDate, type SharedField } from '../domain/contract.ts';
import { parsePlainDate } from '../domain/dates.ts';
import { applyRenewalDate, decideRenewal } from '../domain/renewal.ts';
import { moveStage, parseContractStage } from '../domain/stage.ts';

export type EditResult =
  | { readonly ok: true; readonly contract: Contract }
  /** `code` is the domain's refusal, or `unknown_value` for text that names no value of the field. */
  | { readonly ok: false; readonly code: string };

/** Dates first, the stage last: a stage may need a date that the same person set in the same minute. */
export const EDIT_ORDER = ['renewalDate', 'renewalDecision', 'stage'] as const satisfies readonly SharedField[];

const UNKNOWN_VALUE: EditResult = { ok: false, code: 'unknown_value' };

export function applyEdit(contract: Contract, field: SharedField, value: string | null, asOf: PlainDate): EditResult {
  switch (field) {
    case 'stage': {
      const stage = parseContractStage(value);
      if (stage === null) return UNKNOWN_VALUE;
      const moved = moveStage(contract, stage, { asOf });
      return moved.ok ? moved : { ok: false, code: moved.code };
    }
    case 'renewalDate': {
      const date = value === null ? null : parsePlainDate(value);
      if (value !== null && date === null) return UNKNOWN_VALUE;
      const applied = applyRenewalDate(contract, date, asOf);
      return applied.ok ? applied : { ok: false, code: applied.code };
    }
    case 'renewalDecision': {
      const decision = value === null ? 'undecided' : RENEWAL_DECISIONS.find((known) => known === value);
      if (decision === undefined) return UNKNOWN_VALUE;
      return { ok: true, contract: decideRenewal(contract, decision, asOf) };
    }
  }
}
