/**
 * The field-by-field part of judging a record: cuts the host's history into people's runs, gives each run to the contract that its
 * editor was looking at, and records whatever loses (sync rules S2, S9, S10). An edit of a field that is ours is never taken over; it
 * is put back and said so.
 */
import { SHARED_FIELDS, type SharedField } from '../domain/contract.ts';
import { type FieldEntry, type PersonRun, personRuns, resolveRun, unjudgedEntries } from '../domain/merge.ts';
import { MIRROR_FIELD_NAMES, type MirrorField } from '../domain/mirror.ts';
import { canonicalText } from '../domain/wanted-values.ts';
import type { HostFieldEdit, HostRecord } from '../crm/port.ts';
import type { Intent, NewConflict, Provenance, RecordState } from '../store/port.ts';
import { EDIT_ORDER } from './apply-edit.ts';
import type { ContractDrafts } from './contract-drafts.ts';
import type { JudgeContext } from './judge-record.ts';
import type { QuestionBook } from './questions.ts';

type Judging = {
  readonly state: RecordState;
  readonly record: HostRecord;
  readonly context: JudgeContext;
  /** Edited in place as runs are accepted. */
  readonly drafts: ContractDrafts;
  /** Takes what the policy leaves to people. */
  readonly questions: QuestionBook;
};

export type FieldsJudged = {
  readonly conflicts: readonly NewConflict[];
  /** Whose values the record shows now. */
  readonly shownContractId: string | null;
  readonly unfit: readonly MirrorField[];
};

const OURS_FIRST: readonly MirrorField[] = [...MIRROR_FIELD_NAMES.filter((field) => !isShared(field)), ...EDIT_ORDER];

export function judgeFields(judging: Judging): FieldsJudged | 'history_needed' {
  const { state, record } = judging;
  const shown = shownContracts(state, record);
  const conflicts: NewConflict[] = [];
  for (const field of OURS_FIRST) {
    const theirs = record.values[field];
    if (theirs === undefined) continue;
    const base = state.mirror?.base[field];
    if (base === undefined) {
      const met = judgeFirstMeeting(judging, field, theirs);
      if (met === 'history_needed') return met;
      conflicts.push(...met);
      continue;
    }
    const entries = shown.entriesOf(field);
    const runs = personRuns(base, unjudgedEntries(entries, base, state.mirror?.historyCheckedAt ?? 0), {
      value: theirs,
      at: record.updatedAt,
      contractId: shown.contractId,
    });
    for (const run of runs) {
      if (!isShared(field)) conflicts.push(putBack(judging, field, run));
      else if (record.history === null && needsClock(judging, field, run)) return 'history_needed';
      else conflicts.push(...judgeRun(judging, field, run));
    }
  }
  return {
    conflicts: conflicts.filter((conflict) => conflict.ours !== conflict.theirs),
    shownContractId: shown.contractId,
    unfit: unfitFields(state.intents, record),
  };
}

function isShared(field: MirrorField): field is SharedField {
  return SHARED_FIELDS.some((shared) => shared === field);
}

/**
 * Which contract the record showed at each entry: the one whose number we had written last. The token alone would not do, because a
 * late write of a few fields leaves the number, and with it what people see, as it is.
 */
function shownContracts(
  state: RecordState,
  record: HostRecord,
): { readonly contractId: string | null; readonly entriesOf: (field: MirrorField) => readonly FieldEntry[] } {
  const byNumber = contractsByNumber(state);
  let contractId = state.mirror?.leadContractId ?? null;
  const byField = new Map<string, FieldEntry[]>();
  for (const edit of wholeHistory(state, record)) {
    if (edit.field === 'leadContractNumber' && edit.author === 'us' && edit.at >= (state.mirror?.historyCheckedAt ?? 0))
      contractId = byNumber.get(edit.value) ?? null;
    const entries = byField.get(edit.field) ?? [];
    entries.push({ value: edit.value, at: edit.at, author: edit.author, authorId: edit.authorId, contractId });
    byField.set(edit.field, entries);
  }
  return { contractId, entriesOf: (field) => byField.get(field) ?? [] };
}

/**
 * The host's history with what it leaves out: an org keeps no history of the fields that are ours, but of the number that says whose they
 * are. What our writes did to the others is known from the intents, at the place of their token. The last write's fields that
 * show what they showed before were not changed by it.
 */
function wholeHistory({ mirror, intents }: RecordState, record: HostRecord): readonly HostFieldEdit[] {
  const history = record.history ?? [];
  return history.flatMap((entry) => {
    const intent =
      entry.field === 'syncToken' ? intents.find((candidate) => candidate.syncToken === entry.value) : undefined;
    if (intent === undefined) return [entry];
    const left = MIRROR_FIELD_NAMES.filter(
      (field) =>
        intent.values[field] !== undefined &&
        !isShared(field) &&
        !(entry.value === record.syncToken && record.values[field] === mirror?.base[field]) &&
        !history.some((kept) => kept.field === field && kept.at === entry.at),
    );
    return [...left.map((field): HostFieldEdit => ({ ...entry, field, value: intent.values[field] ?? null })), entry];
  });
}

function contractsByNumber({ mirror, intents, contracts }: RecordState): ReadonlyMap<string | null, string | null> {
  return new Map<string | null, string | null>([
    [mirror?.base.leadContractNumber ?? null, mirror?.leadContractId ?? null],
    ...contracts.map(({ contract }) => [canonicalText(contract.number), contract.id] as const),
    ...intents.flatMap(({ values, contractId }) =>
      values.leadContractNumber === undefined ? [] : [[values.leadContractNumber, contractId] as const],
    ),
  ]);
}

/** A conflict is decided by when each side changed, which only the history knows to the field. */
function needsClock({ context, drafts }: Judging, field: SharedField, run: PersonRun): boolean {
  const ours = drafts.current(run.contractId, field);
  return ours !== null && resolveRun(ours, run, context.conflictPolicy[field]).kind === 'conflict';
}

function judgeRun(judging: Judging, field: SharedField, run: PersonRun): readonly NewConflict[] {
  const { context, drafts } = judging;
  const ours = drafts.current(run.contractId, field);
  if (ours === null || run.contractId === null)
    return [
      conflictOf(judging, field, run, {
        ours: null,
        winner: 'ours',
        reason: 'lead_changed',
        detail: 'contract_not_linked',
      }),
    ];
  const resolution = resolveRun(ours, run, context.conflictPolicy[field]);
  const reason = run.standing ? 'both_changed' : 'overwritten';
  const detail = context.conflictPolicy[field];
  if (resolution.kind === 'conflict' && resolution.winner === 'undecided') {
    const tried = drafts.tries(run.contractId, field, run.value);
    if (tried.ok) {
      judging.questions.ask(field, { ...run, contractId: run.contractId }, ours.value);
      return [];
    }
  }
  judging.questions.pass(field, run);
  if (resolution.kind === 'agreed') return [];
  if (resolution.kind === 'conflict' && resolution.winner === 'ours')
    return [conflictOf(judging, field, run, { ours: ours.value, winner: 'ours', reason, detail })];
  const edited = drafts.edit(run.contractId, field, run.value, provenanceOf(judging, run));
  if (!edited.ok)
    return [
      conflictOf(judging, field, run, { ours: ours.value, winner: 'ours', reason: 'illegal', detail: edited.code }),
    ];
  if (resolution.kind === 'accepted') return [];
  return [conflictOf(judging, field, run, { ours: ours.value, winner: 'theirs', reason, detail })];
}

function putBack(judging: Judging, field: MirrorField, run: PersonRun): NewConflict {
  const ours = judging.context.wanted(judging.drafts.linked()).values[field] ?? null;
  return conflictOf(judging, field, run, { ours, winner: 'ours', reason: 'owned_by_us', detail: 'owned_by_us' });
}

/**
 * The record's first reading since it was linked, or since it absorbed another: there is no agreed value to merge from. Contracts
 * prevail; what a person wrote and no linked contract holds is kept as a conflict.
 */
function judgeFirstMeeting(
  judging: Judging,
  field: MirrorField,
  theirs: string | null,
): readonly NewConflict[] | 'history_needed' {
  const { state, record, context, drafts } = judging;
  const { leadContractId, values } = context.wanted(drafts.linked());
  const ours = values[field] ?? null;
  if (theirs === null || theirs === ours) return [];
  const held = isShared(field)
    ? state.contracts.some(({ contract }) => drafts.current(contract.id, field)?.value === theirs)
    : false;
  if (held) return [];
  if (record.history === null) return 'history_needed';
  const last = record.history.findLast((edit) => edit.field === field);
  if (last?.author === 'us') return [];
  const run = { seen: null, value: theirs, contractId: leadContractId };
  const reason = isShared(field) ? 'lead_changed' : 'owned_by_us';
  return [conflictOf(judging, field, run, { ours, winner: 'ours', reason, detail: 'first_meeting' })];
}

function conflictOf(
  { context }: Judging,
  field: MirrorField,
  run: Pick<PersonRun, 'seen' | 'value' | 'contractId'>,
  verdict: Pick<NewConflict, 'ours' | 'winner' | 'reason' | 'detail'>,
): NewConflict {
  return { contractId: run.contractId, field, base: run.seen, theirs: run.value, ...verdict, at: context.now };
}

function provenanceOf({ state, context }: Judging, run: PersonRun): Provenance {
  return {
    source: 'host',
    actor: run.authorId,
    connectionId: context.connection.connectionId,
    ref: state.ref,
    eventId: context.eventId,
    at: run.at,
  };
}

/** Fields in which the host stored something else than our last write asked for, with no person in between. */
function unfitFields(intents: readonly Intent[], record: HostRecord): readonly MirrorField[] {
  const intent = intents.find((candidate) => candidate.syncToken === record.syncToken);
  if (intent === undefined || record.history === null) return [];
  const history = record.history;
  return MIRROR_FIELD_NAMES.filter((field) => {
    const asked = intent.values[field];
    if (asked === undefined || (record.values[field] ?? null) === asked) return false;
    return history.findLast((edit) => edit.field === field)?.author === 'us';
  });
}
