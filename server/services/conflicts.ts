/** The values that lost (sync rule S2), and putting one back in one click: it becomes the contract's value like any other change. */
import type { ConflictView } from '../../app/wire/workspace.ts';
import { RENEWAL_DECISIONS, SHARED_FIELDS, type SharedField } from '../domain/contract.ts';
import { parsePlainDate } from '../domain/dates.ts';
import { applyRenewalDate } from '../domain/renewal.ts';
import { parseContractStage } from '../domain/stage.ts';
import type { ConflictRow, QuestionAnswer, WorkspaceRow } from '../store/contract-port.ts';
import { changeContract, type Decision, renewalDecision, stageDecision } from './contract-changes.ts';
import { isoText, recordUrl } from './contract-view.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { decodeInstantPlace, encodePlace } from './page-place.ts';
import type { ServiceParts } from './service-parts.ts';

const PAGE = 50;

export function createConflicts(parts: ServiceParts) {
  return {
    list: async (
      workspace: WorkspaceRow,
      request: { readonly openOnly: boolean; readonly after: string | undefined },
    ): Promise<Outcome<{ results: ConflictView[]; next: string | null }>> => {
      const after = request.after === undefined ? null : decodeInstantPlace(request.after);
      if (after === 'malformed') return refused('bad_request', { reason: 'after' });
      const { openOnly } = request;
      const rows = await parts.contracts.listConflicts(workspace.id, { openOnly, after, limit: PAGE + 1 });
      const page = rows.slice(0, PAGE);
      const last = rows.length > PAGE ? page.at(-1) : undefined;
      const next = last === undefined ? null : encodePlace({ key: last.at, id: last.id });
      return done({ results: page.map(conflictView), next });
    },
    restore: async (
      workspace: WorkspaceRow,
      conflictId: string,
      actor: string,
    ): Promise<Outcome<{ conflict: ConflictView }>> => {
      const conflict = await parts.contracts.loadConflict(workspace.id, conflictId);
      if (conflict === null) return refused('not_found');
      const decision = restoringOf(conflict);
      if (decision === null || conflict.contractId === null)
        return refused('date_refused', { reason: 'not_restorable' });
      if (conflict.state === 'restored') return done({ conflict: conflictView(conflict) });
      const contract = await parts.contracts.loadContract(workspace.id, conflict.contractId);
      if (contract === null) return refused('not_found');
      const restored = await changeContract(
        parts,
        {
          workspace,
          contractId: conflict.contractId,
          expectedRevision: contract.contract.revision,
          actor: { source: 'workspace', actor, connectionId: null, ref: null },
          once: null,
        },
        decision,
        { restoresConflictId: conflict.id },
      );
      if (!restored.ok) return restored;
      const after = await parts.contracts.loadConflict(workspace.id, conflictId);
      parts.events.publish(workspace.id, { kind: 'conflicts' });
      return after === null ? refused('not_found') : done({ conflict: conflictView(after) });
    },
    answer: (workspace: WorkspaceRow, answer: Answer): Promise<Outcome<{ conflict: ConflictView }>> =>
      answerQuestion(parts, workspace, answer),
  };
}

type Answer = {
  readonly conflictId: string;
  readonly choose: 'ours' | 'theirs';
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly actor: string;
};

/** One that has been answered the same way already is done; one whose values have moved on is refused, so that it is looked at again. */
async function answerQuestion(
  parts: ServiceParts,
  workspace: WorkspaceRow,
  { conflictId, choose, ours, theirs, actor }: Answer,
): Promise<Outcome<{ conflict: ConflictView }>> {
  const conflict = await parts.contracts.loadConflict(workspace.id, conflictId);
  if (conflict === null) return refused('not_found');
  if (conflict.state === 'answered' && conflict.winner === choose) return done({ conflict: conflictView(conflict) });
  const isAsked = conflict.state === 'open' && conflict.winner === 'undecided';
  if (!isAsked || conflict.ours !== ours || conflict.theirs !== theirs) return refused('revision_conflict');
  const answer: QuestionAnswer = { conflictId, winner: choose, ours, theirs };
  const answered =
    choose === 'theirs' ? await takeTheirs(parts, workspace, { conflict, answer, actor }) : await keepOurs();
  if (!answered.ok) return answered;
  parts.events.publish(workspace.id, { kind: 'conflicts' });
  const after = await parts.contracts.loadConflict(workspace.id, conflictId);
  return after === null ? refused('not_found') : done({ conflict: conflictView(after) });

  async function keepOurs(): Promise<Outcome<string>> {
    const at = parts.world.clock.now();
    const kept = await parts.contracts.keepOurs(workspace.id, { ...answer, actor, at });
    return kept === 'stale' ? refused('revision_conflict') : done(conflictId);
  }
}

type Taking = { readonly conflict: ConflictRow; readonly answer: QuestionAnswer; readonly actor: string };

async function takeTheirs(
  parts: ServiceParts,
  workspace: WorkspaceRow,
  { conflict, answer, actor }: Taking,
): Promise<Outcome<string>> {
  const field = SHARED_FIELDS.find((shared) => shared === conflict.field);
  const isEmptyDecision = field === 'renewalDecision' && answer.theirs === null;
  const decision = decisionOf(field, isEmptyDecision ? 'undecided' : answer.theirs);
  if (decision === null || conflict.contractId === null) return refused('date_refused', { reason: 'not_restorable' });
  const contract = await parts.contracts.loadContract(workspace.id, conflict.contractId);
  if (contract === null) return refused('not_found');
  const change = {
    workspace,
    contractId: conflict.contractId,
    expectedRevision: contract.contract.revision,
    actor: { source: 'workspace', actor, connectionId: null, ref: null },
    once: null,
  } as const;
  return await changeContract(parts, change, decision, { restoresConflictId: null, answers: answer });
}

const losing = ({ winner, ours, theirs }: ConflictRow): string | null => (winner === 'ours' ? theirs : ours);

/** How the losing value is put back; null when nothing lost, the field is not shared or the value is none of its values. */
function restoringOf(conflict: ConflictRow): Decision | null {
  if (conflict.winner === 'undecided') return null;
  const field = SHARED_FIELDS.find((shared) => shared === conflict.field);
  return decisionOf(field, losing(conflict));
}

function decisionOf(field: SharedField | undefined, value: string | null): Decision | null {
  switch (field) {
    case 'stage': {
      const stage = parseContractStage(value);
      return stage === null ? null : stageDecision(stage);
    }
    case 'renewalDecision': {
      const decision = RENEWAL_DECISIONS.find((known) => known === value);
      return decision === undefined ? null : renewalDecision(decision);
    }
    case 'renewalDate': {
      const date = value === null ? null : parsePlainDate(value);
      if (value !== null && date === null) return null;
      return (contract, today) => {
        const applied = applyRenewalDate(contract, date, today);
        return applied.ok ? applied : refused('date_refused', { reason: applied.code });
      };
    }
    case undefined:
      return null;
  }
}

function questionOf({ state, winner }: ConflictRow): ConflictView['question'] {
  if (state === 'answered' || state === 'settled') return state;
  return state === 'open' && winner === 'undecided' ? 'open' : null;
}

function conflictView(row: ConflictRow): ConflictView {
  const { objectType, recordId } = row.ref;
  return {
    id: row.id,
    contractId: row.contractId,
    contractTitle: row.contractTitle,
    field: row.field,
    base: row.base,
    ours: row.ours,
    theirs: row.theirs,
    winner: row.winner,
    reason: row.reason,
    detail: row.detail,
    place: row.connection.name,
    record:
      objectType === 'case'
        ? null
        : {
            objectType,
            recordId,
            name: row.recordName,
            url: recordUrl(row.connection, { objectType, recordId }),
          },
    at: isoText(row.at),
    restored: row.state === 'restored',
    restorable: row.state === 'open' && row.contractId !== null && restoringOf(row) !== null,
    question: questionOf(row),
  };
}
