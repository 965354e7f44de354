/**
 * The model: what the whole system could look like, as plain data. It knows contracts, CRM records as people see them, links, conflicts
 * and history, and no queues, deliveries, leases, intents or tokens. When the engine may or may not have looked at a record yet, there
 * are two possible worlds; what the API and the portals then show rules some of them out (`possible-worlds.ts`). Legality of a single
 * change and the values that follow from one contract are the domain's, which has tests of its own; everything about who sees what
 * when, who wins and what is kept is written anew here.
 */
import type { Contract, PlainDate, SharedField } from '../../server/domain/contract.ts';
import { SHARED_FIELDS } from '../../server/domain/contract.ts';
import { MIRROR_FIELD_NAMES, MIRROR_FIELDS, type MirrorField } from '../../server/domain/mirror.ts';

export const PORTALS = ['A', 'B'] as const;
export type PortalName = (typeof PORTALS)[number];

export type Shown = Readonly<Record<MirrorField, string | null>>;
export type Author = 'us' | 'person';

export type ContractModel = {
  readonly contract: Contract;
  readonly changedAt: Readonly<Record<SharedField, number>>;
  /** `field: previous → value` of every recorded change, sorted. */
  readonly audit: readonly string[];
};

export type RecordModel = {
  readonly portal: PortalName;
  readonly type: 'opportunity' | 'account';
  readonly id: string;
  readonly life: 'live' | 'archived' | 'gone' | 'merged';
  readonly into: string | null;
  readonly shown: Shown;
  /** Who wrote what is shown. */
  readonly author: Readonly<Record<MirrorField, Author>>;
  readonly editedAt: Readonly<Record<MirrorField, number>>;
  /** What was shown when this record was last looked at; null before it was ever looked at with a contract. */
  readonly base: Shown | null;
  /** The contract whose values were put there. */
  readonly lead: string | null;
  readonly links: readonly string[];
  /** Links of a record that is away. */
  readonly tombs: readonly string[];
  /** It was cleared after its last contract was taken off, and will be looked at once more to make sure. */
  readonly clearing: boolean;
};

export type ConflictModel = {
  readonly contractId: string | null;
  readonly field: MirrorField;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly winner: 'ours' | 'theirs';
  readonly restored: boolean;
};

export type PossibleWorld = {
  readonly contracts: Readonly<Record<string, ContractModel>>;
  readonly records: Readonly<Record<string, RecordModel>>;
  /** Sorted by their text, so that equal worlds have equal texts. */
  readonly conflicts: readonly ConflictModel[];
  readonly connected: Readonly<Record<PortalName, boolean>>;
};

export type Moment = { readonly asOf: PlainDate; readonly now: number };

const everyField = <T>(value: T): Record<MirrorField, T> =>
  // Every name of the closed set is given the value.
  Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, value])) as Record<MirrorField, T>;

export const NOTHING_SHOWN: Shown = everyField(null);

export const isShared = (field: MirrorField): field is SharedField => MIRROR_FIELDS[field].ownership === 'shared';

export function newRecord(ref: Pick<RecordModel, 'portal' | 'type' | 'id'>): RecordModel {
  return {
    ...ref,
    life: 'live',
    into: null,
    shown: NOTHING_SHOWN,
    author: everyField<Author>('person'),
    editedAt: everyField(0),
    base: null,
    lead: null,
    links: [],
    tombs: [],
    clearing: false,
  };
}

export const recordKey = ({ portal, type, id }: Pick<RecordModel, 'portal' | 'type' | 'id'>): string =>
  `${portal}/${type}/${id}`;

export function recordAt(world: PossibleWorld, key: string): RecordModel {
  const record = world.records[key];
  if (record === undefined) throw new Error(`the model has no record ${key}`);
  return record;
}

export function contractAt(world: PossibleWorld, id: string): ContractModel {
  const contract = world.contracts[id];
  if (contract === undefined) throw new Error(`the model has no contract ${id}`);
  return contract;
}

export const withRecord = (world: PossibleWorld, record: RecordModel): PossibleWorld => ({
  ...world,
  records: { ...world.records, [recordKey(record)]: record },
});

export const withConflicts = (world: PossibleWorld, conflicts: readonly ConflictModel[]): PossibleWorld => ({
  ...world,
  conflicts: conflicts.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
});

/** What a change leaves in the history. The registers that only people's forms set are not part of the model. */
const AUDITED = {
  stage: ({ stage }) => stage,
  endDate: ({ term }) => term.endDate,
  renewalDecision: ({ renewalDecision }) => renewalDecision,
  renewalsLeft: ({ term }) => (term.renewalsLeft === null ? null : String(term.renewalsLeft)),
  signedDate: ({ signedDate }) => signedDate,
} as const satisfies Record<string, (contract: Contract) => string | null>;
export const AUDITED_FIELDS: readonly string[] = Object.keys(AUDITED);

export const auditText = (field: string, previous: string | null, value: string | null): string =>
  `${field}: ${previous} → ${value}`;

/** The contract after a change, with its history and with the clock of each shared field that changed. */
export function recorded(
  before: ContractModel | null,
  contract: Contract,
  clocks: (field: SharedField) => number,
): ContractModel {
  const changes = Object.entries(AUDITED).flatMap(([field, read]) => {
    const previous = before === null ? null : read(before.contract);
    const value = read(contract);
    return previous === value ? [] : [{ field, text: auditText(field, previous, value) }];
  });
  const changed = new Set(changes.map(({ field }) => (field === 'endDate' ? 'renewalDate' : field)));
  const changedAt = Object.fromEntries(
    SHARED_FIELDS.map((field) => [
      field,
      before === null || changed.has(field) ? clocks(field) : before.changedAt[field],
    ]),
  ) as Record<SharedField, number>;
  return { contract, changedAt, audit: [...(before?.audit ?? []), ...changes.map(({ text }) => text)].toSorted() };
}

export const withContract = (world: PossibleWorld, model: ContractModel): PossibleWorld => ({
  ...world,
  contracts: { ...world.contracts, [model.contract.id]: model },
});
