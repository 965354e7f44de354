/** What people do, as pure changes of a possible world, and what they are answered. */
import { must } from '../../server/domain/assert.ts';
import {
  type Contract,
  type ContractStage,
  type PlainDate,
  RENEWAL_DECISIONS,
  type RenewalDecision,
  type SharedField,
} from '../../server/domain/contract.ts';
import { addDays, parsePlainDate } from '../../server/domain/dates.ts';
import { leadContract } from '../../server/domain/lead.ts';
import type { MirrorField } from '../../server/domain/mirror.ts';
import { applyRenewalDate, decideRenewal, endDateOf, renewalDateOf } from '../../server/domain/renewal.ts';
import { moveStage, parseContractStage, stageAsOf } from '../../server/domain/stage.ts';
import {
  type ConflictModel,
  contractAt,
  type Moment,
  type PossibleWorld,
  recordAt,
  recorded,
  type RecordModel,
  withConflicts,
  withContract,
  withRecord,
} from './possible-world.ts';

/** A change of one contract: by whichever door, decided by the same rules. */
export type Change =
  | { readonly kind: 'stage'; readonly to: ContractStage }
  | { readonly kind: 'decision'; readonly to: RenewalDecision }
  | { readonly kind: 'end_date'; readonly to: PlainDate | null }
  | { readonly kind: 'renewal_date'; readonly to: PlainDate | null };

type Decided = { readonly answer: string; readonly contract: Contract | null };

function decide(contract: Contract, change: Change, asOf: PlainDate): Decided {
  switch (change.kind) {
    case 'stage': {
      const moved = moveStage(contract, change.to, { asOf });
      return moved.ok ? accepted(moved.contract) : { answer: `stage_move_refused ${moved.code}`, contract: null };
    }
    case 'decision':
      return contract.stage === 'terminated' || contract.stage === 'void'
        ? { answer: 'stage_move_refused contract_closed', contract: null }
        : accepted(decideRenewal(contract, change.to, asOf));
    case 'end_date':
    case 'renewal_date': {
      const date = change.to === null || change.kind === 'renewal_date' ? change.to : addDays(change.to, 1);
      const applied = applyRenewalDate(contract, date, asOf);
      return applied.ok ? accepted(applied.contract) : { answer: `date_refused ${applied.code}`, contract: null };
    }
  }
}

const accepted = (contract: Contract): Decided => ({ answer: 'ok', contract });

/** The answer to a change that is made on a current reading. */
export const answerTo = (world: PossibleWorld, id: string, change: Change, { asOf }: Moment): string =>
  decide(contractAt(world, id).contract, change, asOf).answer;

export function changeContract(world: PossibleWorld, id: string, change: Change, moment: Moment): PossibleWorld {
  const before = contractAt(world, id);
  const { contract } = decide(before.contract, change, moment.asOf);
  return contract === null
    ? world
    : withContract(
        world,
        recorded(before, contract, () => moment.now),
      );
}

/** What lists and cards tell of a contract. */
export function contractFacts(
  world: PossibleWorld,
  id: string,
  asOf: PlainDate,
): Readonly<Record<string, string | null>> {
  const { contract } = contractAt(world, id);
  return {
    stage: stageAsOf(contract, asOf),
    endDate: endDateOf(contract, asOf),
    renewalDate: renewalDateOf(contract, asOf),
    renewalDecision: contract.renewalDecision,
  };
}

export function cardFacts(world: PossibleWorld, key: string, asOf: PlainDate): unknown {
  const { links } = recordAt(world, key);
  const lead = leadContract(
    links.map((id) => contractAt(world, id).contract),
    asOf,
  );
  return links.toSorted().map((id) => ({ id, isLead: id === (lead?.id ?? null), ...contractFacts(world, id, asOf) }));
}

export const linkCount = (world: PossibleWorld, id: string): number =>
  Object.values(world.records).filter(({ links }) => links.includes(id)).length;

export function editRecord(
  world: PossibleWorld,
  key: string,
  edit: { readonly field: MirrorField; readonly value: string | null; readonly at: number },
): PossibleWorld {
  const record = recordAt(world, key);
  const { field, value, at } = edit;
  if (record.shown[field] === value) return world;
  return withRecord(world, {
    ...record,
    shown: { ...record.shown, [field]: value },
    author: { ...record.author, [field]: 'person' },
    editedAt: { ...record.editedAt, [field]: at },
  });
}

export function attach(world: PossibleWorld, key: string, contractId: string): PossibleWorld {
  const record = recordAt(world, key);
  return withRecord(world, {
    ...record,
    links: [...new Set([...record.links, contractId])].toSorted(),
    tombs: record.tombs.filter((id) => id !== contractId),
  });
}

export function detach(world: PossibleWorld, key: string, contractId: string): PossibleWorld {
  const record = recordAt(world, key);
  const without = (ids: readonly string[]): readonly string[] => ids.filter((id) => id !== contractId);
  return withRecord(world, { ...record, links: without(record.links), tombs: without(record.tombs) });
}

export const setLife = (world: PossibleWorld, key: string, life: RecordModel['life']): PossibleWorld =>
  withRecord(world, { ...recordAt(world, key), life });

/** Two records become a third one, which shows what the portal made of both. */
export function merge(
  world: PossibleWorld,
  [primary, other]: readonly [string, string],
  survivor: RecordModel,
): PossibleWorld {
  const into = `${survivor.portal}/${survivor.type}/${survivor.id}`;
  const gone = (key: string): RecordModel => ({ ...recordAt(world, key), life: 'merged', into });
  const redirected = Object.values(world.records).reduce(
    (next, record) => (record.into === primary || record.into === other ? withRecord(next, { ...record, into }) : next),
    world,
  );
  return withRecord(withRecord(withRecord(redirected, gone(primary)), gone(other)), survivor);
}

/** A conflict without what a restoring changes about it. */
const conflictText = ({ contractId, field, ours, theirs, winner }: Omit<ConflictModel, 'restored'>): string =>
  JSON.stringify([contractId, field, ours, theirs, winner]);

/** How the value that lost is put back; null when it cannot be. */
export function restoring(conflict: ConflictModel): Change | null {
  const value = conflict.winner === 'ours' ? conflict.theirs : conflict.ours;
  const field = conflict.field as SharedField;
  switch (field) {
    case 'stage': {
      const to = parseContractStage(value);
      return to === null ? null : { kind: 'stage', to };
    }
    case 'renewalDecision': {
      const to = RENEWAL_DECISIONS.find((known) => known === value);
      return to === undefined ? null : { kind: 'decision', to };
    }
    case 'renewalDate':
      return { kind: 'renewal_date', to: value === null ? null : parsePlainDate(value) };
    default:
      return null;
  }
}

export function restoreConflict(world: PossibleWorld, text: string, moment: Moment): PossibleWorld {
  const conflict = must(openConflict(world, text), 'open conflict');
  const change = restoring(conflict);
  if (change === null || conflict.contractId === null) return world;
  if (answerTo(world, conflict.contractId, change, moment) !== 'ok') return world;
  const index = world.conflicts.indexOf(conflict);
  const conflicts = world.conflicts.map((each, at) => (at === index ? { ...each, restored: true } : each));
  return withConflicts(changeContract(world, conflict.contractId, change, moment), conflicts);
}

export const openConflict = (world: PossibleWorld, text: string): ConflictModel | undefined =>
  world.conflicts.find((conflict) => !conflict.restored && conflictText(conflict) === text);
