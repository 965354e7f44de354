/**
 * Contracts as they stand while one record's reading is judged: edits accumulate here and leave as one update per contract, each with
 * the provenance of its last edit (sync rule S13).
 */
import type { Contract, PlainDate, SharedField } from '../domain/contract.ts';
import { SHARED_FIELDS } from '../domain/contract.ts';
import { sharedValue } from '../domain/wanted-values.ts';
import type { ContractChanges, ContractUpdate, LinkedContract, Provenance } from '../store/port.ts';
import { applyEdit, type EditResult } from './apply-edit.ts';

type Draft = {
  readonly linked: LinkedContract;
  contract: Contract;
  changedAt: Record<SharedField, number>;
  provenance: { [F in SharedField]?: Provenance };
};

export type ContractDrafts = {
  /** The value that a shared field has by now, and since when; null when the contract is not linked to this record. */
  current(
    contractId: string | null,
    field: SharedField,
  ): { readonly value: string | null; readonly changedAt: number } | null;
  /** Tries an edit; on refusal nothing changes. */
  edit(contractId: string, field: SharedField, value: string | null, provenance: Provenance): EditResult;
  /** Whether the contract's rules would take the value; nothing changes. */
  tries(contractId: string, field: SharedField, value: string | null): EditResult;
  linked(): readonly LinkedContract[];
  updates(): readonly ContractUpdate[];
};

export function createContractDrafts(contracts: readonly LinkedContract[], asOf: PlainDate): ContractDrafts {
  const drafts = new Map<string, Draft>(
    contracts.map((linked) => [
      linked.contract.id,
      { linked, contract: linked.contract, changedAt: { ...linked.changedAt }, provenance: {} },
    ]),
  );
  return {
    current(contractId, field) {
      const draft = contractId === null ? undefined : drafts.get(contractId);
      if (draft === undefined) return null;
      return { value: sharedValue(draft.contract, field, asOf), changedAt: draft.changedAt[field] };
    },
    edit(contractId, field, value, provenance) {
      const draft = drafts.get(contractId);
      if (draft === undefined) return { ok: false, code: 'not_linked' };
      const result = applyEdit(draft.contract, field, value, asOf);
      if (!result.ok) return result;
      draft.contract = result.contract;
      draft.changedAt[field] = provenance.at;
      draft.provenance[field] = provenance;
      return result;
    },
    tries(contractId, field, value) {
      const draft = drafts.get(contractId);
      return draft === undefined ? { ok: false, code: 'not_linked' } : applyEdit(draft.contract, field, value, asOf);
    },
    linked: () => [...drafts.values()].map((draft) => ({ ...draft.linked, contract: draft.contract })),
    updates: () => [...drafts.values()].flatMap(updateOf),
  };
}

function updateOf({ linked, contract, provenance }: Draft): readonly ContractUpdate[] {
  const changes = changesBetween(linked.contract, contract);
  if (Object.keys(changes).length === 0) return [];
  return [
    {
      contractId: contract.id,
      expectedRevision: linked.contract.revision,
      changes,
      provenance: complete(changes, provenance),
    },
  ];
}

/** The registers in which two states of one contract differ. */
export function changesBetween(before: Contract, after: Contract): ContractChanges {
  return {
    ...(after.stage === before.stage ? {} : { stage: after.stage }),
    ...(after.term.endDate === before.term.endDate ? {} : { endDate: after.term.endDate }),
    ...(after.renewalDecision === before.renewalDecision ? {} : { renewalDecision: after.renewalDecision }),
    ...(after.term.renewalsLeft === before.term.renewalsLeft ? {} : { renewalsLeft: after.term.renewalsLeft }),
    ...(after.signedDate === before.signedDate ? {} : { signedDate: after.signedDate }),
  };
}

/** An end date that a decision wrote down has that decision's provenance. */
function complete(changes: ContractChanges, given: Draft['provenance']): Draft['provenance'] {
  const cause = SHARED_FIELDS.map((field) => given[field]).find((provenance) => provenance !== undefined);
  if (cause === undefined || changes.endDate === undefined || given.renewalDate !== undefined) return given;
  return { ...given, renewalDate: cause };
}
