/** What a person may do with a contract from a card, and which of it is the one next step. Pure. */
import type { ContractCardView, RecordCard } from '../wire/card.ts';

type Stage = ContractCardView['stage'];

/** Moves that end a contract; they ask for confirmation and are drawn as destructive. */
const ENDING_STAGES: readonly Stage[] = ['expired', 'terminated', 'void'];
const FORWARD_PATH: readonly Stage[] = ['draft', 'in_review', 'approved', 'signed', 'active'];
/** Stages in which a renewal is ahead that somebody can decide on. */
const DECIDABLE_STAGES: readonly Stage[] = ['signed', 'active', 'renewing'];

export type StageMove = { readonly to: Stage; readonly ends: boolean };

export type NextStep =
  | { readonly kind: 'decide' }
  | { readonly kind: 'move'; readonly to: Stage }
  | { readonly kind: 'review' }
  | { readonly kind: 'none' };

/** The legal moves the server offers, forward first, endings last. */
export function stageMoves(contract: ContractCardView): readonly StageMove[] {
  const moves = contract.nextStages.map((to) => ({ to, ends: ENDING_STAGES.includes(to) }));
  return [...moves].sort(
    (a, b) => Number(a.ends) - Number(b.ends) || rank(contract.stage, a.to) - rank(contract.stage, b.to),
  );
}

function rank(from: Stage, to: Stage): number {
  return FORWARD_PATH.indexOf(to) > FORWARD_PATH.indexOf(from) ? 0 : 1;
}

export function canDecide(contract: ContractCardView): boolean {
  return DECIDABLE_STAGES.includes(contract.stage) && contract.renewalKind !== 'none';
}

/** The one step to offer as the main button of a contract. */
export function nextStep(contract: ContractCardView): NextStep {
  if (canDecide(contract) && contract.renewalDecision === 'undecided') return { kind: 'decide' };
  const forward = stageMoves(contract).find((move) => !move.ends && rank(contract.stage, move.to) === 0);
  return forward === undefined ? { kind: 'none' } : { kind: 'move', to: forward.to };
}

/** The sidebar's contract and its one step. An attention without an action of its own leads to the workspace. */
export function attentionOf(card: RecordCard): { readonly contract: ContractCardView; readonly step: NextStep } | null {
  const contract =
    card.contracts.find((each) => each.id === card.attention?.contractId) ??
    card.contracts.find((each) => each.isLead) ??
    card.contracts[0];
  if (contract === undefined) return null;
  const reason = card.attention?.reason ?? 'fine';
  if (reason === 'fine') return { contract, step: { kind: 'none' } };
  if (reason === 'sla_missed' || reason === 'risk') return { contract, step: { kind: 'review' } };
  const step = nextStep(contract);
  return { contract, step: step.kind === 'none' ? { kind: 'review' } : step };
}

/** The stages to draw for a contract, in order, and which of them it is in (0-based). */
export function stagePath(stage: Stage): { readonly stages: readonly Stage[]; readonly current: number } {
  const stages: readonly Stage[] =
    stage === 'void'
      ? ['draft', 'void']
      : FORWARD_PATH.includes(stage)
        ? [...FORWARD_PATH, 'renewing']
        : [...FORWARD_PATH, stage];
  return { stages, current: stages.indexOf(stage) };
}
