/** What may happen in a run, as plain data: fast-check shrinks it, a failure prints it, and a regression keeps it. */
import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record,
} from 'fast-check';
import { PORTALS } from './possible-world.ts';

/** Numbers choose among what there is at that moment, modulo its count. */
const place = nat({ max: 6 });
const choice = nat({ max: 23 });
const portal = constantFrom(...PORTALS);

const SHARED = ['stage', 'renewalDate', 'renewalDecision'] as const;
const OURS = ['leadContractTitle', 'noticeDeadline', 'contractCount'] as const;
const ORDERS = ['in_order', 'reversed', 'twice', 'half'] as const;

const act = <T extends string, P extends object>(
  name: T,
  parts: { readonly [K in keyof P]: Arbitrary<P[K]> },
): Arbitrary<{ readonly act: T } & Readonly<P>> =>
  // fast-check's own type forgets which key has which value when the keys are not known here.
  record({ act: constant(name), ...parts }) as unknown as Arbitrary<{ readonly act: T } & Readonly<P>>;

/** Edits are most of what happens; the rest is what makes them hard. */
const ACTS = {
  edit: act('edit', { record: place, field: constantFrom(...SHARED), value: choice }),
  edit_ours: act('edit_ours', { record: place, field: constantFrom(...OURS) }),
  card_stage: act('card_stage', { record: place, contract: place, value: choice, repeat: boolean() }),
  card_decision: act('card_decision', { record: place, contract: place, value: choice, repeat: boolean() }),
  page_stage: act('page_stage', { contract: place, value: choice }),
  page_decision: act('page_decision', { contract: place, value: choice }),
  page_end_date: act('page_end_date', { contract: place, value: choice }),
  stale: act('stale', { contract: place }),
  create: act('create', { record: option(place), kind: nat({ max: 3 }), advance: nat({ max: 4 }) }),
  attach: act('attach', { record: place, contract: place, repeat: boolean() }),
  detach: act('detach', { record: place, contract: place, repeat: boolean() }),
  reattach: act('reattach', { record: place, contract: place }),
  undo: act('undo', { conflict: place }),
  archive: act('archive', { record: place }),
  restore: act('restore', { record: place }),
  purge: act('purge', { record: place }),
  merge: act('merge', { record: place, other: place }),
  wait: act('wait', { seconds: constantFrom(1, 30, 120, 1_860) }),
  next_day: act('next_day', { days: constantFrom(1, 3) }),
  deliver: act('deliver', { order: constantFrom(...ORDERS) }),
  lose: act('lose', {}),
  turn: act('turn', { count: integer({ min: 1, max: 6 }) }),
  settle: act('settle', {}),
  restart: act('restart', {}),
  install: act('install', { portal }),
  uninstall: act('uninstall', { portal }),
} as const;

const WEIGHTS: Record<keyof typeof ACTS, number> = {
  edit: 14,
  edit_ours: 3,
  card_stage: 3,
  card_decision: 4,
  page_stage: 3,
  page_decision: 4,
  page_end_date: 4,
  stale: 1,
  create: 2,
  attach: 7,
  detach: 4,
  reattach: 1,
  undo: 3,
  archive: 2,
  restore: 3,
  purge: 1,
  merge: 2,
  wait: 2,
  next_day: 2,
  deliver: 4,
  lose: 1,
  turn: 5,
  settle: 5,
  restart: 1,
  install: 3,
  uninstall: 1,
};

type Acts = typeof ACTS;
export type Command = { [K in keyof Acts]: Acts[K] extends Arbitrary<infer T> ? T : never }[keyof Acts];

const command: Arbitrary<Command> = oneof(
  ...Object.entries(ACTS).map(([name, arbitrary]) => ({
    arbitrary: arbitrary as Arbitrary<Command>,
    weight: WEIGHTS[name as keyof Acts],
  })),
);

export const commandsOf = (lengthMax: number): Arbitrary<Command[]> =>
  array(command, { minLength: 1, maxLength: lengthMax, size: 'max' });
