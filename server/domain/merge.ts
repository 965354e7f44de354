/**
 * Three-way merge of one field between a contract and one CRM record (sync rules S1, S2, S9).
 *
 * The host's history since the last agreed value is cut into runs: what people wrote between two writes of ours, each with the value
 * that they saw when they began. A run whose editor saw our current value succeeds it without asking any clock; any other is a
 * conflict, decided by policy and kept whichever way it goes. So an edit that one of our writes overwrote is found again, and one of
 * our own writes, however late it lands, is never taken for a person's. Causality comes before clocks.
 */
export type FieldText = string | null;

/** One entry of a field's history on the host, oldest first. */
export type FieldEntry = {
  readonly value: FieldText;
  /** Epoch ms by the host's clock. */
  readonly at: number;
  readonly author: 'us' | 'person';
  readonly authorId: string | null;
  /** The contract that the record showed when the entry was made. */
  readonly contractId: string | null;
};

/** People's edits between two writes of ours, folded to the last of them. */
export type PersonRun = {
  /** What the record showed when the run began: what its editor saw. */
  readonly seen: FieldText;
  readonly value: FieldText;
  readonly at: number;
  readonly authorId: string | null;
  readonly contractId: string | null;
  /** Still shown; otherwise one of our writes has overwritten it. */
  readonly standing: boolean;
};

/** `ask`: neither value wins; a person decides. */
export const CONFLICT_POLICIES = ['newest', 'host', 'ours', 'ask'] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

export type Resolution =
  /** Both sides hold the same value already. */
  | { readonly kind: 'agreed' }
  /** The editor saw our value and changed it: theirs follows ours. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'conflict'; readonly winner: 'ours' | 'theirs' | 'undecided' };

/**
 * The entries that no earlier reading has judged. `judgedUntil` (host time) ends what was seen, `base` is what was seen last: entries
 * of that very instant that came after the base value count as new, so that two changes in one tick of the host's clock are told apart.
 */
export function unjudgedEntries(
  entries: readonly FieldEntry[],
  base: FieldText,
  judgedUntil: number,
): readonly FieldEntry[] {
  const firstLater = entries.findIndex((entry) => entry.at > judgedUntil);
  const seenCount = firstLater === -1 ? entries.length : firstLater;
  const anchor = entries.findLastIndex((entry, index) => index < seenCount && entry.value === base);
  return entries.slice(anchor === -1 ? seenCount : anchor + 1);
}

/**
 * What people did since the base was agreed. `shown` is the value read now; where the entries do not end in it (history cut short or
 * not asked for), the difference is somebody's edit of `shown.at`.
 */
export function personRuns(
  base: FieldText,
  entries: readonly FieldEntry[],
  shown: { readonly value: FieldText; readonly at: number; readonly contractId: string | null },
): readonly PersonRun[] {
  const last = entries.at(-1);
  const missing = (last === undefined ? base : last.value) !== shown.value;
  const unknownEdit: FieldEntry = { ...shown, author: 'person', authorId: null };
  const runs: PersonRun[] = [];
  let seen = base;
  let open: PersonRun | null = null;
  for (const entry of missing ? [...entries, unknownEdit] : entries) {
    if (open !== null && (entry.author === 'us' || entry.contractId !== open.contractId)) {
      runs.push({ ...open, standing: false });
      seen = open.value;
      open = null;
    }
    if (entry.author === 'us') seen = entry.value;
    else {
      const { value, at, authorId, contractId } = entry;
      open = { seen, value, at, authorId, contractId, standing: true };
    }
  }
  if (open !== null) runs.push(open);
  return runs.filter((run) => run.value !== run.seen);
}

/** Judges one run against our current value. `changedAt` is when ours was set; it decides only where neither side saw the other. */
export function resolveRun(
  ours: { readonly value: FieldText; readonly changedAt: number },
  run: PersonRun,
  policy: ConflictPolicy,
): Resolution {
  if (run.value === ours.value) return { kind: 'agreed' };
  if (run.seen === ours.value) return { kind: 'accepted' };
  return { kind: 'conflict', winner: winnerOf(ours, run, policy) };
}

/** An equal instant falls to the larger text: a fixed choice, so that it does not matter which side was read first. */
function winnerOf(
  ours: { readonly value: FieldText; readonly changedAt: number },
  run: PersonRun,
  policy: ConflictPolicy,
): 'ours' | 'theirs' | 'undecided' {
  if (policy === 'ask') return 'undecided';
  if (policy === 'host') return 'theirs';
  if (policy === 'ours') return 'ours';
  if (run.at !== ours.changedAt) return run.at > ours.changedAt ? 'theirs' : 'ours';
  return (run.value ?? '') > (ours.value ?? '') ? 'theirs' : 'ours';
}
