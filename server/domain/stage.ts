/**
 * The stage of a contract: where its paper is (domain §1, §4). Health is elsewhere and never mixed in.
 *
 *   draft ⇄ in_review ⇄ approved ──▶ signed ══▶ active ⇄ renewing
 *     │         │           │         │  │       │  ║      │  ║
 *     └─────────┴───────────┴──▶ void ◀──┘       │  ║      │  ║
 *                                     │          │  ║      │  ║
 *                                     └──────────┴──╫──────┴──╫──▶ terminated
 *                                                   ╚═════════╩══▶ expired ──▶ renewing
 *
 * Double lines are date events: `signed` becomes `active` on the effective date, `active` and `renewing` become `expired` when the
 * last term is over. They need nobody's click, and a reading on any day gives the same answer as a nightly run. `expired ──▶ renewing`
 * is a late renewal: people may revive a contract only after they recorded an end date that has not passed. `void` is for paper that
 * never took effect, `terminated` for a signed contract that ends early. Both are final.
 */
import { unreachable } from './assert.ts';
import { CONTRACT_STAGES, type Contract, type ContractStage, type PlainDate } from './contract.ts';
import { currentTerm, termInEffect } from './term.ts';

export const STAGE_MOVES = {
  draft: ['in_review', 'void'],
  in_review: ['draft', 'approved', 'void'],
  approved: ['in_review', 'signed', 'void'],
  signed: ['active', 'terminated', 'void'],
  active: ['renewing', 'expired', 'terminated'],
  renewing: ['active', 'expired', 'terminated'],
  expired: ['renewing'],
  terminated: [],
  void: [],
} as const satisfies Record<ContractStage, readonly ContractStage[]>;

/** In force or waiting for the effective date: what a person at a CRM record would call a live contract. */
export const LIVE_STAGES = ['signed', 'active', 'renewing'] as const;

export const STAGE_REFUSALS = [
  /** The machine has no such move. */
  'move_not_allowed',
  /** The contract took effect; it can be terminated, not voided. */
  'void_after_active',
  /** Nothing was signed that could be terminated. */
  'terminated_before_signed',
  /** `terminated` and `void` are final. */
  'contract_closed',
  'buyer_missing',
  'supplier_missing',
  'effective_date_missing',
  'effective_date_in_future',
  'end_date_missing',
  'end_date_before_effective_date',
  'term_not_over',
  'term_over',
] as const;
type StageRefusalCode = (typeof STAGE_REFUSALS)[number];
type StageRefusalField = 'stage' | 'parties' | 'effectiveDate' | 'endDate';

export type StageMoveResult =
  | { readonly ok: true; readonly contract: Contract }
  | {
      readonly ok: false;
      readonly code: StageRefusalCode;
      /** The field whose value stands in the way, so that a card can point at it. */
      readonly field: StageRefusalField;
      readonly from: ContractStage;
      readonly to: ContractStage;
    };

export type StageContext = { readonly asOf: PlainDate };

export function parseContractStage(input: unknown): ContractStage | null {
  return CONTRACT_STAGES.find((stage) => stage === input) ?? null;
}

/** The stage on a day: the recorded one moved on by the date events that have happened since. */
export function stageAsOf(contract: Contract, asOf: PlainDate): ContractStage {
  const { effectiveDate } = contract.term;
  switch (contract.stage) {
    case 'signed':
      if (effectiveDate === null || effectiveDate > asOf) return 'signed';
      return isOver(contract, asOf) ? 'expired' : 'active';
    case 'active':
    case 'renewing':
      return isOver(contract, asOf) ? 'expired' : contract.stage;
    case 'draft':
    case 'in_review':
    case 'approved':
    case 'expired':
    case 'terminated':
    case 'void':
      return contract.stage;
    default:
      return unreachable(contract.stage);
  }
}

export function isLive(contract: Contract, asOf: PlainDate): boolean {
  const stage = stageAsOf(contract, asOf);
  return !contract.archived && LIVE_STAGES.some((live) => live === stage);
}

/** The moves from the stage of that day that would succeed, for a menu of next steps. */
export function stageChoices(contract: Contract, asOf: PlainDate): readonly ContractStage[] {
  const moves: readonly ContractStage[] = STAGE_MOVES[stageAsOf(contract, asOf)];
  return moves.filter((to) => moveStage(contract, to, { asOf }).ok);
}

/**
 * Moves a contract from its stage on `asOf` to another one, or says which rule and which field stand in the way. A move to the stage
 * it is in already succeeds and records it. Signing records `asOf` as signing date when none is known.
 */
export function moveStage(contract: Contract, to: ContractStage, { asOf }: StageContext): StageMoveResult {
  const from = stageAsOf(contract, asOf);
  if (from === to) return { ok: true, contract: contract.stage === to ? contract : { ...contract, stage: to } };
  const refusal = refusalOfMove(from, to) ?? GATES[to](contract, asOf);
  if (refusal !== null) return { ok: false, ...refusal, from, to };
  const signedDate = to === 'signed' ? (contract.signedDate ?? asOf) : contract.signedDate;
  return { ok: true, contract: { ...contract, stage: to, signedDate } };
}

type Refusal = { readonly code: StageRefusalCode; readonly field: StageRefusalField };

function refusalOfMove(from: ContractStage, to: ContractStage): Refusal | null {
  const moves: readonly ContractStage[] = STAGE_MOVES[from];
  if (moves.includes(to)) return null;
  if (from === 'terminated' || from === 'void') return { code: 'contract_closed', field: 'stage' };
  if (to === 'void') return { code: 'void_after_active', field: 'stage' };
  if (to === 'terminated' && from !== 'expired') return { code: 'terminated_before_signed', field: 'stage' };
  return { code: 'move_not_allowed', field: 'stage' };
}

type Gate = (contract: Contract, asOf: PlainDate) => Refusal | null;

const open: Gate = () => null;

/** What must be true of the contract before it enters a stage. */
const GATES: Record<ContractStage, Gate> = {
  draft: open,
  in_review: open,
  approved: open,
  signed: (contract) => refusalOfParties(contract) ?? refusalOfDateOrder(contract),
  active: (contract, asOf) =>
    refusalOfEffect(contract, asOf) ?? refusalOfDateOrder(contract) ?? refusalWhenOver(contract, asOf),
  renewing: refusalWhenOver,
  expired: (contract, asOf) => (mayHaveExpired(contract, asOf) ? null : { code: 'term_not_over', field: 'endDate' }),
  terminated: open,
  void: open,
};

/** At least one buyer and one supplier before signing (domain §2). */
function refusalOfParties({ parties }: Contract): Refusal | null {
  if (!parties.some((party) => party.role === 'buyer')) return { code: 'buyer_missing', field: 'parties' };
  if (!parties.some((party) => party.role === 'supplier')) return { code: 'supplier_missing', field: 'parties' };
  return null;
}

/** Domain rule 62: no activation without an effective date; the end may be open only if the contract is evergreen. */
function refusalOfEffect({ term }: Contract, asOf: PlainDate): Refusal | null {
  if (term.effectiveDate === null) return { code: 'effective_date_missing', field: 'effectiveDate' };
  if (term.effectiveDate > asOf) return { code: 'effective_date_in_future', field: 'effectiveDate' };
  if (term.endDate === null && term.renewalKind !== 'evergreen') return { code: 'end_date_missing', field: 'endDate' };
  return null;
}

function refusalOfDateOrder({ term }: Contract): Refusal | null {
  if (term.effectiveDate === null || term.endDate === null || term.endDate >= term.effectiveDate) return null;
  return { code: 'end_date_before_effective_date', field: 'endDate' };
}

function refusalWhenOver(contract: Contract, asOf: PlainDate): Refusal | null {
  return isOver(contract, asOf) ? { code: 'term_over', field: 'endDate' } : null;
}

function isOver(contract: Contract, asOf: PlainDate): boolean {
  return currentTerm(termInEffect(contract), asOf).phase === 'over';
}

/** A person may record expiry only where the dates leave it open: an automatic renewal of unrecorded length after its end. */
function mayHaveExpired(contract: Contract, asOf: PlainDate): boolean {
  const { phase } = currentTerm(termInEffect(contract), asOf);
  return phase === 'over' || phase === 'unknown';
}
