/**
 * All worlds that agree with everything seen so far. An act happens in each of them; what is then seen leaves only those that predicted
 * it. When none is left, system and model disagree, and the message tells how the nearest world differs.
 */
import { steps, type Surroundings } from './model-judge.ts';
import type { Moment, PossibleWorld } from './possible-world.ts';

/** More than this many worlds would mean that the model forgot to look. */
const WORLDS_MAX = 3_000;
const DIFFERENCES_SHOWN_MAX = 12;

export class Disagreement extends Error {}

export type PossibleWorlds = {
  any(): PossibleWorld;
  count(): number;
  /** Something certain happened, of which the outcome may depend on the world. */
  act(change: (world: PossibleWorld) => PossibleWorld): void;
  /** Something was seen: keeps the worlds in which the view is the same. */
  see<T>(what: string, seen: T, view: (world: PossibleWorld) => T): void;
  /** The engine may have done any number of its steps. */
  mayHaveStepped(moment: Moment): void;
  /** The engine has nothing left to do; whether it has also noted what the day has changed may be open. */
  hasRested(moment: Moment, roll: 'done' | 'open'): void;
};

export function createWorlds(first: PossibleWorld, around: Surroundings): PossibleWorlds {
  let worlds: readonly PossibleWorld[] = [first];

  const reachable = (moment: Moment, roll: 'done' | 'open'): Map<string, { world: PossibleWorld; rests: boolean }> => {
    const found = new Map(worlds.map((world) => [JSON.stringify(world), { world, rests: true }]));
    const open = [...found.values()];
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
      for (const { by, world: next } of steps(entry.world, moment, around)) {
        if (by === 'look' || roll === 'done') entry.rests = false;
        const key = JSON.stringify(next);
        if (found.has(key)) continue;
        const added = { world: next, rests: true };
        found.set(key, added);
        open.push(added);
        if (found.size > WORLDS_MAX) throw new Error(`more than ${WORLDS_MAX} possible worlds`);
      }
    }
    return found;
  };

  return {
    any: () => {
      const [one] = worlds;
      if (one === undefined) throw new Error('no world is left');
      return one;
    },
    count: () => worlds.length,
    act: (change) => {
      worlds = distinct(worlds.map(change));
    },
    see: (what, seen, view) => {
      const text = JSON.stringify(seen);
      const views = worlds.map((world) => ({ world, view: view(world) }));
      const agreeing = views.filter((entry) => JSON.stringify(entry.view) === text);
      if (agreeing.length === 0) {
        const nearest = views.map((entry) => differences(entry.view, seen)).toSorted((a, b) => a.length - b.length)[0];
        const told = (nearest ?? []).slice(0, DIFFERENCES_SHOWN_MAX).join('\n  ');
        throw new Disagreement(`${what}: no possible world shows this\n  ${told}`);
      }
      worlds = agreeing.map(({ world }) => world);
    },
    mayHaveStepped: (moment) => {
      worlds = [...reachable(moment, 'open').values()].map(({ world }) => world);
    },
    hasRested: (moment, roll) => {
      worlds = [...reachable(moment, roll).values()].filter(({ rests }) => rests).map(({ world }) => world);
    },
  };
}

const distinct = (worlds: readonly PossibleWorld[]): readonly PossibleWorld[] => [
  ...new Map(worlds.map((world) => [JSON.stringify(world), world])).values(),
];

/** Where two plain values differ, path by path. */
function differences(model: unknown, seen: unknown, path = ''): readonly string[] {
  if (JSON.stringify(model) === JSON.stringify(seen)) return [];
  if (isObject(model) && isObject(seen)) {
    const names = [...new Set([...Object.keys(model), ...Object.keys(seen)])];
    const told = names.flatMap((name) => differences(model[name], seen[name], `${path}/${name}`));
    if (told.length > 0) return told;
  }
  return [`${path}: model ${JSON.stringify(model)}, system ${JSON.stringify(seen)}`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
