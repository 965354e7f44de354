/** Sets up a schedule: which vendors take part, their portals, records and contracts, and who is linked to whom. */
import { type ConnectionRef, type Host, HOSTS } from '../../server/crm/port.ts';
import { SHARED_FIELDS, type SharedField } from '../../server/domain/contract.ts';
import { addDays } from '../../server/domain/dates.ts';
import { CONFLICT_POLICIES, type ConflictPolicy } from '../../server/domain/merge.ts';
import { TRAITS } from './host-traits.ts';
import { type CallFate, createMemoryHost, type HostCall } from './memory-host.ts';
import { createMemoryStore } from './memory-store.ts';
import type { SeededRandom } from './seeded-random.ts';
import {
  type Deployment,
  drawFate,
  drawFaults,
  drawWakeUps,
  type FaultMix,
  NO_FAULTS,
  NO_GAPS,
  quotaFate,
  type WakeUpMix,
} from './simulation-faults.ts';
import type { Scene, Side } from './simulation-scene.ts';
import { deliver } from './simulation-webhooks.ts';
import { account, day, deal, portal, sampleContract, sampleLinked, SIMULATION_START } from './simulation-world.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** Who takes part, and by which rules. */
export type Cast = {
  readonly hosts: readonly [Host, ...Host[]];
  readonly policies: Readonly<Record<SharedField, ConflictPolicy>>;
  readonly wakeUps: WakeUpMix;
  /** Whether people edit a contract in several places at once, and put back what lost. */
  readonly meets: boolean;
};

/** Two portals of HubSpot, as in the schedules that were there first. */
export const FIRST_CAST: Cast = {
  hosts: ['hubspot'],
  policies: { stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' },
  wakeUps: NO_GAPS,
  meets: false,
};

const CASTS = { hubspot: ['hubspot'], salesforce: ['salesforce'], both: ['hubspot', 'salesforce'] } as const;

/** The policies by which one side wins. */
const DECIDING_POLICIES = CONFLICT_POLICIES.filter((policy) => policy !== 'ask');

export function drawCast(random: SeededRandom, choice: keyof typeof CASTS | 'drawn'): Cast {
  const drawn = random.pick(['hubspot', 'salesforce', 'both', 'both'] as const);
  const policies = Object.fromEntries(SHARED_FIELDS.map((field) => [field, random.pick(DECIDING_POLICIES)]));
  return {
    hosts: CASTS[choice === 'drawn' ? drawn : choice],
    policies: { ...FIRST_CAST.policies, ...policies },
    wakeUps: drawWakeUps(random),
    meets: true,
  };
}

/** The same cast with some fields left to people, by draws of their own: what was drawn before stays. */
export function askingCast(cast: Cast, random: SeededRandom): Cast {
  const asked = SHARED_FIELDS.filter(() => random.chance(0.4)).map((field) => [field, 'ask'] as const);
  return { ...cast, policies: { ...cast.policies, ...Object.fromEntries(asked) } };
}

type Plan = {
  readonly mix: FaultMix;
  readonly deployment: Deployment;
  readonly cast: Cast;
  /** Draws for all that the first schedules did not have. */
  readonly extra: SeededRandom;
  readonly isFaulty: boolean;
};

export function buildScene(random: SeededRandom, plan: Plan, trace: (line: string) => void): Scene {
  const { mix, deployment, cast, extra } = plan;
  const clock = createVirtualClock(SIMULATION_START);
  const draws = random.fork();
  const sides: Side[] = [];
  const [first] = cast.hosts;
  const scene: Scene = {
    clock,
    sides,
    policies: cast.policies,
    store: createMemoryStore(() => clock.now()),
    random: draws,
    extra,
    mix,
    deployment,
    counts: {},
    connections: portalsOf(cast, extra),
    edits: [],
    changesMade: 0,
    answersGiven: 0,
    unlinkedOnce: new Set(),
    healed: false,
    atHealing: { writes: new Map(), events: 0 },
    isOutage: false,
    wake: () => undefined,
    isListening: () => false,
    nextDay: 0,
    trace,
  };
  for (const host of cast.hosts) {
    const own = host === first ? draws : extra.fork();
    const faults = host === first ? mix : plan.isFaulty ? drawFaults(own) : NO_FAULTS;
    const hasFeed = host === 'salesforce' && plan.isFaulty;
    sides.push(createSide(scene, host, { mix: faults, random: own, wakeUps: hasFeed ? cast.wakeUps : NO_GAPS }));
  }
  for (const connection of scene.connections) scene.store.addConnection(connection);
  populate(scene);
  return scene;
}

/** With two vendors the first workspace has one portal of each. */
function portalsOf({ hosts }: Cast, extra: SeededRandom): readonly ConnectionRef[] {
  const [first, second = first] = hosts;
  const third = hosts.length > 1 ? extra.pick(HOSTS) : first;
  return [portal('w1', 'a', first), portal('w1', 'b', second), portal('w2', 'c', third)];
}

function createSide(scene: Scene, host: Host, given: Pick<Side, 'mix' | 'random' | 'wakeUps'>): Side {
  const { mix, random } = given;
  const { clock, counts } = scene;
  const fateOf = (call: HostCall): CallFate => {
    if (scene.healed) return { kind: 'normal' };
    const quotaGoneMs = side.quotaGoneUntil - clock.now();
    return quotaGoneMs > 0 ? quotaFate(quotaGoneMs, random, counts) : drawFate(mix, call, random, counts);
  };
  const side: Side = {
    ...given,
    host: createMemoryHost({
      clock,
      traits: TRAITS[host],
      latencyMs: () => random.between(5, 250),
      hostNow: () => Math.floor((clock.now() + mix.hostClockSkewMs) / mix.hostClockTickMs) * mix.hostClockTickMs,
      feedLagMs: mix.feedLagMs,
      fateOf,
      onEvent: (event) => deliver(scene, side, event),
    }),
    quotaGoneUntil: 0,
    deafUntil: 0,
    newestEvent: 0,
  };
  return side;
}

function populate(scene: Scene): void {
  const { random, store } = scene;
  for (const workspaceId of ['w1', 'w2']) {
    const count = random.between(1, 3);
    for (let index = 1; index <= count; index += 1) {
      const id = `${workspaceId}-${index}`;
      const stage = random.pick(['active', 'active', 'renewing', 'signed', 'draft'] as const);
      const contract = sampleContract(id, { stage });
      const endDate = addDays(day('2027-05-31'), random.between(0, 60));
      const renewalKind = random.pick(['mutual_written', 'auto'] as const);
      store.putContract(workspaceId, sampleLinked({ ...contract, term: { ...contract.term, endDate, renewalKind } }));
    }
  }
  for (const connection of scene.connections) {
    const side = scene.sides.find(({ host }) => host.host === connection.host);
    for (const ref of RECORDS[connection.host].slice(0, random.between(1, 3))) {
      side?.host.create(connection.accountId, ref);
      for (const contractId of store.contractIds(connection.workspaceId))
        if (random.chance(0.6)) store.link(connection, ref, contractId);
    }
  }
}

/** Where only accounts can be merged, two of them take part. */
const RECORDS = {
  hubspot: [deal('1'), deal('2'), account('7')],
  salesforce: [deal('1'), account('7'), account('8')],
} as const;
