/**
 * One schedule from one seed: people edit two portals and the workspace while links fail, messages vanish or repeat, and the process
 * dies; then everything heals. Returns what it found wrong, which for a correct engine is nothing (docs/sync-spec.md).
 */
import type { CrmPort } from '../../server/crm/port.ts';
import { addDays } from '../../server/domain/dates.ts';
import type { SyncCounter } from '../../server/sync/settings.ts';
import { createSeededRandom } from './seeded-random.ts';
import { askingCast, buildScene, type Cast, drawCast, FIRST_CAST } from './simulation-build.ts';
import { checkSchedule } from './simulation-checks.ts';
import {
  type Deployment,
  drawDeployment,
  drawFaults,
  type FaultCounts,
  type FaultMix,
  NO_FAULTS,
} from './simulation-faults.ts';
import { answerAll, planAnswers } from './simulation-answers.ts';
import { planEdits, planMeetings } from './simulation-people.ts';
import { createProcesses } from './simulation-processes.ts';
import { allRecords, type Scene } from './simulation-scene.ts';
import { day } from './simulation-world.ts';

export const HOST_CHOICES = ['hubspot', 'salesforce', 'both', 'drawn'] as const;
export type HostChoice = (typeof HOST_CHOICES)[number];

export type SimulationOptions = {
  /**
   * Which vendors' portals take part. Without it two portals of HubSpot play, and each seed gives the schedule that it always gave;
   * any choice adds policies, wake-ups, restored conflicts and edits on several records at once, drawn from a stream of their own.
   */
  readonly hosts?: HostChoice;
  readonly faults?: 'drawn' | 'none';
  /** Leaves some fields to people (policy `ask`), who answer; drawn from a stream of their own too. */
  readonly asks?: boolean;
  /** What the engine is given instead of the host: a weakened port must make schedules break, or the checks prove nothing. */
  readonly weaken?: (host: CrmPort) => CrmPort;
  /** Prints each step. */
  readonly trace?: (line: string) => void;
};

export type SimulationResult = {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What the seed stood for, in full. */
  readonly options: {
    readonly cast: Cast;
    readonly faults: FaultMix;
    /** Of the second vendor, where two take part. */
    readonly otherFaults: FaultMix | null;
    readonly deployment: Deployment;
    readonly edits: number;
    readonly records: number;
  };
  readonly faultCounts: FaultCounts;
  readonly counters: Partial<Record<SyncCounter, number>>;
  readonly conflictReasons: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly virtualMs: number;
};

/** Keeps the draws that came later from shifting those of older schedules. */
const EXTRA_STREAM = 0x5a1e5f0c;
const ASK_STREAM = 0x2b7e1516;
/** Rounds of answers before agreement is checked: one may lead to another, of a value that was on its way. */
const ANSWER_ROUNDS_MAX = 8;
const ANSWERED_MS = 900_000;
const EDITS_END_MS = 240_000;
const HEAL_MS = 30_000;
/** From the healing until all is quiet: the jobs of a process that died (a quarter of an hour), and the overlap of the change feed after them. */
const SETTLE_MS = 1_200_000;
const QUIET_MS = 280_000;
/** From midnight until the day's check is over. */
const CHECKED_MS = 420_000;
const DAY_MS = 86_400_000;

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  const random = createSeededRandom(seed);
  const mix = options.faults === 'none' ? NO_FAULTS : drawFaults(random);
  const deployment = drawDeployment(random, mix);
  const extra = createSeededRandom(seed ^ EXTRA_STREAM);
  const drawn = options.hosts === undefined ? FIRST_CAST : drawCast(extra, options.hosts);
  const people = createSeededRandom(seed ^ ASK_STREAM);
  const cast = options.asks === true ? askingCast(drawn, people) : drawn;
  const plan = { mix, deployment, cast, extra, isFaulty: options.faults !== 'none' };
  const scene = buildScene(random, plan, options.trace ?? (() => undefined));
  const { clock, store } = scene;
  const ports = scene.sides.map(({ host }) => options.weaken?.(host) ?? host);
  const processes = createProcesses(scene, random.fork(), ports);
  scene.wake = () => processes.wake();
  scene.isListening = () => processes.isAnyAlive();
  processes.startAll();
  planEdits(scene, EDITS_END_MS);
  if (cast.meets) planMeetings(scene, EDITS_END_MS);
  if (options.asks === true) planAnswers(scene, people, EDITS_END_MS);
  processes.planCrashes(EDITS_END_MS);

  const begin = clock.now();
  const troubleMs = Math.max(planOutage(scene, processes), planDeafness(scene));
  await clock.runUntil(begin + Math.max(EDITS_END_MS, troubleMs) + HEAL_MS);
  scene.healed = true;
  scene.atHealing = progressOf(scene);
  processes.startAll();
  for (const connection of scene.connections) await store.setConnectionState(connection, 'active', null);
  replayDeadLetters(scene);
  // A call that failed before the links healed may end after this, and be the last try that its record had.
  await clock.runUntil(clock.now() + REPLAY_AGAIN_MS);
  replayDeadLetters(scene);
  const lateMs = Math.max(...scene.sides.map(({ mix: own }) => (own.lateEffect > 0 ? own.lateMsMax - 30_000 : 0)));
  await clock.runUntil(awayFromMidnight(clock.now() + SETTLE_MS + lateMs));
  const before = callCounts(scene);
  await clock.runUntil(clock.now() + QUIET_MS);
  const after = callCounts(scene);
  for (let round = 0; round < ANSWER_ROUNDS_MAX && answerAll(scene, people) > 0; round += 1)
    await clock.runUntil(awayFromMidnight(clock.now() + ANSWERED_MS));

  const violations = [
    ...processes.errors.map((error) => `error logged: ${JSON.stringify(error, errorText)}`),
    ...(after.write > before.write ? [`S3: ${after.write - before.write} writes in a quiet system`] : []),
    ...(after.read > before.read ? [`S3: ${after.read - before.read} reads in a quiet system`] : []),
    ...checkSchedule(scene),
  ];
  processes.killAll();
  return {
    seed,
    violations,
    options: {
      cast,
      faults: mix,
      otherFaults: scene.sides[1]?.mix ?? null,
      deployment,
      edits: scene.edits.length,
      records: allRecords(scene).length,
    },
    faultCounts: { ...scene.counts, ...countsOf(scene) },
    counters: processes.counters,
    conflictReasons: tally(
      store.conflicts.map(({ winner, state, reason }) => (state === 'open' ? reason : `${state} ${winner}`)),
    ),
    calls: scene.sides.reduce((sum, { host }) => sum + host.calls.length, 0),
    virtualMs: clock.now() - begin,
  };
}

/** The day's check reads every linked record, which is no unrest: the quiet time lies before it or after it. */
function awayFromMidnight(quietFrom: number): number {
  const midnight = Math.ceil((quietFrom - CHECKED_MS) / DAY_MS) * DAY_MS;
  return midnight < quietFrom + QUIET_MS ? midnight + CHECKED_MS : quietFrom;
}

/** Plans the long troubles of the mix; returns when the last one ends, in milliseconds from now. */
function planOutage(scene: Scene, processes: { readonly startAll: () => void; readonly killAll: () => void }): number {
  const { mix, clock, random, counts } = scene;
  const from = clock.now() + random.between(1_000, EDITS_END_MS);
  const quotas = scene.sides.map((side) => {
    const gone = side.mix.quotaGoneMs;
    const begins = side.mix === mix ? from : clock.now() + side.random.between(1_000, EDITS_END_MS);
    if (gone > 0) clock.at(begins, () => void (side.quotaGoneUntil = begins + gone));
    return gone === 0 ? 0 : begins + gone - clock.now();
  });
  if (mix.outageMs > 0) {
    counts['outage'] = 1;
    clock.at(from, () => {
      scene.isOutage = true;
      processes.killAll();
    });
    clock.at(from + mix.outageMs, () => {
      scene.isOutage = false;
      processes.startAll();
    });
  }
  return Math.max(...quotas, mix.outageMs === 0 ? 0 : from + mix.outageMs - clock.now());
}

/** Plans when a feed of change events loses what it carries; returns when the last such time ends, in milliseconds from now. */
function planDeafness({ sides, clock, counts }: Scene): number {
  const ends = sides.map((side) => {
    const { deafMs } = side.wakeUps;
    if (deafMs === 0) return 0;
    const from = clock.now() + side.random.between(1_000, EDITS_END_MS);
    clock.at(from, () => {
      counts['overflow'] = (counts['overflow'] ?? 0) + 1;
      side.deafUntil = from + deafMs;
    });
    return Math.min(EDITS_END_MS, from + deafMs - clock.now());
  });
  return Math.max(...ends);
}

/** What no fault mix draws and yet must come up: writes refused as stale, and conflicts of an edit in one CRM with one in the other. */
function countsOf({ sides, store, connections }: Scene): FaultCounts {
  const vendorOf = new Map(connections.map(({ connectionId, host }) => [connectionId, host]));
  const between = store.conflicts.filter(({ field, ours, contractId, connectionId }) =>
    store.fieldChanges.some(
      ({ provenance, value, ...change }) =>
        change.contractId === contractId &&
        change.field === field &&
        provenance.connectionId !== null &&
        vendorOf.get(provenance.connectionId) !== vendorOf.get(connectionId) &&
        ours === (field === 'renewalDate' && value !== null ? addDays(day(value), 1) : value),
    ),
  );
  return {
    staleRefusal: sides.reduce((sum, { host }) => sum + host.staleRefusals(), 0),
    conflictBetweenHosts: between.length,
  };
}

/** How far things are, for counting what comes after. */
function progressOf({ sides, store, answersGiven }: Scene): Scene['atHealing'] {
  return {
    writes: new Map(
      sides.flatMap(({ host }) => [...host.writesTaken].map(([place, count]) => [`${host.host} ${place}`, count])),
    ),
    events: store.fieldChanges.length + store.conflicts.length + answersGiven,
  };
}

const REPLAY_AGAIN_MS = 60_000;

/** An operator's click on what a long outage left behind. */
function replayDeadLetters({ store, connections }: Scene): void {
  for (const { workspaceId, connectionId } of connections) {
    const dead = store.dirtyRows(connectionId).filter((row) => row.dead);
    void store.markDirty(dead.map(({ ref }) => ({ workspaceId, connectionId, ref, reason: 'replay' })));
  }
}

function callCounts({ sides }: Scene): { readonly read: number; readonly write: number } {
  const calls = sides.flatMap(({ host }) => host.calls);
  const of = (kind: string): number => calls.filter((call) => call.kind === kind).length;
  return { read: of('read'), write: of('write') };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function errorText(_key: string, value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}
