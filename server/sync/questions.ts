/**
 * The questions that a record leaves to people (policy `ask`, sync rule S9). One stands for each field at most; a later edit by somebody
 * who saw the record's value carries it on, both sides agreeing settles it, and where it cannot stand (another contract leads, the link
 * has ended, the contract's rules refuse the value by now) ours stays and theirs is kept as a conflict. Pure.
 */
import { SHARED_FIELDS, type SharedField } from '../domain/contract.ts';
import type { PersonRun } from '../domain/merge.ts';
import type { NewConflict, Question, QuestionChange, Questions } from '../store/port.ts';
import type { ContractDrafts } from './contract-drafts.ts';

/** `stored`: as its row has it; null for one that this reading has raised. */
type Standing = { readonly question: Question; readonly stored: Question | null };
type Ending =
  | { readonly kind: 'settled' }
  | Pick<QuestionChange & { readonly kind: 'kept' }, 'kind' | 'reason' | 'detail'>;
const SETTLED: Ending = { kind: 'settled' };
const OVERTAKEN: Ending = { kind: 'kept', reason: 'overwritten', detail: 'ask' };

type QuestionsConcluded = {
  readonly asked: Questions;
  readonly changes: readonly QuestionChange[];
  readonly conflicts: readonly NewConflict[];
};

export type QuestionBook = {
  /** A run that neither side decides. */
  ask(field: SharedField, run: PersonRun & { readonly contractId: string }, ours: string | null): void;
  /** A run that was decided: a question about what its editor saw is over with it. */
  pass(field: SharedField, run: PersonRun): void;
  /** Once every run is judged: what stands from now on. */
  conclude(leadContractId: string | null, drafts: ContractDrafts): QuestionsConcluded;
};

export function createQuestionBook(asked: Questions, now: number): QuestionBook {
  const standing = new Map<SharedField, Standing>();
  const changes: QuestionChange[] = [];
  const conflicts: NewConflict[] = [];
  for (const field of SHARED_FIELDS) {
    const question = asked[field];
    if (question !== undefined) standing.set(field, { question, stored: question });
  }
  const end = (field: SharedField, { question, stored }: Standing, ending: Ending): void => {
    standing.delete(field);
    if (stored !== null) changes.push({ field, question, at: now, ...ending });
    else if (ending.kind === 'kept') conflicts.push(keptConflict(field, question, ending, now));
  };
  const pass = (field: SharedField, run: PersonRun): void => {
    const open = standing.get(field);
    if (open === undefined || open.question.contractId !== run.contractId) return;
    const { theirs } = open.question;
    end(field, open, run.seen === theirs || run.value === theirs ? SETTLED : OVERTAKEN);
  };
  return {
    pass,
    ask(field, run, ours) {
      const { contractId, value: theirs } = run;
      const reason = run.standing ? 'both_changed' : 'overwritten';
      const open = standing.get(field);
      if (open !== undefined && open.question.contractId === contractId && open.question.theirs === run.seen) {
        standing.set(field, { ...open, question: { ...open.question, ours, theirs, reason } });
        return;
      }
      if (open !== undefined) end(field, open, OVERTAKEN);
      standing.set(field, { question: { contractId, base: run.seen, ours, theirs, reason }, stored: null });
    },
    conclude(leadContractId, drafts) {
      const remaining: { [F in SharedField]?: Question } = {};
      for (const [field, open] of standing) {
        const ending = endingOf(field, open.question, leadContractId, drafts);
        if (ending !== null) {
          end(field, open, ending);
          continue;
        }
        const ours = drafts.current(open.question.contractId, field)?.value ?? null;
        const question = { ...open.question, ours };
        remaining[field] = question;
        if (open.stored === null || !isSameQuestion(open.stored, question))
          changes.push({ kind: 'asked', field, question, at: now });
      }
      const order = (change: QuestionChange): number => (change.kind === 'asked' ? 1 : 0);
      return { asked: remaining, changes: changes.toSorted((a, b) => order(a) - order(b)), conflicts };
    },
  };
}

/** Where the record is no more, ours stays and theirs is kept. */
export function abandonedQuestions(asked: Questions, detail: string, now: number): readonly QuestionChange[] {
  return SHARED_FIELDS.flatMap((field): readonly QuestionChange[] => {
    const question = asked[field];
    return question === undefined ? [] : [{ kind: 'kept', field, question, reason: 'lead_changed', detail, at: now }];
  });
}

function endingOf(
  field: SharedField,
  question: Question,
  leadContractId: string | null,
  drafts: ContractDrafts,
): Ending | null {
  const ours = drafts.current(question.contractId, field);
  if (ours === null) return { kind: 'kept', reason: 'lead_changed', detail: 'contract_not_linked' };
  if (ours.value === question.theirs) return SETTLED;
  if (question.contractId !== leadContractId) return { kind: 'kept', reason: 'lead_changed', detail: 'lead_changed' };
  const tried = drafts.tries(question.contractId, field, question.theirs);
  return tried.ok ? null : { kind: 'kept', reason: 'illegal', detail: tried.code };
}

function keptConflict(
  field: SharedField,
  { contractId, base, ours, theirs }: Question,
  { reason, detail }: Extract<Ending, { readonly kind: 'kept' }>,
  at: number,
): NewConflict {
  return { contractId, field, base, ours, theirs, winner: 'ours', reason, detail, at };
}

function isSameQuestion(a: Question, b: Question): boolean {
  return (
    a.contractId === b.contractId &&
    a.base === b.base &&
    a.ours === b.ours &&
    a.theirs === b.theirs &&
    a.reason === b.reason
  );
}
