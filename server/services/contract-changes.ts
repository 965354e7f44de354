/**
 * Changes to one contract decided by the domain and stored with their provenance. A change is decided on a reading and stored only if
 * that reading is still current; the caller's expected revision is compared first, so that nobody changes what they did not see.
 */
import type { Contract, ContractStage, PlainDate, RenewalDecision } from '../domain/contract.ts';
import { addDays } from '../domain/dates.ts';
import { applyRenewalDate, decideRenewal } from '../domain/renewal.ts';
import { moveStage } from '../domain/stage.ts';
import type {
  ContractRow,
  FieldChange,
  Once,
  UpdateContract,
  WorkspaceRow,
  WriteContext,
  WriteResult,
} from '../store/contract-port.ts';
import { calendarsOf, derivedColumns } from './derived-columns.ts';
import { done, type Outcome, type Refusal, refused } from './outcome.ts';
import { type Actor, provenanceOf, type ServiceParts, todayOf } from './service-parts.ts';

export type ChangeRequest = {
  readonly workspace: WorkspaceRow;
  readonly contractId: string;
  readonly expectedRevision: number;
  readonly actor: Actor;
  readonly once: Once | null;
};

type Decided = { readonly ok: true; readonly contract: Contract } | Refusal;

/** How a domain change is decided: given the contract and today. */
export type Decision = (contract: Contract, today: PlainDate) => Decided;

export function stageDecision(to: ContractStage): Decision {
  return (contract, asOf) => {
    const moved = moveStage(contract, to, { asOf });
    if (moved.ok) return moved;
    return refused('stage_move_refused', {
      reason: moved.code,
      errors: [{ pointer: `/${moved.field}`, message: moved.code }],
    });
  };
}

export function renewalDecision(decision: RenewalDecision): Decision {
  return (contract, today) =>
    contract.stage === 'terminated' || contract.stage === 'void'
      ? refused('stage_move_refused', { reason: 'contract_closed' })
      : { ok: true, contract: decideRenewal(contract, decision, today) };
}

export function endDateDecision(endDate: PlainDate | null): Decision {
  return (contract, today) => {
    const applied = applyRenewalDate(contract, endDate === null ? null : addDays(endDate, 1), today);
    if (applied.ok) return applied;
    return refused('date_refused', {
      reason: applied.code,
      errors: [{ pointer: '/endDate', message: applied.code }],
    });
  };
}

/** The contract as it was after the write; a change that changes nothing writes nothing. */
export async function changeContract(
  parts: ServiceParts,
  request: ChangeRequest,
  decide: Decision,
  resolving: Pick<UpdateContract, 'restoresConflictId' | 'answers'> = { restoresConflictId: null },
): Promise<Outcome<string>> {
  const row = await parts.contracts.loadContract(request.workspace.id, request.contractId);
  if (row === null || row.contract.archived) return refused('not_found');
  const context = contextOf(parts, request);
  if (row.contract.revision !== request.expectedRevision) return await repeatedOr(parts, context, row);
  const decided = decide(row.contract, todayOf(parts, request.workspace));
  if (!decided.ok) return decided;
  const changes = changesBetween(row.contract, decided.contract);
  const isResolving = resolving.restoresConflictId !== null || resolving.answers !== undefined;
  if (changes.length === 0 && !isResolving) return done(row.contract.id);
  const result = await parts.contracts.updateContract(context, {
    contract: decided.contract,
    expectedRevision: row.contract.revision,
    derived: await derive(parts, request.workspace, { contract: decided.contract, sla: row.sla }),
    changes,
    ...resolving,
  });
  return concluded(parts, request.workspace.id, result);
}

/**
 * HubSpot repeats a card's request after a broken answer. The first try moved the revision, so the repetition arrives as stale; the
 * store knows its key and says so. Anything else stale stays refused.
 */
async function repeatedOr(parts: ServiceParts, context: WriteContext, row: ContractRow): Promise<Outcome<string>> {
  if (context.once === null) return refused('revision_conflict');
  const earlier = await parts.contracts.findOnce(context.workspaceId, context.once);
  if (earlier === 'other_request') return refused('idempotency_mismatch');
  return earlier === 'done' ? done(row.contract.id) : refused('revision_conflict');
}

export async function derive(
  parts: ServiceParts,
  workspace: WorkspaceRow,
  { contract, sla }: Pick<ContractRow, 'contract' | 'sla'>,
): Promise<ReturnType<typeof derivedColumns>> {
  const calendarOf = await calendarsOf(parts.calendars, [contract]);
  return derivedColumns(contract, sla, {
    calendar: calendarOf(contract.term.calendarId),
    asOf: todayOf(parts, workspace),
  });
}

export function contextOf(
  parts: ServiceParts,
  request: { readonly workspace: Pick<WorkspaceRow, 'id'>; readonly actor: Actor; readonly once: Once | null },
): WriteContext {
  return { workspaceId: request.workspace.id, provenance: provenanceOf(parts, request.actor), once: request.once };
}

/** What a write came to, for the caller; a change that happened wakes the engine and the open pages. */
export function concluded(parts: ServiceParts, workspaceId: string, result: WriteResult): Outcome<string> {
  switch (result.kind) {
    case 'written':
      parts.wake();
      parts.events.publish(workspaceId, { kind: 'contracts', contractIds: [result.contractId] });
      return done(result.contractId);
    case 'repeated':
      return result.contractId === null ? refused('internal') : done(result.contractId);
    case 'key_reused':
      return refused('idempotency_mismatch');
    case 'stale':
      return refused('revision_conflict');
    case 'not_found':
      return refused('not_found');
    case 'duplicate_number':
      return refused('invalid_body', {
        reason: 'number_taken',
        errors: [{ pointer: '/contract/number', message: 'number_taken' }],
      });
    case 'already_attached':
      return refused('already_attached');
    case 'too_many_links':
      return refused('invalid_body', { reason: 'too_many_links' });
  }
}

/** Each register a person can change, as the text its history keeps. */
const REGISTERS = {
  number: (contract) => contract.number,
  title: (contract) => contract.title,
  side: (contract) => contract.side,
  stage: (contract) => contract.stage,
  effectiveDate: ({ term }) => term.effectiveDate,
  endDate: ({ term }) => term.endDate,
  signedDate: (contract) => contract.signedDate,
  renewalKind: ({ term }) => term.renewalKind,
  renewalMonths: ({ term }) => (term.renewalMonths === null ? null : String(term.renewalMonths)),
  renewalsLeft: ({ term }) => (term.renewalsLeft === null ? null : String(term.renewalsLeft)),
  notice: ({ term: { notice } }) => (notice === null ? null : `${notice.count} ${notice.unit} ${notice.countedFrom}`),
  calendarId: ({ term }) => term.calendarId,
  value: ({ value }) => (value === null ? null : `${value.minor} ${value.currency}`),
  renewalDecision: (contract) => contract.renewalDecision,
  ownerEmail: (contract) => contract.ownerEmail,
  parties: (contract) => contract.parties.map(({ legalName, role }) => `${legalName} (${role})`).join('; ') || null,
} as const satisfies Record<string, (contract: Contract) => string | null>;

export function changesBetween(before: Contract | null, after: Contract): readonly FieldChange[] {
  return Object.entries(REGISTERS).flatMap(([field, read]) => {
    const previous = before === null ? null : read(before);
    const value = read(after);
    return previous === value ? [] : [{ field, previous, value }];
  });
}
