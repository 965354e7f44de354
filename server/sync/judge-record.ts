/**
 * Decides what one reading of one CRM record means: which contract changes, conflicts and write it calls for. Pure; the caller
 * commits the judgement as a whole and only then writes to the host (docs/sync-spec.md, S1–S3, S9–S12).
 *
 *   read ─▶ gone? ──────────────▶ tombstone or alias
 *        ─▶ back? ──────────────▶ restore, judge again
 *        ─▶ history needed? ────▶ read again with history
 *        ─▶ people's runs ─▶ accepted | refused | conflict ─▶ contract updates
 *        ─▶ wanted − shown ─────▶ intent (write-ahead), or nothing
 */
import { type PlainDate, SHARED_FIELDS, type SharedField } from '../domain/contract.ts';
import type { ConflictPolicy } from '../domain/merge.ts';
import type { MirrorField, MirrorValues } from '../domain/mirror.ts';
import { MIRROR_FIELD_NAMES } from '../domain/mirror.ts';
import type { ConnectionRef, HostRecord, RecordRead } from '../crm/port.ts';
import type {
  Intent,
  LinkChange,
  LinkedContract,
  MirrorNext,
  QuestionChange,
  Questions,
  RecordCommit,
  RecordState,
} from '../store/port.ts';
import { createContractDrafts } from './contract-drafts.ts';
import { judgeFields } from './judge-fields.ts';
import { abandonedQuestions, createQuestionBook } from './questions.ts';

export type JudgeContext = {
  readonly connection: ConnectionRef;
  /** Our clock. */
  readonly now: number;
  readonly asOf: PlainDate;
  /** Used for the intent, if one is needed. */
  readonly freshToken: string;
  readonly eventId: string | null;
  readonly conflictPolicy: Readonly<Record<SharedField, ConflictPolicy>>;
  readonly wanted: (linked: readonly LinkedContract[]) => {
    readonly leadContractId: string | null;
    readonly values: MirrorValues;
  };
};

export type Judgement =
  /** The record needs neither a commit nor a write. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'history_needed' }
  /** The host answered with a state older than one already seen. */
  | { readonly kind: 'outdated_read' }
  | {
      readonly kind: 'commit';
      readonly commit: RecordCommit;
      /** The links changed: look at the record once more. */
      readonly again: boolean;
      /** Fields whose value the host changed on storing ours; they are left alone, since writing again would not help. */
      readonly unfit: readonly MirrorField[];
    };

/** How long an intent that no history shows is kept in case the write still lands; by then no host holds a request any more. */
export const INTENT_KEPT_MS_MAX = 900_000;
/** A reading that only confirms is recorded when the last record of agreement is older than this. */
const AGREEMENT_REFRESH_MS = 3_600_000;

const NEVER: MirrorNext = {
  leadContractId: null,
  base: {},
  syncToken: null,
  historyCheckedAt: 0,
  hostUpdatedAt: null,
  lastAgreedAt: null,
  state: 'live',
  facts: {},
  asked: {},
};

/**
 * True when nothing links, mirrors or awaits this record any more: it gets no read and no write. A record that carries on after a merge
 * has a mirror without a base until it is looked at: it may show what we wrote to a record that lost its last contract just before.
 */
export function isSettledAndUnlinked(state: RecordState): boolean {
  if (state.contracts.length > 0 || state.hasTombstones || state.intents.length > 0) return false;
  if (state.mirror === null) return true;
  const known = Object.values(state.mirror.base);
  return known.length > 0 && known.every((value) => value === null);
}

export function judgeRecord(state: RecordState, read: RecordRead, context: JudgeContext): Judgement {
  switch (read.kind) {
    case 'archived':
    case 'missing':
      return judgeGone(state, read.kind, context.now);
    case 'merged':
      // Tombstones would travel with the alias to a record that lives: they are lifted first.
      return state.hasTombstones ? judgeReturned(state) : judgeMerged(state, read.into, context.now);
    case 'live':
      return isThoughtGone(state) ? judgeReturned(state) : judgeLive(state, read.record, context);
  }
}

/** Also when a merge has added living links to a record whose own are tombstones. */
function isThoughtGone({ hasTombstones, mirror }: RecordState): boolean {
  return hasTombstones || (mirror !== null && mirror.state !== 'live');
}

/**
 * Sync rule S12. Base and intents are kept, so that a restored record goes on where it stopped: what a write of ours did to it before it
 * went can be read only once it is back, and an edit after that write belongs to the contract that the write had shown (S9). Only of a
 * record that nothing links is nothing expected any more.
 */
function judgeGone(state: RecordState, kind: 'archived' | 'missing', now: number): Judgement {
  const mirror = mirrorOf(state);
  const isUnlinked = state.contracts.length === 0 && !state.hasTombstones;
  const questions = isUnlinked ? abandonedQuestions(mirror.asked, 'contract_not_linked', now) : [];
  const retireTokens = isUnlinked ? tokensOf(state.intents) : [];
  const isKnown = state.contracts.length === 0 && retireTokens.length === 0 && mirror.state === kind;
  if (state.mirror !== null && isKnown && questions.length === 0) return { kind: 'idle' };
  const linkChange: LinkChange | null = state.contracts.length > 0 ? { kind: 'tombstone', reason: kind } : null;
  const asked = isUnlinked ? {} : mirror.asked;
  return commitOf(state, { mirror: { ...mirror, asked, state: kind }, linkChange, questions, retireTokens });
}

/**
 * Sync rule S11. The links move; what was agreed does not, because the surviving record took its values from either of the two. It is
 * met as a newly linked one: contracts prevail, and a value that no linked contract holds becomes a conflict. An open question becomes one
 * too, since the record that it was about shows its value no more.
 */
function judgeMerged(state: RecordState, into: RecordState['ref'], now: number): Judgement {
  const { facts, asked } = mirrorOf(state);
  return commitOf(state, {
    mirror: { ...NEVER, facts },
    linkChange: { kind: 'alias', into },
    questions: abandonedQuestions(asked, 'record_merged', now),
    retireTokens: tokensOf(state.intents),
  });
}

function judgeReturned(state: RecordState): Judgement {
  return commitOf(state, {
    mirror: { ...mirrorOf(state), state: 'live' },
    linkChange: { kind: 'restore' },
    questions: [],
    again: true,
  });
}

function judgeLive(state: RecordState, record: HostRecord, context: JudgeContext): Judgement {
  const { mirror } = state;
  if (mirror !== null && mirror.hostUpdatedAt !== null && record.updatedAt < mirror.hostUpdatedAt)
    return { kind: 'outdated_read' };
  const isOurs = record.syncToken !== (mirror?.syncToken ?? null) || state.intents.length > 0;
  if (record.history === null && isOurs) return { kind: 'history_needed' };

  const drafts = createContractDrafts(state.contracts, context.asOf);
  const book = createQuestionBook(mirror?.asked ?? {}, context.now);
  const fields = judgeFields({ state, record, context, drafts, questions: book });
  if (fields === 'history_needed') return { kind: 'history_needed' };

  const wanted = context.wanted(drafts.linked());
  const questions = book.conclude(wanted.leadContractId, drafts);
  const base: MirrorValues = { ...mirror?.base, ...record.values };
  const delta = difference({ ...wanted.values, ...leftAlone(questions.asked) }, base, fields.unfit);
  const agreed = Object.keys(delta).length === 0;
  const next: MirrorNext = {
    leadContractId: agreed ? wanted.leadContractId : fields.shownContractId,
    base,
    syncToken: record.syncToken,
    historyCheckedAt: Math.max(mirror?.historyCheckedAt ?? 0, record.updatedAt, record.history?.at(-1)?.at ?? 0),
    hostUpdatedAt: record.updatedAt,
    lastAgreedAt: agreed ? context.now : (mirror?.lastAgreedAt ?? null),
    state: 'live',
    facts: record.facts,
    asked: questions.asked,
  };
  const conflicts = [...fields.conflicts, ...questions.conflicts];
  const retireTokens = retired(state.intents, record, context.now);
  const updates = drafts.updates();
  const hasQuestions = questions.changes.length > 0;
  const isNews = !agreed || hasQuestions || updates.length > 0 || conflicts.length > 0 || retireTokens.length > 0;
  if (!isNews && mirror !== null && isSameMirror(mirror, next)) return { kind: 'idle' };
  const intent: Intent | null = agreed
    ? null
    : { syncToken: context.freshToken, contractId: wanted.leadContractId, values: delta, createdAt: context.now };
  return {
    kind: 'commit',
    commit: {
      ref: state.ref,
      expectedMirrorRevision: mirror?.revision ?? null,
      mirror: next,
      updates,
      conflicts,
      questions: questions.changes,
      retireTokens,
      intent,
      linkChange: null,
    },
    again: false,
    unfit: fields.unfit,
  };
}

/**
 * What a person has yet to decide is not written: the record keeps its own value. Where a write of ours had covered it before we knew, it
 * is put back, so that the question is about what both sides show.
 */
function leftAlone(asked: Questions): MirrorValues {
  const values: { [F in MirrorField]?: string | null } = {};
  for (const field of SHARED_FIELDS) {
    const question = asked[field];
    if (question !== undefined) values[field] = question.theirs;
  }
  return values;
}

/** Only what differs is ever written. A field that the host does not report counts as empty. */
function difference(wanted: MirrorValues, base: MirrorValues, unfit: readonly MirrorField[]): MirrorValues {
  const delta: { [F in MirrorField]?: string | null } = {};
  for (const field of MIRROR_FIELD_NAMES) {
    const value = wanted[field] ?? null;
    if (value !== (base[field] ?? null) && !unfit.includes(field)) delta[field] = value;
  }
  return delta;
}

/** Intents that landed, by the token's history or its present value, and those too old to land. */
function retired(intents: readonly Intent[], record: HostRecord, now: number): readonly string[] {
  const landed = new Set(record.history?.filter((edit) => edit.field === 'syncToken').map((edit) => edit.value));
  landed.add(record.syncToken);
  return tokensOf(
    intents.filter((intent) => landed.has(intent.syncToken) || now - intent.createdAt > INTENT_KEPT_MS_MAX),
  );
}

function tokensOf(intents: readonly Intent[]): readonly string[] {
  return intents.map((intent) => intent.syncToken);
}

/** Of a record that lives and was thought to. */
function isSameMirror(mirror: MirrorNext, next: MirrorNext): boolean {
  const isFresh = next.lastAgreedAt === null || next.lastAgreedAt - (mirror.lastAgreedAt ?? 0) < AGREEMENT_REFRESH_MS;
  return (
    isFresh &&
    mirror.leadContractId === next.leadContractId &&
    mirror.syncToken === next.syncToken &&
    mirror.hostUpdatedAt === next.hostUpdatedAt &&
    isSameRecord(mirror.base, next.base) &&
    isSameRecord(mirror.facts, next.facts)
  );
}

function isSameRecord(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}

function mirrorOf(state: RecordState): MirrorNext {
  if (state.mirror === null) return NEVER;
  const { revision: _revision, ...rest } = state.mirror;
  return rest;
}

function commitOf(
  state: RecordState,
  change: {
    readonly mirror: MirrorNext;
    readonly linkChange: LinkChange | null;
    readonly questions: readonly QuestionChange[];
    /** Of intents of which nothing is expected any more; none unless said. */
    readonly retireTokens?: readonly string[];
    readonly again?: boolean;
  },
): Judgement {
  return {
    kind: 'commit',
    commit: {
      ref: state.ref,
      expectedMirrorRevision: state.mirror?.revision ?? null,
      mirror: change.mirror,
      updates: [],
      conflicts: [],
      questions: change.questions,
      retireTokens: change.retireTokens ?? [],
      intent: null,
      linkChange: change.linkChange,
    },
    again: change.again ?? false,
    unfit: [],
  };
}
