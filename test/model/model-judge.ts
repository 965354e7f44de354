/**
 * What the engine may do to a possible world at any time: look at one record and put on it what its contracts call for, or note what the
 * day has changed. Both are single steps of the model, however many calls and transactions they take in the system.
 */
import type { Contract, SharedField } from '../../server/domain/contract.ts';
import { RENEWAL_DECISIONS } from '../../server/domain/contract.ts';
import { WEEKENDS_CALENDAR } from '../../server/domain/calendar.ts';
import { parsePlainDate } from '../../server/domain/dates.ts';
import { MIRROR_FIELD_NAMES, type MirrorField } from '../../server/domain/mirror.ts';
import { applyRenewalDate, decideRenewal } from '../../server/domain/renewal.ts';
import { NO_SLA } from '../../server/domain/sla-summary.ts';
import { moveStage, parseContractStage, stageAsOf } from '../../server/domain/stage.ts';
import { rolledByDate } from '../../server/domain/term.ts';
import { sharedValue, wantedValues } from '../../server/domain/wanted-values.ts';
import {
  type ConflictModel,
  contractAt,
  isShared,
  type Moment,
  NOTHING_SHOWN,
  type PossibleWorld,
  recordAt,
  recorded,
  type RecordModel,
  type Shown,
  withConflicts,
  withContract,
  withRecord,
} from './possible-world.ts';

export type Surroundings = { readonly contractUrl: (contractId: string) => string };

export type Step = { readonly by: 'look' | 'roll'; readonly world: PossibleWorld };

/** Every world that one step of the engine can make of this one. */
export function* steps(world: PossibleWorld, moment: Moment, around: Surroundings): Generator<Step> {
  for (const key of Object.keys(world.records)) {
    const next = look(world, key, moment, around);
    if (next !== world) yield { by: 'look', world: next };
  }
  const rolled = roll(world, moment);
  if (rolled !== world) yield { by: 'roll', world: rolled };
}

function look(world: PossibleWorld, key: string, moment: Moment, around: Surroundings): PossibleWorld {
  const record = recordAt(world, key);
  if (!world.connected[record.portal]) return world;
  switch (record.life) {
    case 'archived':
    case 'gone':
      if (record.links.length === 0) return world;
      return withRecord(world, {
        ...record,
        links: [],
        tombs: union(record.tombs, record.links),
        clearing: record.base === null,
      });
    case 'merged':
      return followMerge(world, record);
    case 'live':
      return lookAtLive(world, { ...record, links: union(record.links, record.tombs), tombs: [] }, moment, around);
  }
}

const union = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])].toSorted();

/** Links and conflicts go to the record that carries on; what was agreed with the old one does not. */
function followMerge(world: PossibleWorld, record: RecordModel): PossibleWorld {
  const links = union(record.links, record.tombs);
  if (record.into === null || (links.length === 0 && isBlank(record.base))) return world;
  const into = recordAt(world, record.into);
  const emptied = withRecord(world, { ...record, links: [], tombs: [], base: null, lead: null });
  // What it took over from records that we wrote to is looked at, also when nothing links it.
  return withRecord(emptied, { ...into, links: union(into.links, links), clearing: into.base === null });
}

const isBlank = (base: Shown | null): boolean =>
  base === null || MIRROR_FIELD_NAMES.every((field) => base[field] === null);

/** Mutable while one record is looked at. */
type Look = {
  readonly before: PossibleWorld;
  readonly record: RecordModel;
  readonly moment: Moment;
  readonly wanted: () => { readonly leadContractId: string | null; readonly values: Shown };
  readonly contracts: Map<string, { contract: Contract; changedAt: Record<SharedField, number> }>;
  readonly conflicts: ConflictModel[];
};

function lookAtLive(world: PossibleWorld, record: RecordModel, moment: Moment, around: Surroundings): PossibleWorld {
  const before = recordAt(world, `${record.portal}/${record.type}/${record.id}`);
  if (record.links.length === 0 && isBlank(record.base) && !record.clearing) return world;
  const contracts = new Map(
    record.links.map((id) => {
      const { contract, changedAt } = contractAt(world, id);
      return [id, { contract, changedAt: { ...changedAt } }];
    }),
  );
  const wanted: Look['wanted'] = () => {
    const linked = [...contracts.values()].map(({ contract }) => ({ contract, sla: NO_SLA }));
    const { leadContractId, values } = wantedValues(linked, {
      asOf: moment.asOf,
      calendarOf: () => WEEKENDS_CALENDAR,
      contractUrl: around.contractUrl,
    });
    return { leadContractId, values: { ...NOTHING_SHOWN, ...values } };
  };
  const looking: Look = { before: world, record, moment, wanted, contracts, conflicts: [] };
  judgeFields(looking);
  return concluded(looking, before);
}

/** Fields that are ours first; then dates, decision and stage, since a stage may need a date of the same minute. */
const ORDER: readonly MirrorField[] = [
  ...MIRROR_FIELD_NAMES.filter((field) => !isShared(field)),
  'renewalDate',
  'renewalDecision',
  'stage',
];

function judgeFields(look: Look): void {
  const { record } = look;
  for (const field of ORDER) {
    const theirs = record.shown[field];
    if (record.base === null) meet(look, field, theirs);
    else if (theirs !== record.base[field]) {
      if (isShared(field)) judgeShared(look, field, record.base[field]);
      else keep(look, { contractId: record.lead, field, ours: look.wanted().values[field], theirs, winner: 'ours' });
    }
  }
}

function keep(look: Look, conflict: Omit<ConflictModel, 'restored'>): void {
  if (conflict.ours !== conflict.theirs) look.conflicts.push({ ...conflict, restored: false });
}

/** The first look: contracts prevail, and what a person wrote and no contract holds is kept. */
function meet(look: Look, field: MirrorField, theirs: string | null): void {
  const { leadContractId, values } = look.wanted();
  if (theirs === null || theirs === values[field] || look.record.author[field] === 'us') return;
  const isHeld =
    isShared(field) &&
    [...look.contracts.values()].some(({ contract }) => sharedValue(contract, field, look.moment.asOf) === theirs);
  if (!isHeld) keep(look, { contractId: leadContractId, field, ours: values[field], theirs, winner: 'ours' });
}

/** A person who saw our value succeeds it; otherwise the later change wins and the other is kept. */
function judgeShared(look: Look, field: SharedField, seen: string | null): void {
  const { record, moment } = look;
  const theirs = record.shown[field];
  const contractId = record.lead;
  const held = contractId === null ? undefined : look.contracts.get(contractId);
  if (held === undefined) return keep(look, { contractId, field, ours: null, theirs, winner: 'ours' });
  const ours = sharedValue(held.contract, field, moment.asOf);
  if (theirs === ours) return;
  const isSuccessor = seen === ours;
  if (!isSuccessor && !isLater(record.editedAt[field], held.changedAt[field], theirs, ours))
    return keep(look, { contractId, field, ours, theirs, winner: 'ours' });
  const edited = edit(held.contract, field, theirs, moment);
  if (edited === null) return keep(look, { contractId, field, ours, theirs, winner: 'ours' });
  held.contract = edited;
  held.changedAt[field] = record.editedAt[field];
  if (!isSuccessor) keep(look, { contractId, field, ours, theirs, winner: 'theirs' });
}

function isLater(theirsAt: number, oursAt: number, theirs: string | null, ours: string | null): boolean {
  return theirsAt === oursAt ? (theirs ?? '') > (ours ?? '') : theirsAt > oursAt;
}

/** Null when the domain refuses the value. */
function edit(contract: Contract, field: SharedField, value: string | null, { asOf }: Moment): Contract | null {
  switch (field) {
    case 'stage': {
      const stage = parseContractStage(value);
      const moved = stage === null ? null : moveStage(contract, stage, { asOf });
      return moved?.ok === true ? moved.contract : null;
    }
    case 'renewalDate': {
      const applied = applyRenewalDate(contract, value === null ? null : parsePlainDate(value), asOf);
      return applied.ok ? applied.contract : null;
    }
    case 'renewalDecision': {
      const decision = RENEWAL_DECISIONS.find((known) => known === (value ?? 'undecided'));
      return decision === undefined ? null : decideRenewal(contract, decision, asOf);
    }
  }
}

/** Contracts as edited, what lost, and the record showing what it should. */
function concluded(look: Look, before: RecordModel): PossibleWorld {
  const { record } = look;
  let world = withConflicts(look.before, [...look.before.conflicts, ...look.conflicts]);
  for (const [id, { contract, changedAt }] of look.contracts) {
    const was = contractAt(world, id);
    if (contract !== was.contract)
      world = withContract(
        world,
        recorded(was, contract, (field) => clockOf(field, was.changedAt, changedAt)),
      );
  }
  const { leadContractId, values } = look.wanted();
  const author = { ...record.author };
  for (const field of MIRROR_FIELD_NAMES) if (values[field] !== record.shown[field]) author[field] = 'us';
  const clearing = record.links.length === 0 && JSON.stringify(values) !== JSON.stringify(record.shown);
  const after: RecordModel = { ...record, shown: values, base: values, author, lead: leadContractId, clearing };
  const isNews =
    JSON.stringify(after) !== JSON.stringify(before) || JSON.stringify(world) !== JSON.stringify(look.before);
  return isNews ? withRecord(world, after) : look.before;
}

/** An end date that a decision wrote down has that decision's clock. */
function clockOf(
  field: SharedField,
  before: Readonly<Record<SharedField, number>>,
  after: Readonly<Record<SharedField, number>>,
): number {
  if (field !== 'renewalDate' || after.renewalDate !== before.renewalDate) return after[field];
  return after.stage === before.stage ? after.renewalDecision : after.stage;
}

/** What the day has changed about contracts, recorded. */
function roll(world: PossibleWorld, { asOf, now }: Moment): PossibleWorld {
  // The day is kept per workspace, by the jobs of its portals: with none connected nothing turns it.
  if (!Object.values(world.connected).includes(true)) return world;
  let next = world;
  for (const model of Object.values(world.contracts)) {
    const stage = stageAsOf(model.contract, asOf);
    const { term } = stage === 'active' || stage === 'renewing' ? rolledByDate(model.contract, asOf) : model.contract;
    const rolled = recorded(model, { ...model.contract, stage, term }, () => now);
    if (rolled.audit.length > model.audit.length) next = withContract(next, rolled);
  }
  return next;
}
